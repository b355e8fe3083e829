import { createHash, randomBytes } from 'node:crypto';
import type { TreeSeeds } from './virt-tree.js';

const KASLR_BYTES = 8;
const RNG_BYTES = 32;

/** Fresh entropy from the host, or with `seed` bytes that depend on it and on `world` alone. */
export function treeSeeds(seed: string | undefined, world: 'non-secure' | 'secure'): TreeSeeds {
  const draw = (purpose: string, length: number): Uint8Array =>
    seed === undefined
      ? Uint8Array.from(randomBytes(length))
      : Uint8Array.from(createHash('sha256').update(`${world}:${purpose}:${seed}`).digest().subarray(0, length));
  return { kaslr: draw('kaslr-seed', KASLR_BYTES), rng: draw('rng-seed', RNG_BYTES) };
}
