/** The encoder and binaryen make the same code of every operation that instructions use. */
import binaryen from 'binaryen';
import { expect, it } from 'vitest';
import { Emitter } from '../../../jit/emitter/emitter.js';
import type { Statement, Value, ValueType } from '../../../jit/emitter/ir.js';
import { operations } from '../../../jit/interpreter/operations.js';
import { Encoder, signed, unsigned, type Code } from '../../../jit/wasm/encoder.js';
import * as types from '../../../jit/wasm/types.js';
import { constant, isMemoryOperation, memoryOperation, pureOperation, type Expression } from '../../../jit/wasm/operations.js';

const TYPES: Readonly<Record<ValueType, binaryen.Type>> = {
  i32: binaryen.i32, i64: binaryen.i64, f32: binaryen.f32, f64: binaryen.f64, v128: binaryen.v128,
};
const CONSTANTS: Readonly<Record<ValueType, unknown>> = {
  i32: -5, i64: 0x1_2345_6789n, f32: 1.5, f64: -2.25, v128: Array.from({ length: 16 }, (_, i) => 17 * i),
};

/** One node of each operation, and the operations that are effects with their operands. */
function used(): { values: Map<string, Value>; effects: Map<string, readonly ValueType[]> } {
  const values = new Map<string, Value>();
  const effects = new Map<string, readonly ValueType[]>();
  const visit = (value: Value): void => {
    if (value.op.includes('.') && !/^(x|w|v|nzcv|variable|field\d\d|sysreg)\./.test(value.op)) values.set(value.op, value);
    if (value.op === 'select') values.set(`select.${value.type}`, value);
    value.args.forEach(visit);
  };
  const walk = (statements: readonly Statement[]): void => {
    for (const s of statements) {
      if (s.value) visit(s.value);
      s.args?.forEach(visit);
      if (s.kind === 'effect' && isMemoryOperation(s.op!)) effects.set(s.op!, s.args!.map((a) => a.type));
      walk(s.then ?? []);
      walk(s.otherwise ?? []);
    }
  };
  for (const { semantics, statics, operands } of operations) {
    const e = new Emitter(true);
    semantics.emit(e, statics, Object.fromEntries(Object.values(operands).map((o) => [o.name, { ...o, value: 0 }])));
    walk(e.finish());
  }
  return { values, effects };
}

const literal = (m: binaryen.Module, type: ValueType): Expression =>
  constant(m, { op: 'const', type, args: [], imm: CONSTANTS[type], ordered: false, uses: 0, simplest: undefined });

/** Text of a module with one function, as binaryen reads and prints its binary form. */
function textOf(result: binaryen.Type, build: (m: binaryen.Module) => Expression, encoder: boolean): string {
  const m = encoder ? new Encoder() : new binaryen.Module();
  const body = build(m as binaryen.Module);
  if (m instanceof Encoder) m.addEncoded('f', { params: [], result }, m.encode([], body as unknown as Code));
  else {
    m.setFeatures(binaryen.Features.All);
    m.addFunction('f', binaryen.none, result, [], body);
    m.setMemory(1, 1, null as unknown as string, [], true, false, '0');
  }
  const bytes = m instanceof Encoder ? m.emit(1) : m.emitBinary();
  const readBinary = binaryen.readBinary as (bytes: Uint8Array, features: number) => binaryen.Module;
  const read = readBinary(bytes, binaryen.Features.All);
  const text = read.emitText();
  read.dispose();
  if (!(m instanceof Encoder)) m.dispose();
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith(' (func'));
  return lines.slice(start + 1, lines.indexOf(' )', start)).join('\n').replaceAll(/\$[\w.]+/g, '');
}

it('encodes every operation as binaryen does', () => {
  const { values, effects } = used();
  expect(values.size).toBeGreaterThan(250);
  const builds: [string, binaryen.Type, (m: binaryen.Module) => Expression][] = [];
  for (const [name, value] of values) {
    builds.push([name, TYPES[value.type], (m) => {
      const args = value.args.map((a) => literal(m, a.type));
      return isMemoryOperation(value.op)
        ? memoryOperation(m, value.op, value.imm as number, args) : pureOperation(m, value, args);
    }]);
  }
  for (const [name, operands] of effects) {
    builds.push([name, binaryen.none, (m) => memoryOperation(m, name, 300, operands.map((t) => literal(m, t)))]);
  }
  for (const [name, result, build] of builds) {
    expect(`${name}: ${textOf(result, build, true)}`).toBe(`${name}: ${textOf(result, build, false)}`);
  }
});

it('has the types that binaryen has', () => {
  expect({ ...types }).toEqual(Object.fromEntries(Object.keys(types).map((name) => [name, binaryen[name as keyof typeof types]])));
});

it('encodes numbers as LEB128', () => {
  expect(unsigned(0)).toEqual([0]);
  expect(unsigned(624485)).toEqual([0xe5, 0x8e, 0x26]);
  expect(unsigned(0xffffffff)).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f]);
  expect(signed(-123456)).toEqual([0xc0, 0xbb, 0x78]);
  expect(signed(63)).toEqual([63]);
  expect(signed(64)).toEqual([0xc0, 0]);
  expect(signed(-64)).toEqual([0x40]);
});

it('resolves labels and functions where they are', () => {
  const encoder = new Encoder();
  const m = encoder as unknown as binaryen.Module;
  const signature = { params: [binaryen.i32], result: binaryen.i64 };
  const add = (name: string, body: Expression): void =>
    encoder.addEncoded(name, signature, encoder.encode([], body as unknown as Code));
  add('first', m.block(null, [
    m.block('out', [
      m.loop('again', m.block(null, [
        m.br('out', m.local.get(0, binaryen.i32)),
        m.if(m.i32.eqz(m.local.get(0, binaryen.i32)), m.block(null, [m.local.set(0, m.i32.const(1)), m.br('again')])),
      ])),
    ]),
    m.return_call('second', [m.local.get(0, binaryen.i32)], binaryen.i64),
  ], binaryen.i64));
  add('second', m.i64.extend_u(m.local.get(0, binaryen.i32)));
  encoder.addFunctionExport('first', 'one');
  const bytes = encoder.emit(1);
  const env = { memory: new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }) };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>), { env });
  const first = exports.one as (n: number) => bigint;
  expect(first(7)).toBe(7n);
  expect(first(0)).toBe(1n);
});
