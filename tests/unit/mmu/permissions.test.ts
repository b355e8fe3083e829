import { describe, expect, it } from 'vitest';
import { AccessType, RegimeKind, translationFeatures } from '../../../src/arch/translation/index.js';
import { D, TableBuilder } from './table-builder.js';
import { FULL_ID, fullFeatures, MAIR, tcr, WalkFixture } from './walk-fixture.js';

const VA = 0x1000n;
const KINDS = [[AccessType.Read, 'r'], [AccessType.Write, 'w'], [AccessType.Fetch, 'x']] as const;

function fixture(sctlr = 0n, extraTcr = 0n, registers: Record<string, bigint> = {}): [WalkFixture, TableBuilder] {
  const f = new WalkFixture({ SCTLR_EL1: 1n | sctlr, MAIR_EL1: MAIR, TCR_EL1: tcr({ extra: extraTcr }), ...registers });
  const tables = new TableBuilder(f.memory, { granule: 12, inputBits: 48 }, 0x8000_0000n);
  f.registers.TTBR0_EL1 = tables.root;
  f.decode();
  return [f, tables];
}

const allowed = (f: WalkFixture, access: AccessType, privileged: boolean, pan = false): boolean =>
  f.walk(VA, access, { privileged, pan }) === -1;

const WXN = 1n << 19n;
const EPAN = 1n << 57n;

interface Model {
  ap: number;
  apTable: number;
  pxn: boolean;
  uxn: boolean;
  pxnTable: boolean;
  uxnTable: boolean;
  wxn: boolean;
  epan: boolean;
}

/** The permission tables of the Arm ARM (D8.4), written out independently of the walker. */
function model(m: Model, access: 'r' | 'w' | 'x', privileged: boolean, pan: boolean): boolean {
  const el0Access = (m.ap === 1 || m.ap === 3) && (m.apTable & 1) === 0;
  const readOnly = m.ap >= 2 || m.apTable >= 2;
  const userExecute = !(m.uxn || m.uxnTable);
  if (!privileged) {
    if (access === 'r') return el0Access;
    if (access === 'w') return el0Access && !readOnly;
    return userExecute && !(m.wxn && el0Access && !readOnly);
  }
  const panned = pan && (el0Access || (m.epan && userExecute));
  if (access === 'r') return !panned;
  if (access === 'w') return !panned && !readOnly;
  return !(m.pxn || m.pxnTable) && !(el0Access && !readOnly) && !(m.wxn && !readOnly);
}

describe('permission matrix of regimes with two privilege levels', () => {
  for (const wxn of [false, true]) {
    for (const epan of [false, true]) {
      it(`AP x APTable x xXN x xXNTable x privilege x PAN, WXN=${wxn} EPAN=${epan}`, () => {
        let cases = 0;
        const [f] = fixture((wxn ? WXN : 0n) | (epan ? EPAN : 0n));
        for (let n = 0; n < 256; n++) {
          const m: Model = {
            ap: n & 3,
            apTable: (n >> 2) & 3,
            pxn: (n & 16) !== 0,
            uxn: (n & 32) !== 0,
            pxnTable: (n & 64) !== 0,
            uxnTable: (n & 128) !== 0,
            wxn,
            epan,
          };
          const g = f;
          const t = new TableBuilder(f.memory, { granule: 12, inputBits: 48 }, 0x9000_0000n + BigInt(n) * 0x10_0000n);
          g.registers.TTBR0_EL1 = t.root;
          g.decode();
          t.map(
            VA, 0x1000n, 3,
            D.AF | (BigInt(m.ap) << 6n) | (m.pxn ? D.PXN : 0n) | (m.uxn ? D.UXN : 0n),
            (BigInt(m.apTable) << 61n) | (m.pxnTable ? D.PXN_TABLE : 0n) | (m.uxnTable ? D.UXN_TABLE : 0n),
          );
          for (const [access, name] of KINDS) {
            for (const privileged of [false, true]) {
              for (const pan of privileged ? [false, true] : [false]) {
                const expected = model(m, name, privileged, pan);
                if (allowed(g, access, privileged, pan) !== expected) {
                  expect.fail(`${JSON.stringify(m)} ${name} privileged=${privileged} pan=${pan}: expected ${expected}`);
                }
                cases++;
              }
            }
          }
        }
        expect(cases).toBe(256 * 9);
      });
    }
  }

  it('ignores table limits with HPD', () => {
    const [f, tables] = fixture(0n, 1n << 41n);
    tables.map(VA, 0n, 3, D.AF | D.EL0, D.AP_TABLE_RO | D.AP_TABLE_NO_EL0 | D.UXN_TABLE | D.PXN_TABLE);
    expect(allowed(f, AccessType.Write, false)).toBe(true);
    expect(allowed(f, AccessType.Fetch, false)).toBe(true);
  });

  it('needs FEAT_HPDS for HPD and FEAT_PAN3 for EPAN', () => {
    const features = translationFeatures({ ...FULL_ID, ID_AA64MMFR1_EL1: 0n });
    const [f, tables] = fixture(EPAN, 1n << 41n);
    tables.map(VA, 0n, 3, D.AF, D.AP_TABLE_RO);
    const g = new WalkFixture(f.registers, RegimeKind.El10, features);
    expect(g.regime.low.hierarchicalPermissions).toBe(true);
    expect(g.regime.enhancedPan).toBe(false);
    expect(allowed(f, AccessType.Write, true)).toBe(true);
  });

  it('tells an atomic that could read from one that could not', () => {
    const [f, tables] = fixture();
    tables.map(VA, 0n, 3, D.AF | D.RO);
    expect(f.walk(VA, AccessType.ReadWrite)).toBe(0x0f);
    expect(f.result.writeOnly).toBe(true);
    expect(f.walk(VA, AccessType.ReadWrite, { privileged: false })).toBe(0x0f);
    expect(f.result.writeOnly).toBe(false);
    expect(f.walk(VA + 0x1000n, AccessType.ReadWrite)).toBe(0x07);
    expect(f.result.writeOnly).toBe(false);
  });

  it('counts a dirty-tracked page as writable for WXN and for execution at EL1', () => {
    const [f, tables] = fixture(WXN, 3n << 39n);
    tables.map(VA, 0n, 3, D.AF | D.RO | D.DBM | D.EL0);
    expect(allowed(f, AccessType.Fetch, false)).toBe(false);
    const [g, other] = fixture(0n, 3n << 39n);
    other.map(VA, 0n, 3, D.AF | D.RO | D.DBM | D.EL0);
    expect(allowed(g, AccessType.Fetch, true)).toBe(false);
    expect(allowed(g, AccessType.Fetch, false)).toBe(true);
  });

  it('lays descriptors out anew under HCR_EL2.{NV,NV1}', () => {
    const [f, tables] = fixture(0n, 0n, { HCR_EL2: 3n << 42n });
    expect(fullFeatures.nestedVirtualization).toBe(true);
    tables.map(VA, 0n, 3, D.AF | D.EL0 | D.UXN);
    expect(allowed(f, AccessType.Read, true, true)).toBe(true);
    expect(allowed(f, AccessType.Read, false)).toBe(false);
    expect(allowed(f, AccessType.Fetch, true)).toBe(false);
    tables.map(VA, 0n, 3, D.AF | D.PXN);
    expect(allowed(f, AccessType.Fetch, true)).toBe(true);
  });
});
