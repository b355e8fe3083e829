// Records the golden output again: node tests/guest/record.mjs [PROGRAM|all] [QEMU]
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

await runnerImport(fileURLToPath(new URL('./record.ts', import.meta.url)), { configFile: false, logLevel: 'error' });
