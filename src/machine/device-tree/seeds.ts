import { createHash, randomBytes } from 'node:crypto';
import { parseDeviceTree, writeDeviceTree } from './flattened.js';
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

/** A blob of the same size with the seeds it has replaced: each reset gives the guest new ones. */
export function reseedDeviceTree(blob: Uint8Array, seed: string | undefined): Uint8Array {
  const tree = parseDeviceTree(blob);
  for (const [name, world] of [['chosen', 'non-secure'], ['secure-chosen', 'secure']] as const) {
    const node = tree.root.child(name);
    const seeds = treeSeeds(seed, world);
    for (const [property, bytes] of [['kaslr-seed', seeds.kaslr], ['rng-seed', seeds.rng]] as const) {
      if (node?.properties.has(property)) node.set(property, bytes);
    }
  }
  return writeDeviceTree(tree, blob.length);
}
