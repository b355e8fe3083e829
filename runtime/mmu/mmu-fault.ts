/** Why an access, a fetch or an address translation failed: what ESR, FAR and HPFAR are made from. */
export class MmuFault {
  /** DFSC or IFSC, 6 bits (FaultStatus with its level). */
  status = 0;
  /** The access matched a watchpoint; `status` is meaningless. */
  watchpoint = false;
  /** An instruction fetch. */
  fetch = false;
  /** WnR. */
  write = false;
  /** Lookup level, -1..3, of faults that have one. */
  level = 0;
  /** Taken at stage 2, hence to EL2 with HPFAR_EL2. */
  stage2 = false;
  /** ISS.S1PTW: stage 2 of the address of a stage 1 descriptor. */
  stage1Walk = false;
  /** Faulting virtual address as the program used it (with its tag), words as int32. */
  vaHigh = 0;
  vaLow = 0;
  /** Intermediate physical address of a stage 2 fault, 0..2^52-1, and its PhysicalAddressSpace. */
  ipa = 0;
  ipaSpace = 0;

  /** Virtual address for FAR_ELx. */
  get address(): bigint {
    return (BigInt(this.vaHigh >>> 0) << 32n) | BigInt(this.vaLow >>> 0);
  }
  set address(value: bigint) {
    this.vaHigh = Number(BigInt.asIntN(32, value >> 32n));
    this.vaLow = Number(BigInt.asIntN(32, value));
  }
}
