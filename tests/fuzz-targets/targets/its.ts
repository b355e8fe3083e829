/** The ITS and LPIs: registers, messages, and tables and commands that the guest places in its memory. */
import { DeviceMemory } from '../../../devices/bus/device-memory.js';
import { MmioBus } from '../../../devices/bus/mmio-bus.js';
import { Gic, type GicConfig } from '../../../devices/gic/index.js';
import { GuardedRam } from '../guest-ram.js';
import { Input } from '../input.js';
import { check } from '../outcome.js';

const CPUS = 2;
const RAM = 0x4000_0000;
const RAM_BYTES = 0x4_0000;
const GITS = 0x0808_0000;
const GICR = 0x080a_0000;
const OPERATIONS = 48;
/** Offsets in RAM: configuration table, pending tables, queue, device and collection table, second level, ITTs. */
const PROPERTIES = 0;
const PENDING = 0x1_0000;
const QUEUE = 0x3_0000;
const TABLES = 0x3_1000;
const ITTS = 0x3_4000;
const QUEUE_BYTES = 4096;
const FIRST_LPI = 8192;
const VALID = 0x8000_0000;

const COMMANDS = [1, 3, 3, 3, 4, 5, 8, 8, 9, 9, 10, 10, 10, 11, 12, 13, 14, 15, 0x29, 0xff];
/** Numbers at and beyond the limits of devices, events, collections and PEs. */
const NUMBERS = [0, 1, 2, 3, 7, 8, 15, 16, 0x1ff, 0x200, 0x1fff, 0x2000, 0x2001, 0xffff, 0x1_0000, 0xffff_ffff];
/** Addresses of tables: in RAM, at its ends, outside it. */
const ADDRESSES = [TABLES, TABLES + 0x1000, ITTS, ITTS + 0x100, ITTS + 0x1000, QUEUE, PENDING, PROPERTIES, RAM_BYTES - 0x1000,
  RAM_BYTES - 0x100, RAM_BYTES, -0x1000];
const REGISTERS = [GITS, GITS + 0x80, GITS + 0x84, GITS + 0x88, GITS + 0x100, GITS + 0x104, GITS + 0x108, GITS + 0x10c,
  GITS + 0x1_0040, GICR, GICR + 0x70, GICR + 0x74, GICR + 0x78, GICR + 0x7c, GICR + 0x2_0000, GICR + 0x2_0070, GICR + 0x2_0078];

const config: GicConfig = { cpus: CPUS, spis: 32, el2: false, el3: false, its: true };
const ram = new GuardedRam(RAM, RAM_BYTES);
const state = new DeviceMemory(new SharedArrayBuffer(Gic.bytes(config)), 0, Gic.bytes(config));
const gic = new Gic(state, config, { update: () => {} }, ram);
const its = gic.its!;
const bus = new MmioBus();
bus.map(0x0800_0000, gic.distributor);
bus.map(GITS, its);
bus.map(GICR, gic.redistributor);
const interfaces = Array.from({ length: CPUS }, (_, cpu) => gic.cpuInterface(cpu, { el: 1, scrEl3: 0, hcrEl2: 0 }));
let writer = 0;

const write = (address: number, value: number): void => void bus.write(address, 4, value >>> 0);
const address = (input: Input): number => (RAM + input.pick(ADDRESSES)) >>> 0;

/** Everything as a driver leaves it: device 1 with events of both PEs. */
function prepare(): void {
  ram.clear();
  bus.reset();
  writer = 0;
  write(0x0800_0000, 3);
  for (const [cpu, pe] of interfaces.entries()) {
    pe.write('ICC_PMR_EL1', 0xffn);
    pe.write('ICC_IGRPEN1_EL1', 1n);
    write(GICR + 0x2_0000 * cpu + 0x70, (RAM + PROPERTIES) | 13);
    write(GICR + 0x2_0000 * cpu + 0x78, RAM + PENDING + 0x1_0000 * cpu);
    write(GICR + 0x2_0000 * cpu, 1);
  }
  ram.bytes.fill(0xa1, PROPERTIES, PROPERTIES + 64);
  write(GITS + 0x80, RAM + QUEUE);
  write(GITS + 0x84, VALID);
  write(GITS + 0x100, RAM + TABLES);
  write(GITS + 0x104, VALID);
  write(GITS + 0x108, RAM + TABLES + 0x1000);
  write(GITS + 0x10c, VALID);
  write(GITS, 1);
  command([8, 1, 3, 0, RAM + ITTS, VALID]);
  command([9, 0, 0, 0, 0, VALID]);
  command([9, 0, 0, 0, 0x1_0001, VALID]);
  for (let event = 0; event < 4; event++) command([10, 1, event, FIRST_LPI + event, event & 1]);
  write(GITS + 0x88, writer);
}

function command(words: readonly number[]): void {
  for (let n = 0; n < 8; n++) ram.view.setUint32(QUEUE + writer + 4 * n, (words[n] ?? 0) >>> 0, true);
  writer = (writer + 32) % QUEUE_BYTES;
}

function anyCommand(input: Input): void {
  const number = input.pick(COMMANDS);
  const where = input.u8();
  const low = number === 8 ? address(input) : input.pick(NUMBERS) & 0xffff | (where & 3) << 16;
  const intid = (where & 4) === 0 ? FIRST_LPI + (where >> 3) : input.pick(NUMBERS);
  command([number, input.pick(NUMBERS), input.pick(NUMBERS), intid, low, (where & 0x80) === 0 ? VALID : input.u8(), where << 16]);
}

function operation(input: Input): void {
  const kind = input.u8();
  if (kind < 128) {
    for (let n = kind & 3; n >= 0; n--) anyCommand(input);
    ram.snapshot();
    write(GITS + 0x88, kind < 124 ? writer : input.u32());
  } else if (kind < 160) {
    // The guest writes where its tables are.
    const at = input.below(RAM_BYTES) & ~3;
    ram.view.setUint32(at, (kind & 1) === 0 ? input.u32() : address(input), true);
  } else if (kind < 200) {
    const register = input.pick(REGISTERS);
    ram.snapshot();
    write(register, (kind & 1) === 0 ? address(input) | input.u8() : input.u32());
  } else if (kind < 216) {
    ram.snapshot();
    its.send(input.pick(NUMBERS), input.pick(NUMBERS));
  } else if (kind < 240) {
    ram.snapshot();
    const pe = interfaces[kind & 1];
    const intid = Number(pe.read('ICC_IAR1_EL1'));
    check(intid === 1023 || (intid >= FIRST_LPI && intid < 0x1_0000), () => `acknowledged ${intid}`);
    if ((kind & 2) === 0) pe.write('ICC_EOIR1_EL1', BigInt(intid));
  } else {
    ram.snapshot();
    const size = ([1, 2, 4] as const)[kind % 3];
    const value = bus.read(GITS + input.below(0x2_0000), size);
    check(value >= -1 && value < 2 ** (8 * size), () => `read of ${size} bytes: ${value}`);
  }
  if (kind < 128 || kind >= 160) ram.settle();
  check(Atomics.load(state.words, 0) === 0, () => 'the lock is still held');
}

export function fuzz(data: Buffer): void {
  const input = new Input(data);
  prepare();
  for (let n = 0; n < OPERATIONS && input.left > 0; n++) operation(input);
}
