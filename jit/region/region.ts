/** Regions: the blocks that can be reached from one entry without leaving a page. */
import type { RegionInstruction } from './instruction.js';

/** Where control goes: a block of the region, or a place outside, in bytes from the start of the page. */
export type Target = { readonly block: number } | { readonly outside: number };

export type Terminator =
  | { readonly kind: 'jump'; readonly to: Target }
  | { readonly kind: 'branch'; readonly to: Target; readonly next: Target }
  /** BL: `to` in bytes from the start of the page. */
  | { readonly kind: 'call'; readonly to: number; readonly next: Target }
  /** RET of a callee that is in the region: to the block behind the call, if it goes there. */
  | { readonly kind: 'return'; readonly next: { readonly block: number } }
  | { readonly kind: 'callIndirect'; readonly btype: number; readonly next: Target }
  | { readonly kind: 'indirect'; readonly btype: number; readonly returns: boolean }
  /** Leaves for the place behind. */
  | { readonly kind: 'synchronize'; readonly next: number }
  | { readonly kind: 'never' };

export interface Block {
  readonly index: number;
  /** Bytes from the start of the page. */
  readonly offset: number;
  /** Of a callee that is in the region for one of its calls: who comes from elsewhere does not find the block. */
  readonly copied: boolean;
  readonly instructions: readonly RegionInstruction[];
  readonly terminator: Terminator;
  /** Blocks that control may go to. */
  readonly successors: readonly number[];
}

export interface Region {
  /** In reverse postorder; the first is the entry. */
  readonly blocks: readonly Block[];
  readonly instructions: number;
  /** It may have become hot because another region often leaves at its first instruction: a memory access behind which control came. */
  readonly resumes: boolean;
}

export interface RegionLimits {
  /** Most instructions in a region. */
  readonly instructions: number;
  /** Most instructions of a callee that is made part of its callers; 0 for none. */
  readonly callee: number;
}

export const PAGE = 4096;

/** The page that a region is formed from. */
export interface CodePage {
  /** Instruction word at a byte offset. */
  word(offset: number): number;
  /** Whether control has ever gone straight on to the instruction; what it never reached is left out. */
  reached(offset: number): boolean;
  /** Whether a branch has ever been taken to the instruction. */
  branchedTo(offset: number): boolean;
}
