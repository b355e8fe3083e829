/**
 * Runs single instructions under qemu-aarch64 (or another arm64 user-mode runner) and reports what they changed.
 * The program under it is tests/vectors/tools/runner.c, built on first use with Debian's arm64 cross compiler.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Guest addresses of the instruction and of the memory page that cases may name in registers. */
export const CODE_ADDRESS = 0x04000000n;
export const MEMORY_ADDRESS = 0x05000000n;
export const MEMORY_SIZE = 4096;

/** One instruction and the state it starts from; registers not given are 0, SP is then the end of the memory page. */
export interface InstructionCase {
  readonly word: number;
  /** [register 0..30, or 31 for SP; value]. */
  readonly x?: readonly (readonly [number, bigint])[];
  /** [register 0..31; 128-bit value]. */
  readonly v?: readonly (readonly [number, bigint])[];
  /** N, Z, C, V in bits 3..0. */
  readonly nzcv?: number;
  readonly fpcr?: number;
  readonly fpsr?: number;
  /** Contents from MEMORY_ADDRESS on, at most MEMORY_SIZE bytes, the rest 0. Without it memory is not looked at. */
  readonly memory?: Uint8Array;
}

export type ResultKind = 'completed' | 'signal' | 'timeout' | 'refused';

/** What one instruction did. Only changed registers and memory are listed. */
export interface InstructionResult {
  readonly kind: ResultKind;
  /** Linux signal number, 0 when completed. A branch out of the page shows as a signal with its target in `pc`. */
  readonly signal: number;
  readonly pc: bigint;
  /** Address of a SIGSEGV or SIGBUS. */
  readonly address: bigint;
  readonly x: readonly (readonly [number, bigint])[];
  readonly v: readonly (readonly [number, bigint])[];
  readonly nzcv: number;
  readonly fpcr: number;
  readonly fpsr: number;
  /** [offset in the memory page, 16 bytes]. */
  readonly memory: readonly (readonly [number, Uint8Array])[];
}

export interface RunnerOptions {
  /** Default: environment variable QEMU_AARCH64, or qemu-aarch64. */
  readonly qemu?: string;
  /** Default: max. */
  readonly cpu?: string;
}

const SOURCE = fileURLToPath(new URL('../vectors/tools/runner.c', import.meta.url));
const COMPILER = 'aarch64-linux-gnu-gcc';
const FLAGS = [
  '-static',
  '-nostdlib',
  '-O2',
  '-mgeneral-regs-only',
  '-ffreestanding',
  '-fno-stack-protector',
  '-fno-builtin',
  '-Wl,--defsym=test_code=0x4000000',
  '-Wl,--build-id=none',
];
const KINDS: readonly ResultKind[] = ['completed', 'signal', 'timeout', 'refused'];
const HEADER_BYTES = 32;
const RESULT_BYTES = 48;
const BATCH = 50_000;

export function qemuProgram(options: RunnerOptions = {}): string {
  return options.qemu ?? process.env['QEMU_AARCH64'] ?? 'qemu-aarch64';
}

/** First line of `qemu-aarch64 --version`, or undefined when it is not installed. */
export function qemuVersion(options: RunnerOptions = {}): string | undefined {
  const run = spawnSync(qemuProgram(options), ['--version'], { encoding: 'utf8' });
  return run.status === 0 ? run.stdout.split('\n')[0] : undefined;
}

/** True when both qemu-aarch64 and the cross compiler are installed. */
export function qemuUserAvailable(options: RunnerOptions = {}): boolean {
  return qemuVersion(options) !== undefined && spawnSync(COMPILER, ['--version']).status === 0;
}

/** Builds the runner program once per content of its source; returns its path. */
export function buildRunner(): string {
  const source = readFileSync(SOURCE);
  const hash = createHash('sha256').update(source).update(FLAGS.join(' ')).digest('hex').slice(0, 16);
  const folder = join(tmpdir(), 'ulna-vector-runner');
  const program = join(folder, `runner-${hash}`);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const partial = `${program}.${process.pid}`;
  execFileSync(COMPILER, [...FLAGS, '-o', partial, SOURCE]);
  renameSync(partial, program);
  return program;
}

/** Runs cases in order; one result for each. */
export function runCases(cases: readonly InstructionCase[], options: RunnerOptions = {}): InstructionResult[] {
  const results: InstructionResult[] = [];
  for (let at = 0; at < cases.length; at += BATCH) {
    const batch = cases.slice(at, at + BATCH);
    readResults(runBytes(encodeCases(batch), options), batch.length, results);
  }
  return results;
}

/** Runs already encoded cases; returns the runner's output as it comes. */
export function runBytes(input: Uint8Array, options: RunnerOptions = {}): Buffer {
  const run = spawnSync(qemuProgram(options), ['-cpu', options.cpu ?? 'max', buildRunner()], {
    input,
    maxBuffer: 2 ** 31,
  });
  if (run.error !== undefined) throw run.error;
  if (run.status !== 0) throw new Error(`vector runner: status ${run.status}, signal ${run.signal}: ${run.stderr}`);
  return run.stdout;
}

function registerMask(registers: readonly (readonly [number, bigint])[] | undefined): number {
  let mask = 0;
  for (const [register] of registers ?? []) mask |= 1 << register;
  return mask >>> 0;
}

/** The runner's input format; see runner.c. */
export function encodeCases(cases: readonly InstructionCase[]): Buffer {
  let size = 0;
  for (const c of cases) {
    size += HEADER_BYTES + (c.x?.length ?? 0) * 8 + (c.v?.length ?? 0) * 16 + (c.memory?.length ?? 0);
  }
  const buffer = Buffer.alloc(size);
  let at = 0;
  for (const c of cases) {
    buffer.writeUInt32LE(c.word >>> 0, at);
    buffer.writeUInt32LE(registerMask(c.x), at + 4);
    buffer.writeUInt32LE(registerMask(c.v), at + 8);
    buffer.writeUInt32LE(c.memory?.length ?? 0, at + 12);
    buffer.writeUInt32LE(c.nzcv ?? 0, at + 16);
    buffer.writeUInt32LE((c.fpcr ?? 0) >>> 0, at + 20);
    buffer.writeUInt32LE((c.fpsr ?? 0) >>> 0, at + 24);
    buffer.writeUInt32LE(c.memory === undefined ? 0 : 1, at + 28);
    at += HEADER_BYTES;
    for (const [, value] of inOrder(c.x)) {
      buffer.writeBigUInt64LE(BigInt.asUintN(64, value), at);
      at += 8;
    }
    for (const [, value] of inOrder(c.v)) {
      buffer.writeBigUInt64LE(BigInt.asUintN(64, value), at);
      buffer.writeBigUInt64LE(BigInt.asUintN(64, value >> 64n), at + 8);
      at += 16;
    }
    if (c.memory !== undefined) {
      buffer.set(c.memory, at);
      at += c.memory.length;
    }
  }
  return buffer;
}

function inOrder(registers: readonly (readonly [number, bigint])[] | undefined): (readonly [number, bigint])[] {
  const sorted = [...(registers ?? [])].sort((a, b) => a[0] - b[0]);
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i][0] === sorted[i - 1][0]) throw new Error(`register ${sorted[i][0]} given twice`);
  }
  return sorted;
}

function readResults(output: Buffer, count: number, results: InstructionResult[]): void {
  let at = 0;
  for (let i = 0; i < count; i++) {
    const xMask = output.readUInt32LE(at + 24);
    const vMask = output.readUInt32LE(at + 28);
    const chunks = output.readUInt32LE(at + 44);
    const header = at;
    at += RESULT_BYTES;
    const x: [number, bigint][] = [];
    const v: [number, bigint][] = [];
    const memory: [number, Uint8Array][] = [];
    for (let r = 0; r < 32; r++) {
      if (((xMask >>> r) & 1) === 0) continue;
      x.push([r, output.readBigUInt64LE(at)]);
      at += 8;
    }
    for (let r = 0; r < 32; r++) {
      if (((vMask >>> r) & 1) === 0) continue;
      v.push([r, output.readBigUInt64LE(at) | (output.readBigUInt64LE(at + 8) << 64n)]);
      at += 16;
    }
    for (let c = 0; c < chunks; c++) {
      memory.push([Number(output.readBigUInt64LE(at)), new Uint8Array(output.subarray(at + 8, at + 24))]);
      at += 24;
    }
    results.push({
      kind: KINDS[output.readUInt32LE(header)],
      signal: output.readUInt32LE(header + 4),
      pc: output.readBigUInt64LE(header + 8),
      address: output.readBigUInt64LE(header + 16),
      x,
      v,
      nzcv: output.readUInt32LE(header + 32),
      fpcr: output.readUInt32LE(header + 36),
      fpsr: output.readUInt32LE(header + 40),
      memory,
    });
  }
  if (at !== output.length) throw new Error(`vector runner: ${output.length} bytes of results, ${at} expected`);
}
