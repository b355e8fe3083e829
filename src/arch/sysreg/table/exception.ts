import { alias, bits, Effect, featureBits, register, type RegisterDefinition } from '../definition.js';
import { Traps } from '../trap-rules.js';

/** Bits of an SPSR_ELx taken from AArch64 state; M[4] stays writable so that an illegal return can be asked for. */
const spsr = featureBits(
  bits([4, 0], [9, 6], 20, 21, [31, 28]),
  ['FEAT_BTI', bits(10, 11)],
  ['FEAT_SSBS', bits(12)],
  ['FEAT_NMI', bits(13)],
  ['FEAT_PAN', bits(22)],
  ['FEAT_UAO', bits(23)],
  ['FEAT_DIT', bits(24)],
  ['FEAT_MTE', bits(25)],
);
const vbar = bits([63, 11]);

/** RAS error records: none are implemented, so ERRIDR_EL1.NUM is 0 and every ERX register is RES0. */
const RAS_RECORDS: readonly [string, string, string][] = [
  ['ERRSELR_EL1', '3 0 5 3 1', 'rw1'], ['ERXFR_EL1', '3 0 5 4 0', 'r1'], ['ERXCTLR_EL1', '3 0 5 4 1', 'rw1'],
  ['ERXSTATUS_EL1', '3 0 5 4 2', 'rw1'], ['ERXADDR_EL1', '3 0 5 4 3', 'rw1'], ['ERXMISC0_EL1', '3 0 5 5 0', 'rw1'],
  ['ERXMISC1_EL1', '3 0 5 5 1', 'rw1'],
];
const RAS_RECORDS_V1P1: readonly [string, string, string][] = [
  ['ERXMISC2_EL1', '3 0 5 5 2', 'rw1'], ['ERXMISC3_EL1', '3 0 5 5 3', 'rw1'],
];
const RAS_INJECTION: readonly [string, string, string][] = [
  ['ERXPFGF_EL1', '3 0 5 4 4', 'r1'], ['ERXPFGCTL_EL1', '3 0 5 4 5', 'rw1'], ['ERXPFGCDN_EL1', '3 0 5 4 6', 'rw1'],
];

export const EXCEPTION: readonly RegisterDefinition[] = [
  register('SPSR_EL1', '3 0 4 0 0', 'rw1', { host: 'SPSR_EL2', writable: spsr }),
  register('ELR_EL1', '3 0 4 0 1', 'rw1', { host: 'ELR_EL2' }),
  register('SPSR_EL2', '3 4 4 0 0', 'rw2', { present: 'EL2', writable: spsr }),
  register('ELR_EL2', '3 4 4 0 1', 'rw2', { present: 'EL2' }),
  register('SPSR_EL3', '3 6 4 0 0', 'rw3', { present: 'EL3', writable: spsr }),
  register('ELR_EL3', '3 6 4 0 1', 'rw3', { present: 'EL3' }),
  alias('SPSR_EL12', '3 5 4 0 0', 'SPSR_EL1'),
  alias('ELR_EL12', '3 5 4 0 1', 'ELR_EL1'),
  register('SPSR_irq', '3 4 4 3 0', 'rw2', { present: 'EL2', writable: 0n }),
  register('SPSR_abt', '3 4 4 3 1', 'rw2', { present: 'EL2', writable: 0n }),
  register('SPSR_und', '3 4 4 3 2', 'rw2', { present: 'EL2', writable: 0n }),
  register('SPSR_fiq', '3 4 4 3 3', 'rw2', { present: 'EL2', writable: 0n }),
  register('AFSR0_EL1', '3 0 5 1 0', 'rw1', { rules: Traps.VM, host: 'AFSR0_EL2', writable: 0n }),
  register('AFSR1_EL1', '3 0 5 1 1', 'rw1', { rules: Traps.VM, host: 'AFSR1_EL2', writable: 0n }),
  register('AFSR0_EL2', '3 4 5 1 0', 'rw2', { present: 'EL2', writable: 0n }),
  register('AFSR1_EL2', '3 4 5 1 1', 'rw2', { present: 'EL2', writable: 0n }),
  register('AFSR0_EL3', '3 6 5 1 0', 'rw3', { present: 'EL3', writable: 0n }),
  register('AFSR1_EL3', '3 6 5 1 1', 'rw3', { present: 'EL3', writable: 0n }),
  alias('AFSR0_EL12', '3 5 5 1 0', 'AFSR0_EL1'),
  alias('AFSR1_EL12', '3 5 5 1 1', 'AFSR1_EL1'),
  register('ESR_EL1', '3 0 5 2 0', 'rw1', { rules: Traps.VM, host: 'ESR_EL2' }),
  register('ESR_EL2', '3 4 5 2 0', 'rw2', { present: 'EL2' }),
  register('ESR_EL3', '3 6 5 2 0', 'rw3', { present: 'EL3' }),
  alias('ESR_EL12', '3 5 5 2 0', 'ESR_EL1'),
  register('FAR_EL1', '3 0 6 0 0', 'rw1', { rules: Traps.VM, host: 'FAR_EL2' }),
  register('FAR_EL2', '3 4 6 0 0', 'rw2', { present: 'EL2' }),
  register('FAR_EL3', '3 6 6 0 0', 'rw3', { present: 'EL3' }),
  alias('FAR_EL12', '3 5 6 0 0', 'FAR_EL1'),
  register('HPFAR_EL2', '3 4 6 0 4', 'rw2', { present: 'EL2', writable: bits(63, [43, 4]) }),
  register('VBAR_EL1', '3 0 12 0 0', 'rw1', { host: 'VBAR_EL2', writable: vbar }),
  register('VBAR_EL2', '3 4 12 0 0', 'rw2', { present: 'EL2', writable: vbar }),
  register('VBAR_EL3', '3 6 12 0 0', 'rw3', { present: 'EL3', writable: vbar }),
  alias('VBAR_EL12', '3 5 12 0 0', 'VBAR_EL1'),
  register('RVBAR_EL1', '3 0 12 0 1', 'r1', {
    present: (model) => !model.el2 && !model.el3, reset: (model) => model.resetVector,
  }),
  register('RVBAR_EL2', '3 4 12 0 1', 'r2', {
    present: (model) => model.el2 && !model.el3, reset: (model) => model.resetVector,
  }),
  register('RVBAR_EL3', '3 6 12 0 1', 'r3', { present: 'EL3', reset: (model) => model.resetVector }),
  register('RMR_EL1', '3 0 12 0 2', 'rw1', {
    present: (model) => !model.el2 && !model.el3, reset: 1n, writable: 2n, effects: Effect.Reset,
  }),
  register('RMR_EL2', '3 4 12 0 2', 'rw2', {
    present: (model) => model.el2 && !model.el3, reset: 1n, writable: 2n, effects: Effect.Reset,
  }),
  register('RMR_EL3', '3 6 12 0 2', 'rw3', { present: 'EL3', reset: 1n, writable: 2n, effects: Effect.Reset }),
  register('ISR_EL1', '3 0 12 1 0', 'r1', { stored: false }),
  register('DISR_EL1', '3 0 12 1 1', 'rw1', { present: 'FEAT_RAS', writable: bits(31, [24, 0]) }),
  register('VDISR_EL2', '3 4 12 1 1', 'rw2', { present: ['EL2', 'FEAT_RAS'], writable: bits(31, [24, 0]) }),
  register('VSESR_EL2', '3 4 5 2 3', 'rw2', { present: ['EL2', 'FEAT_RAS'], writable: bits([24, 0]) }),
  register('ERRIDR_EL1', '3 0 5 3 0', 'r1', { present: 'FEAT_RAS', rules: Traps.TERR }),
  ...RAS_RECORDS.map(([name, encoding, access]) =>
    register(name, encoding, access, { present: 'FEAT_RAS', rules: Traps.TERR, stored: false, writable: 0n }),
  ),
  ...RAS_RECORDS_V1P1.map(([name, encoding, access]) =>
    register(name, encoding, access, { present: 'FEAT_RASv1p1', rules: Traps.TERR, stored: false, writable: 0n }),
  ),
  ...RAS_INJECTION.map(([name, encoding, access]) =>
    register(name, encoding, access, { present: 'FEAT_RASv1p1', rules: Traps.FIEN, stored: false, writable: 0n }),
  ),
];
