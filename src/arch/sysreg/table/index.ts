import type { RegisterDefinition } from '../definition.js';
import { CONTROL_REGISTERS } from './control.js';
import { DEBUG } from './debug.js';
import { EXCEPTION } from './exception.js';
import { GIC } from './gic.js';
import { IDENTIFICATION } from './identification.js';
import { IMPLEMENTATION_DEFINED } from './implementation-defined.js';
import { PERFORMANCE } from './performance.js';
import { PSTATE_REGISTERS } from './pstate.js';
import { TIMER } from './timer.js';
import { TRANSLATION } from './translation.js';

/** Every system register Ulna knows, in the order of their slots. */
export const SYSREG_TABLE: readonly RegisterDefinition[] = [
  ...CONTROL_REGISTERS,
  ...TRANSLATION,
  ...EXCEPTION,
  ...PSTATE_REGISTERS,
  ...TIMER,
  ...IDENTIFICATION,
  ...PERFORMANCE,
  ...DEBUG,
  ...GIC,
  ...IMPLEMENTATION_DEFINED,
];

export const SYSREG_BY_NAME: ReadonlyMap<string, RegisterDefinition> = new Map(
  SYSREG_TABLE.map((definition) => [definition.name, definition]),
);
