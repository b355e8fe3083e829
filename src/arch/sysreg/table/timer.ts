import { alias, bits, Effect, featureBits, register, type RegisterDefinition } from '../definition.js';

const timed = { effects: Effect.Timer | Effect.Interrupts } as const;
const ctl = { ...timed, writable: 3n } as const;
const view = { ...timed, stored: false } as const;

/** Generic timer (Arm ARM, D11). ISTATUS and the TimerValue views are computed from the counter. */
export const TIMER: readonly RegisterDefinition[] = [
  register('CNTFRQ_EL0', '3 3 14 0 0', 'r0 w1', {
    reset: (model) => BigInt(model.counterFrequency), writable: 0xffff_ffffn,
  }),
  register('CNTPCT_EL0', '3 3 14 0 1', 'r0', { stored: false }),
  register('CNTVCT_EL0', '3 3 14 0 2', 'r0', { stored: false }),
  register('CNTPCTSS_EL0', '3 3 14 0 5', 'r0', { stored: false, present: 'FEAT_ECV' }),
  register('CNTVCTSS_EL0', '3 3 14 0 6', 'r0', { stored: false, present: 'FEAT_ECV' }),
  register('CNTP_TVAL_EL0', '3 3 14 2 0', 'rw0', { ...view, host: 'CNTHP_TVAL_EL2', hostAtEl0: true }),
  register('CNTP_CTL_EL0', '3 3 14 2 1', 'rw0', { ...ctl, host: 'CNTHP_CTL_EL2', hostAtEl0: true }),
  register('CNTP_CVAL_EL0', '3 3 14 2 2', 'rw0', { ...timed, host: 'CNTHP_CVAL_EL2', hostAtEl0: true }),
  register('CNTV_TVAL_EL0', '3 3 14 3 0', 'rw0', { ...view, host: 'CNTHV_TVAL_EL2', hostAtEl0: true }),
  register('CNTV_CTL_EL0', '3 3 14 3 1', 'rw0', { ...ctl, host: 'CNTHV_CTL_EL2', hostAtEl0: true }),
  register('CNTV_CVAL_EL0', '3 3 14 3 2', 'rw0', { ...timed, host: 'CNTHV_CVAL_EL2', hostAtEl0: true }),
  register('CNTKCTL_EL1', '3 0 14 1 0', 'rw1', {
    ...timed, host: 'CNTHCTL_EL2', writable: featureBits(bits([9, 0]), ['FEAT_ECV', bits(17)]),
  }),
  alias('CNTKCTL_EL12', '3 5 14 1 0', 'CNTKCTL_EL1'),
  alias('CNTP_TVAL_EL02', '3 5 14 2 0', 'CNTP_TVAL_EL0'),
  alias('CNTP_CTL_EL02', '3 5 14 2 1', 'CNTP_CTL_EL0'),
  alias('CNTP_CVAL_EL02', '3 5 14 2 2', 'CNTP_CVAL_EL0'),
  alias('CNTV_TVAL_EL02', '3 5 14 3 0', 'CNTV_TVAL_EL0'),
  alias('CNTV_CTL_EL02', '3 5 14 3 1', 'CNTV_CTL_EL0'),
  alias('CNTV_CVAL_EL02', '3 5 14 3 2', 'CNTV_CVAL_EL0'),
  register('CNTHCTL_EL2', '3 4 14 1 0', 'rw2', {
    ...timed,
    present: 'EL2',
    // Without EL2 nothing is trapped: EL1PCTEN and EL1PCEN read as one for the checks.
    reset: 3n,
    writable: featureBits(bits([7, 0]), ['FEAT_VHE', bits([11, 8])], ['FEAT_ECV', bits([17, 12])]),
  }),
  register('CNTVOFF_EL2', '3 4 14 0 3', 'rw2', { ...timed, present: 'EL2' }),
  register('CNTHP_TVAL_EL2', '3 4 14 2 0', 'rw2', { ...view, present: 'EL2' }),
  register('CNTHP_CTL_EL2', '3 4 14 2 1', 'rw2', { ...ctl, present: 'EL2' }),
  register('CNTHP_CVAL_EL2', '3 4 14 2 2', 'rw2', { ...timed, present: 'EL2' }),
  register('CNTHV_TVAL_EL2', '3 4 14 3 0', 'rw2', { ...view, present: ['EL2', 'FEAT_VHE'] }),
  register('CNTHV_CTL_EL2', '3 4 14 3 1', 'rw2', { ...ctl, present: ['EL2', 'FEAT_VHE'] }),
  register('CNTHV_CVAL_EL2', '3 4 14 3 2', 'rw2', { ...timed, present: ['EL2', 'FEAT_VHE'] }),
  register('CNTHVS_TVAL_EL2', '3 4 14 4 0', 'rw2', { ...view, present: ['EL2', 'FEAT_SEL2'] }),
  register('CNTHVS_CTL_EL2', '3 4 14 4 1', 'rw2', { ...ctl, present: ['EL2', 'FEAT_SEL2'] }),
  register('CNTHVS_CVAL_EL2', '3 4 14 4 2', 'rw2', { ...timed, present: ['EL2', 'FEAT_SEL2'] }),
  register('CNTHPS_TVAL_EL2', '3 4 14 5 0', 'rw2', { ...view, present: ['EL2', 'FEAT_SEL2'] }),
  register('CNTHPS_CTL_EL2', '3 4 14 5 1', 'rw2', { ...ctl, present: ['EL2', 'FEAT_SEL2'] }),
  register('CNTHPS_CVAL_EL2', '3 4 14 5 2', 'rw2', { ...timed, present: ['EL2', 'FEAT_SEL2'] }),
  register('CNTPS_TVAL_EL1', '3 7 14 2 0', 'rw1', { ...view, present: 'EL3' }),
  register('CNTPS_CTL_EL1', '3 7 14 2 1', 'rw1', { ...ctl, present: 'EL3' }),
  register('CNTPS_CVAL_EL1', '3 7 14 2 2', 'rw1', { ...timed, present: 'EL3' }),
];
