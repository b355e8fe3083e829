/**
 * Fault status codes: DFSC/IFSC of ESR_ELx, FST of PAR_EL1 (Arm ARM, D24.2.40 "ISS encoding for an exception from
 * a Data Abort"). Level-carrying codes hold level 0..3 in bits 1..0; level -1 (FEAT_LPA2) has codes of its own.
 */
export const FaultStatus = {
  None: -1,
  AddressSize: 0x00,
  Translation: 0x04,
  AccessFlag: 0x08,
  Permission: 0x0c,
  /** Synchronous External abort, not on a translation table walk. */
  External: 0x10,
  /** Synchronous External abort on a translation table walk. */
  ExternalOnWalk: 0x14,
  Alignment: 0x21,
  TlbConflict: 0x30,
  /** Unsupported atomic hardware update of a descriptor. */
  UnsupportedAtomicUpdate: 0x31,
  /** Unsupported Exclusive or Atomic access. */
  UnsupportedExclusive: 0x35,
} as const;

/** Six-bit status code of a fault at `level`, -1..3; codes without a level stay as they are. */
export function faultStatusAtLevel(base: number, level: number): number {
  if (base === FaultStatus.External || base > FaultStatus.ExternalOnWalk) return base;
  if (level >= 0) return base + level;
  switch (base) {
    case FaultStatus.AddressSize:
      return 0x29;
    case FaultStatus.Translation:
      return 0x2b;
    case FaultStatus.ExternalOnWalk:
      return 0x13;
    default:
      return base;
  }
}
