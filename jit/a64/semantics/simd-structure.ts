/** Loads and stores of AdvSIMD structures (Arm ARM, C4.1.94: asisdlse, asisdlsep, asisdlso, asisdlsop). */
import type { Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { imm16, vOf, x, xsp, type InstructionFields, type Operand, type OperandSpec } from '../../emitter/operand.js';
import { semantics, type Semantics, type Statics } from './define.js';
import { insertElement } from './simd-copy.js';
import { full, fullMask, range, readElement, shuffle, splatValue, vElement, type Size } from './simd-lanes.js';

const register = (i: number): OperandSpec => vOf((f) => f.Rt + i);
const registerNames = ['t0', 't1', 't2', 't3'] as const;

/** Post-index: Rm 11111 adds the number of bytes, other registers their value. */
const byRegister = { byRegister: { values: 2, of: (f: InstructionFields) => (f.Rm === 31 ? 0 : 1) } } as const;

/** The address, and what to do to the base register afterwards. */
function addressing(
  e: Emitter, f: Statics, o: Readonly<Record<string, Operand>>, post: boolean, bytes: number,
): { base: Value; update: () => void } {
  const base = e.x(o.n);
  if (!post) return { base, update: () => undefined };
  const moved = e.add(base, f.byRegister ? e.x(o.m) : e.i64(bytes));
  return { base, update: () => e.setX(o.n, moved) };
}

/** 16 bytes picked from several vectors; entry 16 * i + b of `bytes` is byte b of source i. */
function gather(e: Emitter, sources: readonly Value[], bytes: readonly number[]): Value {
  const pick = (first: number): Value => {
    const second = sources[first + 1] ?? sources[first];
    return shuffle(e, sources[first], second, bytes.map((b) => (b >> 5 === first >> 1 ? b & 31 : 0)));
  };
  const low = pick(0);
  if (sources.length < 3 || bytes.every((b) => b < 32)) return low;
  const high = pick(2);
  return shuffle(e, low, high, bytes.map((b, i) => (b < 32 ? i : 16 + i)));
}

/** Multiple structures of `count` elements; LD1 and ST1 move whole registers. */
function multiple(encoding: string, store: boolean, count: number, post: boolean): Semantics {
  const registersOf = (f: Statics): number => (count > 1 ? count : ({ 7: 1, 10: 2, 6: 3, 2: 4 }[f.opcode] ?? 0));
  const most = count > 1 ? count : 4;
  const operands: Record<string, OperandSpec> = { n: xsp('Rn') };
  for (const i of range(most)) operands[registerNames[i]] = register(i);
  if (post) operands.m = x('Rm');
  return semantics(encoding, {
    statics: count > 1 ? ['Q', 'size'] : ['Q', 'size', 'opcode'],
    computed: post ? byRegister : {},
    operands,
    hot: (f) => count === 1 && f.Q === 1 && f.size === 0 && registersOf(f) > 0 && !f.byRegister,
    emit(e, f, o) {
      e.fpAccess();
      const registers = registersOf(f);
      if (registers === 0 || (count > 1 && f.size === 3 && !f.Q)) return e.undefined();
      const width = f.Q ? 16 : 8;
      const { base, update } = addressing(e, f, o, post, registers * width);
      const host = e.access(base, registers * width, { write: store, element: 1 << f.size });
      const list = range(registers).map((i) => o[registerNames[i]]);
      if (count > 1) {
        if (store) storeInterleaved(e, host, list, f.size, width);
        else loadInterleaved(e, host, list, f.size, width);
      } else {
        list.forEach((t, i) => {
          if (store) {
            if (f.Q) e.store('v128.store', host, e.v(t), 16 * i);
            else e.store('i64.store', host, e.d(t), 8 * i);
          } else if (f.Q) {
            e.setV(t, e.load('v128.load', host, 16 * i));
          } else {
            e.setD(t, e.load('i64.load', host, 8 * i));
          }
        });
      }
      update();
    },
  });
}

function loadInterleaved(e: Emitter, host: Value, list: readonly Operand[], size: Size, width: number): void {
  const total = list.length * width;
  const sources = range(Math.ceil(total / 16)).map((i) =>
    e.load(total - 16 * i >= 16 ? 'v128.load' : 'v128.load64_zero', host, 16 * i));
  const results = list.map((_, r) => {
    const bytes = range(width).map((i) => (((i >> size) * list.length + r) << size) + (i & ((1 << size) - 1)));
    return gather(e, sources, width === 16 ? bytes : [...bytes, ...bytes]);
  });
  results.forEach((value, r) => {
    if (width === 16) e.setV(list[r], value);
    else e.setD(list[r], e.lane('i64x2.extract_lane', 0, value));
  });
}

function storeInterleaved(e: Emitter, host: Value, list: readonly Operand[], size: Size, width: number): void {
  const sources = list.map((t) => e.v(t));
  const total = list.length * width;
  const byteAt = (at: number): number => {
    const element = at >> size;
    return 16 * (element % list.length) + (Math.floor(element / list.length) << size) + (at & ((1 << size) - 1));
  };
  for (let at = 0; at < total; at += 16) {
    const value = gather(e, sources, range(16).map((i) => byteAt(at + i < total ? at + i : at)));
    if (total - at >= 16) e.store('v128.store', host, value, at);
    else e.store('i64.store', host, e.lane('i64x2.extract_lane', 0, value), at);
  }
}

/** opcode<2:1> is the scale; with 10, size<0> tells words from doublewords. The index is in the bits above. */
const scaleOf = (f: InstructionFields): Size => (f.opcode >> 1 === 2 ? 2 + (f.size & 1) : f.opcode >> 1);
const laneOf = (f: InstructionFields): number => ((f.Q << 3) | (f.S << 2) | f.size) >> scaleOf(f);

const LOADS = ['i32.load8_u', 'i32.load16_u', 'i32.load', 'i64.load'];
const STORES = ['i32.store8', 'i32.store16', 'i32.store', 'i64.store'];

/** One element of each of `count` registers. */
function single(encoding: string, store: boolean, count: number, post: boolean): Semantics {
  const operands: Record<string, OperandSpec> = { n: xsp('Rn') };
  for (const i of range(count)) {
    operands[registerNames[i]] = store ? vElement((f) => f.Rt + i, scaleOf, laneOf) : register(i);
  }
  if (!store) operands.index = imm16(laneOf);
  if (post) operands.m = x('Rm');
  return semantics(encoding, {
    computed: { ...(post ? byRegister : {}), scale: { values: 4, of: scaleOf } },
    operands,
    emit(e, f, o) {
      e.fpAccess();
      const size = f.scale;
      const { base, update } = addressing(e, f, o, post, count << size);
      const host = e.access(base, count << size, { write: store, element: 1 << size });
      const list = range(count).map((i) => o[registerNames[i]]);
      if (store) {
        list.forEach((t, i) => e.store(STORES[size], host, readElement(e, t, size), i << size));
      } else {
        list.forEach((t, i) => {
          e.setV(t, insertElement(e, e.v(t), size, o.index, e.load(LOADS[size], host, i << size)));
        });
      }
      update();
    },
  });
}

/** One element of each of `count` registers, repeated over the register. */
function replicate(encoding: string, count: number, post: boolean): Semantics {
  const operands: Record<string, OperandSpec> = { n: xsp('Rn'), q: full };
  for (const i of range(count)) operands[registerNames[i]] = register(i);
  if (post) operands.m = x('Rm');
  return semantics(encoding, {
    statics: ['size'],
    computed: post ? byRegister : {},
    operands,
    emit(e, f, o) {
      e.fpAccess();
      const { base, update } = addressing(e, f, o, post, count << f.size);
      const host = e.access(base, count << f.size, { element: 1 << f.size });
      for (const i of range(count)) {
        const value = splatValue(e, f.size, e.load(LOADS[f.size], host, i << f.size));
        e.setV(o[registerNames[i]], e.and(value, fullMask(e, o.q)));
      }
      update();
    },
  });
}

export const simdStructureSemantics: readonly Semantics[] = [false, true].flatMap((post) =>
  [1, 2, 3, 4].flatMap((count) => {
    const suffix = post ? '_post' : '';
    return [
      multiple(`LD${count}_mult${suffix}`, false, count, post),
      multiple(`ST${count}_mult${suffix}`, true, count, post),
      single(`LD${count}_sngl${suffix}`, false, count, post),
      single(`ST${count}_sngl${suffix}`, true, count, post),
      replicate(`LD${count}R${suffix}`, count, post),
    ];
  }),
);
