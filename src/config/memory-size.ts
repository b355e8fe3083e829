import { ConfigurationError } from '../support/errors.js';

const MiB = 1024 * 1024;
const SCALE: Readonly<Record<string, number>> = {
  b: 1, k: 1024, m: MiB, g: 1024 * MiB, t: 1024 * 1024 * MiB,
};
/** QEMU rounds the size of RAM up to this. */
const GRANULE = 8 * 1024;

/** Least and most guest RAM, bytes. One shared memory of 4 GiB holds it beside flash and the emulator's own tables. */
export const MINIMUM_MEMORY_BYTES = 8 * MiB;
export const MAXIMUM_MEMORY_BYTES = 3584 * MiB;

/** `1G`, `512M`, `1.5G`, `0x400`, `size=1G`; a plain number counts MiB, as QEMU's -m. Gives bytes. */
export function parseMemorySize(text: string): number {
  const fail = (reason: string): never => {
    throw new ConfigurationError(`--memory ${text}: ${reason}`);
  };
  const match = /^(?:size=)?(0x[0-9a-f]+|[0-9]+(?:\.[0-9]+)?)([bkmgt]?)$/i.exec(text);
  if (match === null) return fail("not a size; write for example '512M' or '1G'");
  const bytes = Number(match[1]) * SCALE[match[2].toLowerCase() || 'm'];
  if (bytes < MINIMUM_MEMORY_BYTES) fail(`too small; the least is ${MINIMUM_MEMORY_BYTES / MiB}M`);
  if (bytes > MAXIMUM_MEMORY_BYTES) fail(`too large; the most is ${MAXIMUM_MEMORY_BYTES / MiB}M (3.5G)`);
  return Math.ceil(bytes / GRANULE) * GRANULE;
}
