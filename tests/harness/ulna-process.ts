/** Runs the built program as a user does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A built checkout or an installed package; ULNA_TEST_ROOT names another one than this. */
const ROOT = process.env['ULNA_TEST_ROOT'] ?? fileURLToPath(new URL('../..', import.meta.url));

/** The program's launcher, for `node`. */
export const ULNA = join(ROOT, 'bin', 'ulna');

/** Path of a compiled module, by its source's path without `.ts`. */
export function builtModule(source: string): string {
  const path = join(ROOT, 'dist', `${source}.js`);
  if (!existsSync(path)) throw new Error(`${path} is not there: npm run build makes it`);
  return path;
}

export interface Finished {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly errors: string;
}

/** A run of the program, whose output can be waited for. */
export class UlnaProcess {
  output = '';
  errors = '';
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  private readonly waiting = new Set<() => void>();
  /** Behind what was last waited for. */
  private seen = 0;

  /** @param options.program another program than Ulna, for comparisons */
  constructor(args: readonly string[], options: { readonly program?: string; readonly cwd?: string } = {}) {
    const [program, first] = options.program === undefined ? [process.execPath, [ULNA]] : [options.program, []];
    this.child = spawn(program, [...first, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'], ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    // What has ended takes no more input.
    this.child.stdin!.on('error', () => undefined);
    this.child.stdout!.on('data', (data: Buffer) => {
      this.output += data.toString('latin1');
      for (const look of this.waiting) look();
    });
    this.child.stderr!.on('data', (data: Buffer) => {
      this.errors += data.toString('latin1');
      for (const look of this.waiting) look();
    });
    this.finished = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (status, signal) => {
        resolve({ status, signal, output: this.output, errors: this.errors });
        for (const look of this.waiting) look();
      });
    });
  }

  type(text: string): void {
    this.child.stdin!.write(text, 'latin1');
  }

  /** Waits until `pattern` is printed after position `from` of the output; gives the position behind it. */
  async printed(pattern: RegExp, from = 0): Promise<number> {
    const find = (): number => {
      const match = pattern.exec(this.output.slice(from));
      return match === null ? -1 : from + match.index + match[0].length;
    };
    this.seen = await this.until(find, `${pattern} in its output`);
    return this.seen;
  }

  /** Types `keys` and waits until `answer` is printed behind what was last waited for; gives the output from there to it. */
  async ask(keys: string, answer: RegExp): Promise<string> {
    const from = this.seen;
    this.type(keys);
    const end = await this.printed(answer, from);
    return this.output.slice(from, end);
  }

  /** Waits until `pattern` is printed on stderr. */
  async remarked(pattern: RegExp): Promise<void> {
    await this.until(() => (pattern.test(this.errors) ? 0 : -1), `${pattern} on stderr`);
  }

  private until(find: () => number, what: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const at = find();
        const ended = this.child.exitCode !== null || this.child.signalCode !== null;
        if (at < 0 && !ended) return;
        this.waiting.delete(look);
        if (at >= 0) resolve(at);
        else reject(new Error(`ended without ${what}:\n${this.output.slice(-2000)}\n${this.errors}`));
      };
      this.waiting.add(look);
      look();
    });
  }
}

/** Runs the program to its end, without input. */
export function runUlna(args: readonly string[], options: { readonly cwd?: string } = {}): Promise<Finished> {
  const run = new UlnaProcess(args, options);
  run.child.stdin!.end();
  return run.finished;
}
