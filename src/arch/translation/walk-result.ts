import { FaultStatus } from './fault-status.js';

/** Kinds of access that a translation is asked for. */
export const AccessType = {
  Read: 0,
  Write: 1,
  /** An atomic that reads and writes: a fault counts as a read's when a read would take it. */
  ReadWrite: 2,
  Fetch: 3,
} as const;
export type AccessType = (typeof AccessType)[keyof typeof AccessType];

/** Bits of TranslationResult.permissions, for the privilege that the translation was made for. */
export const Permission = { Read: 1, Write: 2, Execute: 4 } as const;

/** Outcome of a translation. One object is reused for all walks; all fields are overwritten by each. */
export class TranslationResult {
  /** Fault status code (6 bits), or FaultStatus.None. The rest of the fault fields are valid only with a fault. */
  fault: number = FaultStatus.None;
  /** Lookup level of the fault, -1..3. */
  level = 0;
  /** The fault is stage 2's. */
  stage2 = false;
  /** The stage 2 fault hit the translation of a stage 1 descriptor's address. */
  stage1Walk = false;
  /** The fault hit a write that would have been allowed to read: WnR of an atomic access. */
  writeOnly = false;
  /** Intermediate physical address of a stage 2 fault (bits 51..32, bits 31..0 as int32), and its address space. */
  ipaHigh = 0;
  ipaLow = 0;
  ipaSpace = 0;

  /** Physical address: bits 51..32, and bits 31..0 as int32. */
  paHigh = 0;
  paLow = 0;
  /** PhysicalAddressSpace of the output. */
  space = 0;
  /** Permission bits. Write is present for a writable-but-clean page too; see `dirty`. */
  permissions = 0;
  /** The descriptors already record the page as dirty (or do not track it): later writes need no walk. */
  dirty = true;
  /** An unprivileged access could read the page: what PAN goes by. */
  unprivilegedReadable = false;
  /** MAIR-style attribute byte after combination of the stages. */
  attributes = 0;
  shareability = 0;
  /** Device memory: unaligned accesses fault, no gathering. */
  isDevice = false;
  /** log2 of the size of the stage 1 translation (with the contiguous hint), for TLB invalidation by VA. */
  blockShift = 12;
  /** log2 of the naturally aligned range around the address that both stages map linearly. */
  extentShift = 12;
  /** The translation does not depend on the ASID. */
  global = true;
  /** Guarded page (FEAT_BTI). */
  guarded = false;

  /** Physical address, 0..2^52-1. */
  get pa(): number {
    return this.paHigh * 0x1_0000_0000 + (this.paLow >>> 0);
  }
  /** Intermediate physical address of a stage 2 fault, 0..2^52-1. */
  get ipa(): number {
    return this.ipaHigh * 0x1_0000_0000 + (this.ipaLow >>> 0);
  }
}
