/** The firmware configuration device: registers, and DMA requests that the guest places in its memory. */
import { DeviceMemory } from '../../../devices/bus/device-memory.js';
import { MmioBus } from '../../../devices/bus/mmio-bus.js';
import { FwCfg } from '../../../devices/fw-cfg/fw-cfg.js';
import { FwCfgItems, FwCfgKey } from '../../../devices/fw-cfg/items.js';
import { GuardedRam } from '../guest-ram.js';
import { Input } from '../input.js';
import { check } from '../outcome.js';

const RAM = 0x4000_0000;
const RAM_BYTES = 0x4000;
const DEVICE = 0x0902_0000;
const OPERATIONS = 64;
/** Where DMA requests are placed: within RAM, across its end, at its end, before it. */
const REQUESTS = [0, 16, 0x100, 0x1ff0, RAM_BYTES - 16, RAM_BYTES - 8, RAM_BYTES, -16];
const KEYS = [0, 1, 5, 0x19, 0x20, 0x21, 0x22, 0x14, 0x15, 0x8000, 0x4020, 0xffff];

const ram = new GuardedRam(RAM, RAM_BYTES);
const writable = new Uint8Array(new SharedArrayBuffer(64));
const fixed = Uint8Array.from({ length: 300 }, (_, i) => i);
const state = new DeviceMemory(new SharedArrayBuffer(64), 0, 64);
const items = new FwCfgItems();
items.addInt16(FwCfgKey.NB_CPUS, 2);
items.addString(FwCfgKey.CMDLINE_DATA, 'console=ttyAMA0');
items.addFile('etc/fixed', fixed);
items.addFile('etc/writable', writable, (offset, length) => {
  check(offset >= 0 && offset + length <= writable.length, () => `written: ${length} bytes at ${offset}`);
});
items.addFile('etc/empty', new Uint8Array(0));
const bus = new MmioBus();
bus.map(DEVICE, new FwCfg(state, items, ram));

/** Places a request in RAM and gives its address: control, length, address, big-endian. */
function request(input: Input): number {
  const at = input.pick(REQUESTS);
  const control = (input.pick(KEYS) << 16) | input.u8();
  const length = (input.u8() & 1) === 0 ? input.u8() : input.u32();
  const far = input.u8();
  const target = far < 224 ? BigInt(RAM + input.below(RAM_BYTES + 32)) : input.u64();
  if (at >= 0 && at + 16 <= RAM_BYTES) {
    ram.view.setUint32(at, control);
    ram.view.setUint32(at + 4, length);
    ram.view.setBigUint64(at + 8, target);
  }
  return RAM + at;
}

const swapped = (value: number): number =>
  ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;

function operation(input: Input): void {
  const kind = input.u8();
  if (kind < 128) {
    const address = request(input);
    ram.snapshot();
    bus.write(DEVICE + 16, 4, kind < 120 ? 0 : swapped(input.u32()));
    bus.write(DEVICE + 20, 4, swapped(address));
  } else if (kind < 160) {
    const key = input.pick(KEYS);
    ram.snapshot();
    bus.write(DEVICE + 8, 2, ((key & 0xff) << 8) | (key >> 8));
  } else {
    const size = ([1, 2, 4] as const)[kind % 3];
    const offset = input.below(0x18);
    ram.snapshot();
    if (kind < 208) bus.write(DEVICE + offset, size, input.u32());
    else check(bus.read(DEVICE + offset, size) < 2 ** (8 * size), () => `read of ${size} bytes at ${offset}`);
  }
  ram.settle();
  check(Atomics.load(state.words, 0) === 0, () => 'the lock is still held');
}

export function fuzz(data: Buffer): void {
  const input = new Input(data);
  ram.clear();
  writable.fill(0);
  bus.reset();
  for (let n = 0; n < OPERATIONS && input.left > 0; n++) operation(input);
  check(fixed.every((value, i) => value === (i & 255)), () => 'an item that may not be written has changed');
}
