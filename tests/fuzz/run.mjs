// Runs the fuzzer: npm run fuzz -- OPTION...
import { register } from 'node:module';

register('./loader.mjs', import.meta.url);
await import('./fuzz.ts');
