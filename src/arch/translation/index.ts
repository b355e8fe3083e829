export * from './descriptor-memory.js';
export * from './fault-status.js';
export * from './features.js';
export * from './memory-attributes.js';
export * from './par.js';
export * from './regime.js';
export * from './translation-walker.js';
export * from './walk-result.js';
