import type { InstructionSyndrome } from './syndrome.js';

/**
 * ISS fields of the load or store `word` for a stage 2 data abort, undefined where ISV is 0: loads and stores of one
 * general-purpose register, without writeback and not exclusive (Arm ARM, D24.2.40, ISS encoding for a Data Abort).
 */
export function instructionSyndrome(word: number): InstructionSyndrome | undefined {
  const srt = word & 31;
  const sas = word >>> 30;
  // LDAR, STLR, LDLAR, STLLR and sizes
  if ((word & 0x3fa0_0000) === 0x0880_0000) {
    return { sas, sse: false, srt, sf: sas === 3, ar: (word & (1 << 15)) !== 0 };
  }
  // LDAPR
  if ((word & 0x3fff_fc00) === 0x38bf_c000) return { sas, sse: false, srt, sf: sas === 3, ar: true };
  // LDAPUR, STLUR
  if ((word & 0x3f20_0c00) === 0x1900_0000) return loadStore(word, sas, srt, true);
  // V = 0: unsigned offset; unscaled, unprivileged and register offset
  const unsigned = (word & 0x3f00_0000) === 0x3900_0000;
  const unscaled = (word & 0x3f20_0400) === 0x3800_0000;
  const register = (word & 0x3f20_0c00) === 0x3820_0800;
  return unsigned || unscaled || register ? loadStore(word, sas, srt, false) : undefined;
}

/** size in bits 31..30, opc in bits 23..22: store, load, sign-extending load to X and to W. */
function loadStore(word: number, sas: number, srt: number, ar: boolean): InstructionSyndrome | undefined {
  const opc = (word >>> 22) & 3;
  if (sas === 3 && opc >= 2) return undefined; // PRFM
  const sse = opc >= 2;
  return { sas, sse, srt, sf: sse ? opc === 2 : sas === 3, ar };
}
