export * from './access-flags.js';
export * from './interfaces.js';
export * from './memory-access.js';
export * from './mmu-fault.js';
export * from './physical-map.js';
export * from './tlb-invalidation.js';
export { VcpuTlb } from './tlb.js';
