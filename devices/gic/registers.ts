import { PRIORITY_BITS } from './state.js';

/** Identification common to the frames (IHI 0069, 12.9.26 and 12.11.35), with QEMU's values. */

/** GICD_IIDR and GICR_IIDR: Arm, product 0, r0p0. */
export const IIDR = 0x0000_043b;
/** Offset of the first identification register, GICx_PIDR4. */
export const ID_REGISTERS = 0xffd0;

/** ICC_CTLR_EL1 and ICV_CTLR_EL1 fields that never change: A3V, 24 identifier bits, PRIbits. */
export const ICC_CTLR_FIXED = (1 << 15) | (1 << 11) | ((PRIORITY_BITS - 1) << 8);

const CIDR = [0x0d, 0xf0, 0x05, 0xb1];

/** Identification register at `offset`, 0xffd0..0xfffc; @param part0 the part number's low byte. */
export function idRegister(offset: number, part0: number): number {
  // PIDR4..7, PIDR0..3 (PIDR2: architecture revision 3, JEP106 code in use), CIDR0..3.
  const values = [0x44, 0, 0, 0, part0, 0xb4, 0x3b, 0, ...CIDR];
  return values[(offset - ID_REGISTERS) >> 2] ?? 0;
}

/** Bits 0, 2, 4 .. 30 of `word`, packed into 16 bits. */
export function packEvenBits(word: number): number {
  let x = word & 0x5555_5555;
  x = (x | (x >>> 1)) & 0x3333_3333;
  x = (x | (x >>> 2)) & 0x0f0f_0f0f;
  x = (x | (x >>> 4)) & 0x00ff_00ff;
  return (x | (x >>> 8)) & 0xffff;
}

/** Bits 0..15 of `half`, spread to bits 0, 2, 4 .. 30. */
export function spreadToEvenBits(half: number): number {
  let x = half & 0xffff;
  x = (x | (x << 8)) & 0x00ff_00ff;
  x = (x | (x << 4)) & 0x0f0f_0f0f;
  x = (x | (x << 2)) & 0x3333_3333;
  return (x | (x << 1)) & 0x5555_5555;
}
