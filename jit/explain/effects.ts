/** What an operation does to the guest's state, read off the statements its semantics emit. */
import type { AccessOptions } from '../emitter/emitter.js';
import type { Statement, Value } from '../emitter/ir.js';
import type { LibraryFunction } from '../emitter/library-function.js';
import type { Operand } from '../emitter/operand.js';
import { FpOp } from '../softfloat/index.js';
import { MAINTENANCE_FUNCTIONS } from '../wasm/region-functions.js';
import { libraryFunctions } from '../a64/semantics/library/index.js';

/** A register operand, and how many of its low bits are used; undefined when that is not told. */
export interface RegisterUse {
  readonly operand: Operand;
  readonly bits?: number;
}

export interface MemoryAccess extends AccessOptions {
  readonly bytes: number;
  readonly address: Value;
}

/** One thing an operation does; `detail` says which field, exception, service and so on. */
export type Effect =
  | { readonly kind: 'readRegister' | 'writeRegister'; readonly use: RegisterUse }
  | { readonly kind: 'readFlags' | 'writeFlags' | 'barrier' | 'atomic' | 'lock' | 'loop' }
  | {
      readonly kind: 'readField' | 'writeField' | 'readSysreg' | 'writeSysreg' | 'exception' | 'service' | 'exitAfter';
      readonly detail: string;
    }
  | { readonly kind: 'access'; readonly access: MemoryAccess }
  | { readonly kind: 'branch'; readonly displacement: Operand }
  | { readonly kind: 'branchTo'; readonly target: Value; readonly btype: number };

/** An effect, and whether it happens whenever the instruction completes. */
export interface Occurrence {
  readonly effect: Effect;
  readonly always: boolean;
}

/** Same key: the same effect. */
function keyOf(effect: Effect): string {
  switch (effect.kind) {
    case 'readRegister':
    case 'writeRegister':
      return `${effect.kind} ${effect.use.operand.name}`;
    case 'branch':
      return `branch ${effect.displacement.name}`;
    case 'branchTo':
      return `branchTo ${effect.btype} ${printValue(effect.target, operandName)}`;
    case 'access': {
      const { address, ...options } = effect.access;
      return `access ${JSON.stringify(options)} ${printValue(address, operandName)}`;
    }
    default:
      return 'detail' in effect ? `${effect.kind} ${effect.detail}` : effect.kind;
  }
}

const operandName = (operand: Operand): string => operand.name;

/** Effects by key; the flag as in Occurrence. */
type Found = Map<string, { effect: Effect; always: boolean }>;

function note(found: Found, effect: Effect, always = true): void {
  const key = keyOf(effect);
  const known = found.get(key);
  if (known === undefined) {
    found.set(key, { effect, always });
    return;
  }
  known.always ||= always;
  if ('use' in effect && 'use' in known.effect && (known.effect.use.bits ?? 0) < (effect.use.bits ?? 0)) {
    known.effect = effect;
  }
}

const READ_BITS: Readonly<Record<string, number>> = {
  'x.get': 64, 'w.get': 32, 'v.get': 128, 'v.get64': 64, 'v.get32': 32, 'v.get16': 16, 'v.get8': 8,
};
const library: ReadonlyMap<string, LibraryFunction> = new Map(libraryFunctions.map((f) => [f.name, f]));

const unary: readonly number[] = [
  FpOp.FABS, FpOp.FNEG, FpOp.FSQRT, FpOp.FRECPE, FpOp.FRSQRTE, FpOp.FRECPX, FpOp.FRINT, FpOp.FRINTN, FpOp.FCVT,
  FpOp.FCVTS, FpOp.FCVTU, FpOp.SCVTF, FpOp.UCVTF, FpOp.FJCVTZS, FpOp.URECPE, FpOp.URSQRTE,
];
const withAddend: readonly number[] = [
  FpOp.FMADD, FpOp.FMSUB, FpOp.FNMADD, FpOp.FNMSUB, FpOp.FMLAL, FpOp.FMLSL, FpOp.BFDOT, FpOp.BFMLAL, FpOp.BFMMLA,
];
const comparing: readonly number[] = [FpOp.FCMP, FpOp.FCMPE];
/** Neither look at FPCR nor raise anything. */
const integer: readonly number[] = [FpOp.URECPE, FpOp.URSQRTE];

/** An operand's value in the word that is looked at. */
export type EncodedOperand = (operand: Operand) => number | bigint;

/** Fields that only carry operands and results between generated code and TypeScript. */
const PLUMBING = new Set(['scratch', 'remembered', 'rememberedValues', 'granted']);

class Analysis {
  private readonly called = new Map<string, Found>();

  constructor(
    private readonly emitLibrary: (f: LibraryFunction) => readonly Statement[],
    private readonly encoded: EncodedOperand,
  ) {}

  block(statements: readonly Statement[]): Found {
    const found: Found = new Map();
    for (const statement of statements) this.statement(statement, found);
    return found;
  }

  private statement(s: Statement, found: Found): void {
    if (s.kind === 'value') this.value(s.value!, found);
    else if (s.kind === 'effect') this.effect(s, found);
    else if (s.kind === 'if') this.branches(s, found);
    else {
      note(found, { kind: 'loop' });
      for (const { effect, always } of this.block(s.then!).values()) note(found, effect, always);
    }
  }

  /** What happens on both ways always happens; the way that abandons the instruction sooner does not count. */
  private branches(s: Statement, found: Found): void {
    // what is granted is a part of what the service does
    const ways = reads(s.args![0], 'granted') ? [s.then!, s.then!] : [s.then!, s.otherwise!];
    const [then, otherwise] = ways.map((way) => ({ effects: this.block(way), end: endOf(way) }));
    for (const [here, there] of [[then, otherwise], [otherwise, then]]) {
      for (const [key, { effect, always }] of here.effects) {
        const usual = here.end < there.end || (here.end === there.end && there.effects.get(key)?.always === true);
        note(found, effect, always && usual);
      }
    }
  }

  private value(value: Value, found: Found): void {
    if (value.uses === 0 && value.op !== 'access') return;
    const { op, imm } = value;
    if (op in READ_BITS) note(found, { kind: 'readRegister', use: { operand: imm as Operand, bits: READ_BITS[op] } });
    else if (op === 'nzcv.get') note(found, { kind: 'readFlags' });
    else if (op === 'field32.get') this.field(found, 'readField', imm as string);
    else if (op === 'field64.get') this.field(found, 'readField', (imm as { name: string }).name);
    else if (op === 'sysreg.get') note(found, { kind: 'readSysreg', detail: imm as string });
    else if (op === 'access') {
      const { orService } = imm as { orService?: { name: string } };
      // what is inline is a part of what the service does
      if (orService) return note(found, { kind: 'service', detail: orService.name });
      note(found, {
        kind: 'access',
        access: { ...(imm as Omit<MemoryAccess, 'address'>), address: value.args[0] },
      });
    } else if (op.includes('.atomic.')) note(found, { kind: 'atomic' });
    else if (op.startsWith('call:')) this.call(op.slice('call:'.length), found);
  }

  private field(found: Found, kind: 'readField' | 'writeField', detail: string): void {
    if (!PLUMBING.has(detail)) note(found, { kind, detail });
  }

  private call(name: string, found: Found): void {
    // a part of what the service does that stands beside it
    if (name in MAINTENANCE_FUNCTIONS) return;
    let inner = this.called.get(name);
    if (inner === undefined) {
      const f = library.get(name);
      if (f === undefined) throw new Error(`no library function ${name}`);
      inner = this.block(this.emitLibrary(f));
      this.called.set(name, inner);
    }
    for (const { effect, always } of inner.values()) note(found, effect, always);
  }

  private effect(s: Statement, found: Found): void {
    const op = s.op!;
    const detail = s.imm as string;
    switch (op) {
      case 'x.set':
        return note(found, { kind: 'writeRegister', use: { operand: s.imm as Operand, bits: 64 } });
      case 'v.set':
        return note(found, { kind: 'writeRegister', use: { operand: s.imm as Operand, bits: 128 } });
      case 'nzcv.set':
        return note(found, { kind: 'writeFlags' });
      case 'field32.set':
        return this.field(found, 'writeField', detail);
      case 'field64.set':
        return this.field(found, 'writeField', (s.imm as { name: string }).name);
      case 'sysreg.set':
        return note(found, { kind: 'writeSysreg', detail });
      case 'fence':
        return note(found, { kind: 'barrier' });
      case 'lock128':
        return note(found, { kind: 'lock' });
      case 'branch.near':
      case 'branch.far':
        return note(found, { kind: 'branch', displacement: s.imm as Operand });
      case 'branch.to':
        return note(found, { kind: 'branchTo', target: s.args![0], btype: s.imm as number });
      case 'exception':
      case 'service':
      case 'exitAfter':
        return note(found, { kind: op, detail });
      case 'fpSoft':
        return this.softFloat(s.args![0], s.imm as { base: Operand | 'scratch' }[], found);
      default:
        if (op.includes('.atomic.')) note(found, { kind: 'atomic' });
    }
  }

  /** Which of destination, n, m and a are used is in the operation's code. */
  private softFloat(code: Value, places: readonly { base: Operand | 'scratch' }[], found: Found): void {
    const known = code.op === 'imm' ? Number(this.encoded(code.imm as Operand)) : code.op === 'const' ? code.imm : -1;
    const op = known === -1 ? -1 : (known as number) & 63;
    const [d, n, m, a] = places.map((place) => place.base);
    const read = (base: Operand | 'scratch'): void => {
      if (base !== 'scratch') note(found, { kind: 'readRegister', use: { operand: base } });
    };
    read(n);
    if (!unary.includes(op)) read(m);
    if (op < 0 || withAddend.includes(op)) read(a);
    if (!integer.includes(op)) note(found, { kind: 'readField', detail: 'fpcr' });
    if (op < 0 || comparing.includes(op) || op === FpOp.FJCVTZS) note(found, { kind: 'writeFlags' });
    if (!comparing.includes(op) && d !== 'scratch') note(found, { kind: 'writeRegister', use: { operand: d } });
    if (op === FpOp.FABS || op === FpOp.FNEG || integer.includes(op)) return;
    note(found, { kind: 'writeField', detail: 'fpsr' }, false);
  }
}

/** Whether a value depends on a 32-bit field. */
const reads = ({ op, imm, args }: Value, field: string): boolean =>
  (op === 'field32.get' && imm === field) || args.some((arg) => reads(arg, field));

/** How statements end: in the next instruction, in a service that decides itself what happens, in an exception. */
const End = { Next: 0, Service: 1, Exception: 2 } as const;

function endOf(statements: readonly Statement[]): number {
  return Math.max(
    End.Next,
    ...statements.map((s) => {
      if (s.kind === 'if') return Math.min(endOf(s.then!), endOf(s.otherwise!));
      return s.op === 'exception' ? End.Exception : s.op === 'service' ? End.Service : End.Next;
    }),
  );
}

/**
 * The effects of an operation in the order in which they first appear, each once.
 * @param emitLibrary statements of a library function that the operation calls
 * @param encoded operands of the word; what it does with floating point is in one of them
 */
export function effectsOf(
  statements: readonly Statement[],
  emitLibrary: (f: LibraryFunction) => readonly Statement[],
  encoded: EncodedOperand,
): Occurrence[] {
  return [...new Analysis(emitLibrary, encoded).block(statements).values()];
}

const INFIX: Readonly<Record<string, string>> = { add: '+', sub: '-', shl: '<<', mul: '*', and: '&' };

/**
 * A value as text, where it is a short computation from registers and immediates: "X1 + 16". What is more than that
 * is "...".
 */
export function printValue(value: Value, operand: (o: Operand) => string): string {
  const print = (v: Value): string => printValue(v, operand);
  const { op, args, imm } = value;
  if (op === 'const') return String(imm);
  if (op === 'imm') return operand(imm as Operand);
  if (op === 'x.get' || op === 'w.get') return operand(imm as Operand);
  if (op === 'pc') return 'PC';
  if (/^i(32\.wrap|64\.extend_[us])$/.test(op)) return print(args[0]);
  const sign = INFIX[op.replace(/^i(32|64)\./, '')];
  if (sign === undefined) return '...';
  const [left, right] = args.map(print);
  if (right === '0' && sign !== '&' && sign !== '*') return left;
  if (left === '...' && right === '...') return '...';
  const negative = sign === '+' && /^-\d+$/.test(right);
  return negative ? `${left} - ${right.slice(1)}` : `${left} ${sign} ${right}`;
}
