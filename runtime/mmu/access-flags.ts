/** Bits of the `flags` argument of VcpuMmu.access. */
export const AccessFlag = {
  /** A store. */
  Write: 1,
  /** An atomic that loads and stores (with or without Write). */
  ReadWrite: 2,
  /** LDTR, STTR and the like: unprivileged where the PE's state makes them so. */
  Unprivileged: 4,
  /** The element must be aligned whatever SCTLR_ELx.A says (atomics, exclusives, acquire/release). */
  Aligned: 8,
  /** With Aligned: acquire or release and no more, which SCTLR_ELx.nAA lets be unaligned anywhere. */
  Ordered: 128,
} as const;

/** Position of the element size in flags: 0 = the access is one element, else 1 + log2 of the element's bytes. */
export const ELEMENT_SHIFT = 4;

/** Flag bits for an access made of elements of `bytes` (1, 2, 4, 8 or 16): LDP, LD1 and the like. */
export function elementFlags(bytes: 1 | 2 | 4 | 8 | 16): number {
  return (1 + Math.log2(bytes)) << ELEMENT_SHIFT;
}

/** Bytes of one element of an access: what it must be aligned to where alignment is checked. */
export function elementBytes(size: number, flags: number): number {
  const field = (flags >> ELEMENT_SHIFT) & 7;
  if (field !== 0) return 1 << (field - 1);
  return (size & (size - 1)) === 0 ? size : 1;
}
