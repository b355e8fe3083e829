export { affinityOf, type GicConfig } from './config.js';
export { CpuInterface } from './cpu-interface.js';
export { type CpuLines, Line, MAINTENANCE_INTID } from './forwarding.js';
export { Gic } from './gic.js';
export { GITS_TRANSLATER, Its } from './its.js';
export type { PeContext } from './pe-context.js';
export { GicTrap } from './traps.js';
