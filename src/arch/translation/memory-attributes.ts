/**
 * Memory attributes, kept as a MAIR_ELx attribute byte: outer in bits 7..4, inner in 3..0; an outer nibble of zero is
 * Device memory, bits 3..2 then telling nGnRnE, nGnRE, nGRE, GRE (Arm ARM, D24.2.110).
 */
export const MemoryAttribute = {
  DeviceNGnRnE: 0x00,
  NormalNonCacheable: 0x44,
  NormalWriteThrough: 0xaa,
  NormalWriteBack: 0xff,
} as const;

export const Shareability = { Non: 0, Outer: 2, Inner: 3 } as const;

export function isDeviceAttribute(attribute: number): boolean {
  return (attribute & 0xf0) === 0;
}

/** Shareability that PAR_EL1 and the combination report: Device and Non-cacheable memory is Outer Shareable. */
export function effectiveShareability(attribute: number, shareability: number): number {
  return isDeviceAttribute(attribute) || attribute === MemoryAttribute.NormalNonCacheable
    ? Shareability.Outer
    : shareability;
}

/** A stage 2 MemAttr cacheability pair (1 NC, 2 WT, 3 WB) as a MAIR nibble with allocation hints. */
function nibbleOfStage2(cacheability: number): number {
  return cacheability === 1 ? 4 : (cacheability << 2) | 3;
}

function combineNibbles(stage1: number, stage2: number): number {
  if (stage1 === 4 || stage2 === 4) return 4;
  const stage1Policy = stage1 >> 2;
  if (stage1Policy === 0 || stage1Policy === 2) return stage1;
  return stage2 >> 2 === 2 ? 8 | (stage1 & 3) : stage1;
}

/**
 * Combines a stage 1 attribute byte with a stage 2 descriptor's MemAttr[3:0] (Arm ARM, D8.6.5; with
 * `forcedWriteBack`, HCR_EL2.FWB, D8.6.6).
 */
export function combineAttributes(stage1: number, memAttr: number, forcedWriteBack: boolean): number {
  const stage1Device = isDeviceAttribute(stage1);
  if (forcedWriteBack) {
    if ((memAttr & 4) === 0) return combineDevice(stage1, stage1Device, memAttr & 3);
    if ((memAttr & 3) === 3) return stage1;
    if ((memAttr & 3) === 2) return stage1Device ? MemoryAttribute.NormalWriteBack : forceWriteBack(stage1);
    return stage1Device ? stage1 : MemoryAttribute.NormalNonCacheable;
  }
  const outer = (memAttr >> 2) & 3;
  const inner = memAttr & 3;
  if (outer === 0) return combineDevice(stage1, stage1Device, inner);
  if (stage1Device) return stage1;
  return (
    (combineNibbles(stage1 >> 4, nibbleOfStage2(outer)) << 4) |
    combineNibbles(stage1 & 15, nibbleOfStage2(inner === 0 ? 1 : inner))
  );
}

/** Write-Back with the allocation hints of stage 1 where it has any. */
function forceWriteBack(stage1: number): number {
  const nibble = (attribute: number): number => 12 | (attribute === 4 ? 3 : attribute & 3);
  return (nibble(stage1 >> 4) << 4) | nibble(stage1 & 15);
}

function combineDevice(stage1: number, stage1Device: boolean, stage2Type: number): number {
  const type = stage1Device ? Math.min((stage1 >> 2) & 3, stage2Type) : stage2Type;
  return type << 2;
}

/** The stronger of two shareability fields. */
export function combineShareability(stage1: number, stage2: number): number {
  if (stage1 === Shareability.Outer || stage2 === Shareability.Outer) return Shareability.Outer;
  return stage1 === Shareability.Inner || stage2 === Shareability.Inner ? Shareability.Inner : Shareability.Non;
}
