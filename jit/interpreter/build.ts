/** Writes core.wasm beside the compiled code. Run by `npm run build`. */
import { writeFileSync } from 'node:fs';
import { libraryFunctions } from '../a64/semantics/library/index.js';
import { buildInterpreter } from '../wasm/interpreter-module.js';
import { LAYOUT_HASH } from '../../runtime/layout/memory-layout.js';
import { hotOperationEnd, operationCount, operations, PseudoOperation } from './operations.js';
import { CORE_WASM } from './core.js';

const started = performance.now();
const bytes = buildInterpreter({
  operations,
  operationCount,
  hotOperationEnd,
  firstOperation: PseudoOperation.First,
  library: libraryFunctions,
  layoutHash: LAYOUT_HASH,
  maximumPages: 65536,
});
writeFileSync(CORE_WASM, bytes);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  `core.wasm: ${operationCount} operations, ${hotOperationEnd} in the main loop, ${bytes.length >> 10} KiB, ${seconds} s`,
);
