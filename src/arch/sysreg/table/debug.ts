import { bits, Effect, register, type RegisterDefinition } from '../definition.js';
import { Traps } from '../trap-rules.js';

/** Largest number of breakpoints and of watchpoints that the encodings allow. */
export const MAX_DEBUG_RESOURCES = 16;

function comparators(): RegisterDefinition[] {
  const rows: RegisterDefinition[] = [];
  for (let n = 0; n < MAX_DEBUG_RESOURCES; n++) {
    const options = { rules: Traps.TDA, effects: Effect.Debug };
    const breakpoint = { ...options, present: (model: { breakpoints: number }) => n < model.breakpoints };
    const watchpoint = { ...options, present: (model: { watchpoints: number }) => n < model.watchpoints };
    rows.push(
      register(`DBGBVR${n}_EL1`, `2 0 0 ${n} 4`, 'rw1', breakpoint),
      register(`DBGBCR${n}_EL1`, `2 0 0 ${n} 5`, 'rw1', { ...breakpoint, writable: bits([2, 0], [8, 5], [23, 13]) }),
      register(`DBGWVR${n}_EL1`, `2 0 0 ${n} 6`, 'rw1', { ...watchpoint, writable: bits([63, 2]) }),
      register(`DBGWCR${n}_EL1`, `2 0 0 ${n} 7`, 'rw1', { ...watchpoint, writable: bits([20, 0], [28, 24]) }),
    );
  }
  return rows;
}

export const DEBUG: readonly RegisterDefinition[] = [
  ...comparators(),
  register('OSDTRRX_EL1', '2 0 0 0 2', 'rw1', { rules: Traps.TDA, writable: 0xffff_ffffn }),
  register('OSDTRTX_EL1', '2 0 0 3 2', 'rw1', { rules: Traps.TDA, writable: 0xffff_ffffn }),
  register('OSECCR_EL1', '2 0 0 6 2', 'rw1', { rules: Traps.TDA, writable: 0xffff_ffffn }),
  register('MDCCINT_EL1', '2 0 0 2 0', 'rw1', { rules: Traps.TDA, writable: bits(29, 30) }),
  register('MDSCR_EL1', '2 0 0 2 2', 'rw1', {
    rules: Traps.TDA,
    writable: bits(0, 6, 12, 13, 14, 15, [31, 29], 26, 27, [23, 21], 19),
    effects: Effect.Debug,
  }),
  register('MDCCSR_EL0', '2 3 0 1 0', 'r0', { stored: false }),
  register('DBGDTR_EL0', '2 3 0 4 0', 'rw0', { stored: false }),
  register('DBGDTRRX_EL0', '2 3 0 5 0', 'rw0', { stored: false }),
  register('MDRAR_EL1', '2 0 1 0 0', 'r1', { rules: Traps.TDRA, stored: false }),
  register('OSLAR_EL1', '2 0 1 0 4', 'w1', { rules: Traps.TDOSA, stored: false, effects: Effect.Debug }),
  register('OSLSR_EL1', '2 0 1 1 4', 'r1', { rules: Traps.TDOSA, reset: 0xan }),
  register('OSDLR_EL1', '2 0 1 3 4', 'rw1', { rules: Traps.TDOSA, writable: 1n, effects: Effect.Debug }),
  register('DBGPRCR_EL1', '2 0 1 4 4', 'rw1', { rules: Traps.TDOSA, writable: 1n }),
  register('DBGCLAIMSET_EL1', '2 0 7 8 6', 'rw1', { rules: Traps.TDA, stored: false }),
  register('DBGCLAIMCLR_EL1', '2 0 7 9 6', 'rw1', { rules: Traps.TDA, writable: 0xffn }),
  register('DBGAUTHSTATUS_EL1', '2 0 7 14 6', 'r1', {
    rules: Traps.TDA,
    // Non-invasive and invasive debug implemented and enabled; the Secure pair only where EL3 is there.
    reset: (model) => (model.el3 ? 0xffn : 0x0fn),
  }),
  register('DBGVCR32_EL2', '2 4 0 7 0', 'rw2', { present: 'EL2', writable: 0n }),
];
