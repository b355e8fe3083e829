/**
 * Writes what is made from the compiled code: core.wasm and its machine code, operations.json, the translator's version. Run by
 * `npm run build`.
 */
import { writeFileSync } from 'node:fs';
import { buildInterpreter } from '../wasm/interpreter-module.js';
import { storeTranslatorVersion } from '../region/translator-version.js';
import { CORE_MACHINE_CODE, CORE_WASM } from './core.js';
import { coreMachineCode } from './core-machine-code.js';
import { interpreterInput } from './input.js';
import { storedNumbering } from './operations.js';
import { NUMBERING_FILE } from './stored-numbering.js';

const started = performance.now();
writeFileSync(NUMBERING_FILE, JSON.stringify(storedNumbering));
storeTranslatorVersion();
const bytes = buildInterpreter(interpreterInput);
writeFileSync(CORE_WASM, bytes);
const machineCode = coreMachineCode(bytes);
if (machineCode !== undefined) writeFileSync(CORE_MACHINE_CODE, machineCode);
const { operations, fused } = interpreterInput;
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  `core.wasm: ${operations.length} operations, ${fused.length} fused sequences, ${bytes.length >> 10} KiB, ${seconds} s`,
);
