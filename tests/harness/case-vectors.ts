/**
 * Files of recorded cases of one or a few instructions with scratch memory and exceptions (tests/fuzz/layout.ts has the
 * addresses): gzip-compressed JSON lines, the first a VectorHeader, each further one a case and what it changed.
 * Numbers of 64 and 128 bits are hexadecimal; what is zero, empty or unchanged is left out.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { BatchResult, type FuzzCase } from '../fuzz/batch.js';
import { LEAVE_ADDRESS, SINGLE_SLOT, StateOffset } from '../fuzz/layout.js';
import type { VectorHeader } from './vectors.js';

/** [state name: x0..x30, sp, v0..v31, nzcv, fpcr, fpsr, tpidr; value]. */
type Values = Readonly<Record<string, string>>;

interface Line {
  readonly w: readonly string[];
  /** Offset of the place in the code. */
  readonly e?: number;
  readonly i?: Values;
  /** Seed of the scratch memory, and CaseFlag bits. */
  readonly m?: number;
  readonly f?: number;
  /** Outcome: kind, signal, code, PC, fault address; absent when the case was left. */
  readonly o?: readonly [number, number, number, string, string];
  /** What changed, and the pieces of memory that did, base64. */
  readonly r?: Values;
  readonly p?: string;
}

export interface CaseVector {
  readonly input: FuzzCase;
  /** One result. */
  readonly result: BatchResult;
}

const LONGS: readonly (readonly [string, number])[] = [
  ...Array.from({ length: 31 }, (_, r) => [`x${r}`, 8 * r] as const),
  ['sp', StateOffset.sp], ['nzcv', StateOffset.nzcv], ['fpcr', StateOffset.fpcr], ['fpsr', StateOffset.fpsr],
  ['tpidr', StateOffset.tpidr],
];
const OFFSETS = new Map(LONGS);

function inputValues(c: FuzzCase): Map<string, bigint> {
  const values = new Map<string, bigint>();
  c.x.forEach((v, r) => values.set(r === 31 ? 'sp' : `x${r}`, v));
  c.v.forEach((v, r) => values.set(`v${r}`, v));
  values.set('nzcv', BigInt(c.nzcv) << 28n).set('fpcr', BigInt(c.fpcr)).set('fpsr', BigInt(c.fpsr));
  values.set('tpidr', c.tpidr);
  return values;
}

function resultValues(result: BatchResult): Map<string, bigint> {
  const values = new Map(LONGS.map(([name, offset]) => [name, result.long(0, offset)]));
  for (let r = 0; r < 32; r++) {
    const at = StateOffset.v + 16 * r;
    values.set(`v${r}`, result.long(0, at) | (result.long(0, at + 8) << 64n));
  }
  return values;
}

/** Entries of `values` that differ from `base`. */
function changed(values: Map<string, bigint>, base: (name: string) => bigint): Values | undefined {
  const list = [...values].filter(([name, value]) => value !== base(name));
  return list.length === 0 ? undefined : Object.fromEntries(list.map(([name, value]) => [name, value.toString(16)]));
}

function encodeLine({ input, result }: CaseVector): string {
  const before = inputValues(input);
  const pieces = result.pieces[0];
  const left = result.kind(0) === 0;
  const line: { [K in keyof Line]: Line[K] | undefined } = {
    w: input.words.map((w) => w.toString(16)),
    e: input.entry || undefined,
    i: changed(before, () => 0n),
    m: input.memory || undefined,
    f: input.flags || undefined,
    o: left ? undefined : [
      result.kind(0), result.signal(0), result.code(0), result.pc(0).toString(16), result.address(0).toString(16),
    ],
    r: changed(resultValues(result), (name) => before.get(name)!),
    p: pieces === undefined ? undefined : Buffer.from(pieces).toString('base64'),
  };
  return JSON.stringify(line);
}

function decodeLine(text: string): CaseVector {
  const line = JSON.parse(text) as Line;
  const before = (name: string): bigint => BigInt(`0x${line.i?.[name] ?? '0'}`);
  const input: FuzzCase = {
    words: line.w.map((w) => parseInt(w, 16)), entry: line.e ?? 0, slot: SINGLE_SLOT,
    x: Array.from({ length: 32 }, (_, r) => before(r === 31 ? 'sp' : `x${r}`)),
    v: Array.from({ length: 32 }, (_, r) => before(`v${r}`)),
    nzcv: Number(before('nzcv') >> 28n), fpcr: Number(before('fpcr')), fpsr: Number(before('fpsr')),
    tpidr: before('tpidr'),
    memory: line.m ?? 0, flags: line.f ?? 0,
  };
  const result = new BatchResult(1);
  const [kind, signal, code, pc, address] = line.o ?? [0, 0, 0, LEAVE_ADDRESS.toString(16), '0'];
  result.set(0, kind, signal, code, BigInt(`0x${pc}`), BigInt(`0x${address}`));
  result.setPieces(0, line.p === undefined ? undefined : new Uint8Array(Buffer.from(line.p, 'base64')));
  const state = result.stateAt(0) >> 3;
  for (const name of inputValues(input).keys()) {
    const text = line.r?.[name];
    const value = text === undefined ? before(name) : BigInt(`0x${text}`);
    const offset = OFFSETS.get(name);
    if (offset !== undefined) {
      result.longs[state + (offset >> 3)] = value;
    } else {
      const at = state + ((StateOffset.v + 16 * Number(name.slice(1))) >> 3);
      result.longs[at] = BigInt.asUintN(64, value);
      result.longs[at + 1] = value >> 64n;
    }
  }
  return { input, result };
}

export function writeCaseVectors(path: string | URL, header: VectorHeader, vectors: readonly CaseVector[]): void {
  const lines = [JSON.stringify(header), ...vectors.map(encodeLine)];
  writeFileSync(path, gzipSync(`${lines.join('\n')}\n`, { level: 9 }));
}

export function readCaseVectors(path: string | URL): { header: VectorHeader; vectors: CaseVector[] } {
  const lines = gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n');
  return { header: JSON.parse(lines[0]) as VectorHeader, vectors: lines.slice(1).map(decodeLine) };
}
