import { Effect, register, type RegisterDefinition } from '../definition.js';
import { Traps } from '../trap-rules.js';

const view = { stored: false } as const;
const KEYS: readonly [string, number, number][] = [
  ['APIAKey', 1, 0], ['APIBKey', 1, 2], ['APDAKey', 2, 0], ['APDBKey', 2, 2], ['APGAKey', 3, 0],
];

/** PSTATE fields, stack pointers, FP control and pointer authentication keys. */
export const PSTATE_REGISTERS: readonly RegisterDefinition[] = [
  register('NZCV', '3 3 4 2 0', 'rw0', view),
  register('DAIF', '3 3 4 2 1', 'rw0', { ...view, effects: Effect.Interrupts | Effect.Debug }),
  register('DIT', '3 3 4 2 5', 'rw0', { ...view, present: 'FEAT_DIT' }),
  register('SSBS', '3 3 4 2 6', 'rw0', { ...view, present: 'FEAT_SSBS2' }),
  // PSTATE.TCO is RES0 without FEAT_MTE2
  register('TCO', '3 3 4 2 7', 'rw0', { ...view, present: 'FEAT_MTE' }),
  register('SPSel', '3 0 4 2 0', 'rw1', view),
  register('CurrentEL', '3 0 4 2 2', 'r1', view),
  register('PAN', '3 0 4 2 3', 'rw1', { ...view, present: 'FEAT_PAN', effects: Effect.AccessContext }),
  register('UAO', '3 0 4 2 4', 'rw1', { ...view, present: 'FEAT_UAO', effects: Effect.AccessContext }),
  register('ALLINT', '3 0 4 3 0', 'rw1', { ...view, present: 'FEAT_NMI', effects: Effect.Interrupts }),
  register('FPCR', '3 3 4 4 0', 'rw0', { ...view, effects: Effect.FpControl }),
  register('FPSR', '3 3 4 4 1', 'rw0', view),
  register('SP_EL0', '3 0 4 1 0', 'rw1', view),
  register('SP_EL1', '3 4 4 1 0', 'rw2', { ...view, present: 'EL2' }),
  register('SP_EL2', '3 6 4 1 0', 'rw3', { ...view, present: ['EL3', 'EL2'] }),
  ...KEYS.flatMap(([name, crm, op2]) =>
    ['Lo', 'Hi'].map((half, index) =>
      register(`${name}${half}_EL1`, `3 0 2 ${crm} ${op2 + index}`, 'rw1', {
        present: 'FEAT_PAuth', rules: Traps.APK, effects: Effect.PointerAuthentication,
      }),
    ),
  ),
];
