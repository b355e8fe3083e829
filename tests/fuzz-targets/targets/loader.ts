/** Files of `--device loader`: ELF of any machine, U-Boot images, Intel HEX, raw; beside each other and flash. */
import type { LoaderConfig } from '../../../src/config/loader.js';
import type { NamedFile } from '../../../src/machine/loaders/file.js';
import { bootOptions, named, planAndCheck } from '../boot-plan.js';
import { Input } from '../input.js';

const ADDRESSES = [0n, 0x1000n, 0x4000_0000n, 0x4000_1000n, 0x4080_0000n, 0x0e00_0000n, 0x03ff_fff0n, (1n << 52n) - 1n];

export function fuzz(data: Buffer): void {
  const input = new Input(data);
  const form = input.lastU8();
  const options = bootOptions(input, {});
  const address = ADDRESSES[form & 7];
  const bytes = input.rest();
  const cpu = (form & 0x20) === 0 ? {} : { cpu: (form >> 6) & 3 };
  const loaders: LoaderConfig<NamedFile>[] = [
    { kind: 'file', file: named('file', bytes), address, forceRaw: (form & 8) !== 0, ...cpu },
    { kind: 'entry', address, cpu: 0 },
  ];
  if ((form & 0x10) !== 0) loaders.push({ kind: 'data', address: address + 16n, bytes: bytes.subarray(0, 8) });
  planAndCheck({ ...options, files: { loaders } });
}
