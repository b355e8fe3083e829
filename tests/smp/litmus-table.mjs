// Prints what the litmus tests saw: node tests/smp/litmus-table.mjs CPU [QEMU|none] [OPTION...]
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

await runnerImport(fileURLToPath(new URL('./litmus-table.ts', import.meta.url)), { configFile: false, logLevel: 'error' });
