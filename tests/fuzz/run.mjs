// Runs the fuzzer: npm run fuzz -- OPTION...
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

await runnerImport(fileURLToPath(new URL('./fuzz.ts', import.meta.url)), { configFile: false, logLevel: 'error' });
