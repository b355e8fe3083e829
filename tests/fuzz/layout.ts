/**
 * Where things lie for a fuzz case, on every engine: guest addresses, the state record, and the batch that both the
 * engines and tests/fuzz/runner.c read. Numbers here and in runner.c go together.
 */

/** Code of all cases of a batch, readable, writable and executable. */
export const CODE_ADDRESS = 0x0400_0000;
export const CODE_BYTES = 0x8_0000;
/** Holds X30 for cases that share a place. */
export const LINK_ADDRESS = CODE_ADDRESS + CODE_BYTES;
/** The code from here on lies in guarded pages (FEAT_BTI), where the CPU has them. */
export const GUARDED_OFFSET = CODE_BYTES / 2;
/** A case ends by branching here. */
export const LEAVE_ADDRESS = 0x03f0_0000;
/**
 * Scratch memory: two pages to read and write, one only to read; the pages before and behind are not mapped, so an
 * access may fault at either half.
 */
export const MEMORY_ADDRESS = 0x0500_0000;
export const PAGE = 4096;
export const MEMORY_BYTES = 3 * PAGE;
export const WRITABLE_BYTES = 2 * PAGE;

/** Bytes of a case's place in the code; a block's is no divisor of a page, so that some cross pages. */
export const SINGLE_SLOT = 64;
export const BLOCK_SLOT = 320;


/**
 * The first word of a place loads X30; only the QEMU runner executes it. The literal is the last of the place, or at
 * LINK_ADDRESS when several cases share the place.
 */
export const LINK_BYTES = 8;

/** UDF #0xdead fills what is left. */
export const UNDEFINED_WORD = 0x0000dead;
export const NOP = 0xd503201f;

/** The state record: register file and flags before or after a case. */
export const StateOffset = {
  /** X0..X30. */
  x: 0,
  sp: 248,
  /** V0..V31. */
  v: 256,
  /** N, Z, C, V in bits 31..28. */
  nzcv: 768,
  fpcr: 776,
  fpsr: 784,
  tpidr: 792,
} as const;
export const STATE_BYTES = 800;

/**
 * A case in a batch: flags, offset of its place in the code, number of its memory image, bytes of the place; state.
 * Several cases may share a place: the same instructions with other registers.
 */
export const CASE_HEADER = 16;
export const CASE_BYTES = CASE_HEADER + STATE_BYTES;
export const CaseFlag = {
  /** The scratch memory is set before and compared afterwards. */
  Memory: 1,
  /** PSTATE bits that EL0 may write are put back afterwards. */
  Pstate: 2,
} as const;

/** A batch: counts of cases and images, bytes of code, 1 if cases need a time limit; then images, code, cases. */
export const BATCH_HEADER = 16;

/** A result: kind, signal, its code, number of memory pieces; PC, fault address; state; the pieces. */
export const RESULT_HEADER = 32;
export const RESULT_BYTES = RESULT_HEADER + STATE_BYTES;
/** A piece of memory that changed: offset as u64, and its 16 bytes. */
export const PIECE_BYTES = 24;

/** `B target` at `at`. */
export function branchWord(at: number, target: number): number {
  return (0x14000000 | (((target - at) >> 2) & 0x3ffffff)) >>> 0;
}

/** `LDR X30, literal`, which lies `distance` bytes behind. */
export function linkWord(distance: number): number {
  return (0x58000000 | ((distance >> 2) << 5) | 30) >>> 0;
}
