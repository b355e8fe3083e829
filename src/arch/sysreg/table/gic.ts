import { Effect, register, type Presence, type RegisterDefinition, type RegisterOptions } from '../definition.js';

const icc: RegisterOptions = { present: ['GIC'], stored: false, effects: Effect.Interrupts };
const ich: RegisterOptions = { ...icc, present: ['GIC', 'EL2'] };
const el3: RegisterOptions = { ...icc, present: ['GIC', 'EL3'] };

const ACTIVE_PRIORITIES = [0, 1, 2, 3];
/** Active priority registers: one for up to 5 priority bits, two for 6, four for 7. */
const withPriorities = (options: RegisterOptions, n: number): RegisterOptions => ({
  ...options,
  present: [...(options.present as Presence[]), (model) => n < 1 << Math.max(0, model.gicPriorityBits - 5)],
});

/** List registers that the encodings allow. */
const LIST_REGISTERS = 16;
const withList = (n: number): RegisterOptions => ({
  ...ich,
  present: [...(ich.present as Presence[]), (model) => n < model.gicListRegisters],
});

/** GICv3 CPU interface (GIC architecture specification, chapter 12); a device carries them out. */
export const GIC: readonly RegisterDefinition[] = [
  register('ICC_PMR_EL1', '3 0 4 6 0', 'rw1', icc),
  register('ICC_IAR0_EL1', '3 0 12 8 0', 'r1', icc),
  register('ICC_EOIR0_EL1', '3 0 12 8 1', 'w1', icc),
  register('ICC_HPPIR0_EL1', '3 0 12 8 2', 'r1', icc),
  register('ICC_BPR0_EL1', '3 0 12 8 3', 'rw1', icc),
  ...ACTIVE_PRIORITIES.map((n) => register(`ICC_AP0R${n}_EL1`, `3 0 12 8 ${4 + n}`, 'rw1', withPriorities(icc, n))),
  ...ACTIVE_PRIORITIES.map((n) => register(`ICC_AP1R${n}_EL1`, `3 0 12 9 ${n}`, 'rw1', withPriorities(icc, n))),
  register('ICC_DIR_EL1', '3 0 12 11 1', 'w1', icc),
  register('ICC_RPR_EL1', '3 0 12 11 3', 'r1', icc),
  register('ICC_SGI1R_EL1', '3 0 12 11 5', 'w1', icc),
  register('ICC_ASGI1R_EL1', '3 0 12 11 6', 'w1', icc),
  register('ICC_SGI0R_EL1', '3 0 12 11 7', 'w1', icc),
  register('ICC_IAR1_EL1', '3 0 12 12 0', 'r1', icc),
  register('ICC_EOIR1_EL1', '3 0 12 12 1', 'w1', icc),
  register('ICC_HPPIR1_EL1', '3 0 12 12 2', 'r1', icc),
  register('ICC_BPR1_EL1', '3 0 12 12 3', 'rw1', icc),
  register('ICC_CTLR_EL1', '3 0 12 12 4', 'rw1', icc),
  register('ICC_SRE_EL1', '3 0 12 12 5', 'rw1', icc),
  register('ICC_IGRPEN0_EL1', '3 0 12 12 6', 'rw1', icc),
  register('ICC_IGRPEN1_EL1', '3 0 12 12 7', 'rw1', icc),
  register('ICC_SRE_EL2', '3 4 12 9 5', 'rw2', ich),
  ...ACTIVE_PRIORITIES.map((n) => register(`ICH_AP0R${n}_EL2`, `3 4 12 8 ${n}`, 'rw2', withPriorities(ich, n))),
  ...ACTIVE_PRIORITIES.map((n) => register(`ICH_AP1R${n}_EL2`, `3 4 12 9 ${n}`, 'rw2', withPriorities(ich, n))),
  register('ICH_HCR_EL2', '3 4 12 11 0', 'rw2', ich),
  register('ICH_VTR_EL2', '3 4 12 11 1', 'r2', ich),
  register('ICH_MISR_EL2', '3 4 12 11 2', 'r2', ich),
  register('ICH_EISR_EL2', '3 4 12 11 3', 'r2', ich),
  register('ICH_ELRSR_EL2', '3 4 12 11 5', 'r2', ich),
  register('ICH_VMCR_EL2', '3 4 12 11 7', 'rw2', ich),
  ...Array.from({ length: LIST_REGISTERS }, (_, n) =>
    register(`ICH_LR${n}_EL2`, `3 4 12 ${12 + (n >> 3)} ${n & 7}`, 'rw2', withList(n)),
  ),
  register('ICC_CTLR_EL3', '3 6 12 12 4', 'rw3', el3),
  register('ICC_SRE_EL3', '3 6 12 12 5', 'rw3', el3),
  register('ICC_IGRPEN1_EL3', '3 6 12 12 7', 'rw3', el3),
];
