/** One access to the controller, with the context it is made from. */
export interface Op {
  /** Word and byte accesses, system registers, and the level of the UART's wire (INTID 33). */
  readonly kind: 'read' | 'write' | 'readb' | 'writeb' | 'mrs' | 'msr' | 'wire';
  readonly el: number;
  /** SCR_EL3 bits NS, IRQ, FIQ; HCR_EL2 bits FMO, IMO. */
  readonly scr: number;
  readonly hcr: number;
  /** Physical address, or the register's name. */
  readonly target: number | string;
  readonly value: bigint;
  /** The PE that makes the access; 0 where it is left out. */
  readonly cpu?: number;
}

export interface Result {
  readonly value: bigint;
  /** ISR_EL1.I in bit 1, ISR_EL1.F in bit 0; 4 where they are not known, see harness.c. */
  readonly isr: number;
  /** Exception level that the access was trapped to, 0 for none. */
  readonly trap: number;
}

export interface Machine {
  readonly cpus: number;
  readonly el2: boolean;
  readonly el3: boolean;
  readonly its?: boolean;
  /** QEMU's version, where it is not 7.2. */
  readonly qemu?: string;
}

/** System registers that scripts may name, with op0, op1, CRn, CRm, op2. */
export const REGISTERS: Readonly<Record<string, readonly [number, number, number, number, number]>> = {
  ICC_PMR_EL1: [3, 0, 4, 6, 0], ICC_IAR0_EL1: [3, 0, 12, 8, 0], ICC_EOIR0_EL1: [3, 0, 12, 8, 1],
  ICC_HPPIR0_EL1: [3, 0, 12, 8, 2], ICC_BPR0_EL1: [3, 0, 12, 8, 3], ICC_AP0R0_EL1: [3, 0, 12, 8, 4],
  ICC_AP1R0_EL1: [3, 0, 12, 9, 0], ICC_DIR_EL1: [3, 0, 12, 11, 1], ICC_RPR_EL1: [3, 0, 12, 11, 3],
  ICC_SGI1R_EL1: [3, 0, 12, 11, 5], ICC_ASGI1R_EL1: [3, 0, 12, 11, 6], ICC_SGI0R_EL1: [3, 0, 12, 11, 7],
  ICC_IAR1_EL1: [3, 0, 12, 12, 0], ICC_EOIR1_EL1: [3, 0, 12, 12, 1], ICC_HPPIR1_EL1: [3, 0, 12, 12, 2],
  ICC_BPR1_EL1: [3, 0, 12, 12, 3], ICC_CTLR_EL1: [3, 0, 12, 12, 4], ICC_SRE_EL1: [3, 0, 12, 12, 5],
  ICC_IGRPEN0_EL1: [3, 0, 12, 12, 6], ICC_IGRPEN1_EL1: [3, 0, 12, 12, 7], ICC_SRE_EL2: [3, 4, 12, 9, 5],
  ICC_CTLR_EL3: [3, 6, 12, 12, 4], ICC_SRE_EL3: [3, 6, 12, 12, 5], ICC_IGRPEN1_EL3: [3, 6, 12, 12, 7],
  ICH_AP0R0_EL2: [3, 4, 12, 8, 0], ICH_AP1R0_EL2: [3, 4, 12, 9, 0], ICH_HCR_EL2: [3, 4, 12, 11, 0],
  ICH_VTR_EL2: [3, 4, 12, 11, 1], ICH_MISR_EL2: [3, 4, 12, 11, 2], ICH_EISR_EL2: [3, 4, 12, 11, 3],
  ICH_ELRSR_EL2: [3, 4, 12, 11, 5], ICH_VMCR_EL2: [3, 4, 12, 11, 7], ICH_LR0_EL2: [3, 4, 12, 12, 0],
  ICH_LR1_EL2: [3, 4, 12, 12, 1], ICH_LR2_EL2: [3, 4, 12, 12, 2], ICH_LR3_EL2: [3, 4, 12, 12, 3],
};

export const GICD = 0x0800_0000;
export const GICR = 0x080a_0000;
export const GITS = 0x0808_0000;
/** INTID of the UART's wire. */
export const UART_INTID = 33;

/** Text of a recording: a header line, then a line for each access. */
export function formatRecording(machine: Machine, ops: readonly Op[], results: readonly Result[]): string {
  const lines = ops.map((op, i) => {
    const target = typeof op.target === 'string' ? op.target : op.target.toString(16);
    const { value, isr, trap } = results[i];
    const context = `${op.el} ${op.scr} ${op.hcr}`;
    const kind = op.cpu === undefined ? op.kind : `${op.kind}@${op.cpu}`;
    return `${kind} ${context} ${target} ${op.value.toString(16)} = ${value.toString(16)} ${isr} ${trap}`;
  });
  return [JSON.stringify(machine), ...lines, ''].join('\n');
}

export function parseRecording(text: string): { machine: Machine; ops: Op[]; results: Result[] } {
  const [header, ...lines] = text.trimEnd().split('\n');
  const ops: Op[] = [];
  const results: Result[] = [];
  for (const line of lines) {
    const [access, el, scr, hcr, target, value, , got, isr, trap] = line.split(' ');
    const [kind, cpu] = access.split('@');
    ops.push({
      kind: kind as Op['kind'],
      ...(cpu === undefined ? {} : { cpu: Number(cpu) }),
      el: Number(el),
      scr: Number(scr),
      hcr: Number(hcr),
      target: /^IC/.test(target) ? target : parseInt(target, 16),
      value: BigInt(`0x${value}`),
    });
    results.push({ value: BigInt(`0x${got}`), isr: Number(isr), trap: Number(trap) });
  }
  return { machine: JSON.parse(header) as Machine, ops, results };
}
