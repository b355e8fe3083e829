/** initrd files beside a kernel, and the cpio archives that the initramfs builder writes and its tests read. */
import { gunzipSync } from 'node:zlib';
import { type CpioEntry, readCpio, writeCpio } from '../../../guest/cpio.js';
import { gzipDeterministic } from '../../../guest/initramfs.js';
import { bootOptions, named, planAndCheck } from '../boot-plan.js';
import { Input } from '../input.js';
import { check, rangeRefusable } from '../outcome.js';

const NOP = 0xd503201f;

function bootWith(input: Input): void {
  const options = bootOptions(input, {});
  const kernel = new Uint8Array(4096);
  new DataView(kernel.buffer).setUint32(0, NOP, true);
  planAndCheck({ ...options, files: { kernel: named('kernel', kernel), initrd: named('initrd', input.rest()) } });
}

const plain = (_key: string, value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
const text = (entries: readonly CpioEntry[]): string => JSON.stringify(entries, plain);

function archive(bytes: Uint8Array): void {
  const entries = rangeRefusable(() => readCpio(bytes));
  if (entries === undefined) return;
  check(entries.length <= bytes.length / 110, () => `${entries.length} entries in ${bytes.length} bytes`);
  const again = writeCpio(entries);
  check(text(readCpio(again)) === text(entries), () => 'an archive is not what it was after writing and reading');
  check(Buffer.compare(gunzipSync(gzipDeterministic(again)), again) === 0, () => 'gzip changes an archive');
}

export function fuzz(data: Buffer): void {
  const input = new Input(data);
  const form = input.lastU8();
  if ((form & 1) === 0) archive(input.rest());
  else bootWith(input);
}
