/** Random cases of FEAT_LSE128, which no CPU model advertises: LDCLRP, LDSETP and SWPP on the memory page. */
import { extractFields } from '../../jit/a64/decoder.js';
import type { Encoding } from '../../jit/a64/encoding.js';
import { encodings } from '../../jit/a64/encodings/index.js';
import { MEMORY_ADDRESS, type InstructionCase } from './qemu-user.js';
import { Random } from './simd-instructions.js';

export const atomic128Encodings: readonly Encoding[] = encodings.filter((e) => e.feature === 'FEAT_LSE128');
const BYTES = 64;
/** An address that neither QEMU's runner nor the engine maps. */
const UNMAPPED = 0x06000000n;

/** Registers that coincide, and XZR, are CONSTRAINED UNPREDICTABLE (Arm ARM, K1.2). */
const isPlain = ({ Rt, Rt2, Rn }: Readonly<Record<string, number>>): boolean =>
  Rt !== Rt2 && Rt !== 31 && Rt2 !== 31 && Rn !== Rt && Rn !== Rt2 && Rn !== 31;

export function atomic128Cases(perEncoding: number, seed: number): InstructionCase[] {
  const random = new Random(seed);
  const cases: InstructionCase[] = [];
  for (const encoding of atomic128Encodings) {
    for (let n = 0; n < perEncoding; ) {
      const word = (encoding.value | (random.u32() & ~encoding.mask)) >>> 0;
      const f = extractFields(encoding, word);
      if (!isPlain(f)) continue;
      const memory = Uint8Array.from({ length: BYTES }, () => random.below(256));
      const base = random.below(12) === 0 ? UNMAPPED : MEMORY_ADDRESS;
      // now and then misaligned, which faults
      const address = base + BigInt(16 * random.below(3) + (random.below(8) === 0 ? 1 + random.below(15) : 0));
      const x = [[f.Rt, random.u64()], [f.Rt2, random.u64()], [f.Rn, address]] as const;
      cases.push({ word, x: x.map(([r, value]) => [r, value]), memory, nzcv: random.below(16) });
      n++;
    }
  }
  return cases;
}
