import type { FeatureName } from '../../features/feature-list.js';
import type { TrapRule } from '../definition.js';
import { packEncoding } from '../encoding.js';

/** What a TLBI invalidates (Arm ARM, D8.14.5). The operand in Xt says the address, ASID, VMID, level and range. */
export interface TlbiForm {
  /**
   * all: everything of the regime, every VMID. vmall: the current VMID (stage 1 entries). vmalls12: the current VMID,
   * both stages. va: address and ASID. vaa: address, all ASIDs. asid: one ASID. ipas2: stage 2 entries of an IPA.
   */
  readonly scope: 'all' | 'vmall' | 'vmalls12' | 'va' | 'vaa' | 'asid' | 'ipas2';
  /** Named level: E1, E2 or E3; see regimeOf. */
  readonly level: 1 | 2 | 3;
  readonly shareability: 'local' | 'inner' | 'outer';
  /** Only entries from the last level of the walk. */
  readonly lastLevel: boolean;
  /** Xt holds a range: BaseADDR, TTL, NUM, SCALE, TG (FEAT_TLBIRANGE). */
  readonly range: boolean;
  /** The nXS variant (FEAT_XS). */
  readonly nXS: boolean;
}

/** An address translation instruction. */
export interface AtForm {
  /** Both stages (S12E1R and so on)? */
  readonly stages: 1 | 12;
  /** EL whose permissions and regime are used. */
  readonly level: 0 | 1 | 2 | 3;
  readonly write: boolean;
  /** AT S1E1RP and S1E1WP: PSTATE.PAN counts. */
  readonly pan: boolean;
}

export interface SysInstruction {
  /** As an assembler writes it: "DC CIVAC". */
  readonly name: string;
  readonly kind: 'dc' | 'ic' | 'at' | 'tlbi' | 'prediction';
  /** Mnemonic after the kind: "CIVAC", "ZVA", "IALLUIS", "S1E1R", "VAE1IS". */
  readonly operation: string;
  /** op1, CRn, CRm, op2 as encoding.ts packs them, o0 = 0. */
  readonly encoding: number;
  /** Does the instruction use Xt? */
  readonly operand: boolean;
  /** Lowest EL. */
  readonly from: number;
  /** UNDEFINED at EL3 while EL2 is not enabled. */
  readonly el2Only: boolean;
  readonly needs: readonly (FeatureName | 'EL2' | 'EL3')[];
  readonly rules: readonly TrapRule[];
  /** Bit in HFGITR_EL2. */
  readonly fineGrained?: number;
  readonly tlbi?: TlbiForm;
  readonly at?: AtForm;
}

const hcr = (bit: number): TrapRule => ({ control: 'HCR_EL2', bit, when: 1, access: 'rw', to: 2, guestOnly: true });
const el0 = (bit: number): TrapRule =>
  ({ control: 'SCTLR_EL1', host: 'SCTLR_EL2', bit, when: 0, access: 'rw', to: 1 });

const UCI = el0(26);
const DZE = el0(14);
const ENRCTX = el0(10);
const TPCP = hcr(23);
const TPU = hcr(24);
const TSW = hcr(22);
const TDZ = hcr(28);
const TTLB = hcr(25);
const TICAB = hcr(50);
const TOCU = hcr(52);
const TTLBIS = hcr(54);
const TTLBOS = hcr(55);

interface Extra {
  operand?: boolean;
  needs?: readonly (FeatureName | 'EL2' | 'EL3')[];
  rules?: readonly TrapRule[];
  fineGrained?: number;
  el2Only?: boolean;
  tlbi?: TlbiForm;
  at?: AtForm;
}

type Kind = SysInstruction['kind'];

function sys(kind: Kind, operation: string, encoding: string, from: number, extra: Extra = {}): SysInstruction {
  const [op1, crn, crm, op2] = encoding.split(' ').map(Number);
  const prefix = kind === 'prediction' ? '' : `${kind.toUpperCase()} `;
  return {
    name: `${prefix}${operation}`,
    kind,
    operation,
    encoding: packEncoding(0, op1, crn, crm, op2),
    operand: extra.operand ?? true,
    from,
    el2Only: extra.el2Only ?? false,
    needs: extra.needs ?? [],
    rules: extra.rules ?? [],
    ...(extra.fineGrained === undefined ? {} : { fineGrained: extra.fineGrained }),
    ...(extra.tlbi === undefined ? {} : { tlbi: extra.tlbi }),
    ...(extra.at === undefined ? {} : { at: extra.at }),
  };
}

const CACHE: readonly SysInstruction[] = [
  sys('ic', 'IALLUIS', '0 7 1 0', 1, { operand: false, rules: [TPU, TICAB], fineGrained: 0 }),
  sys('ic', 'IALLU', '0 7 5 0', 1, { operand: false, rules: [TPU, TOCU], fineGrained: 1 }),
  sys('ic', 'IVAU', '3 7 5 1', 0, { rules: [UCI, TPU, TOCU], fineGrained: 2 }),
  sys('dc', 'IVAC', '0 7 6 1', 1, { rules: [TPCP], fineGrained: 3 }),
  sys('dc', 'ISW', '0 7 6 2', 1, { rules: [TSW], fineGrained: 4 }),
  sys('dc', 'CSW', '0 7 10 2', 1, { rules: [TSW], fineGrained: 5 }),
  sys('dc', 'CISW', '0 7 14 2', 1, { rules: [TSW], fineGrained: 6 }),
  sys('dc', 'CVAU', '3 7 11 1', 0, { rules: [UCI, TPU, TOCU], fineGrained: 7 }),
  sys('dc', 'CVAP', '3 7 12 1', 0, { rules: [UCI, TPCP], fineGrained: 8, needs: ['FEAT_DPB'] }),
  sys('dc', 'CVADP', '3 7 13 1', 0, { rules: [UCI, TPCP], fineGrained: 9, needs: ['FEAT_DPB2'] }),
  sys('dc', 'CIVAC', '3 7 14 1', 0, { rules: [UCI, TPCP], fineGrained: 10 }),
  sys('dc', 'ZVA', '3 7 4 1', 0, { rules: [DZE, TDZ], fineGrained: 11 }),
  sys('dc', 'CVAC', '3 7 10 1', 0, { rules: [UCI, TPCP], fineGrained: 54 }),
  sys('dc', 'GVA', '3 7 4 3', 0, { rules: [DZE, TDZ], fineGrained: 11, needs: ['FEAT_MTE'] }),
  sys('dc', 'GZVA', '3 7 4 4', 0, { rules: [DZE, TDZ], fineGrained: 11, needs: ['FEAT_MTE'] }),
  ...[3, 5].flatMap((op2) => {
    // tags; tags and data
    const letters = op2 === 3 ? 'G' : 'GD';
    const extra = (fineGrained: number): Extra => ({ rules: [UCI, TPCP], fineGrained, needs: ['FEAT_MTE'] });
    return [
      sys('dc', `C${letters}VAC`, `3 7 10 ${op2}`, 0, extra(54)),
      sys('dc', `C${letters}VAP`, `3 7 12 ${op2}`, 0, extra(8)),
      sys('dc', `C${letters}VADP`, `3 7 13 ${op2}`, 0, extra(9)),
      sys('dc', `CI${letters}VAC`, `3 7 14 ${op2}`, 0, extra(10)),
    ];
  }),
  sys('prediction', 'CFP RCTX', '3 7 3 4', 0, { rules: [ENRCTX], fineGrained: 48, needs: ['FEAT_SPECRES'] }),
  sys('prediction', 'DVP RCTX', '3 7 3 5', 0, { rules: [ENRCTX], fineGrained: 49, needs: ['FEAT_SPECRES'] }),
  sys('prediction', 'CPP RCTX', '3 7 3 7', 0, { rules: [ENRCTX], fineGrained: 50, needs: ['FEAT_SPECRES'] }),
];

function at(operation: string, encoding: string, form: AtForm, extra: Extra = {}): SysInstruction {
  const from = form.level === 3 ? 3 : form.level === 2 || form.stages === 12 ? 2 : 1;
  return sys('at', operation, encoding, from, { ...extra, at: form });
}

const form = (stages: 1 | 12, level: AtForm['level'], write: boolean, pan = false): AtForm =>
  ({ stages, level, write, pan });

const TRANSLATE: readonly SysInstruction[] = [
  at('S1E1R', '0 7 8 0', form(1, 1, false), { fineGrained: 12 }),
  at('S1E1W', '0 7 8 1', form(1, 1, true), { fineGrained: 13 }),
  at('S1E0R', '0 7 8 2', form(1, 0, false), { fineGrained: 14 }),
  at('S1E0W', '0 7 8 3', form(1, 0, true), { fineGrained: 15 }),
  at('S1E1RP', '0 7 9 0', form(1, 1, false, true), { fineGrained: 16, needs: ['FEAT_PAN2'] }),
  at('S1E1WP', '0 7 9 1', form(1, 1, true, true), { fineGrained: 17, needs: ['FEAT_PAN2'] }),
  at('S1E2R', '4 7 8 0', form(1, 2, false), { needs: ['EL2'], el2Only: true }),
  at('S1E2W', '4 7 8 1', form(1, 2, true), { needs: ['EL2'], el2Only: true }),
  at('S12E1R', '4 7 8 4', form(12, 1, false)),
  at('S12E1W', '4 7 8 5', form(12, 1, true)),
  at('S12E0R', '4 7 8 6', form(12, 0, false)),
  at('S12E0W', '4 7 8 7', form(12, 0, true)),
  at('S1E3R', '6 7 8 0', form(1, 3, false), { needs: ['EL3'] }),
  at('S1E3W', '6 7 8 1', form(1, 3, true), { needs: ['EL3'] }),
];

interface TlbiRow {
  readonly base: string;
  readonly op1: number;
  readonly op2: number;
  readonly scope: TlbiForm['scope'];
  readonly last?: boolean;
  readonly range?: boolean;
  /** HFGITR_EL2 bits of the outer, inner and local forms. */
  readonly fineGrained?: readonly [number, number, number];
}

const TLBI_ROWS: readonly TlbiRow[] = [
  { base: 'VMALLE1', op1: 0, op2: 0, scope: 'vmall', fineGrained: [18, 28, 42] },
  { base: 'VAE1', op1: 0, op2: 1, scope: 'va', fineGrained: [19, 29, 43] },
  { base: 'ASIDE1', op1: 0, op2: 2, scope: 'asid', fineGrained: [20, 30, 44] },
  { base: 'VAAE1', op1: 0, op2: 3, scope: 'vaa', fineGrained: [21, 31, 45] },
  { base: 'VALE1', op1: 0, op2: 5, scope: 'va', last: true, fineGrained: [22, 32, 46] },
  { base: 'VAALE1', op1: 0, op2: 7, scope: 'vaa', last: true, fineGrained: [23, 33, 47] },
  { base: 'RVAE1', op1: 0, op2: 1, scope: 'va', range: true, fineGrained: [24, 34, 38] },
  { base: 'RVAAE1', op1: 0, op2: 3, scope: 'vaa', range: true, fineGrained: [25, 35, 39] },
  { base: 'RVALE1', op1: 0, op2: 5, scope: 'va', last: true, range: true, fineGrained: [26, 36, 40] },
  { base: 'RVAALE1', op1: 0, op2: 7, scope: 'vaa', last: true, range: true, fineGrained: [27, 37, 41] },
  { base: 'ALLE2', op1: 4, op2: 0, scope: 'all' },
  { base: 'VAE2', op1: 4, op2: 1, scope: 'va' },
  { base: 'VALE2', op1: 4, op2: 5, scope: 'va', last: true },
  { base: 'RVAE2', op1: 4, op2: 1, scope: 'va', range: true },
  { base: 'RVALE2', op1: 4, op2: 5, scope: 'va', last: true, range: true },
  { base: 'ALLE1', op1: 4, op2: 4, scope: 'all' },
  { base: 'VMALLS12E1', op1: 4, op2: 6, scope: 'vmalls12' },
  { base: 'ALLE3', op1: 6, op2: 0, scope: 'all' },
  { base: 'VAE3', op1: 6, op2: 1, scope: 'va' },
  { base: 'VALE3', op1: 6, op2: 5, scope: 'va', last: true },
  { base: 'RVAE3', op1: 6, op2: 1, scope: 'va', range: true },
  { base: 'RVALE3', op1: 6, op2: 5, scope: 'va', last: true, range: true },
];

const SHAREABILITY = [
  { suffix: 'OS', shareability: 'outer', crm: 1, rangeCrm: 5 },
  { suffix: 'IS', shareability: 'inner', crm: 3, rangeCrm: 2 },
  { suffix: '', shareability: 'local', crm: 7, rangeCrm: 6 },
] as const;

/** TLBI IPAS2: CRm and op2 by shareability, outer, inner, local. */
const STAGE2_ROWS = [
  { base: 'IPAS2E1', last: false, range: false, codes: ['4 0', '0 1', '4 1'] },
  { base: 'RIPAS2E1', last: false, range: true, codes: ['4 3', '0 2', '4 2'] },
  { base: 'IPAS2LE1', last: true, range: false, codes: ['4 4', '0 5', '4 5'] },
  { base: 'RIPAS2LE1', last: true, range: true, codes: ['4 7', '0 6', '4 6'] },
] as const;

function tlbiNeeds(outer: boolean, range: boolean, nXS: boolean, level: number): (FeatureName | 'EL2' | 'EL3')[] {
  const needs: (FeatureName | 'EL2' | 'EL3')[] = [];
  if (outer) needs.push('FEAT_TLBIOS');
  if (range) needs.push('FEAT_TLBIRANGE');
  if (nXS) needs.push('FEAT_XS');
  if (level === 2) needs.push('EL2');
  if (level === 3) needs.push('EL3');
  return needs;
}

function stage1Tlbi(nXS: boolean): SysInstruction[] {
  return TLBI_ROWS.flatMap((row) =>
    SHAREABILITY.map(({ suffix, shareability, crm, rangeCrm }, index) => {
      const level = Number(/E([123])$/.exec(row.base)![1]) as 1 | 2 | 3;
      const range = row.range ?? false;
      const rules = row.op1 === 0 ? [TTLB, ...(suffix === 'IS' ? [TTLBIS] : suffix === 'OS' ? [TTLBOS] : [])] : [];
      return sys(
        'tlbi',
        `${row.base}${suffix}${nXS ? 'NXS' : ''}`,
        `${row.op1} ${nXS ? 9 : 8} ${range ? rangeCrm : crm} ${row.op2}`,
        row.op1 === 0 ? 1 : row.op1 === 4 ? 2 : 3,
        {
          operand: row.scope === 'va' || row.scope === 'vaa' || row.scope === 'asid',
          needs: tlbiNeeds(suffix === 'OS', range, nXS, level),
          el2Only: level === 2,
          rules,
          ...(row.fineGrained === undefined ? {} : { fineGrained: row.fineGrained[index] }),
          tlbi: { scope: row.scope, level, shareability, lastLevel: row.last ?? false, range, nXS },
        },
      );
    }),
  );
}

function stage2Tlbi(nXS: boolean): SysInstruction[] {
  return STAGE2_ROWS.flatMap((row) =>
    SHAREABILITY.map(({ suffix, shareability }, index) =>
      sys('tlbi', `${row.base}${suffix}${nXS ? 'NXS' : ''}`, `4 ${nXS ? 9 : 8} ${row.codes[index]}`, 2, {
        needs: tlbiNeeds(suffix === 'OS', row.range, nXS, 1),
        tlbi: { scope: 'ipas2', level: 1, shareability, lastLevel: row.last, range: row.range, nXS },
      }),
    ),
  );
}

/** Every SYS instruction Ulna knows. */
export const SYS_INSTRUCTIONS: readonly SysInstruction[] = [
  ...CACHE,
  ...TRANSLATE,
  ...[false, true].flatMap((nXS) => [...stage1Tlbi(nXS), ...stage2Tlbi(nXS)]),
];
