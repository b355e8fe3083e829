/** Writes core.wasm beside the compiled code. Run by `npm run build`. */
import { writeFileSync } from 'node:fs';
import { buildInterpreter } from '../wasm/interpreter-module.js';
import { CORE_WASM } from './core.js';
import { interpreterInput } from './input.js';

const started = performance.now();
const bytes = buildInterpreter(interpreterInput);
writeFileSync(CORE_WASM, bytes);
const { operations, fused } = interpreterInput;
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  `core.wasm: ${operations.length} operations, ${fused.length} fused sequences, ${bytes.length >> 10} KiB, ${seconds} s`,
);
