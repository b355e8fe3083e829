/** Runs batches in one long-lived qemu-aarch64 process with tests/fuzz/runner.c in it. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readSync, renameSync, rmSync,
  writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PauthAlgorithm } from '../../src/arch/features/cpu-model.js';
import { ConfigurationError } from '../../src/support/errors.js';
import { type Batch, BatchResult } from './batch.js';
import type { FuzzEngine } from './engine.js';
import type { FuzzCpu } from './engines.js';

const SOURCE = fileURLToPath(new URL('./runner.c', import.meta.url));
const COMPILER = 'aarch64-linux-gnu-gcc';
const FLAGS = [
  '-static', '-nostdlib', '-O2', '-mgeneral-regs-only', '-ffreestanding', '-fno-stack-protector', '-fno-builtin',
  '-Wl,-Ttext-segment=0x2a50000000', '-Wl,--build-id=none',
];

/** runner.c's last argument. */
const RUNNER_CPU: Readonly<Record<string, string>> = { max: '71', 'neoverse-n1': '40', 'cortex-a76': '40' };

/** -cpu of QEMU, the first that this QEMU takes. Old ones have QARMA5 unless told otherwise. */
const PAUTH_PROPERTIES: Readonly<Record<PauthAlgorithm, readonly string[]>> = {
  impdef: [',pauth-impdef=on'], qarma5: [',pauth-qarma5=on', ''], qarma3: [',pauth-qarma3=on', ''], off: [',pauth=off'],
};

/** CPUs of QEMU that a comparison may choose. */
export interface QemuOptions {
  /** Default: environment variable QEMU_AARCH64, or qemu-aarch64. */
  readonly program?: string;
  readonly cpu: FuzzCpu;
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

/** Bytes that the results of a batch cannot reach. */
const LARGEST_RESULT = 2 ** 31;

/** The engine's process is gone, which no case may bring about. */
export class EngineEnded extends ConfigurationError {}

export class QemuEngine implements FuzzEngine {
  readonly name: string;
  readonly version: string;
  private readonly program: string;
  private readonly cpu: string;
  private readonly flags: string;
  /** Seed of what QEMU draws for its process, keys among them. */
  readonly seed = 1;
  private readonly folder = mkdtempSync(join(tmpdir(), 'ulna-fuzz-'));
  private readonly input: number;
  private readonly output: number;
  private child: ChildProcess | undefined;

  constructor(options: QemuOptions) {
    this.program = options.program ?? process.env['QEMU_AARCH64'] ?? 'qemu-aarch64';
    const version = spawnSync(this.program, ['--version'], { encoding: 'utf8' });
    if (version.status !== 0) throw new ConfigurationError(`${this.program} (Debian: qemu-user) cannot be run`);
    const { model, pauth } = options.cpu;
    this.flags = RUNNER_CPU[model] ?? '00';
    this.input = openSync(join(this.folder, 'in'), 'w+');
    this.output = openSync(join(this.folder, 'out'), 'w+');
    const choices = model === 'max' ? PAUTH_PROPERTIES[pauth].map((property) => `max${property}`) : [model];
    this.cpu = choices.find((cpu) => this.takes(cpu)) ?? model;
    this.version = `${version.stdout.split('\n')[0]}, -cpu ${this.cpu}`;
    this.name = `qemu-aarch64 -cpu ${this.cpu}`;
  }

  private arguments(cpu: string): string[] {
    const files = [join(this.folder, 'in'), join(this.folder, 'out')];
    return ['-seed', String(this.seed), '-cpu', cpu, buildRunner(), ...files, this.flags];
  }

  /** Whether QEMU knows a CPU: the program ends at once without a request. */
  private takes(cpu: string): boolean {
    return spawnSync(this.program, this.arguments(cpu), { input: '' }).status === 0;
  }

  private start(): ChildProcess {
    const child = spawn(this.program, this.arguments(this.cpu), { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin!.on('error', () => undefined);
    return child;
  }

  run(batch: Batch): Promise<BatchResult> {
    const parts = batch.parts();
    let at = 0;
    for (const part of parts) {
      for (let done = 0; done < part.length; ) {
        const n = writeSync(this.input, part, done, part.length - done, at + done);
        if (n <= 0) throw new Error(`a batch could not be written to ${this.folder}`);
        done += n;
      }
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
        reject(new EngineEnded(`${this.name} ended by itself: status ${status}, signal ${signal}`));
      };
      const onData = (data: Buffer): void => {
        got = Buffer.concat([got, data]);
        if (got.length < 8) return;
        const length = Number(got.readBigUInt64LE(0));
        // A QEMU that gives up prints why; its end follows.
        if (length > LARGEST_RESULT) return;
        finish();
        const bytes = new Uint8Array(length);
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
