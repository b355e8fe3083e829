/**
 * Pointer authentication (Arm ARM, C6.2 and D8.10). ControlState holds which keys work at the current EL, the level
 * (FEAT_EPAC, FEAT_PAuth2, FEAT_FPAC) and where the code lies in a pointer; see src/arch/pauth.ts.
 */
import { imm16, imm32, x, xd, xOf, xsp, type InstructionFields, type Operand, type OperandSpec } from '../../emitter/operand.js';
import type { Emitter } from '../../emitter/emitter.js';
import type { Value } from '../../emitter/ir.js';
import { HASH_MULTIPLIERS, PauthControl, PauthKey } from '../../../src/arch/pauth.js';
import { semantics, type Semantics } from './define.js';

type KeyName = keyof typeof PauthKey;

const word = imm32((f) => f.word);
const SELECT = 1n << 55n;

/** ComputePAC; `control` is the field of that name. */
function computePac(e: Emitter, control: Value, key: KeyName, data: Value, modifier: Value): Value {
  const low = e.sysreg(`AP${key}KeyLo_EL1`);
  const high = e.sysreg(`AP${key}KeyHi_EL1`);
  const code = e.variable(e.i64(0));
  e.if(
    e.shrU(control, e.i32(PauthControl.ALGORITHM_SHIFT)),
    () => e.set(code, e.call('architectedPac', 'i64', data, modifier, low, high)),
    () => {
      const [m1, m2, m3] = HASH_MULTIPLIERS.map((m) => e.i64(m));
      const first = e.rotr(e.mul(e.xor(data, low), m1), e.i64(32));
      const second = e.mul(e.xor(first, e.add(modifier, high)), m2);
      const third = e.mul(e.xor(second, e.shrU(second, e.i64(29))), m3);
      e.set(code, e.xor(third, e.shrU(third, e.i64(32))));
    },
  );
  return e.get(code);
}

const isData = (key: KeyName): boolean => key === 'DA' || key === 'DB';
const layoutField = (data: boolean): string => (data ? 'pauthData' : 'pauthInstruction');

/** The mask of code and bit 55 for pointers that `extension` (all ones or zero) extends. */
const fieldMask = (e: Emitter, data: boolean, extension: Value): Value =>
  e.select(e.wrap(extension), e.field64(layoutField(data), 2), e.field64(layoutField(data), 1));
const extended = (e: Emitter, pointer: Value, mask: Value, extension: Value): Value =>
  e.or(e.and(pointer, e.not(mask)), e.and(extension, mask));
/** Bit 55 spread over all bits. */
const bit55 = (e: Emitter, pointer: Value): Value => e.shrS(e.shl(pointer, e.i64(8)), e.i64(63));
/** The mask reaches bit 63: no tag. */
const untagged = (e: Emitter, mask: Value): Value => e.ltS(mask, e.i64(0));

/** AddPAC with an enabled key. */
function addPac(e: Emitter, control: Value, key: KeyName, pointer: Value, modifier: Value): Value {
  const data = isData(key);
  const extension = e.shrS(e.shl(pointer, e.field64(layoutField(data), 0)), e.i64(63));
  const mask = fieldMask(e, data, extension);
  const code = computePac(e, control, key, extended(e, pointer, mask, extension), modifier);
  const change = e.variable(pointer);
  e.if(
    e.and(control, e.i32(PauthControl.COMBINES)),
    () => undefined,
    () => {
      // a pointer that was no valid address gets a code that is wrong in one bit, or 0
      const field = e.and(pointer, mask);
      const invalid = e.and(e.ne(field, e.i64(0)), e.ne(field, mask));
      const damage = e.shl(e.extendU(invalid), e.select(untagged(e, mask), e.i64(62), e.i64(54)));
      const zero = e.and(invalid, e.ne(e.and(control, e.i32(PauthControl.ENHANCED)), e.i32(0)));
      e.set(change, e.select(zero, code, damage));
    },
  );
  const inserted = e.and(e.xor(code, e.get(change)), e.and(mask, e.i64(~SELECT)));
  return e.or(e.or(e.and(pointer, e.not(mask)), inserted), e.and(extension, e.i64(SELECT)));
}

/**
 * Auth with an enabled key: the original pointer, or one that is none, or the exception. `combined`: the instruction
 * does more than authenticate.
 */
function authenticate(
  e: Emitter,
  o: { word: Operand },
  control: Value,
  key: KeyName,
  pointer: Value,
  modifier: Value,
  combined: boolean,
): Value {
  const data = isData(key);
  const extension = bit55(e, pointer);
  const mask = fieldMask(e, data, extension);
  const original = extended(e, pointer, mask, extension);
  const code = computePac(e, control, key, original, modifier);
  const field = e.and(mask, e.i64(~SELECT));
  const difference = e.and(e.xor(code, pointer), field);
  const result = e.variable(original);
  e.if(
    e.and(control, e.i32(PauthControl.COMBINES)),
    () => {
      e.set(result, e.xor(pointer, e.and(code, field)));
      const faults = e.i32(combined ? PauthControl.FAULTS_COMBINED : PauthControl.FAULTS);
      const failed = e.ne(e.get(result), original);
      e.if(e.and(failed, e.ne(e.and(control, faults), e.i32(0))), () => e.service('pauthFailure', o.word));
    },
    () => {
      const shift = e.select(untagged(e, mask), e.i64(61), e.i64(53));
      const errorBits = e.shl(e.i64(key.endsWith('A') ? 1 : 2), shift);
      const failed = e.or(e.and(original, e.not(e.shl(e.i64(3), shift))), errorBits);
      e.set(result, e.select(e.eqz(difference), original, failed));
    },
  );
  return e.get(result);
}

function strip(e: Emitter, data: boolean, pointer: Value): Value {
  const extension = bit55(e, pointer);
  return extended(e, pointer, fieldMask(e, data, extension), extension);
}

/** Runs `enabled`, traps, or runs `disabled`, as the key's controls say. */
function withKey(
  e: Emitter,
  o: { word: Operand },
  key: KeyName,
  enabled: (control: Value) => void,
  disabled: () => void = () => undefined,
): void {
  const control = e.field32('pauthControl');
  const bit = (shift: number): Value => e.and(control, e.i32(1 << (PauthKey[key] + shift)));
  e.if(
    bit(PauthControl.ENABLED_SHIFT),
    () => enabled(control),
    () => e.if(bit(PauthControl.TRAPPED_SHIFT), () => e.service('pauth', o.word), disabled),
  );
}

/** PAC or AUT of one register, in place. */
function keyed(
  encoding: string,
  authenticates: boolean,
  key: KeyName,
  [d, p]: readonly [destination: OperandSpec, pointer: OperandSpec],
  n: OperandSpec,
  hot = false,
): Semantics {
  return semantics(encoding, {
    operands: { d, p, n, word },
    hot,
    emit: (e, _f, o) =>
      withKey(e, o, key, (control) => {
        const p = e.x(o.p);
        const n = e.x(o.n);
        e.setX(o.d, authenticates ? authenticate(e, o, control, key, p, n, false) : addPac(e, control, key, p, n));
      }),
  });
}

const fixed = (n: number, as: 'source' | 'sp' = 'source') => xOf(() => n, as);
/** Rd as destination and source: XZR discards what is written, and is zero. */
const rd = [xd('Rd'), x('Rd')] as const;
/** One operand, as both. */
const both = (operand: OperandSpec): readonly [OperandSpec, OperandSpec] => [operand, operand];
const zero = fixed(31);
const stackPointer = fixed(31, 'sp');
const linkRegister = fixed(30);

const registerForms = (['IA', 'IB', 'DA', 'DB'] as const).flatMap((key) => [
  keyed(`PAC${key}`, false, key, rd, xsp('Rn')),
  keyed(`AUT${key}`, true, key, rd, xsp('Rn')),
  keyed(`PAC${key[0]}Z${key[1]}`, false, key, rd, zero),
  keyed(`AUT${key[0]}Z${key[1]}`, true, key, rd, zero),
]);
const hintForms = (['IA', 'IB'] as const).flatMap((key) => [
  keyed(`PAC${key}SP`, false, key, both(linkRegister), stackPointer, key === 'IA'),
  keyed(`AUT${key}SP`, true, key, both(linkRegister), stackPointer, key === 'IA'),
  keyed(`PAC${key}Z`, false, key, both(linkRegister), zero),
  keyed(`AUT${key}Z`, true, key, both(linkRegister), zero),
  keyed(`PAC${key}1716`, false, key, both(fixed(17)), fixed(16)),
  keyed(`AUT${key}1716`, true, key, both(fixed(17)), fixed(16)),
]);

const stripping = (encoding: string, data: boolean, d: ReturnType<typeof x>): Semantics =>
  // XZR discards what is written, so what is read of it does not matter.
  semantics(encoding, { operands: { d }, emit: (e, _f, o) => e.setX(o.d, strip(e, data, e.x(o.d))) });

/** Leaves with an authenticated target, or with the register as it is when the key is disabled. */
function branch(
  e: Emitter,
  o: { word: Operand },
  key: KeyName,
  pointer: Operand,
  modifier: Operand,
  leave: (target: Value) => void,
): void {
  withKey(
    e,
    o,
    key,
    (control) => leave(authenticate(e, o, control, key, e.x(pointer), e.x(modifier), true)),
    () => leave(e.x(pointer)),
  );
}

/** BTYPE after BR is 1 when the target register is X16 or X17, else 3. */
const through = { through: { values: 2, of: (f: InstructionFields) => (f.Rn === 16 || f.Rn === 17 ? 1 : 0) } };
const link = xOf(() => 30, 'destination');

const branches = (['IA', 'IB'] as const).flatMap((key) => {
  const letter = key[1];
  return [
    ...[xsp('Rm'), zero].flatMap((m, z) => {
      const suffix = z ? `${letter}Z` : letter;
      return [
        semantics(`BRA${suffix}`, {
          computed: through,
          operands: { n: x('Rn'), m, word },
          emit: (e, f, o) => branch(e, o, key, o.n, o.m, (target) => e.branchTo(target, f.through ? 1 : 3)),
        }),
        semantics(`BLRA${suffix}`, {
          operands: { n: x('Rn'), m, link, word },
          emit: (e, _f, o) =>
            branch(e, o, key, o.n, o.m, (target) => {
              e.setX(o.link, e.add(e.pc(), e.i64(4)));
              e.branchTo(target, 2);
            }),
        }),
      ];
    }),
    semantics(`RETA${letter}`, {
      operands: { n: linkRegister, m: stackPointer, word },
      hot: key === 'IA',
      emit: (e, _f, o) => branch(e, o, key, o.n, o.m, (target) => e.branchTo(target, 0)),
    }),
  ];
});

const loads = (['DA', 'DB'] as const).map((key) =>
  semantics(`LDRA${key[1]}`, {
    statics: ['W'],
    operands: {
      t: xd('Rt'),
      n: xsp('Rn'),
      offset: imm16((f) => ((f.S << 9) | f.imm9) ^ 0x200),
      word,
    },
    emit(e, f, o) {
      // the offset operand is biased by 512, in units of 8 bytes
      const offset = e.shl(e.sub(e.imm64U(o.offset), e.i64(0x200)), e.i64(3));
      const load = (base: Value): void => {
        const address = e.add(base, offset);
        const host = e.access(address, 8);
        e.setX(o.t, e.load('i64.load', host));
        if (f.W) e.setX(o.n, address);
      };
      withKey(
        e,
        o,
        key,
        (control) => load(authenticate(e, o, control, key, e.x(o.n), e.i64(0), true)),
        () => load(e.x(o.n)),
      );
    },
  }),
);

export const pauthSemantics: readonly Semantics[] = [
  ...registerForms,
  ...hintForms,
  stripping('XPACI', false, xd('Rd')),
  stripping('XPACD', true, xd('Rd')),
  stripping('XPACLRI', false, linkRegister),
  ...branches,
  ...loads,
  semantics('PACGA', {
    operands: { d: xd('Rd'), n: x('Rn'), m: xsp('Rm'), word },
    emit: (e, _f, o) =>
      withKey(e, o, 'GA', (control) => {
        const code = computePac(e, control, 'GA', e.x(o.n), e.x(o.m));
        e.setX(o.d, e.and(code, e.i64(-0x1_0000_0000n)));
      }),
  }),
];
