import type { Behaviours } from './behaviour.js';
import { CONTROL_BEHAVIOURS } from './control.js';
import { DEBUG_BEHAVIOURS } from './debug.js';
import { GIC_BEHAVIOURS } from './gic.js';
import { PERFORMANCE_BEHAVIOURS } from './performance.js';
import { PSTATE_BEHAVIOURS } from './pstate.js';
import { TIMER_BEHAVIOURS } from './timer.js';

export const BEHAVIOURS: Behaviours = {
  ...CONTROL_BEHAVIOURS,
  ...PSTATE_BEHAVIOURS,
  ...TIMER_BEHAVIOURS,
  ...DEBUG_BEHAVIOURS,
  ...PERFORMANCE_BEHAVIOURS,
  ...GIC_BEHAVIOURS,
};
