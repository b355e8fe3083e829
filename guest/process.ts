/** Running the machine's own programs (apt, dpkg-deb, xz, a cross assembler) without a shell. */
import { spawn } from 'node:child_process';

/** What a program left behind when it ended. */
export interface ProgramResult {
  /** Exit status; 128 + n is not used: a program ended by a signal reports status -1. */
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Bytes for its standard input; without them the input is empty. */
  readonly input?: Uint8Array;
  /** Called with every whole line of stderr as it comes. */
  readonly onErrorLine?: (line: string) => void;
}

/** The program is not installed on this machine. */
export class ProgramMissingError extends Error {
  override readonly name = 'ProgramMissingError';
  constructor(readonly program: string) {
    super(`${program} is not installed on this machine`);
  }
}

/** Runs `program` to its end; a non-zero status is returned, an absent program throws ProgramMissingError. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const output: Buffer[] = [];
    let errors = '';
    let partial = '';
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (chunk: string) => {
      errors += chunk;
      if (!options.onErrorLine) return;
      const lines = (partial + chunk).split('\n');
      partial = lines.pop() ?? '';
      for (const line of lines) options.onErrorLine(line);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      // spawn reports a missing working directory as ENOENT too; callers always pass one that exists.
      reject(error.code === 'ENOENT' ? new ProgramMissingError(program) : error);
    });
    child.on('close', (status) => {
      resolve({ status: status ?? -1, stdout: Buffer.concat(output), stderr: errors });
    });
    // A program may end without reading its input; that is its own affair.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input);
  });
}
