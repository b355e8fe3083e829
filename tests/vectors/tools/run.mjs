// Runs one of the TypeScript tools of this folder: node tests/vectors/tools/run.mjs TOOL [ARGUMENT...]
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const tool = process.argv[2];
if (!/^[a-z0-9-]+$/.test(tool ?? '')) {
  console.error('usage: node tests/vectors/tools/run.mjs record|record-integer|record-fp|record-simd|record-softfloat|record-atomic128|compare-fp|compare-simd|compare-softfloat [argument...]');
  process.exit(2);
}
await runnerImport(fileURLToPath(new URL(`./${tool}.ts`, import.meta.url)), { configFile: false, logLevel: 'error' });
