import type { Encoding } from '../../../jit/a64/encoding.js';

/** One reason why our text and GNU objdump's may differ. */
interface Difference {
  readonly reason: string;
  readonly covers: (encoding: Encoding | undefined, ours: string, theirs: string) => boolean;
}

/** Features that binutils learnt after 2.40 (Debian 12), whose words it prints as undefined or as hints. */
const AFTER_2_40 = new Set([
  'FEAT_CHK', 'FEAT_CMH', 'FEAT_CMPBR', 'FEAT_CPA', 'FEAT_D128', 'FEAT_DGH', 'FEAT_F16F32DOT', 'FEAT_F16F32MM',
  'FEAT_F16MM', 'FEAT_F8F16MM', 'FEAT_F8F32MM', 'FEAT_FAMINMAX', 'FEAT_FP8', 'FEAT_FP8DOT2', 'FEAT_FP8DOT4',
  'FEAT_FP8FMA', 'FEAT_FPRCVT', 'FEAT_GCS', 'FEAT_LRCPC3', 'FEAT_LSCP', 'FEAT_LSE128', 'FEAT_LSFE', 'FEAT_LSUI',
  'FEAT_LUT', 'FEAT_MOPS_GO', 'FEAT_PAuth_LR', 'FEAT_PCDPHINT', 'FEAT_SYSINSTR128', 'FEAT_SYSREG128', 'FEAT_TEV',
  'FEAT_THE',
]);

/** `{v0.4s-v1.4s}` as `{v0.4s, v1.4s}`, whatever the number of registers. */
function listed(text: string): string {
  return text.replace(/\{v(\d+)\.(\w+)-v(\d+)\.\w+\}/, (_match, first: string, suffix: string, last: string) => {
    const names: string[] = [];
    for (let n = Number(first); ; n = (n + 1) & 31) {
      names.push(`v${n}.${suffix}`);
      if (n === Number(last)) return `{${names.join(', ')}}`;
    }
  });
}

const undefinedWord = (text: string): boolean => text.startsWith('.inst') || text.startsWith('.word');
const genericRegister = /\bs[0-3]_[0-7]_c\d+_c\d+_[0-7]\b/;
const generic = (text: string): boolean => /^sys[lp]? /.test(text) || genericRegister.test(text);

export const DIFFERENCES: readonly Difference[] = [
  {
    reason: 'SVE and SME are one entry each; their words are not disassembled',
    covers: (e) => e?.name === 'SVE' || e?.name === 'SME',
  },
  {
    reason: 'both say undefined, in other words',
    covers: (e, _ours, theirs) => e === undefined && undefinedWord(theirs),
  },
  {
    reason: 'binutils 2.40 does not know the feature',
    covers: (e, _ours, theirs) =>
      e?.feature !== undefined && AFTER_2_40.has(e.feature) && (undefinedWord(theirs) || theirs.startsWith('hint')),
  },
  {
    reason: 'should-be bits have the other value: CONSTRAINED UNPREDICTABLE, which objdump rejects',
    covers: (e, _ours, theirs) => e !== undefined && e.shouldBeMask !== 0 && undefinedWord(theirs),
  },
  {
    reason: 'LDPSW into one register or over its base: CONSTRAINED UNPREDICTABLE, which objdump rejects',
    covers: (e, _ours, theirs) => e !== undefined && e.name.startsWith('LDPSW') && undefinedWord(theirs),
  },
  {
    reason: 'binutils takes reserved values of FMLAL (sz), LRCPC3 and MOPS_GO (size), ST64BV0 (Rt): UNDEFINED',
    covers: (e, _ours, theirs) =>
      e === undefined && /^(fml[as]l2?|ldiapp|stilp|stlr|ldapr|setgo\w+|st64bv0?) /.test(theirs),
  },
  {
    reason: 'unallocated system instructions and PSTATE fields, which binutils prints as MSR or MRS',
    covers: (e, _ours, theirs) => (e === undefined || e.name === 'MSR_imm') && /^m(sr|rs) .*\bs0_/.test(theirs),
  },
  {
    reason: 'a system register or operation that only one of the two knows by name',
    covers: (e, ours, theirs) =>
      e !== undefined &&
      ['MSR_reg', 'MRS', 'MSRR', 'MRRS', 'SYS', 'SYSL', 'SYSP'].includes(e.name) &&
      (generic(ours) || generic(theirs)),
  },
  {
    reason: 'one encoding, two registers: read as DBGDTRRX_EL0, written as DBGDTRTX_EL0',
    covers: (_e, ours, theirs) => ours.replace('dbgdtrrx_el0', 'dbgdtrtx_el0') === theirs,
  },
  {
    reason: 'binutils 2.40 calls CLRBHB clearbhb',
    covers: (e, _ours, theirs) => e?.name === 'CLRBHB' && theirs === 'clearbhb',
  },
  {
    reason: 'newer binutils call BTI without targets bti r',
    covers: (e, _ours, theirs) => e?.name === 'BTI' && theirs === 'bti r',
  },
  {
    reason: 'prefetches to the system level cache, PRFM IR and RPRFM are newer than binutils 2.40',
    covers: (e, _ours, theirs) =>
      e !== undefined && /^R?PRF/.test(e.name) && /^prfu?m #0x[0-9a-f]{2}\b/.test(theirs),
  },
  {
    reason: 'binutils 2.40 writes a range for more than two registers that do not wrap, newer ones always',
    covers: (_e, ours, theirs) => listed(ours) === listed(theirs),
  },
];

/** Why the texts differ; undefined for a difference that has no reason. */
export function reasonFor(encoding: Encoding | undefined, ours: string, theirs: string): string | undefined {
  return DIFFERENCES.find((d) => d.covers(encoding, ours, theirs))?.reason;
}
