/**
 * System register encodings. The index is bits 19..5 of an MRS or MSR (register) word: o0, op1, CRn, CRm, op2; op0 is
 * 2 + o0 (Arm ARM, C5.3).
 */
export const SYSREG_ENCODINGS = 1 << 15;

export interface SysregFields {
  readonly op0: number;
  readonly op1: number;
  readonly crn: number;
  readonly crm: number;
  readonly op2: number;
}

export function packEncoding(op0: number, op1: number, crn: number, crm: number, op2: number): number {
  return ((op0 & 1) << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2;
}

export function unpackEncoding(encoding: number): SysregFields {
  return {
    op0: 2 + (encoding >> 14),
    op1: (encoding >> 11) & 7,
    crn: (encoding >> 7) & 15,
    crm: (encoding >> 3) & 15,
    op2: encoding & 7,
  };
}

/** Generic name, as assemblers write registers that they do not know: S3_0_C1_C0_0. */
export function genericName(encoding: number): string {
  const { op0, op1, crn, crm, op2 } = unpackEncoding(encoding);
  return `S${op0}_${op1}_C${crn}_C${crm}_${op2}`;
}

/**
 * ISS of a trapped MSR, MRS or System instruction, EC 0x18 (Arm ARM, ISS encoding for an exception from MSR, MRS, or
 * System instruction). `op0` is 1 for SYS and SYSL; `read` is true for MRS and SYSL; `rt` is 0..31.
 */
export function systemTrapIss(op0: number, encoding: number, rt: number, read: boolean): number {
  const { op1, crn, crm, op2 } = unpackEncoding(encoding);
  return (op0 << 20) | (op2 << 17) | (op1 << 14) | (crn << 10) | (rt << 5) | (crm << 1) | (read ? 1 : 0);
}
