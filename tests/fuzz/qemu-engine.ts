/** Runs batches in one long-lived qemu-aarch64 process with tests/fuzz/runner.c in it. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readSync, renameSync, rmSync,
  writevSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigurationError } from '../../src/support/errors.js';
import { type Batch, BatchResult } from './batch.js';
import type { FuzzEngine } from './engine.js';

const SOURCE = fileURLToPath(new URL('./runner.c', import.meta.url));
const COMPILER = 'aarch64-linux-gnu-gcc';
const FLAGS = [
  '-static', '-nostdlib', '-O2', '-mgeneral-regs-only', '-ffreestanding', '-fno-stack-protector', '-fno-builtin',
  '-Wl,-Ttext-segment=0x2a50000000', '-Wl,--build-id=none',
];

/** runner.c's last argument. */
const RUNNER_CPU: Readonly<Record<string, string>> = { max: '7', 'neoverse-n1': '4', 'cortex-a76': '4' };

/** CPUs of QEMU that a comparison may choose. */
export interface QemuOptions {
  /** Default: environment variable QEMU_AARCH64, or qemu-aarch64. */
  readonly program?: string;
  /** Default: max. */
  readonly cpu?: string;
}

/** Builds runner.c once for each content; gives the program's path. */
function buildRunner(): string {
  const hash = createHash('sha256').update(readFileSync(SOURCE)).update(FLAGS.join(' ')).digest('hex').slice(0, 16);
  const folder = join(tmpdir(), 'ulna-fuzz-runner');
  const program = join(folder, `runner-${hash}`);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const partial = `${program}.${process.pid}`;
  try {
    execFileSync(COMPILER, [...FLAGS, '-o', partial, SOURCE]);
  } catch (error) {
    throw new ConfigurationError(`${COMPILER} (Debian: gcc-aarch64-linux-gnu) is needed: ${(error as Error).message}`);
  }
  renameSync(partial, program);
  return program;
}

export class QemuEngine implements FuzzEngine {
  readonly name: string;
  readonly version: string;
  private readonly program: string;
  private readonly cpu: string;
  private readonly folder = mkdtempSync(join(tmpdir(), 'ulna-fuzz-'));
  private readonly input: number;
  private readonly output: number;
  private child: ChildProcess | undefined;

  constructor(options: QemuOptions = {}) {
    this.program = options.program ?? process.env['QEMU_AARCH64'] ?? 'qemu-aarch64';
    this.cpu = options.cpu ?? 'max';
    const version = spawnSync(this.program, ['--version'], { encoding: 'utf8' });
    if (version.status !== 0) throw new ConfigurationError(`${this.program} (Debian: qemu-user) cannot be run`);
    this.version = `${version.stdout.split('\n')[0]}, -cpu ${this.cpu}`;
    this.name = `qemu-aarch64 -cpu ${this.cpu}`;
    this.input = openSync(join(this.folder, 'in'), 'w+');
    this.output = openSync(join(this.folder, 'out'), 'w+');
  }

  private start(): ChildProcess {
    const files = [join(this.folder, 'in'), join(this.folder, 'out')];
    const child = spawn(this.program, ['-cpu', this.cpu, buildRunner(), ...files, RUNNER_CPU[this.cpu] ?? '0'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin!.on('error', () => undefined);
    return child;
  }

  run(batch: Batch): Promise<BatchResult> {
    const parts = batch.parts();
    let at = 0;
    for (const part of parts) {
      writevSync(this.input, [part], at);
      at += part.length;
    }
    const child = (this.child ??= this.start());
    return new Promise((resolve, reject) => {
      let got = Buffer.alloc(0);
      const finish = (): void => {
        child.stdout!.off('data', onData);
        child.off('exit', onExit);
      };
      const onExit = (status: number | null, signal: string | null): void => {
        finish();
        this.child = undefined;
        reject(new Error(`${this.name} ended: status ${status}, signal ${signal}`));
      };
      const onData = (data: Buffer): void => {
        got = Buffer.concat([got, data]);
        if (got.length < 8) return;
        finish();
        const bytes = new Uint8Array(Number(got.readBigUInt64LE(0)));
        for (let done = 0; done < bytes.length; ) {
          const n = readSync(this.output, bytes, done, bytes.length - done, done);
          if (n <= 0) break;
          done += n;
        }
        resolve(BatchResult.parse(bytes, batch.count));
      };
      child.stdout!.on('data', onData);
      child.on('exit', onExit);
      child.stdin!.write('g');
    });
  }

  close(): void {
    this.child?.stdin?.end();
    this.child = undefined;
    closeSync(this.input);
    closeSync(this.output);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
