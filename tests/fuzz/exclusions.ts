/**
 * What is not compared, by name and with a reason. `exclusions` are instructions that are not generated; `tolerances`
 * are differences that are no mistake. Nothing else may be left out.
 */
import type { Encoding, Fields } from '../../jit/a64/encoding.js';
import { accessOf } from './addressing.js';

export interface Exclusion {
  readonly name: string;
  readonly reason: string;
  /** 'qemu': only when QEMU is one of the engines. */
  readonly against: 'qemu' | 'all';
  /** Whole name of the encoding. */
  readonly encodings: RegExp;
  /** Only words with such fields. */
  readonly fields?: (f: Fields, encoding: Encoding) => boolean;
  /** Only with such register values, or behind such instructions; the generators see to it that they do not occur. */
  readonly values?: string;
}

const isSimd = (e: Encoding): boolean => e.name.includes('_simd');

export const exclusions: readonly Exclusion[] = [
  {
    name: 'supervisor call',
    reason: 'reaches the Linux that QEMU runs for',
    against: 'all',
    encodings: /SVC/,
  },
  {
    name: 'semihosting',
    reason: 'HLT #0xf000 calls QEMU itself',
    against: 'qemu',
    encodings: /HLT/,
    fields: (f) => f.imm16 === 0xf000,
  },
  {
    name: 'YIELD between exclusives',
    reason: 'QEMU for programs leaves the guest for it, and clears the exclusive monitor whenever it returns',
    against: 'qemu',
    encodings: /YIELD/,
    values: 'behind a load-exclusive',
  },
  {
    name: 'PSTATE fields of absent features',
    reason: 'SVCR (SME) and ALLINT (NMI) are UNDEFINED, TCO is RES0 without FEAT_MTE2; QEMU has these features',
    against: 'qemu',
    encodings: /MSR_imm/,
    fields: (f) => (f.op1 === 3 && (f.op2 === 3 || f.op2 === 4)) || (f.op1 === 1 && f.op2 === 0),
  },
  {
    name: 'signing of a pointer that is neither high nor low',
    reason: 'QEMU takes bit 63 for the extension where TBI1 is 0; AddPAC takes bit 55 as long as TBI0 is 1',
    against: 'qemu',
    encodings: /PACN?B?[ID][AB].*|PAC[ID]Z[AB]/,
    values: 'bits 63 and 55 of the pointer differ',
  },
  {
    name: 'parts of a memory copy',
    reason: 'how much each of the three instructions does is IMPLEMENTATION DEFINED; the three together are compared',
    against: 'qemu',
    encodings: /(CPYF?|SETG?)[PME]/,
  },
  {
    name: 'copy of memory onto itself',
    reason: 'the host\'s memmove, by which QEMU copies, does nothing then: a page that is not writable goes unnoticed',
    against: 'qemu',
    encodings: /CPYF?[PME]/,
    values: 'source and destination are the same',
  },
  {
    name: 'writeback base is transferred',
    reason: 'CONSTRAINED UNPREDICTABLE (Arm ARM, C6.2 and K1.2)',
    against: 'qemu',
    encodings: /.*_(pre|post)|LDRA[AB]/,
    fields: (f, e) => {
      if (isSimd(e) || e.group.includes('asisd')) return false;
      if (accessOf(e, f)?.writeback !== true || f.Rn === 31) return false;
      return f.Rn === f.Rt || f.Rn === f.Rt2;
    },
  },
  {
    name: 'pair loaded into one register',
    reason: 'CONSTRAINED UNPREDICTABLE (Arm ARM, K1.2)',
    against: 'qemu',
    encodings: /LD(P|PSW|NP|XP|AXP)(_.*)?/,
    fields: (f) => f.Rt === f.Rt2,
  },
  {
    name: 'store exclusive with overlapping registers',
    reason: 'CONSTRAINED UNPREDICTABLE (Arm ARM, K1.2): Rs is Rt, Rt2 or Rn',
    against: 'qemu',
    encodings: /STL?X[RP][BH]?/,
    fields: (f) => f.Rs === f.Rt || f.Rs === f.Rt2 || (f.Rs === f.Rn && f.Rn !== 31),
  },
  {
    name: 'pair exchanged in one register',
    reason: 'CONSTRAINED UNPREDICTABLE (Arm ARM, K1.2)',
    against: 'qemu',
    encodings: /LDCLRP|LDSETP|SWPP/,
    fields: (f) => f.Rt === f.Rt2 || f.Rt === 31 || f.Rt2 === 31,
  },
];

/** The exclusions that hold for a pair of engines. */
export class ExclusionSet {
  private readonly byEncoding = new Map<Encoding, readonly Exclusion[]>();
  private readonly list: readonly Exclusion[];

  /**
   * @param qemu QEMU is one of the engines
   * @param extra exclusions that follow from what this QEMU and this CPU have
   */
  constructor(qemu: boolean, extra: readonly Exclusion[] = []) {
    this.list = [...extra, ...exclusions.filter((x) => qemu || x.against === 'all')];
  }

  /** Exclusions that some words of an encoding fall under. */
  of(encoding: Encoding): readonly Exclusion[] {
    let list = this.byEncoding.get(encoding);
    if (list === undefined) {
      list = this.list.filter((x) => new RegExp(`^(?:${x.encodings.source})$`).test(encoding.name));
      this.byEncoding.set(encoding, list);
    }
    return list;
  }

  /** What leaves out all words of an encoding. */
  whole(encoding: Encoding): Exclusion | undefined {
    return this.of(encoding).find((x) => x.fields === undefined && x.values === undefined);
  }
}

/** Instructions that add an authentication code to a pointer. */
export function signs(encoding: Encoding): boolean {
  return encoding.name.startsWith('PAC') && encoding.name !== 'PACGA' && authenticates(encoding);
}

/** Instructions whose results depend on keys, whole names. */
export const AUTHENTICATION =
  /(PAC|AUT)N?B?[ID][AB].*|(PAC|AUT)[ID]Z[AB]|PACGA|LDRA[AB]|(BRA|BLRA|RETA)[AB](Z|SPPCR?)?/;

export function authenticates(encoding: Encoding): boolean {
  return new RegExp(`^(?:${AUTHENTICATION.source})$`).test(encoding.name);
}

/** Whether recorded answers of any QEMU leave out all words of an encoding. */
export function whollyExcluded(encoding: Encoding, qemu: boolean): boolean {
  return new ExclusionSet(qemu).whole(encoding) !== undefined || (qemu && authenticates(encoding));
}

/** What may differ in one case: the engines' outcomes and the fields that are not the same. */
export interface Disagreement {
  /** Encodings of the case's words; undefined for words that are unallocated. */
  readonly encodings: readonly (Encoding | undefined)[];
  readonly words: readonly number[];
  /** Field names: kind, signal, pc, address, x0.., sp, v0.., nzcv, fpcr, fpsr, tpidr, memory. */
  readonly fields: readonly string[];
  /** FPCR that the case starts with. */
  readonly fpcr: number;
  /** `signal` is 0 for a case that left. */
  readonly expected: { readonly signal: number; readonly address: bigint };
  readonly actual: { readonly signal: number; readonly address: bigint };
  readonly expectedPc: bigint;
  readonly actualPc: bigint;
  readonly expectedFpsr: number;
  readonly actualFpsr: number;
  readonly expectedFpcr: number;
  readonly actualFpcr: number;
  /** Encodings at the PCs of the outcomes, where they are inside the case. */
  readonly at: Encoding | undefined;
  readonly actualAt: Encoding | undefined;
  /** Feature of the CPU under test. */
  readonly has: (feature: string) => boolean;
  /** CPU model of both engines. QEMU's max has features that ours lacks; the others are alike. */
  readonly cpu: string;
}

export interface Tolerance {
  readonly name: string;
  readonly reason: string;
  /** Fields that are not compared then; undefined: does not apply. */
  readonly ignores: (d: Disagreement) => RegExp | undefined;
}

/** Bytes, less one: an access that begins below what the host can represent may reach beyond. */
const LONGEST_ACCESS = 63n;
const SIGSEGV = 11;
const SIGBUS = 7;
const SIGILL = 4;
const ABSENT_FPCR = 0x372007;
const STORE_EXCLUSIVE = /^STL?X[RP][BH]?$/;
const MEMORY_COPY = /^(CPYF?|SETG?)[PME]/;

/** SIMD&FP registers of loads. */
const isSimdLoad = (e: Encoding | undefined): boolean =>
  e !== undefined && (/^ldst\/asisd/.test(e.group) || /_simd/.test(e.name)) && e.name.startsWith('LD');

const faults = (d: Disagreement, signal: number): boolean => d.expected.signal === signal && d.actual.signal === signal;
/** MSR FPCR, Xt. */
const writesFpcr = (word: number): boolean => (word & ~31) === (0xd51b4400 | 0);
const withoutTag = (address: bigint): bigint => BigInt.asUintN(56, address);

/** Bytes that the exclusives of a case access, each size once. */
function exclusiveSizes(d: Disagreement): Set<number> {
  const sizes = new Set<number>();
  d.encodings.forEach((e, i) => {
    if (e === undefined || !/^ldst\/ldstexcl/.test(e.group)) return;
    const size = (d.words[i] >>> 30) & 3;
    sizes.add(e.group.endsWith('p') ? 8 << (size & 1) : 1 << size);
  });
  return sizes;
}

export const tolerances: readonly Tolerance[] = [
  {
    name: 'top byte of a fault address',
    reason: 'QEMU and Linux report the address without its tag',
    ignores: (d) =>
      (faults(d, SIGSEGV) || faults(d, SIGBUS)) && withoutTag(d.expected.address) === withoutTag(d.actual.address)
        ? /^address$/
        : undefined,
  },
  {
    name: 'fault address that the host cannot represent',
    reason: 'an x86 host reports none for addresses that are not canonical',
    ignores: (d) =>
      (faults(d, SIGSEGV) && d.expected.address < 0x10000n && (withoutTag(d.actual.address) + LONGEST_ACCESS) >> 47n !== 0n
        ? /^address$/ : undefined),
  },
  {
    name: 'fault address of cache maintenance',
    reason: 'QEMU reports the start of the cache line',
    ignores: (d) =>
      faults(d, SIGSEGV) && d.at?.name === 'SYS' &&
      withoutTag(d.expected.address) >> 6n === withoutTag(d.actual.address) >> 6n
        ? /^address$/
        : undefined,
  },
  {
    name: 'misaligned branch to an unmapped address',
    reason: 'QEMU looks the page up first; the Arm ARM puts the PC alignment fault before it (D1.3.5)',
    ignores: (d) =>
      d.expected.signal === SIGSEGV && d.actual.signal === SIGBUS && (d.actual.address & 3n) !== 0n &&
      d.actual.address === d.actualPc && d.expected.address === d.actual.address
        ? /^signal$/
        : undefined,
  },
  {
    name: 'stores before a fault',
    reason: 'bytes of a store that faults in another page are UNKNOWN (Arm ARM, B2.5.4)',
    ignores: (d) => (faults(d, SIGSEGV) ? /^memory$/ : undefined),
  },
  {
    name: 'SIMD&FP registers of a load that faults',
    reason: 'QEMU writes those that it has loaded; the Arm ARM leaves them UNKNOWN (D1.13.5)',
    ignores: (d) => (faults(d, SIGSEGV) && isSimdLoad(d.at) ? /^v\d+$/ : undefined),
  },
  {
    name: 'store exclusive that would fault with the monitor clear',
    reason: 'IMPLEMENTATION DEFINED which is looked at first (AArch64.ExclusiveMonitorsPass)',
    ignores: (d) =>
      d.actual.signal !== 0 && STORE_EXCLUSIVE.test(d.actualAt?.name ?? '')
        ? /./
        : undefined,
  },
  {
    name: 'cache maintenance of unmapped addresses',
    reason: 'QEMU in user mode does not translate the address',
    ignores: (d) =>
      d.actual.signal === SIGSEGV && d.expectedPc !== d.actualPc && d.actualAt?.name === 'SYS' ? /./ : undefined,
  },
  {
    name: 'cache maintenance of tagged addresses',
    reason: 'QEMU in user mode does not ignore the top byte in DC CVAP and DC CVADP',
    ignores: (d) =>
      d.expected.signal === SIGSEGV && d.at?.name === 'SYS' && withoutTag(d.expected.address) !== d.expected.address
        ? /./
        : undefined,
  },
  {
    name: 'fault address of a memory copy',
    reason: 'QEMU copies by the host\'s memmove and reports where that faulted',
    ignores: (d) => (faults(d, SIGSEGV) && MEMORY_COPY.test(d.at?.name ?? '') ? /^address$/ : undefined),
  },
  {
    name: 'absolute value and negation of vectors with FPCR.AH',
    reason: 'QEMU 11.1 changes the sign of a NaN, which FPAbs and FPNeg of the Arm ARM keep',
    ignores: (d) =>
      (((d.fpcr | d.expectedFpcr) & 2) !== 0 || d.words.some(writesFpcr)) && d.encodings.some((e) => /^F(ABS|NEG)_asimdmisc/.test(e?.name ?? ''))
        ? /./
        : undefined,
  },
  {
    name: 'exclusives of different sizes',
    reason: 'CONSTRAINED UNPREDICTABLE (Arm ARM, B2.12.5): a store exclusive of another size than the load exclusive',
    ignores: (d) => (exclusiveSizes(d).size > 1 ? /./ : undefined),
  },
  {
    name: 'FPCR controls of absent features',
    reason: 'AH, FIZ and NEP (FEAT_AFP), EBF (FEAT_EBF16), Len and Stride (AArch32) are RES0 here, and QEMU has them',
    ignores: (d) => ((d.expectedFpcr & ~d.actualFpcr & ABSENT_FPCR) !== 0 ? /./ : undefined),
  },
  {
    name: 'conversions between registers of one size',
    reason: 'unallocated; QEMU carries them out as FEAT_FPRCVT\'s conversions between sizes',
    ignores: (d) =>
      d.encodings.length === 1 && d.encodings[0] === undefined && (d.words[0] & 0x7f20fc00) === 0x1e200000 &&
      d.expected.signal === 0 ? /./ : undefined,
  },
  {
    name: 'FPSR condition flags',
    reason: 'N, Z, C and V of FPSR are RES0 without AArch32, which QEMU has at EL0',
    ignores: (d) => ((d.expectedFpsr & ~d.actualFpsr & 0xf0000000) !== 0 ? /^(fpsr|x\d+)$/ : undefined),
  },
  {
    name: 'main part of a memory copy without its prologue',
    reason: 'IMPLEMENTATION DEFINED what the registers must hold (Arm ARM, C6.1.3)',
    ignores: (d) =>
      [d.at, d.actualAt].some((e) => /^(CPYF?|SETG?)[ME]$/.test(e?.name ?? '')) &&
      (d.expected.signal === SIGILL || d.actual.signal === SIGILL)
        ? /./
        : undefined,
  },
];

/** The fields that remain when the tolerances have been applied. */
export function untolerated(d: Disagreement): string[] {
  let fields = [...d.fields];
  for (const tolerance of tolerances) {
    const ignored = tolerance.ignores(d);
    if (ignored !== undefined) fields = fields.filter((f) => !ignored.test(f));
    if (fields.length === 0) break;
  }
  return fields;
}
