/**
 * Files of recorded instruction vectors: gzip-compressed JSON lines, the first a header with where they come from, each
 * further one an instruction, the state it starts from and what it changed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { InstructionCase, InstructionResult, ResultKind } from './qemu-user.js';

export interface VectorHeader {
  readonly description: string;
  /** Program that recorded them, its arguments and version. */
  readonly tool: string;
  readonly version: string;
  readonly cpu: string;
  /** ISO 8601 day. */
  readonly date: string;
}

export interface Vector {
  readonly input: InstructionCase;
  readonly result: InstructionResult;
}

type Registers = readonly (readonly [number, string])[];

/** One line. Numbers of 64 and 128 bits are hexadecimal; what is zero, empty or unchanged is left out. */
interface Line {
  /** Instruction word. */
  w: string;
  x?: Registers;
  v?: Registers;
  /** NZCV, FPCR, FPSR, memory (base64). */
  n?: number;
  c?: number;
  s?: number;
  m?: string;
  r?: ResultLine;
}
interface ResultLine {
  /** Kind and signal, when not completed. */
  k?: ResultKind;
  g?: number;
  p?: string;
  a?: string;
  x?: Registers;
  v?: Registers;
  n?: number;
  c?: number;
  s?: number;
  m?: readonly (readonly [number, string])[];
}

const COMPLETED_PC = 0x04000004n;

function hexRegisters(registers: readonly (readonly [number, bigint])[] | undefined): Registers | undefined {
  if (registers === undefined || registers.length === 0) return undefined;
  return registers.map(([register, value]) => [register, value.toString(16)] as const);
}

function parseRegisters(registers: Registers | undefined): [number, bigint][] {
  return (registers ?? []).map(([register, value]) => [register, BigInt(`0x${value}`)]);
}

function withoutUndefined<T extends object>(value: T): T {
  for (const key of Object.keys(value) as (keyof T)[]) if (value[key] === undefined) delete value[key];
  return value;
}

function inputLine(input: InstructionCase): Line {
  const line: Record<keyof Line, unknown> = {
    w: (input.word >>> 0).toString(16),
    x: hexRegisters(input.x),
    v: hexRegisters(input.v),
    n: input.nzcv || undefined,
    c: input.fpcr || undefined,
    s: input.fpsr || undefined,
    m: input.memory === undefined ? undefined : Buffer.from(input.memory).toString('base64'),
    r: undefined,
  };
  return withoutUndefined(line) as Line;
}

/** Parses the input half of a line, as lists of cases to record use it too. */
export function parseCase(text: string): InstructionCase {
  const line = JSON.parse(text) as Line;
  const input = {
    word: parseInt(line.w, 16),
    x: parseRegisters(line.x),
    v: parseRegisters(line.v),
    nzcv: line.n ?? 0,
    fpcr: line.c ?? 0,
    fpsr: line.s ?? 0,
  };
  return line.m === undefined ? input : { ...input, memory: new Uint8Array(Buffer.from(line.m, 'base64')) };
}

function resultLine(result: InstructionResult, fpcr: number): ResultLine {
  const memory = result.memory.map(([at, bytes]) => [at, Buffer.from(bytes).toString('hex')]);
  const line: Record<keyof ResultLine, unknown> = {
    k: result.kind === 'completed' ? undefined : result.kind,
    g: result.signal || undefined,
    p: result.pc === COMPLETED_PC ? undefined : result.pc.toString(16),
    a: result.address === 0n ? undefined : result.address.toString(16),
    x: hexRegisters(result.x),
    v: hexRegisters(result.v),
    n: result.nzcv || undefined,
    c: result.fpcr === fpcr ? undefined : result.fpcr,
    s: result.fpsr || undefined,
    m: memory.length === 0 ? undefined : memory,
  };
  return withoutUndefined(line) as ResultLine;
}

function parseResult(line: ResultLine, fpcr: number): InstructionResult {
  return {
    kind: line.k ?? 'completed',
    signal: line.g ?? 0,
    pc: line.p === undefined ? COMPLETED_PC : BigInt(`0x${line.p}`),
    address: BigInt(`0x${line.a ?? '0'}`),
    x: parseRegisters(line.x),
    v: parseRegisters(line.v),
    nzcv: line.n ?? 0,
    fpcr: line.c ?? fpcr,
    fpsr: line.s ?? 0,
    memory: (line.m ?? []).map(([at, hex]) => [at, new Uint8Array(Buffer.from(hex, 'hex'))]),
  };
}

export function encodeVectors(header: VectorHeader, vectors: readonly Vector[]): Buffer {
  const lines = [JSON.stringify(header)];
  for (const { input, result } of vectors) {
    lines.push(JSON.stringify({ ...inputLine(input), r: resultLine(result, input.fpcr ?? 0) }));
  }
  return gzipSync(`${lines.join('\n')}\n`, { level: 9 });
}

export function decodeVectors(file: Uint8Array): { header: VectorHeader; vectors: Vector[] } {
  const lines = gunzipSync(file).toString('utf8').trimEnd().split('\n');
  const header = JSON.parse(lines[0]) as VectorHeader;
  const vectors = lines.slice(1).map((text) => {
    const input = parseCase(text);
    return { input, result: parseResult((JSON.parse(text) as Line).r ?? {}, input.fpcr ?? 0) };
  });
  return { header, vectors };
}

export function writeVectors(path: string | URL, header: VectorHeader, vectors: readonly Vector[]): void {
  writeFileSync(path, encodeVectors(header, vectors));
}

export function readVectors(path: string | URL): { header: VectorHeader; vectors: Vector[] } {
  return decodeVectors(readFileSync(path));
}
