import type { CpuModel } from '../../features/cpu-model.js';
import { alias, bits, Effect, featureBits, register, type RegisterDefinition } from '../definition.js';
import { Traps } from '../trap-rules.js';

const CONTROL = Effect.Translation | Effect.AccessContext | Effect.Interrupts | Effect.PointerAuthentication;

/** SCTLR_EL1, and SCTLR_EL2 which has the same layout when HCR_EL2.E2H is 1. */
const sctlrBits = featureBits(
  bits([5, 0], 7, 8, 9, 11, 12, 14, 15, 16, 18, 19, 20, 22, 23, 28, 29),
  ['FEAT_LSE2', bits(6)],
  ['FEAT_SPECRES', bits(10)],
  ['FEAT_PAuth', bits(13, 27, 30, 31)],
  ['FEAT_IESB', bits(21)],
  ['FEAT_MixedEnd', bits(24, 25)],
  ['FEAT_CMOW', bits(32)],
  ['FEAT_MOPS', bits(33)],
  ['FEAT_BTI', bits(35, 36)],
  ['FEAT_SSBS', bits(44)],
  ['FEAT_TWED', bits([49, 45])],
  ['FEAT_PAN3', bits(57)],
  ['FEAT_NMI', bits(61, 62)],
  ['FEAT_TIDCP1', bits(63)],
);
const sctlrWritable = (model: CpuModel): bigint => sctlrBits(model) | bits(26);
const sctlrReset = (model: CpuModel): bigint => BigInt(model.definition.sctlr);

/** HCR_EL2.RW reads as one: EL1 has no AArch32. */
const HCR_RW = bits(31);
const hcrWritable = featureBits(
  bits([30, 0], 32, 33, 38) & ~bits(29),
  ['FEAT_VHE', bits(34)],
  ['FEAT_LOR', bits(35)],
  ['FEAT_RAS', bits(36, 37)],
  ['FEAT_PAuth', bits(40, 41)],
  ['FEAT_S2FWB', bits(46)],
  ['FEAT_RASv1p1', bits(47)],
  ['FEAT_EVT', bits(49, 50, 52, 54, 55)],
  ['FEAT_CSV2_2', bits(53)],
  ['FEAT_TWED', bits([63, 59])],
);

/** SCR_EL3: bits 4, 5 and 10 (RW) read as one. */
const SCR_RES1 = bits(4, 5, 10);
const scrWritable = featureBits(
  bits([3, 0], 7, 8, 9, 11, 12, 13),
  ['FEAT_LOR', bits(14)],
  ['FEAT_RAS', bits(15)],
  ['FEAT_PAuth', bits(16, 17)],
  ['FEAT_SEL2', bits(18)],
  ['FEAT_RASv1p1', bits(21)],
  ['FEAT_CSV2_2', bits(25)],
  ['FEAT_FGT', bits(27)],
  ['FEAT_ECV', bits(28)],
  ['FEAT_TWED', bits([33, 29])],
  ['FEAT_HCX', bits(38)],
);
/** Without EL3 the PE behaves as if SCR_EL3 were this: Non-secure, nothing trapped or disabled. */
const SCR_WITHOUT_EL3 = SCR_RES1 | bits(0, 8, 16, 17, 21, 25, 27, 28, 38);

const cpacrBits = bits(20, 21);
const cptrEl2Bits = bits(31, 28, 20, 21, 10) | 0x33ffn;

export const CONTROL_REGISTERS: readonly RegisterDefinition[] = [
  register('SCTLR_EL1', '3 0 1 0 0', 'rw1', {
    rules: Traps.VM, host: 'SCTLR_EL2', reset: sctlrReset, writable: sctlrWritable, effects: CONTROL,
  }),
  register('SCTLR_EL2', '3 4 1 0 0', 'rw2', {
    present: 'EL2', reset: sctlrReset, writable: sctlrWritable, effects: CONTROL,
  }),
  register('SCTLR_EL3', '3 6 1 0 0', 'rw3', {
    present: 'EL3', reset: sctlrReset, writable: sctlrWritable, effects: CONTROL,
  }),
  alias('SCTLR_EL12', '3 5 1 0 0', 'SCTLR_EL1'),
  register('ACTLR_EL1', '3 0 1 0 1', 'rw1', { rules: Traps.TACR, writable: 0n }),
  register('ACTLR_EL2', '3 4 1 0 1', 'rw2', { present: 'EL2', writable: 0n }),
  register('ACTLR_EL3', '3 6 1 0 1', 'rw3', { present: 'EL3', writable: 0n }),
  register('CPACR_EL1', '3 0 1 0 2', 'rw1', {
    rules: Traps.TCPAC, host: 'CPTR_EL2', writable: cpacrBits, effects: Effect.FpTrap,
  }),
  alias('CPACR_EL12', '3 5 1 0 2', 'CPACR_EL1'),
  register('CPTR_EL2', '3 4 1 1 2', 'rw2', {
    present: 'EL2',
    rules: Traps.TCPAC3,
    reset: (model) => (model.el2 ? 0x33ffn : 0n),
    writable: cptrEl2Bits,
    effects: Effect.FpTrap,
  }),
  register('CPTR_EL3', '3 6 1 1 2', 'rw3', { present: 'EL3', writable: bits(31, 20, 10), effects: Effect.FpTrap }),
  register('HCR_EL2', '3 4 1 1 0', 'rw2', {
    present: 'EL2',
    reset: HCR_RW,
    writable: (model) => hcrWritable(model) | (model.el3 ? 0n : bits(29)),
    effects: CONTROL | Effect.Timer | Effect.Debug | Effect.FpTrap,
  }),
  register('HCRX_EL2', '3 4 1 2 2', 'rw2', {
    present: ['EL2', 'FEAT_HCX'],
    rules: Traps.HXEn,
    writable: featureBits(0n, ['FEAT_XS', bits(3, 4)], ['FEAT_CMOW', bits(9)], ['FEAT_MOPS', bits(10, 11)]),
    effects: Effect.AccessContext,
  }),
  register('HSTR_EL2', '3 4 1 1 3', 'rw2', { present: 'EL2', writable: 0n }),
  register('HACR_EL2', '3 4 1 1 7', 'rw2', { present: 'EL2', writable: 0n }),
  register('SCR_EL3', '3 6 1 1 0', 'rw3', {
    present: 'EL3',
    reset: (model) => (model.el3 ? SCR_RES1 : SCR_WITHOUT_EL3 | (model.el2 ? 0n : bits(7))),
    writable: scrWritable,
    effects: CONTROL | Effect.Debug | Effect.FpTrap,
  }),
  register('SDER32_EL3', '3 6 1 1 1', 'rw3', { present: 'EL3', writable: 0n }),
  register('MDCR_EL2', '3 4 1 1 1', 'rw2', {
    present: 'EL2',
    rules: [{ control: 'MDCR_EL3', bit: 9, when: 1, access: 'rw', to: 3 }],
    reset: (model) => BigInt(model.eventCounters),
    writable: featureBits(bits([11, 0]), ['FEAT_PMUv3p1', bits(17)], ['FEAT_PMUv3p5', bits(23, 26)]),
    effects: Effect.Debug | Effect.Pmu,
  }),
  register('MDCR_EL3', '3 6 1 3 1', 'rw3', {
    present: 'EL3',
    writable: featureBits(bits(6, 9, 10, 14, 15, 16, 17, 20, 21), ['FEAT_PMUv3p5', bits(23)]),
    effects: Effect.Debug | Effect.Pmu,
  }),
  register('HFGRTR_EL2', '3 4 1 1 4', 'rw2', {
    present: ['EL2', 'FEAT_FGT'], rules: Traps.FGTEn, writable: bits([49, 0]),
  }),
  register('HFGWTR_EL2', '3 4 1 1 5', 'rw2', {
    present: ['EL2', 'FEAT_FGT'],
    rules: Traps.FGTEn,
    writable: bits([49, 0]) & ~bits(2, 9, 10, 14, 15, 18, 21, 25, 26, 28, 40, 42, 46),
  }),
  register('HFGITR_EL2', '3 4 1 1 6', 'rw2', {
    present: ['EL2', 'FEAT_FGT'], rules: Traps.FGTEn, writable: bits([54, 0]), effects: Effect.AccessContext,
  }),
  register('HDFGRTR_EL2', '3 4 3 1 4', 'rw2', {
    present: ['EL2', 'FEAT_FGT'], rules: Traps.FGTEn, writable: bits([7, 0], [19, 9], 22, 57, 58),
  }),
  register('HDFGWTR_EL2', '3 4 3 1 5', 'rw2', {
    present: ['EL2', 'FEAT_FGT'], rules: Traps.FGTEn, writable: bits([5, 0], 7, 8, [21, 10], 57),
  }),
  register('TPIDR_EL0', '3 3 13 0 2', 'rw0'),
  register('TPIDRRO_EL0', '3 3 13 0 3', 'r0 w1'),
  register('TPIDR_EL1', '3 0 13 0 4', 'rw1'),
  register('TPIDR_EL2', '3 4 13 0 2', 'rw2', { present: 'EL2' }),
  register('TPIDR_EL3', '3 6 13 0 2', 'rw3', { present: 'EL3' }),
  register('SCXTNUM_EL0', '3 3 13 0 7', 'rw0', { present: 'FEAT_CSV2_2', rules: [...Traps.TSCXT, ...Traps.EnSCXT] }),
  register('SCXTNUM_EL1', '3 0 13 0 7', 'rw1', { present: 'FEAT_CSV2_2', rules: Traps.EnSCXT, host: 'SCXTNUM_EL2' }),
  register('SCXTNUM_EL2', '3 4 13 0 7', 'rw2', {
    present: ['EL2', 'FEAT_CSV2_2'], rules: [{ control: 'SCR_EL3', bit: 25, when: 0, access: 'rw', to: 3 }],
  }),
  register('SCXTNUM_EL3', '3 6 13 0 7', 'rw3', { present: ['EL3', 'FEAT_CSV2_2'] }),
  alias('SCXTNUM_EL12', '3 5 13 0 7', 'SCXTNUM_EL1'),
];
