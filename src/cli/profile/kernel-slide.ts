/** Where a kernel runs, beside where it was linked: kernels randomize their address (KASLR). */
import type { SymbolTable } from './symbol-table.js';

/** The symbol of the kernel's exception vectors, whose address it puts into VBAR_EL1 (VBAR_EL2 as a host at EL2). */
const VECTORS = 'vectors';
/** A kernel's address differs from what it was linked for by a multiple of this, whatever its page size. */
const STEP = 1n << 16n;

/**
 * What to add to the addresses of a symbol table.
 * @param vectorBases values of VBAR_ELx with the number of samples that had them: a kernel has others for a while, such as
 *   the trampoline's, which are no multiple away; of several that are, the one with the most samples is taken
 * @returns 0 where nothing says otherwise
 */
export function kernelSlide(symbols: SymbolTable, vectorBases: ReadonlyMap<bigint, number>): bigint {
  const vectors = symbols.addressOf(VECTORS);
  if (vectors === undefined || vectorBases.has(vectors)) return 0n;
  let slide = 0n;
  let most = 0;
  for (const [base, samples] of vectorBases) {
    const difference = base - vectors;
    if (difference % STEP !== 0n || samples <= most) continue;
    slide = difference;
    most = samples;
  }
  return slide;
}
