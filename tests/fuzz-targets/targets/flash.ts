/** CFI flash: command sequences on a small bank, and image files as drives give them. */
import { FlashFile } from '../../../devices/backends/flash-file.js';
import { DeviceMemory } from '../../../devices/bus/device-memory.js';
import { MmioBus } from '../../../devices/bus/mmio-bus.js';
import { CfiFlash } from '../../../devices/flash/cfi-flash.js';
import { Input } from '../input.js';
import { check, refusable } from '../outcome.js';
import { withTemporaryFile } from '../temporary-file.js';

const BANK_BYTES = 1 << 20;
const SECTOR = 256 << 10;
const OPERATIONS = 96;
const COMMANDS = [0xff, 0x90, 0x98, 0x70, 0x50, 0x40, 0x10, 0xe8, 0x20, 0x60, 0xd0, 0x01, 0x2f, 0x00];
const OFFSETS = [0, 2, 4, 0x55 * 4, 0xffc, 0x1000, SECTOR - 4, SECTOR, 3 * SECTOR, BANK_BYTES - 4, BANK_BYTES - 2];
/** An image file's bank: small, so that files of its size are found. */
const FILE_BANK = 64;

class Bank {
  readonly bytes = new Uint8Array(BANK_BYTES).fill(0xff);
  readonly state = new DeviceMemory(new SharedArrayBuffer((CfiFlash.BYTES + 7) & ~7), 0, (CfiFlash.BYTES + 7) & ~7);
  readonly bus = new MmioBus();
  readonly device: CfiFlash;
  private mapped = true;
  private readonly changed: [from: number, to: number][] = [];
  private readonly before = new Uint8Array(BANK_BYTES).fill(0xff);

  constructor(readonly readOnly: boolean) {
    this.device = new CfiFlash(this.state, this.bytes, {
      arrayModeChanged: (array) => (this.mapped = array),
      programmed: (offset, length) => void this.changed.push([offset, offset + length]),
    }, readOnly);
    this.bus.map(0, this.device);
  }

  start(): void {
    this.device.reset();
    this.mapped = true;
  }

  settle(): void {
    check(!this.readOnly || this.changed.length === 0, () => 'a read-only bank was programmed');
    for (const [from, to] of this.changed) {
      check(from >= 0 && to <= BANK_BYTES, () => `programmed ${from}..${to}`);
      this.before.set(this.bytes.subarray(from, to), from);
    }
    this.changed.length = 0;
    check(this.device.arrayMode === this.mapped, () => 'array mode is not what the board was told');
    check(Atomics.load(this.state.words, 0) === 0, () => 'the lock is still held');
  }

  /** What was not reported as programmed has not changed; puts erased contents back. */
  finish(): void {
    check(Buffer.compare(this.bytes, this.before) === 0, () => 'a change that was not reported');
    this.bytes.fill(0xff);
    this.before.fill(0xff);
  }
}

const banks = [new Bank(false), new Bank(true)];

function commands(input: Input, bank: Bank): void {
  bank.start();
  for (let n = 0; n < OPERATIONS && input.left > 0; n++) {
    const kind = input.u8();
    const size = ([4, 4, 2, 1] as const)[kind & 3];
    const offset = (kind & 4) === 0 ? input.pick(OFFSETS) : input.below(BANK_BYTES);
    if (kind < 64) check(bank.bus.read(offset, size) < 2 ** (8 * size), () => `read of ${size} bytes at ${offset}`);
    else bank.bus.write(offset, size, kind < 176 ? input.pick(COMMANDS) * 0x10001 : input.u32());
    bank.settle();
  }
  bank.finish();
}

function imageFile(input: Input): void {
  const bytes = input.rest();
  withTemporaryFile(bytes, (path) => {
    const file = refusable(() => FlashFile.open(path, FILE_BANK, false));
    const fits = bytes.length === FILE_BANK;
    check((file !== undefined) === fits, () => `${bytes.length} bytes for a bank of ${FILE_BANK}`);
    if (file === undefined) return;
    const bank = new Uint8Array(FILE_BANK);
    file.load(bank);
    check(Buffer.compare(bank, bytes) === 0, () => 'the bank is not what the file has');
    bank.fill(0, 8, 24);
    file.save(bank, 8, 16);
    file.load(bank);
    check(bank[7] === bytes[7] && bank[8] === 0 && bank[23] === 0 && bank[24] === bytes[24], () => 'saved elsewhere');
    file.close();
  });
}

export function fuzz(data: Buffer): void {
  const input = new Input(data);
  const form = input.lastU8();
  if (form === 0x80) imageFile(input);
  else commands(input, banks[form & 1]);
}
