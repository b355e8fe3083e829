/** Floating-point instruction forms with the softfloat operation each stands for, and generators of operands. */
import { fpCode, type FpCodeOptions, type FpFormatName, FpOp, FpRounding, FpUnit } from '../../jit/softfloat/index.js';
import type { InstructionCase, InstructionResult } from './qemu-user.js';

/** Where an operand lies: n in register 1, m in register 2, a in register 3; the destination is register 0. */
export interface FpInstruction {
  readonly name: string;
  /** Rd = 0, Rn = 1, Rm = 2, Ra = 3. */
  readonly word: number;
  readonly code: number;
  /** Bits of an element of each source: n, m, a. */
  readonly sources: readonly number[];
  /** Format whose special values suit the sources; 'integer' for conversions from integers. */
  readonly operands: FpFormatName | 'integer';
  /** Register file of n and of the destination. */
  readonly from: 'v' | 'x';
  readonly to: 'v' | 'x' | 'none';
  /** The addend is register 0 (the destination), a single-precision pattern. */
  readonly accumulates: boolean;
  /** Elements in n and m. */
  readonly lanes: number;
}

const TYPES = ['single', 'double', 'half'] as const;
/** Value of the ftype field. */
const TYPE_FIELD = { single: 0, double: 1, half: 3 } as const;
const WIDTH: Record<FpFormatName, number> = { half: 16, single: 32, double: 64, bfloat16: 16 };
const RD_RN = 1 << 5;
const RM = 2 << 16;
const RA = 3 << 10;

type Extra = Partial<Omit<FpInstruction, 'name' | 'word' | 'code'>>;

function form(name: string, word: number, options: FpCodeOptions, sources: number, extra: Extra = {}): FpInstruction {
  const format = options.format ?? 'single';
  const to = extra.to ?? 'v';
  return {
    name,
    word: word >>> 0,
    code: fpCode({ ...options, zeroUpper: to === 'v' }),
    sources: Array.from({ length: sources }, () => WIDTH[format]),
    operands: format,
    from: 'v',
    to,
    accumulates: false,
    lanes: 1,
    ...extra,
  };
}

function scalarTwo(): FpInstruction[] {
  const names = ['FMUL', 'FDIV', 'FADD', 'FSUB', 'FMAX', 'FMIN', 'FMAXNM', 'FMINNM', 'FNMUL'] as const;
  return TYPES.flatMap((format) =>
    names.map((name, opcode) => {
      const word = 0x1e200800 | (TYPE_FIELD[format] << 22) | (opcode << 12) | RM | RD_RN;
      return form(`${name} ${format}`, word, { op: FpOp[name], format }, 2);
    }),
  );
}

function scalarOne(): FpInstruction[] {
  const list: FpInstruction[] = [];
  for (const format of TYPES) {
    const word = (opcode: number): number => 0x1e204000 | (TYPE_FIELD[format] << 22) | (opcode << 15) | RD_RN;
    list.push(form(`FABS ${format}`, word(1), { op: FpOp.FABS, format }, 1));
    list.push(form(`FNEG ${format}`, word(2), { op: FpOp.FNEG, format }, 1));
    list.push(form(`FSQRT ${format}`, word(3), { op: FpOp.FSQRT, format }, 1));
    for (const to of TYPES) {
      if (to === format) continue;
      list.push(form(`FCVT ${format} ${to}`, word(4 + TYPE_FIELD[to]), { op: FpOp.FCVT, format, to }, 1));
    }
    const roundings: (readonly [string, number, number | undefined])[] = [
      ['FRINTN', 8, FpRounding.TieEven],
      ['FRINTP', 9, FpRounding.PlusInfinity],
      ['FRINTM', 10, FpRounding.MinusInfinity],
      ['FRINTZ', 11, FpRounding.Zero],
      ['FRINTA', 12, FpRounding.TieAway],
      ['FRINTX', 14, undefined],
      ['FRINTI', 15, undefined],
    ];
    for (const [name, opcode, rounding] of roundings) {
      const options = { op: FpOp.FRINT, format, exact: name === 'FRINTX' };
      list.push(
        form(`${name} ${format}`, word(opcode), rounding === undefined ? options : { ...options, rounding }, 1),
      );
    }
    if (format === 'half') continue;
    for (const [name, opcode, size, zero] of [
      ['FRINT32Z', 16, 32, true],
      ['FRINT32X', 17, 32, false],
      ['FRINT64Z', 18, 64, true],
      ['FRINT64X', 19, 64, false],
    ] as const) {
      const options = { op: FpOp.FRINTN, format, size };
      list.push(
        form(`${name} ${format}`, word(opcode), zero ? { ...options, rounding: FpRounding.Zero } : options, 1),
      );
    }
  }
  list.push(form('BFCVT', 0x1e634000 | RD_RN, { op: FpOp.FCVT, format: 'single', to: 'bfloat16' }, 1));
  list.push(
    form(
      'FCVTXN',
      0x7e616800 | RD_RN,
      { op: FpOp.FCVT, format: 'double', to: 'single', rounding: FpRounding.Odd },
      1,
    ),
  );
  return list;
}

function scalarThree(): FpInstruction[] {
  return TYPES.flatMap((format) =>
    (['FMADD', 'FMSUB', 'FNMADD', 'FNMSUB'] as const).map((name, i) => {
      const word = 0x1f000000 | (TYPE_FIELD[format] << 22) | ((i >> 1) << 21) | ((i & 1) << 15) | RM | RA | RD_RN;
      return form(`${name} ${format}`, word, { op: FpOp[name], format }, 3);
    }),
  );
}

function compares(): FpInstruction[] {
  return TYPES.flatMap((format) =>
    (['FCMP', 'FCMPE'] as const).map((name, i) => {
      const word = 0x1e202000 | (TYPE_FIELD[format] << 22) | (i << 4) | RM | RD_RN;
      return form(`${name} ${format}`, word, { op: FpOp[name], format }, 2, { to: 'none' });
    }),
  );
}

function integerConversions(): FpInstruction[] {
  const list: FpInstruction[] = [];
  for (const format of TYPES) {
    for (const size of [32, 64] as const) {
      const base = (size === 64 ? 0x80000000 : 0) | 0x1e200000 | (TYPE_FIELD[format] << 22) | RD_RN;
      const suffix = `${format} ${size}`;
      const modes = ['N', 'P', 'M', 'Z'];
      for (let mode = 0; mode < 5; mode++) {
        const field = mode === 4 ? 4 << 16 : mode << 19;
        const letter = mode === 4 ? 'A' : modes[mode];
        const options = { format, size, rounding: mode === 4 ? FpRounding.TieAway : mode };
        list.push(form(`FCVT${letter}S ${suffix}`, base | field, { op: FpOp.FCVTS, ...options }, 1, { to: 'x' }));
        list.push(
          form(`FCVT${letter}U ${suffix}`, base | field | (1 << 16), { op: FpOp.FCVTU, ...options }, 1, { to: 'x' }),
        );
      }
      const integer = { from: 'x', operands: 'integer', sources: [size] } as const;
      list.push(form(`SCVTF ${suffix}`, base | (2 << 16), { op: FpOp.SCVTF, format, size }, 1, integer));
      list.push(form(`UCVTF ${suffix}`, base | (3 << 16), { op: FpOp.UCVTF, format, size }, 1, integer));
      for (const fractionBits of [1, 7, 16, 31, 32, 47, 64]) {
        if (fractionBits > size) continue;
        const fixed = (base & ~(1 << 21)) | ((64 - fractionBits) << 10);
        const options = { format, size, fractionBits };
        const zero = { ...options, rounding: FpRounding.Zero };
        const name = `${suffix} #${fractionBits}`;
        list.push(form(`FCVTZS ${name}`, fixed | (3 << 19), { op: FpOp.FCVTS, ...zero }, 1, { to: 'x' }));
        list.push(form(`FCVTZU ${name}`, fixed | (3 << 19) | (1 << 16), { op: FpOp.FCVTU, ...zero }, 1, { to: 'x' }));
        list.push(form(`SCVTF ${name}`, fixed | (2 << 16), { op: FpOp.SCVTF, ...options }, 1, integer));
        list.push(form(`UCVTF ${name}`, fixed | (3 << 16), { op: FpOp.UCVTF, ...options }, 1, integer));
      }
    }
  }
  list.push(form('FJCVTZS', 0x1e7e0000 | RD_RN, { op: FpOp.FJCVTZS, format: 'double' }, 1, { to: 'x' }));
  return list;
}

/** Advanced SIMD scalar forms: [single and double, half]. */
const SIMD_TWO: Record<string, readonly [number, number]> = {
  FMULX: [0x5e20dc00, 0x5e401c00],
  FRECPS: [0x5e20fc00, 0x5e403c00],
  FRSQRTS: [0x5ea0fc00, 0x5ec03c00],
  FABD: [0x7ea0d400, 0x7ec01400],
  FCMEQ: [0x5e20e400, 0x5e402400],
  FCMGE: [0x7e20e400, 0x7e402400],
  FCMGT: [0x7ea0e400, 0x7ec02400],
  FACGE: [0x7e20ec00, 0x7e402c00],
  FACGT: [0x7ea0ec00, 0x7ec02c00],
};
const SIMD_ONE: Record<string, readonly [number, number]> = {
  FRECPE: [0x5ea1d800, 0x5ef9d800],
  FRECPX: [0x5ea1f800, 0x5ef9f800],
  FRSQRTE: [0x7ea1d800, 0x7ef9d800],
};

function simdScalar(): FpInstruction[] {
  const list: FpInstruction[] = [];
  for (const format of TYPES) {
    const word = ([wide, half]: readonly [number, number]): number =>
      format === 'half' ? half : wide | (format === 'double' ? 1 << 22 : 0);
    for (const [name, words] of Object.entries(SIMD_TWO)) {
      const op = FpOp[name as keyof typeof FpOp];
      list.push(form(`${name} ${format}`, word(words) | RM | RD_RN, { op, format }, 2));
    }
    for (const [name, words] of Object.entries(SIMD_ONE)) {
      const op = FpOp[name as keyof typeof FpOp];
      list.push(form(`${name} ${format}`, word(words) | RD_RN, { op, format }, 1));
    }
  }
  return list;
}

function simdVector(): FpInstruction[] {
  const half = { accumulates: true, lanes: 2 } as const;
  const whole = { accumulates: true, lanes: 8 } as const;
  const integer = { operands: 'integer', sources: [32], lanes: 4 } as const;
  const byElement = { op: FpOp.FMUL, format: 'double', lanes: 2, broadcast: true } as const;
  return [
    form('FMLAL', 0x0e20ec00 | RM | RD_RN, { op: FpOp.FMLAL, format: 'half', lanes: 2 }, 2, half),
    form('FMLSL', 0x0ea0ec00 | RM | RD_RN, { op: FpOp.FMLSL, format: 'half', lanes: 2 }, 2, half),
    form('BFDOT', 0x6e40fc00 | RM | RD_RN, { op: FpOp.BFDOT, format: 'bfloat16', lanes: 4 }, 2, whole),
    form('BFMLALB', 0x2ec0fc00 | RM | RD_RN, { op: FpOp.BFMLAL, format: 'bfloat16', lanes: 4 }, 2, whole),
    form('BFMMLA', 0x6e40ec00 | RM | RD_RN, { op: FpOp.BFMMLA, format: 'bfloat16' }, 2, whole),
    form('URECPE', 0x4ea1c800 | RD_RN, { op: FpOp.URECPE, lanes: 4 }, 1, integer),
    form('URSQRTE', 0x6ea1c800 | RD_RN, { op: FpOp.URSQRTE, lanes: 4 }, 1, integer),
    form('FADD 4S', 0x4e20d400 | RM | RD_RN, { op: FpOp.FADD, lanes: 4 }, 2, { lanes: 4 }),
    form('FADD 8H', 0x4e401400 | RM | RD_RN, { op: FpOp.FADD, format: 'half', lanes: 8 }, 2, { lanes: 8 }),
    form('FADDP 4S', 0x6e20d400 | RM | RD_RN, { op: FpOp.FADD, lanes: 4, pairwise: true }, 2, { lanes: 4 }),
    form('FADDP 2D', 0x6e60d400 | RM | RD_RN, { op: FpOp.FADD, format: 'double', lanes: 2, pairwise: true }, 2, {
      lanes: 2,
    }),
    form('FMAXP 8H', 0x6e403400 | RM | RD_RN, { op: FpOp.FMAX, format: 'half', lanes: 8, pairwise: true }, 2, {
      lanes: 8,
    }),
    form('FMUL 2D by element', 0x4fc09000 | RM | RD_RN, byElement, 2, { lanes: 2 }),
  ];
}

/** Every form under test. */
export const FP_INSTRUCTIONS: readonly FpInstruction[] = [
  ...scalarTwo(),
  ...scalarOne(),
  ...scalarThree(),
  ...compares(),
  ...integerConversions(),
  ...simdScalar(),
  ...simdVector(),
];

/** A small deterministic generator (xorshift32). */
export class Random {
  constructor(private state: number) {}
  /** 0..2^32-1. */
  next(): number {
    let s = this.state;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    this.state = s;
    return s >>> 0;
  }
  /** 0..limit-1. */
  below(limit: number): number {
    return this.next() % limit;
  }
  bits64(): bigint {
    return (BigInt(this.next()) << 32n) | BigInt(this.next());
  }
}

const FORMAT_BITS: Record<FpFormatName, readonly [number, number]> = {
  half: [5, 10],
  single: [8, 23],
  double: [11, 52],
  bfloat16: [8, 7],
};

/** Patterns at the edges of a format: zeros, denormals, powers, halves, limits, infinities, NaNs; both signs. */
export function specialValues(format: FpFormatName): bigint[] {
  const [e, f] = FORMAT_BITS[format];
  const E = BigInt(e);
  const F = BigInt(f);
  const bias = (1n << (E - 1n)) - 1n;
  const one = bias << F;
  const quiet = 1n << (F - 1n);
  const infinity = ((1n << E) - 1n) << F;
  const least = 1n << F;
  const positive = [
    0n,
    1n,
    2n,
    3n,
    quiet,
    quiet + 1n,
    least - 1n,
    least,
    least + 1n,
    least * 2n,
    one - least * 2n,
    one - least,
    one - least + quiet,
    one - 1n,
    one,
    one + 1n,
    one + quiet,
    one + quiet - 1n,
    one + least,
    one + least + (quiet >> 1n),
    one + least + quiet,
    one + F * least - least,
    one + F * least + least,
    infinity - least,
    infinity - 2n,
    infinity - 1n,
    infinity,
    infinity + 1n,
    infinity + quiet - 1n,
    infinity + quiet,
    infinity + quiet + 3n,
    infinity + least - 1n,
  ];
  return positive.flatMap((p) => [p, p | (1n << (E + F))]);
}

/** One element for a source, special, random or close to another value. */
function element(random: Random, form: FpInstruction, width: number, near: bigint): bigint {
  const mask = (1n << BigInt(width)) - 1n;
  if (form.operands === 'integer') {
    const value = random.bits64() >> BigInt(random.below(64));
    return (random.below(2) === 0 ? value : -value) & mask;
  }
  const [e, f] = FORMAT_BITS[form.operands];
  switch (random.below(8)) {
    case 0:
    case 1: {
      const specials = specialValues(form.operands);
      return specials[random.below(specials.length)];
    }
    case 2:
      return random.bits64() & mask;
    case 3: {
      // Few significant bits, middle exponents: exact results and ties.
      const fraction = (BigInt(random.below(16)) << BigInt(f - 4)) | BigInt(random.below(4));
      const exponent = BigInt(2 ** (e - 1) - 1 - 8 + random.below(40));
      return ((BigInt(random.below(2)) << BigInt(e + f)) | (exponent << BigInt(f)) | fraction) & mask;
    }
    case 4:
      return (near ^ (BigInt(random.below(2)) << BigInt(e + f)) ^ BigInt(random.below(8))) & mask;
    case 5: {
      // Denormal or barely normal.
      const exponent = BigInt(random.below(3));
      const fraction = (random.bits64() & ((1n << BigInt(f)) - 1n)) >> BigInt(random.below(f));
      return (BigInt(random.below(2)) << BigInt(e + f)) | (exponent << BigInt(f)) | fraction;
    }
    default: {
      // Exponents that sum, differ or halve to near the limits come from anywhere; keep them near one another.
      const fraction = random.bits64() & ((1n << BigInt(f)) - 1n);
      const middle = near >> BigInt(f);
      const exponent = middle + BigInt(random.below(5) - 2);
      return ((BigInt(random.below(2)) << BigInt(e + f)) | ((exponent << BigInt(f)) & (mask >> 1n)) | fraction) & mask;
    }
  }
}

/** FPCR values to draw from: every rounding mode with FZ, FZ16, DN, AHP; with `alternate` also AH, FIZ, NEP and EBF. */
export function randomFpcr(random: Random, alternate: boolean): number {
  let fpcr = random.below(4) << 22;
  for (const bit of [19, 24, 25, 26]) if (random.below(4) === 0) fpcr |= 1 << bit;
  if (alternate) for (const bit of [0, 1, 2, 13]) if (random.below(3) === 0) fpcr |= 1 << bit;
  return fpcr;
}

/** A case for one form. */
export function randomCase(random: Random, form: FpInstruction, fpcr: number): InstructionCase {
  const registers: bigint[] = [];
  let near = form.operands === 'integer' ? 0n : specialValues(form.operands)[random.below(64)];
  for (const width of form.sources) {
    let register = 0n;
    for (let lane = 0; lane < form.lanes; lane++) {
      near = element(random, form, width, near);
      register |= near << BigInt(lane * width);
    }
    registers.push(register);
  }
  const v: [number, bigint][] = [];
  const x: [number, bigint][] = [];
  registers.forEach((value, i) => (form.from === 'x' ? x : v).push([i + 1, value]));
  if (form.accumulates) {
    const single = { ...form, operands: 'single' } as const;
    let addend = 0n;
    for (let lane = 0n; lane < 4n; lane++) addend |= element(random, single, 32, 0x3f800000n) << (lane * 32n);
    v.push([0, addend]);
  } else if (form.to === 'v') {
    v.push([0, (1n << 128n) - 1n]);
  } else {
    x.push([0, (1n << 64n) - 1n]);
  }
  return { word: form.word, x, v, fpcr };
}

/** What an instruction leaves behind: destination, NZCV and FPSR. */
export interface FpOutcome {
  /** V0, X0, or 0 when there is no destination. */
  readonly value: bigint;
  readonly nzcv: number;
  readonly fpsr: number;
}

const MEMORY = new ArrayBuffer(256);
const WORDS = new BigUint64Array(MEMORY);
const STATE = new Uint32Array(MEMORY, 128);
const UNIT = new FpUnit(MEMORY, { fpcr: 128, fpsr: 132, nzcv: 136 });

/** Executes a case by FpUnit. Registers 0..3 lie at 0, 16, 32, 48. */
export function softfloatOutcome(form: FpInstruction, input: InstructionCase): FpOutcome {
  WORDS.fill(0n);
  for (const [register, value] of [...(input.v ?? []), ...(input.x ?? [])]) {
    WORDS[register * 2] = BigInt.asUintN(64, value);
    WORDS[register * 2 + 1] = BigInt.asUintN(64, value >> 64n);
  }
  STATE[0] = input.fpcr ?? 0;
  if (form.to === 'x') WORDS[0] = 0n;
  UNIT.execute(form.code, 0, 16, 32, form.accumulates ? 0 : 48);
  const value = form.to === 'none' ? 0n : form.to === 'x' ? WORDS[0] : WORDS[0] | (WORDS[1] << 64n);
  return { value, nzcv: STATE[2], fpsr: STATE[1] };
}

/** The destination, NZCV and FPSR of a recorded run. */
export function recordedOutcome(form: FpInstruction, input: InstructionCase, result: InstructionResult): FpOutcome {
  const changed = form.to === 'x' ? result.x : result.v;
  const before = form.to === 'x' ? input.x : input.v;
  const find = (list: InstructionResult['v'] | undefined): bigint | undefined => list?.find(([r]) => r === 0)?.[1];
  const value = form.to === 'none' ? 0n : (find(changed) ?? find(before) ?? 0n);
  return { value, nzcv: result.nzcv, fpsr: result.fpsr };
}
