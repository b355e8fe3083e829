/** Random cases for AdvSIMD integer encodings, made from the decode table. */
import { decode, extractFields } from '../../jit/a64/decoder.js';
import type { Encoding } from '../../jit/a64/encoding.js';
import { encodings } from '../../jit/a64/encodings/index.js';
import { simdSemantics } from '../../jit/a64/semantics/simd.js';
import { MEMORY_ADDRESS, type InstructionCase } from './qemu-user.js';

/** A small generator of its own, so that the same seed gives the same cases everywhere. */
export class Random {
  constructor(private state: number) {}
  /** 0 .. 2^32 - 1. */
  u32(): number {
    this.state = (this.state + 0x9e3779b9) | 0;
    let t = this.state ^ (this.state >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t ^= t >>> 15;
    t = Math.imul(t, 0x735a2d97);
    return (t ^ (t >>> 15)) >>> 0;
  }
  below(n: number): number {
    return this.u32() % n;
  }
  u64(): bigint {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
  }
}

const names = new Set(simdSemantics.map((s) => s.encoding));
/** The encodings with AdvSIMD integer semantics. */
export const simdEncodings: readonly Encoding[] = encodings.filter((e) => names.has(e.name));

/** 128 bits: plain random, or elements from the edges of their range, where saturation happens. */
function vector(random: Random): bigint {
  const kind = random.below(6);
  if (kind < 2) return (random.u64() << 64n) | random.u64();
  const width = [8, 16, 32, 64][random.below(4)];
  const full = 1n << BigInt(width);
  const edges = [0n, 1n, 2n, full - 1n, full - 2n, full >> 1n, (full >> 1n) - 1n, (full >> 1n) + 1n, full >> 2n];
  const repeated = random.u64() & (full - 1n);
  let value = 0n;
  for (let at = 0; at < 128; at += width) {
    const small = BigInt(random.below(2 * width)) - BigInt(width);
    const edge = kind === 4 && random.below(2) === 0 ? random.u64() : edges[random.below(edges.length)];
    const element = kind === 2 ? small : kind === 3 ? repeated : edge;
    value |= (element & (full - 1n)) << BigInt(at);
  }
  return value;
}

/** An address that neither QEMU's runner nor the engine maps. */
const UNMAPPED = 0x06000000n;
const MEMORY_BYTES = 112;

/** SIMD registers an instruction can name: those of its fields, and the rest of its lists. */
function registersOf(encoding: Encoding, fields: Readonly<Record<string, number>>): number[] {
  const list = [fields['Rd'], fields['Ra']];
  for (const i of [0, 1, 2, 3]) {
    if ('Rt' in fields) list.push(fields['Rt'] + i);
    else if (i === 0 || encoding.name.startsWith('TB')) list.push(fields['Rn'] + i);
  }
  if (!isMemory(encoding)) list.push(fields['Rm'], fields['Rm'] + 16);
  return [...new Set(list.filter((r) => Number.isInteger(r)).map((r) => r & 31))];
}

const isMemory = (encoding: Encoding): boolean => encoding.group.startsWith('ldst/');

/** A case of an encoding; undefined when the random fields hit a reserved combination. */
export function simdCase(encoding: Encoding, random: Random): InstructionCase | undefined {
  let word = (encoding.value | (random.u32() & ~encoding.mask)) >>> 0;
  if (isMemory(encoding) && random.below(3) === 0 && encoding.fields.some((f) => f.name === 'Rm')) word |= 31 << 16;
  if (decode(word)?.name !== encoding.name) return undefined;
  const fields = extractFields(encoding, word);
  const v = registersOf(encoding, fields).map((r): [number, bigint] => [r, vector(random)]);
  const x: [number, bigint][] = [];
  const base = { word, v, fpsr: random.below(4) === 0 ? 1 << 27 : 0 };
  if (!isMemory(encoding)) {
    if ('Rn' in fields && fields['Rn'] !== 31) x.push([fields['Rn'], random.u64()]);
    return { ...base, x };
  }
  const rn = fields['Rn'];
  if ('Rm' in fields && fields['Rm'] !== 31 && fields['Rm'] !== rn) x.push([fields['Rm'], random.u64()]);
  x.push([rn, random.below(16) === 0 ? UNMAPPED : MEMORY_ADDRESS + BigInt(random.below(MEMORY_BYTES - 64))]);
  const memory = new Uint8Array(MEMORY_BYTES);
  for (let i = 0; i < memory.length; i++) memory[i] = random.u32();
  return { ...base, x, memory };
}

/** `count` cases of an encoding. */
export function simdCases(encoding: Encoding, count: number, random: Random): InstructionCase[] {
  const cases: InstructionCase[] = [];
  for (let tries = 0; cases.length < count && tries < 100 * count; tries++) {
    const made = simdCase(encoding, random);
    if (made) cases.push(made);
  }
  return cases;
}
