import { alias, bits, Effect, featureBits, register, type RegisterDefinition } from '../definition.js';
import { Traps } from '../trap-rules.js';

const T = Effect.Translation | Effect.AccessContext;

const tcrEl1 = featureBits(
  bits([5, 0], [34, 7], [38, 36]),
  ['FEAT_HAF', bits(39)],
  ['FEAT_HAFDBS', bits(40)],
  ['FEAT_HPDS', bits(41, 42)],
  ['FEAT_HPDS2', bits([50, 43])],
  ['FEAT_PAuth', bits(51, 52)],
  ['FEAT_E0PD', bits(55, 56)],
  ['FEAT_LPA2', bits(59)],
);
const tcrEl3 = featureBits(
  bits([5, 0], [18, 8], 20, 23, 31),
  ['FEAT_HAF', bits(21)],
  ['FEAT_HAFDBS', bits(22)],
  ['FEAT_HPDS', bits(24)],
  ['FEAT_HPDS2', bits([28, 25])],
  ['FEAT_PAuth', bits(29)],
  ['FEAT_LPA2', bits(32)],
);
const vtcr = featureBits(
  bits([18, 0], 31),
  ['FEAT_VMID16', bits(19)],
  ['FEAT_HAF', bits(21)],
  ['FEAT_HAFDBS', bits(22)],
  ['FEAT_HPDS2', bits([28, 25])],
  ['FEAT_SEL2', bits(29, 30)],
  ['FEAT_LPA2', bits(32, 33)],
);

export const TRANSLATION: readonly RegisterDefinition[] = [
  register('TTBR0_EL1', '3 0 2 0 0', 'rw1', { rules: Traps.VM, host: 'TTBR0_EL2', effects: T }),
  register('TTBR1_EL1', '3 0 2 0 1', 'rw1', { rules: Traps.VM, host: 'TTBR1_EL2', effects: T }),
  register('TCR_EL1', '3 0 2 0 2', 'rw1', { rules: Traps.VM, host: 'TCR_EL2', writable: tcrEl1, effects: T }),
  register('TTBR0_EL2', '3 4 2 0 0', 'rw2', { present: 'EL2', effects: T }),
  register('TTBR1_EL2', '3 4 2 0 1', 'rw2', { present: ['EL2', 'FEAT_VHE'], effects: T }),
  register('TCR_EL2', '3 4 2 0 2', 'rw2', {
    present: 'EL2', writable: (model) => tcrEl1(model) | tcrEl3(model), effects: T,
  }),
  register('TTBR0_EL3', '3 6 2 0 0', 'rw3', { present: 'EL3', effects: T }),
  register('TCR_EL3', '3 6 2 0 2', 'rw3', { present: 'EL3', writable: tcrEl3, effects: T }),
  register('VTTBR_EL2', '3 4 2 1 0', 'rw2', { present: 'EL2', effects: T }),
  register('VTCR_EL2', '3 4 2 1 2', 'rw2', { present: 'EL2', writable: vtcr, effects: T }),
  register('VSTTBR_EL2', '3 4 2 6 0', 'rw2', { present: ['EL2', 'FEAT_SEL2'], effects: T }),
  register('VSTCR_EL2', '3 4 2 6 2', 'rw2', {
    present: ['EL2', 'FEAT_SEL2'],
    writable: featureBits(bits([5, 0], 6, 7, 14, 15, 29, 30, 31), ['FEAT_LPA2', bits(33)]),
    effects: T,
  }),
  alias('TTBR0_EL12', '3 5 2 0 0', 'TTBR0_EL1'),
  alias('TTBR1_EL12', '3 5 2 0 1', 'TTBR1_EL1'),
  alias('TCR_EL12', '3 5 2 0 2', 'TCR_EL1'),
  register('MAIR_EL1', '3 0 10 2 0', 'rw1', { rules: Traps.VM, host: 'MAIR_EL2', effects: T }),
  register('MAIR_EL2', '3 4 10 2 0', 'rw2', { present: 'EL2', effects: T }),
  register('MAIR_EL3', '3 6 10 2 0', 'rw3', { present: 'EL3', effects: T }),
  alias('MAIR_EL12', '3 5 10 2 0', 'MAIR_EL1'),
  register('AMAIR_EL1', '3 0 10 3 0', 'rw1', { rules: Traps.VM, host: 'AMAIR_EL2', writable: 0n }),
  register('AMAIR_EL2', '3 4 10 3 0', 'rw2', { present: 'EL2', writable: 0n }),
  register('AMAIR_EL3', '3 6 10 3 0', 'rw3', { present: 'EL3', writable: 0n }),
  alias('AMAIR_EL12', '3 5 10 3 0', 'AMAIR_EL1'),
  register('CONTEXTIDR_EL1', '3 0 13 0 1', 'rw1', {
    rules: Traps.VM, host: 'CONTEXTIDR_EL2', writable: 0xffff_ffffn, effects: Effect.Debug,
  }),
  register('CONTEXTIDR_EL2', '3 4 13 0 1', 'rw2', {
    present: ['EL2', 'FEAT_VHE'], writable: 0xffff_ffffn, effects: Effect.Debug,
  }),
  alias('CONTEXTIDR_EL12', '3 5 13 0 1', 'CONTEXTIDR_EL1'),
  register('PAR_EL1', '3 0 7 4 0', 'rw1'),
  register('DACR32_EL2', '3 4 3 0 0', 'rw2', { present: 'EL2', writable: 0n }),
  register('IFSR32_EL2', '3 4 5 0 1', 'rw2', { present: 'EL2', writable: 0n }),
  register('FPEXC32_EL2', '3 4 5 3 0', 'rw2', { present: 'EL2', writable: 0n }),
];
