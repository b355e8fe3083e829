// Runs Debian's programs in the guest: npm run test:userland -- OPTION...
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

await runnerImport(fileURLToPath(new URL('./userland.ts', import.meta.url)), { configFile: false, logLevel: 'error' });
