/** Load-acquire, store-release, exclusives, compare-and-swap and atomic memory operations (Arm ARM, C4.1.94, B2.9). */
import { imm64, v, x, xd, xOf, xsp, type InstructionFields } from '../../emitter/operand.js';
import type { Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { semantics, type Semantics, type Statics } from './define.js';
import { loadVector, storeVector } from './load-store.js';

const ATOMIC_LOADS = ['i64.atomic.load8_u', 'i64.atomic.load16_u', 'i64.atomic.load32_u', 'i64.atomic.load'];
const ATOMIC_STORES = ['i64.atomic.store8', 'i64.atomic.store16', 'i64.atomic.store32', 'i64.atomic.store'];
const RMW = ['i64.atomic.rmw8_u', 'i64.atomic.rmw16_u', 'i64.atomic.rmw32_u', 'i64.atomic.rmw'];

/** The size static of an encoding: B and H forms have it fixed. */
const sizeOf = (encoding: string, f: Statics): number => {
  if (/B(_|$)/.test(encoding)) return 0;
  if (/H(_|$)/.test(encoding)) return 1;
  return f.size;
};
const sizeStatics = (encoding: string): string[] => (/[BH](_|$)/.test(encoding) ? [] : ['size']);

function loadAcquire(encoding: string): Semantics {
  return semantics(encoding, {
    statics: sizeStatics(encoding),
    operands: { t: xd('Rt'), n: xsp('Rn') },
    hot: true,
    emit(e, f, o) {
      const size = sizeOf(encoding, f);
      const host = e.access(e.x(o.n), 1 << size, { align: 1 << size, ordered: true });
      e.setX(o.t, e.atomicLoad(ATOMIC_LOADS[size], host));
    },
  });
}

function storeRelease(encoding: string): Semantics {
  return semantics(encoding, {
    statics: sizeStatics(encoding),
    operands: { t: x('Rt'), n: xsp('Rn') },
    hot: true,
    emit(e, f, o) {
      const size = sizeOf(encoding, f);
      const host = e.access(e.x(o.n), 1 << size, { align: 1 << size, ordered: true, write: true });
      e.atomicStore(ATOMIC_STORES[size], host, e.x(o.t));
    },
  });
}

const simm9 = (f: InstructionFields): number => (f.imm9 << 23) >> 23;

function loadAcquireUnscaled(encoding: string, signed: boolean): Semantics {
  const base = encoding.replace(/^LDAPURS/, 'LDAPUR');
  const word = encoding === 'LDAPURSW';
  const statics = word ? [] : [...sizeStatics(base), ...(signed ? ['opc'] : [])];
  return semantics(encoding, {
    statics,
    operands: { t: xd('Rt'), n: xsp('Rn'), offset: imm64(simm9) },
    emit(e, f, o) {
      const size = word ? 2 : sizeOf(base, f);
      const host = e.access(e.add(e.x(o.n), e.imm(o.offset)), 1 << size, {
        align: 1 << size, ordered: true,
      });
      const value = e.atomicLoad(ATOMIC_LOADS[size], host);
      if (!signed) return e.setX(o.t, value);
      const extended = e.op(`i64.extend${8 << size}_s`, value);
      e.setX(o.t, !word && f.opc & 1 ? e.and(extended, e.i64(0xffffffff)) : extended);
    },
  });
}

function storeReleaseUnscaled(encoding: string): Semantics {
  return semantics(encoding, {
    statics: sizeStatics(encoding),
    operands: { t: x('Rt'), n: xsp('Rn'), offset: imm64(simm9) },
    emit(e, f, o) {
      const size = sizeOf(encoding, f);
      const options = { align: 1 << size, ordered: true, write: true };
      const host = e.access(e.add(e.x(o.n), e.imm(o.offset)), 1 << size, options);
      e.atomicStore(ATOMIC_STORES[size], host, e.x(o.t));
    },
  });
}

/** The monitor remembers the location by its WasmOffset, hence by physical address. */
function arm(e: Emitter, host: Value, bytes: number): void {
  e.setField32('monitorArmed', e.i32(1));
  e.setField32('monitorSize', e.i32(bytes));
  e.setField32('monitorAddress', host);
  e.setField32('monitorLocation', e.field32('bounceLocation'));
}
function monitorHolds(e: Emitter, host: Value, bytes: number): Value {
  const same = e.and(e.eq(e.field32('monitorAddress'), host), e.eq(e.field32('monitorSize'), e.i32(bytes)));
  // accesses in the bounce buffer all have its address
  const elsewhere = e.ne(host, e.field32('bounceBase'));
  const location = e.eq(e.field32('monitorLocation'), e.field32('bounceLocation'));
  return e.and(e.and(same, e.or(elsewhere, location)), e.field32('monitorArmed'));
}

function loadExclusive(encoding: string): Semantics {
  return semantics(encoding, {
    statics: sizeStatics(encoding),
    operands: { t: xd('Rt'), n: xsp('Rn') },
    hot: true,
    emit(e, f, o) {
      const size = sizeOf(encoding, f);
      const host = e.access(e.x(o.n), 1 << size, { align: 1 << size });
      const value = e.atomicLoad(ATOMIC_LOADS[size], host);
      arm(e, host, 1 << size);
      e.setField64('monitorValue', value, 0);
      e.setX(o.t, value);
    },
  });
}

function storeExclusive(encoding: string): Semantics {
  return semantics(encoding, {
    statics: sizeStatics(encoding),
    operands: { s: xd('Rs'), t: x('Rt'), n: xsp('Rn') },
    hot: true,
    emit(e, f, o) {
      const size = sizeOf(encoding, f);
      const host = e.access(e.x(o.n), 1 << size, { align: 1 << size, write: true });
      const failed = e.variable(e.i32(1));
      e.if(monitorHolds(e, host, 1 << size), () => {
        const expected = e.field64('monitorValue', 0);
        const old = e.atomicCompareExchange(`${RMW[size]}.cmpxchg`, host, expected, narrowed(e, e.x(o.t), size));
        e.set(failed, e.ne(old, expected));
      });
      e.setField32('monitorArmed', e.i32(0));
      e.setW(o.s, e.get(failed));
    },
  });
}

/** Narrow cmpxchg compares and stores the low bits; operands must be zero-extended. */
function narrowed(e: Emitter, value: Value, size: number): Value {
  return size === 3 ? value : e.and(value, e.i64((1n << BigInt(8 << size)) - 1n));
}

function loadExclusivePair(encoding: string): Semantics {
  return semantics(encoding, {
    statics: ['sz'],
    operands: { t: xd('Rt'), t2: xd('Rt2'), n: xsp('Rn') },
    emit(e, f, o) {
      const bytes = f.sz ? 16 : 8;
      const host = e.access(e.x(o.n), bytes, { align: bytes, element: bytes / 2 });
      arm(e, host, bytes);
      if (f.sz) {
        e.lock128();
        const low = e.load('i64.load', host);
        const high = e.load('i64.load', host, 8);
        e.unlock128();
        e.setField64('monitorValue', low, 0);
        e.setField64('monitorValue', high, 1);
        e.setX(o.t, low);
        e.setX(o.t2, high);
      } else {
        const value = e.atomicLoad('i64.atomic.load', host);
        e.setField64('monitorValue', value, 0);
        e.setX(o.t, e.and(value, e.i64(0xffffffff)));
        e.setX(o.t2, e.shrU(value, e.i64(32)));
      }
    },
  });
}

/** Two W registers as one doubleword, the first in the low half. */
function joined(e: Emitter, first: Value, second: Value): Value {
  return e.or(e.and(first, e.i64(0xffffffff)), e.shl(second, e.i64(32)));
}

function storeExclusivePair(encoding: string): Semantics {
  return semantics(encoding, {
    statics: ['sz'],
    operands: { s: xd('Rs'), t: x('Rt'), t2: x('Rt2'), n: xsp('Rn') },
    emit(e, f, o) {
      const bytes = f.sz ? 16 : 8;
      const host = e.access(e.x(o.n), bytes, { align: bytes, element: bytes / 2, write: true });
      const failed = e.variable(e.i32(1));
      e.if(monitorHolds(e, host, bytes), () => {
        const low = e.field64('monitorValue', 0);
        if (f.sz) {
          e.lock128();
          const same = e.and(
            e.eq(e.load('i64.load', host), low),
            e.eq(e.load('i64.load', host, 8), e.field64('monitorValue', 1)),
          );
          e.if(same, () => {
            e.store('i64.store', host, e.x(o.t));
            e.store('i64.store', host, e.x(o.t2), 8);
            e.set(failed, e.i32(0));
          });
          e.unlock128();
        } else {
          const old = e.atomicCompareExchange('i64.atomic.rmw.cmpxchg', host, low, joined(e, e.x(o.t), e.x(o.t2)));
          e.set(failed, e.ne(old, low));
        }
      });
      e.setField32('monitorArmed', e.i32(0));
      e.setW(o.s, e.get(failed));
    },
  });
}

function compareAndSwap(encoding: string): Semantics {
  return semantics(encoding, {
    statics: sizeStatics(encoding),
    operands: { s: x('Rs'), d: xd('Rs'), t: x('Rt'), n: xsp('Rn') },
    hot: (f) => f.size !== undefined,
    emit(e, f, o) {
      const size = sizeOf(encoding, f);
      const host = e.access(e.x(o.n), 1 << size, { align: 1 << size, readWrite: true });
      const expected = narrowed(e, e.x(o.s), size);
      const replacement = narrowed(e, e.x(o.t), size);
      e.setX(o.d, e.atomicCompareExchange(`${RMW[size]}.cmpxchg`, host, expected, replacement));
    },
  });
}

const next = (field: string) => (f: InstructionFields): number => f[field] + 1;

const compareAndSwapPair = semantics('CASP', {
  statics: ['sz'],
  operands: {
    s: x('Rs'), s2: xOf(next('Rs'), 'source'), d: xd('Rs'), d2: xOf(next('Rs'), 'destination'),
    t: x('Rt'), t2: xOf(next('Rt'), 'source'), n: xsp('Rn'),
  },
  emit(e, f, o) {
    const bytes = f.sz ? 16 : 8;
    const host = e.access(e.x(o.n), bytes, { align: bytes, element: bytes / 2, readWrite: true });
    if (f.sz) {
      const s = e.x(o.s);
      const s2 = e.x(o.s2);
      e.lock128();
      const low = e.load('i64.load', host);
      const high = e.load('i64.load', host, 8);
      e.if(e.and(e.eq(low, s), e.eq(high, s2)), () => {
        e.store('i64.store', host, e.x(o.t));
        e.store('i64.store', host, e.x(o.t2), 8);
      });
      e.unlock128();
      e.setX(o.d, low);
      e.setX(o.d2, high);
    } else {
      const expected = joined(e, e.x(o.s), e.x(o.s2));
      const replacement = joined(e, e.x(o.t), e.x(o.t2));
      const old = e.atomicCompareExchange('i64.atomic.rmw.cmpxchg', host, expected, replacement);
      e.setX(o.d, e.and(old, e.i64(0xffffffff)));
      e.setX(o.d2, e.shrU(old, e.i64(32)));
    }
  },
});

type AtomicName = 'LDADD' | 'LDCLR' | 'LDEOR' | 'LDSET' | 'SWP' | 'LDSMAX' | 'LDSMIN' | 'LDUMAX' | 'LDUMIN';
const DIRECT: Partial<Record<AtomicName, string>> = { LDADD: 'add', LDCLR: 'and', LDEOR: 'xor', LDSET: 'or', SWP: 'xchg' };
const COMPARE: Partial<Record<AtomicName, string>> = { LDSMAX: 'gt_s', LDSMIN: 'lt_s', LDUMAX: 'gt_u', LDUMIN: 'lt_u' };

function atomicOperation(name: AtomicName, suffix: '' | 'B' | 'H'): Semantics {
  const encoding = name + suffix;
  const statics = suffix === '' ? ['size'] : [];
  return semantics(encoding, {
    statics,
    operands: { s: x('Rs'), t: xd('Rt'), n: xsp('Rn') },
    hot: suffix === '' && DIRECT[name] !== undefined,
    emit(e, f, o) {
      const size = suffix === 'B' ? 0 : suffix === 'H' ? 1 : f.size;
      const host = e.access(e.x(o.n), 1 << size, { align: 1 << size, readWrite: true });
      const operand = narrowed(e, e.x(o.s), size);
      const direct = DIRECT[name];
      if (direct !== undefined) {
        const value = name === 'LDCLR' ? narrowed(e, e.not(operand), size) : operand;
        e.setX(o.t, e.atomicRmw(`${RMW[size]}.${direct}`, host, value));
        return;
      }
      const comparison = COMPARE[name]!;
      const sign = (a: Value): Value =>
        size === 3 || /_u$/.test(comparison) ? a : e.op(`i64.extend${8 << size}_s`, a);
      const old = e.variable(e.atomicLoad(ATOMIC_LOADS[size], host));
      e.doWhile(() => {
        const seen = e.get(old);
        const wins = e.op(`i64.${comparison}`, sign(operand), sign(seen));
        const found = e.atomicCompareExchange(
          `${RMW[size]}.cmpxchg`, host, seen, e.select(wins, operand, seen));
        e.set(old, found);
        return e.ne(found, seen);
      });
      e.setX(o.t, e.get(old));
    },
  });
}

/** LSE128: Rt and Rt2 hold the operand and receive the old value. */
function atomic128(encoding: string, combine: (e: Emitter, old: Value, operand: Value) => Value): Semantics {
  return semantics(encoding, {
    operands: { t: x('Rt'), t2: x('Rt2'), d: xd('Rt'), d2: xd('Rt2'), n: xsp('Rn') },
    emit(e, _f, o) {
      const host = e.access(e.x(o.n), 16, { align: 16, element: 8, readWrite: true });
      e.lock128();
      const low = e.load('i64.load', host);
      const high = e.load('i64.load', host, 8);
      e.store('i64.store', host, combine(e, low, e.x(o.t)));
      e.store('i64.store', host, combine(e, high, e.x(o.t2)), 8);
      e.unlock128();
      e.setX(o.d, low);
      e.setX(o.d2, high);
    },
  });
}

const simdSize = (f: Statics): number => ((f.opc & 2) << 1) | f.size;

export const loadStoreOrderedSemantics: readonly Semantics[] = [
  ...['LDARB', 'LDARH', 'LDAR', 'LDLARB', 'LDLARH', 'LDLAR', 'LDAPRB', 'LDAPRH', 'LDAPR'].map(loadAcquire),
  ...['STLRB', 'STLRH', 'STLR', 'STLLRB', 'STLLRH', 'STLLR'].map(storeRelease),
  ...['LDAPURB', 'LDAPURH', 'LDAPUR'].map((n) => loadAcquireUnscaled(n, false)),
  ...['LDAPURSB', 'LDAPURSH', 'LDAPURSW'].map((n) => loadAcquireUnscaled(n, true)),
  ...['STLURB', 'STLURH', 'STLUR'].map(storeReleaseUnscaled),
  ...['LDXRB', 'LDXRH', 'LDXR', 'LDAXRB', 'LDAXRH', 'LDAXR'].map(loadExclusive),
  ...['STXRB', 'STXRH', 'STXR', 'STLXRB', 'STLXRH', 'STLXR'].map(storeExclusive),
  ...['LDXP', 'LDAXP'].map(loadExclusivePair),
  ...['STXP', 'STLXP'].map(storeExclusivePair),
  ...['CASB', 'CASH', 'CAS'].map(compareAndSwap),
  compareAndSwapPair,
  ...(['LDADD', 'LDCLR', 'LDEOR', 'LDSET', 'SWP', 'LDSMAX', 'LDSMIN', 'LDUMAX', 'LDUMIN'] as const).flatMap((name) =>
    (['', 'B', 'H'] as const).map((suffix) => atomicOperation(name, suffix)),
  ),
  atomic128('LDCLRP', (e, old, operand) => e.and(old, e.not(operand))),
  atomic128('LDSETP', (e, old, operand) => e.or(old, operand)),
  atomic128('SWPP', (_e, _old, operand) => operand),
  semantics('LDAPUR_simd', {
    statics: ['size', 'opc'],
    operands: { t: v('Rt'), n: xsp('Rn'), offset: imm64(simm9) },
    emit(e, f, o) {
      e.fpAccess();
      const size = simdSize(f);
      if (size > 4) return e.undefined();
      loadVector(e, o.t, e.access(e.add(e.x(o.n), e.imm(o.offset)), 1 << size), size);
    },
  }),
  semantics('STLUR_simd', {
    statics: ['size', 'opc'],
    operands: { t: v('Rt'), n: xsp('Rn'), offset: imm64(simm9) },
    emit(e, f, o) {
      e.fpAccess();
      const size = simdSize(f);
      if (size > 4) return e.undefined();
      storeVector(e, o.t, e.access(e.add(e.x(o.n), e.imm(o.offset)), 1 << size, { write: true }), size);
    },
  }),
];
