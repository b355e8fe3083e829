/** Bitmask immediates of the logical instructions: DecodeBitMasks() of the Arm ARM, J1.1.3. */

/** Element width in bits (2..64) that N:imms selects, or 0 when the combination is reserved. */
function elementWidth(N: number, imms: number): number {
  const key = (N << 6) | (~imms & 0x3f);
  const length = 31 - Math.clz32(key);
  return length < 1 ? 0 : 1 << length;
}

/** Whether N:imms is an allocated logical immediate for a register of 32 (`sf` 0) or 64 bits. */
export function isBitmaskImmediate(sf: number, N: number, imms: number): boolean {
  if (sf === 0 && N === 1) return false;
  const width = elementWidth(N, imms);
  return width !== 0 && (imms & (width - 1)) !== width - 1;
}

/** The 64-bit immediate; for 32-bit operands use its low half. The combination must be an allocated one. */
export function bitmaskImmediate(N: number, immr: number, imms: number): bigint {
  const width = elementWidth(N, imms);
  const ones = (imms & (width - 1)) + 1;
  const rotate = immr & (width - 1);
  let element = (1n << BigInt(ones)) - 1n;
  const w = BigInt(width);
  element = (element >> BigInt(rotate)) | (element << (w - BigInt(rotate)));
  element &= (1n << w) - 1n;
  let result = 0n;
  for (let at = 0n; at < 64n; at += w) result |= element << at;
  return result;
}
