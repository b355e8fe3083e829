/** What core.wasm has for regions: their table, flags, and single instructions carried out by the interpreter. */
import binaryen from 'binaryen';
import { PseudoOperation } from '../interpreter/operations.js';
import { ENTRY_OFFSET } from '../../runtime/layout/memory-layout.js';
import { archOffset, controlFieldOffset } from '../../runtime/layout/vcpu-layout.js';
import type { Expression } from './operations.js';
import { FLAGS_KINDS, long as longConstant, REGION_SLOTS } from './region-state.js';

const { i32, i64, none } = binaryen;
const OPERATION = binaryen.createType([i32, i32, i64]);

/** `flags(kind, a, b) -> NZCV`, see FLAGS_KINDS. */
function addFlags(m: binaryen.Module): void {
  const long = (local: number): Expression => m.local.get(local, i64);
  const cases = FLAGS_KINDS.map((kind) => {
    if (kind === 'raw') return m.i32.wrap(long(1));
    const [recipe, width] = kind.split('.') as ['add' | 'sub' | 'logic', 'i32' | 'i64'];
    const w = m[width];
    const operand = (local: number): Expression => (width === 'i32' ? m.i32.wrap(long(local)) : long(local));
    const a = (): Expression => operand(1);
    const b = (): Expression => operand(2);
    const result = (): Expression => (recipe === 'logic' ? a() : recipe === 'add' ? w.add(a(), b()) : w.sub(a(), b()));
    const zero = (): Expression => (width === 'i32' ? m.i32.const(0) : longConstant(m, 0n));
    const bit = (condition: Expression, n: number): Expression => m.i32.shl(condition, m.i32.const(n));
    const nz = m.i32.or(bit(w.lt_s(result(), zero()), 3), bit(w.eqz(result()), 2));
    if (recipe === 'logic') return nz;
    const carry = recipe === 'add' ? w.lt_u(result(), a()) : w.ge_u(a(), b());
    const signs = recipe === 'add'
      ? w.and(w.xor(a(), result()), w.xor(b(), result()))
      : w.and(w.xor(a(), b()), w.xor(a(), result()));
    return m.i32.or(m.i32.or(nz, bit(carry, 1)), w.lt_s(signs, zero()));
  });
  const names = FLAGS_KINDS.map((_, i) => `k${i}`);
  let code: Expression[] = [m.switch(names, names[0], m.local.get(0, i32))];
  cases.forEach((value, i) => {
    code = [m.block(names[i], code, none), m.return(value)];
  });
  m.addFunction('flags', binaryen.createType([i32, i64, i64]), i32, [], m.block(null, [...code, m.unreachable()], i32));
  const field = (name: 'flagsA' | 'flagsB'): Expression => m.i64.load(controlFieldOffset[name], 8, m.local.get(0, i32), '0');
  const kind = m.i32.load(controlFieldOffset.flagsKind, 4, m.local.get(0, i32), '0');
  m.addFunction(
    'settleFlags', i32, none, [],
    m.i32.store(
      archOffset.nzcv, 4, m.local.get(0, i32), m.call('flags', [kind, field('flagsA'), field('flagsB')], i32), '0',
    ),
  );
}

/** @param library functions of core.wasm that regions may call */
export function addRegionSupport(m: binaryen.Module, library: readonly string[]): void {
  (m.addTable as (...a: unknown[]) => void)('regions', 1, REGION_SLOTS);
  m.addTableImport('regions', 'env', 'regions');
  addFlags(m);
  const vcpu = (): Expression => m.local.get(0, i32);
  const record = (): Expression => m.local.get(1, i32);
  const operation = (): Expression => m.i32.load16_u(0, 2, record(), '0');
  const original = m.i32.load16_u(ENTRY_OFFSET, 2, m.i32.shr_u(record(), m.i32.const(2)), '0');
  m.addFunction(
    'op:original', OPERATION, i32, [],
    m.call_indirect('operations', original, [vcpu(), record(), m.local.get(2, i64)], OPERATION, i32),
  );
  // stepRegion(vcpu, record) -> Status executes the instruction at the program counter, for a region
  const step = m.call_indirect(
    'operations', operation(), [vcpu(), record(), m.i64.load(archOffset.pc, 8, vcpu(), '0')], OPERATION, i32,
  );
  m.addFunction('stepRegion', binaryen.createType([i32, i32]), i32, [i32], m.block(null, [
    m.call('settleFlags', [vcpu()], none),
    m.if(m.i32.eq(operation(), m.i32.const(PseudoOperation.Decode)), m.call('decode', [record()], none)),
    m.local.set(2, step),
    m.i32.store(controlFieldOffset.flagsKind, 4, vcpu(), m.i32.const(0), '0'),
    m.i64.store(controlFieldOffset.flagsA, 8, vcpu(), m.i64.load32_u(archOffset.nzcv, 4, vcpu(), '0'), '0'),
    m.local.get(2, i32),
  ], i32));
  for (const name of ['flags', 'stepRegion', ...library]) m.addFunctionExport(name, name);
}
