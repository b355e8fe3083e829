/** Loads and stores of one register, and pairs (Arm ARM, C4.1.94). */
import {
  imm16, imm64, v, x, xd, xsp, type InstructionFields, type Operand, type OperandSpec,
} from '../../emitter/operand.js';
import type { AccessOptions, Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { semantics, type Semantics, type Statics } from './define.js';
import { extended } from './integer-add-sub.js';

/** How one register goes to and from memory. */
interface Transfer {
  readonly store: boolean;
  /** log2 of the bytes, from the static fields. */
  readonly size: (f: Statics) => number;
  /** Sign extension: 0 none, 32 to W, 64 to X. */
  readonly signed?: (f: Statics) => 0 | 32 | 64;
  readonly simd?: boolean;
  readonly statics: readonly string[];
}

const LOADS = ['load8_u', 'load16_u', 'load32_u', 'load'];
const STORES = ['store8', 'store16', 'store32', 'store'];
const SIGNED = ['load8_s', 'load16_s', 'load32_s'];

/** Loads a general-purpose register from memory already accessed. */
export function loadRegister(e: Emitter, host: Value, size: number, signed: 0 | 32 | 64, offset = 0): Value {
  if (signed === 0) return e.load(`i64.${LOADS[size]}`, host, offset);
  if (signed === 32) return e.extendU(e.load(`i32.${SIGNED[size]}`, host, offset));
  return e.load(`i64.${SIGNED[size]}`, host, offset);
}

/** A SIMD&FP load of 1 << size bytes, zero-extended to the register. */
export function loadVector(e: Emitter, d: Operand, host: Value, size: number, offset = 0): void {
  if (size === 4) e.setV(d, e.load('v128.load', host, offset));
  else e.setD(d, e.load(`i64.${LOADS[size]}`, host, offset));
}
export function storeVector(e: Emitter, t: Operand, host: Value, size: number, offset = 0): void {
  if (size === 4) e.store('v128.store', host, e.v(t), offset);
  else e.store(`i64.${STORES[size]}`, host, e.d(t), offset);
}

function transfer(e: Emitter, f: Statics, o: { t: Operand }, kind: Transfer, address: Value, options: AccessOptions): void {
  const size = kind.size(f);
  if (size > 4) return e.undefined();
  const host = e.access(address, 1 << size, { ...options, write: kind.store });
  if (kind.simd) {
    if (kind.store) storeVector(e, o.t, host, size);
    else loadVector(e, o.t, host, size);
  } else if (kind.store) {
    e.store(`i64.${STORES[size]}`, host, e.x(o.t));
  } else {
    e.setX(o.t, loadRegister(e, host, size, kind.signed?.(f) ?? 0));
  }
}

type Mode = 'pos' | 'unscaled' | 'unprivileged' | 'post' | 'pre' | 'reg';

const simm9 = (f: InstructionFields): number => (f.imm9 << 23) >> 23;
const scaleOf = (kind: Transfer, f: InstructionFields): number => kind.size(f);

function loadStore(encoding: string, kind: Transfer, mode: Mode): Semantics {
  const t: OperandSpec = kind.simd ? v('Rt') : kind.store ? x('Rt') : xd('Rt');
  const hot = true;
  const begin = (e: Emitter): void => {
    if (kind.simd) e.fpAccess();
  };
  if (mode === 'reg') {
    return semantics(encoding, {
      statics: [...kind.statics, 'option'],
      operands: { t, n: xsp('Rn'), m: x('Rm'), shift: imm16((f) => (f.S ? scaleOf(kind, f) : 0)) },
      hot: (f) => f.option !== 7,
      emit(e, f, o) {
        begin(e);
        const index = e.shl(extended(e, e.x(o.m), f.option), e.imm64U(o.shift));
        transfer(e, f, o, kind, e.add(e.x(o.n), index), {});
      },
    });
  }
  const offset = imm64(mode === 'pos' ? (f) => f.imm12 * 2 ** scaleOf(kind, f) : simm9);
  return semantics(encoding, {
    statics: kind.statics,
    operands: { t, n: xsp('Rn'), offset },
    hot,
    emit(e, f, o) {
      begin(e);
      const base = e.x(o.n);
      const moved = e.add(base, e.imm(o.offset));
      transfer(e, f, o, kind, mode === 'post' ? base : moved, mode === 'unprivileged' ? { unprivileged: true } : {});
      if (mode === 'post' || mode === 'pre') e.setX(o.n, moved);
    },
  });
}

const fixed = (n: number) => (): number => n;
const bySize = (f: Statics): number => f.size;
/** Signed loads: opc 10 gives X, 11 gives W. */
const bySign = (f: Statics): 32 | 64 => (f.opc & 1 ? 32 : 64);
/** SIMD&FP: opc<1>:size. */
const simdSize = (f: Statics): number => ((f.opc & 2) << 1) | f.size;

const KINDS: Readonly<Record<string, Transfer>> = {
  STRB: { store: true, size: fixed(0), statics: [] },
  LDRB: { store: false, size: fixed(0), statics: [] },
  LDRSB: { store: false, size: fixed(0), signed: bySign, statics: ['opc'] },
  STRH: { store: true, size: fixed(1), statics: [] },
  LDRH: { store: false, size: fixed(1), statics: [] },
  LDRSH: { store: false, size: fixed(1), signed: bySign, statics: ['opc'] },
  STR: { store: true, size: bySize, statics: ['size'] },
  LDR: { store: false, size: bySize, statics: ['size'] },
  LDRSW: { store: false, size: fixed(2), signed: () => 64, statics: [] },
  STR_simd: { store: true, size: simdSize, simd: true, statics: ['size', 'opc'] },
  LDR_simd: { store: false, size: simdSize, simd: true, statics: ['size', 'opc'] },
};

const single: Semantics[] = [];
for (const [name, kind] of Object.entries(KINDS)) {
  single.push(loadStore(`${name}_imm_pos`, kind, 'pos'));
  single.push(loadStore(`${name}_imm_post`, kind, 'post'));
  single.push(loadStore(`${name}_imm_pre`, kind, 'pre'));
  single.push(loadStore(`${name}_reg`, kind, 'reg'));
  single.push(loadStore(name.replace(/^(ST|LD)R/, '$1UR'), kind, 'unscaled'));
  if (!kind.simd) single.push(loadStore(name.replace(/^(ST|LD)R/, '$1TR'), kind, 'unprivileged'));
}

const literal = (f: InstructionFields): number => ((f.imm19 << 13) >> 13) * 4;
const prefetch = (encoding: string): Semantics => semantics(encoding, { operands: {}, hot: true, emit: () => undefined });

type PairMode = 'off' | 'post' | 'pre' | 'nontemporal';

/** Pairs: opc 00 W, 10 X, 01 LDPSW; SIMD&FP: S, D, Q. */
function pair(encoding: string, store: boolean, kind: 'integer' | 'signed' | 'simd', mode: PairMode, unprivileged = false): Semantics {
  const sizeOf = (f: Statics): number => (kind === 'simd' ? 2 + f.opc : kind === 'signed' ? 2 : f.opc ? 3 : 2);
  const spec = (field: string): OperandSpec => (kind === 'simd' ? v(field) : store ? x(field) : xd(field));
  const options: AccessOptions = unprivileged ? { unprivileged } : {};
  return semantics(encoding, {
    statics: ['opc'],
    operands: {
      t: spec('Rt'), t2: spec('Rt2'), n: xsp('Rn'),
      offset: imm64((f) => ((f.imm7 << 25) >> 25) * 2 ** sizeOf(f)),
    },
    hot: !unprivileged,
    emit(e, f, o) {
      if (kind === 'simd') e.fpAccess();
      if (kind === 'simd' && f.opc === 3) return e.undefined();
      const size = sizeOf(f);
      const bytes = 1 << size;
      const base = e.x(o.n);
      const moved = e.add(base, e.imm(o.offset));
      const host = e.access(mode === 'post' ? base : moved, 2 * bytes, { ...options, write: store, element: bytes });
      if (kind === 'simd') {
        if (store) {
          storeVector(e, o.t, host, size);
          storeVector(e, o.t2, host, size, bytes);
        } else {
          loadVector(e, o.t, host, size);
          loadVector(e, o.t2, host, size, bytes);
        }
      } else if (store) {
        e.store(`i64.${STORES[size]}`, host, e.x(o.t));
        e.store(`i64.${STORES[size]}`, host, e.x(o.t2), bytes);
      } else {
        const signed = kind === 'signed' ? 64 : 0;
        const first = loadRegister(e, host, size, signed);
        const second = loadRegister(e, host, size, signed, bytes);
        e.setX(o.t, first);
        e.setX(o.t2, second);
      }
      if (mode === 'post' || mode === 'pre') e.setX(o.n, moved);
    },
  });
}

const pairs: Semantics[] = [];
for (const mode of ['off', 'post', 'pre'] as const) {
  pairs.push(pair(`STP_${mode}`, true, 'integer', mode));
  pairs.push(pair(`LDP_${mode}`, false, 'integer', mode));
  pairs.push(pair(`LDPSW_${mode}`, false, 'signed', mode));
  pairs.push(pair(`STP_simd_${mode}`, true, 'simd', mode));
  pairs.push(pair(`LDP_simd_${mode}`, false, 'simd', mode));
}
pairs.push(pair('STNP', true, 'integer', 'nontemporal'));
pairs.push(pair('LDNP', false, 'integer', 'nontemporal'));
pairs.push(pair('STNP_simd', true, 'simd', 'nontemporal'));
pairs.push(pair('LDNP_simd', false, 'simd', 'nontemporal'));

export const loadStoreSemantics: readonly Semantics[] = [
  ...single,
  ...pairs,
  ...['PRFM_imm_pos', 'PRFUM', 'PRFM_reg', 'PRFM_lit', 'RPRFM'].map(prefetch),
  semantics('LDR_lit', {
    statics: ['opc'],
    operands: { t: xd('Rt'), offset: imm64(literal) },
    hot: true,
    emit(e, f, o) {
      const host = e.access(e.add(e.pc(), e.imm(o.offset)), f.opc ? 8 : 4);
      e.setX(o.t, loadRegister(e, host, f.opc ? 3 : 2, 0));
    },
  }),
  semantics('LDRSW_lit', {
    operands: { t: xd('Rt'), offset: imm64(literal) },
    hot: true,
    emit: (e, _f, o) => e.setX(o.t, loadRegister(e, e.access(e.add(e.pc(), e.imm(o.offset)), 4), 2, 64)),
  }),
  semantics('LDR_simd_lit', {
    statics: ['opc'],
    operands: { t: v('Rt'), offset: imm64(literal) },
    hot: true,
    emit(e, f, o) {
      e.fpAccess();
      if (f.opc === 3) return e.undefined();
      loadVector(e, o.t, e.access(e.add(e.pc(), e.imm(o.offset)), 4 << f.opc), 2 + f.opc);
    },
  }),
];
