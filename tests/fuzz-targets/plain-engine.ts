/**
 * Runs a target on changed seeds without any coverage to guide it: for the tests, which want the same inputs each time,
 * and for machines without Jazzer.js.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { Random } from '../fuzz/random.js';
import type { FuzzTarget, TargetDescription } from './targets.js';

/** Bytes that are telling in many formats. */
const TELLING = [0, 1, 0x7f, 0x80, 0xff, 0x10, 0x20, 0x40];
const MAX_CHANGES = 6;

export interface PlainOptions {
  /** Makes the inputs; the same seed gives the same ones. */
  readonly seed: number;
  /** Ends after so many runs, or when `until` says so. */
  readonly runs: number;
  readonly until?: () => boolean;
}

/** An input that a target threw for. */
export interface PlainFailure {
  readonly input: Uint8Array;
  readonly error: unknown;
}

function dictionaryBytes(entry: string | readonly number[]): Uint8Array {
  return typeof entry === 'string' ? new TextEncoder().encode(entry) : Uint8Array.from(entry);
}

/** Makes inputs of one target. */
export class Mutator {
  private readonly words: readonly Uint8Array[];
  private readonly maxBytes: number;

  constructor(
    private readonly seeds: readonly Uint8Array[],
    description: TargetDescription,
    private readonly random: Random,
  ) {
    this.words = (description.dictionary ?? []).map(dictionaryBytes);
    this.maxBytes = description.maxBytes;
  }

  next(): Uint8Array {
    const { random, maxBytes } = this;
    if (this.seeds.length === 0 || random.once(16)) {
      return Uint8Array.from({ length: random.below(maxBytes + 1) }, () => random.u32() & 255);
    }
    let bytes = [...random.pick(this.seeds).subarray(0, maxBytes)];
    if (random.once(8)) {
      const other = random.pick(this.seeds);
      bytes = [...bytes.slice(0, random.below(bytes.length + 1)), ...other.subarray(random.below(other.length + 1))];
    }
    for (let n = 1 + random.below(MAX_CHANGES); n > 0; n--) this.change(bytes);
    return Uint8Array.from(bytes.slice(0, maxBytes));
  }

  private change(bytes: number[]): void {
    const { random, words } = this;
    // Headers and what steers a target lie at the ends.
    const near = Math.min(bytes.length, 64);
    const spot = random.below(4);
    const at = spot === 0 ? random.below(near + 1) : spot === 1 ? bytes.length - random.below(near + 1)
      : random.below(bytes.length + 1);
    switch (random.below(words.length > 0 ? 9 : 8)) {
      case 0: bytes[Math.min(at, bytes.length)] = random.u32() & 255; break;
      case 1: bytes[Math.min(at, bytes.length)] = random.pick(TELLING); break;
      case 2: if (at < bytes.length) bytes[at] ^= 1 << random.below(8); break;
      case 3: if (at < bytes.length) bytes[at] = (bytes[at] + random.pick([1, 255, 16, 240])) & 255; break;
      case 4: bytes.splice(at, 1 + random.below(8)); break;
      case 5: bytes.splice(at, 0, ...Array.from({ length: 1 + random.below(8) }, () => random.u32() & 255)); break;
      case 6: bytes.splice(at, 0, ...bytes.slice(at, at + 1 + random.below(32))); break;
      case 7: {
        const value = random.once(2) ? 0xffffffff : random.u32();
        for (let i = 0; i < 4 && at + i < bytes.length; i++) bytes[at + i] = (value >>> (8 * i)) & 255;
        break;
      }
      default: {
        const word = random.pick(words);
        bytes.splice(at, random.once(2) ? word.length : 0, ...word);
      }
    }
  }
}

/** Runs a target; gives the first input that it threw for, and how many it was given. */
export async function runPlain(
  fuzz: FuzzTarget, seeds: readonly Uint8Array[], description: TargetDescription, options: PlainOptions,
): Promise<{ runs: number; failure?: PlainFailure }> {
  const mutator = new Mutator(seeds, description, new Random(options.seed));
  let runs = 0;
  for (; runs < options.runs && options.until?.() !== true; runs++) {
    const input = runs < seeds.length ? seeds[runs] : mutator.next();
    try {
      await fuzz(Buffer.from(input));
    } catch (error) {
      return { runs: runs + 1, failure: { input, error } };
    }
  }
  return { runs };
}

/** Writes an input to the current folder, named by its contents; gives the path. */
export function writeFailure(name: string, input: Uint8Array): string {
  const path = `${name}-crash-${createHash('sha1').update(input).digest('hex')}`;
  writeFileSync(path, input);
  return path;
}
