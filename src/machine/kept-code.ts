/**
 * Bytecode of a thread's program, which V8 otherwise makes anew in each thread of each run: what compiling it takes is 5 % of a
 * boot. Kept in the cache of translations by bundle/thread-loader.cjs, which loads the program.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** What V8's machine code and bytecode depend on beside the program. */
export const engineIdentity = (): readonly (string | undefined)[] =>
  [process.versions.v8, process.arch, ...process.execArgv, process.env['NODE_OPTIONS']];

/** What a thread's loader is told. */
export interface LoaderData {
  /** Path of the program. */
  readonly program: string;
  /** Path of the file of its bytecode, if there is to be one. */
  readonly code: string | undefined;
  /** Whether this thread makes the file, if it is not there: one of several with the same program. */
  readonly keeps: boolean;
}

/** The file for a program, in the folder of a cache. @param version tells the program's text from others */
export function codeFile(folder: string, program: string, version: string): string {
  const identity = JSON.stringify([program, version, engineIdentity()]);
  return join(folder, `${createHash('sha256').update(identity).digest('hex').slice(0, 24)}.code`);
}

/** For the thread to call now and then: its bytecode is kept if it is not yet, and the thread has run for a while. */
export function keepCode(): void {
  (globalThis as { ulnaKeepCode?: () => void }).ulnaKeepCode?.();
}
