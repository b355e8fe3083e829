import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { featureCatalogue, registerCatalogue, sysCatalogue } from '../../../src/arch/catalogue.js';
import { CPU_MODEL_NAMES } from '../../../src/arch/features/cpu-model.js';
import { SYSREG_SLOTS } from '../../../src/arch/state-layout.js';
import { isTrap } from '../../../src/arch/sysreg/access.js';
import { NEVER } from '../../../src/arch/sysreg/definition.js';
import { genericName, packEncoding, systemTrapIss, unpackEncoding } from '../../../src/arch/sysreg/encoding.js';
import { sysregSlot } from '../../../src/arch/sysreg/storage.js';
import { SYSREG_BY_NAME, SYSREG_TABLE } from '../../../src/arch/sysreg/table/index.js';
import { TestCpu } from './machine.js';

const binutils = JSON.parse(readFileSync(new URL('./fixtures/binutils-names.json', import.meta.url), 'utf8')) as {
  mrs: Record<string, number>;
};
const named = SYSREG_TABLE.filter((row) => row.encoding >= 0);

describe('the system register table', () => {
  it('has unique names and encodings', () => {
    expect(new Set(SYSREG_TABLE.map((row) => row.name)).size).toBe(SYSREG_TABLE.length);
    expect(new Set(named.map((row) => row.encoding)).size).toBe(named.length);
    expect(SYSREG_BY_NAME.size).toBe(SYSREG_TABLE.length);
  });

  it('agrees with binutils on every name that binutils knows', () => {
    let compared = 0;
    const names = new Map(Object.entries(binutils.mrs).map(([name, encoding]) => [encoding, name]));
    for (const { name, encoding } of named) {
      const theirs = names.get(encoding);
      if (theirs !== undefined) expect(name.toLowerCase()).toBe(theirs);
      const ours = binutils.mrs[name.toLowerCase()];
      if (ours !== undefined) {
        expect([name, encoding]).toEqual([name, ours]);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(400);
  });

  it('gives each stored register its own slot', () => {
    const slots = SYSREG_TABLE.filter((row) => row.stored).map((row) => sysregSlot(row.name));
    expect(new Set(slots).size).toBe(slots.length);
    expect(Math.max(...slots)).toBeLessThan(SYSREG_SLOTS);
    expect(() => sysregSlot('NO_SUCH_EL1')).toThrow(RangeError);
  });

  it('names only registers that exist as hosts, aliases and controls', () => {
    for (const row of SYSREG_TABLE) {
      for (const name of [row.host, row.aliasOf, ...row.rules.map((rule) => rule.control)]) {
        if (name !== undefined) expect(SYSREG_BY_NAME.has(name), `${row.name} -> ${name}`).toBe(true);
      }
    }
  });

  it('lists itself for generated pages', () => {
    expect(registerCatalogue().find((row) => row.name === 'TTBR1_EL1')).toMatchObject({
      encoding: '3,0,2,0,1', readFrom: 1, writeFrom: 1, traps: ['HCR_EL2[26]', 'HCR_EL2[30]', 'HFGxTR_EL2[37]'],
    });
    expect(featureCatalogue().find((row) => row.name === 'FEAT_SVE')).toMatchObject({ implemented: false, models: [] });
    expect(sysCatalogue().find((row) => row.name === 'TLBI VAE1OS')?.needs).toEqual(['FEAT_TLBIOS']);
  });

  it('packs encodings as MRS words do', () => {
    // MRS X0, SCTLR_EL1 is 0xd5381000.
    expect((0xd5381000 >>> 5) & 0x7fff).toBe(packEncoding(3, 0, 1, 0, 0));
    expect(unpackEncoding(packEncoding(2, 3, 4, 5, 6))).toEqual({ op0: 2, op1: 3, crn: 4, crm: 5, op2: 6 });
    expect(genericName(packEncoding(3, 1, 15, 2, 0))).toBe('S3_1_C15_C2_0');
  });

  it("encodes a trap's ISS as Linux's esr.h decodes it", () => {
    // ESR_ELx_SYS64_ISS_SYS_CNTVCT with direction read: op0 3, op1 3, CRn 14, CRm 0, op2 2.
    expect(systemTrapIss(3, packEncoding(3, 3, 14, 0, 2), 5, true)).toBe(
      (3 << 20) | (2 << 17) | (3 << 14) | (14 << 10) | (5 << 5) | 1,
    );
    // DC CVAU, ESR_ELx_SYS64_ISS_SYS_OP_MASK ... op0 1.
    expect(systemTrapIss(1, packEncoding(0, 3, 7, 11, 1), 31, false)).toBe(
      (1 << 20) | (1 << 17) | (3 << 14) | (7 << 10) | (31 << 5) | (11 << 1),
    );
  });
});

/** Registers whose own state, besides the Exception level, decides whether they can be reached. */
const CONDITIONAL = new Set([
  'SP_EL0', 'CNTFRQ_EL0', 'CNTPS_TVAL_EL1', 'CNTPS_CTL_EL1', 'CNTPS_CVAL_EL1', 'VSTTBR_EL2', 'VSTCR_EL2',
  'CNTHPS_TVAL_EL2', 'CNTHPS_CTL_EL2', 'CNTHPS_CVAL_EL2', 'CNTHVS_TVAL_EL2', 'CNTHVS_CTL_EL2', 'CNTHVS_CVAL_EL2',
]);

describe.each(CPU_MODEL_NAMES)('access by Exception level on %s', (name) => {
  for (const [el2, el3] of [[false, false], [true, false], [true, true]]) {
    it(`EL2 ${el2 ? 'there' : 'absent'}, EL3 ${el3 ? 'there' : 'absent'}`, () => {
      const cpu = new TestCpu(name, { el2, el3 });
      openEverything(cpu);
      for (const row of named) {
        if (!cpu.registers.exists(row.encoding) || CONDITIONAL.has(row.name) || row.aliasOf !== undefined) continue;
        for (const el of [0, 1, ...(el2 ? [2] : []), ...(el3 ? [3] : [])]) {
          cpu.at(el);
          const label = `${row.name} at EL${el}`;
          const readable = el >= row.readFrom && row.readFrom !== NEVER;
          expect(allowed(cpu.registers.read(row.encoding)), `read ${label}`).toBe(readable);
          const saved = cpu.state.u64.slice();
          const writable = el >= row.writeFrom && row.writeFrom !== NEVER;
          expect(allowed(cpu.registers.write(row.encoding, 0n)), `write ${label}`).toBe(writable);
          cpu.state.u64.set(saved);
        }
      }
    });
  }
});

const allowed = (result: Parameters<typeof isTrap>[0]): boolean => !isTrap(result);

/** Turns off every trap, so that only the Exception level decides. */
function openEverything(cpu: TestCpu): void {
  const { state, model } = cpu;
  state.setSysreg('SCTLR_EL1', 0x0405_c200n);
  state.setSysreg('CPACR_EL1', 3n << 20n);
  state.setSysreg('CNTKCTL_EL1', 0x303n);
  state.setSysreg('PMUSERENR_EL0', 0xfn);
  if (model.el2) {
    state.setSysreg('HCR_EL2', (1n << 31n) | (3n << 40n) | (1n << 47n) | (1n << 53n));
    state.setSysreg('CPTR_EL2', 0n);
    state.setSysreg('CNTHCTL_EL2', 3n);
  }
  if (model.el3) {
    const bits = [0, 4, 5, 8, 10, 16, 17, 21, 25, 27, 28, 38];
    state.setSysreg('SCR_EL3', bits.reduce((mask, bit) => mask | (1n << BigInt(bit)), 0n));
  }
}
