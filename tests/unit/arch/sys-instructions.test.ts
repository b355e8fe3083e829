import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { unpackEncoding } from '../../../src/arch/sysreg/encoding.js';
import {
  classifySys, isSysTrap, regimeOf, SystemInstructions, type SysInstruction,
} from '../../../src/arch/sysreg/sys-instructions.js';
import { SYS_INSTRUCTIONS } from '../../../src/arch/sysreg/table/sys-instructions.js';
import { TestCpu } from './machine.js';

const binutils = JSON.parse(readFileSync(new URL('./fixtures/binutils-names.json', import.meta.url), 'utf8')) as {
  sys: Record<string, number>;
};
const bit = (...numbers: number[]): bigint => numbers.reduce((mask, n) => mask | (1n << BigInt(n)), 0n);
const find = (name: string): SysInstruction => SYS_INSTRUCTIONS.find((instruction) => instruction.name === name)!;

function machine(options = { el2: true, el3: true }): { cpu: TestCpu; verdict: (name: string) => string } {
  const cpu = new TestCpu('max', options);
  const table = new SystemInstructions(cpu.state, cpu.model);
  if (options.el3) cpu.state.setSysreg('SCR_EL3', bit(0, 4, 5, 8, 10, 16, 17, 27, 38));
  return {
    cpu,
    verdict: (name) => {
      const result = table.check(find(name).encoding, 0);
      if (!isSysTrap(result)) return 'ok';
      return result.ec === 0 ? 'undefined' : `EL${result.targetEl}`;
    },
  };
}

describe('SYS instructions', () => {
  it('agree with binutils, both ways', () => {
    const ours = new Map(SYS_INSTRUCTIONS.map(({ name, encoding }) => [name.toLowerCase(), encoding]));
    expect(ours.size).toBe(SYS_INSTRUCTIONS.length);
    expect(new Set(ours.values()).size).toBe(ours.size);
    for (const [name, encoding] of Object.entries(binutils.sys)) {
      // Memory tagging, realms and cache operations of later extensions.
      if (/^dc (ig|cg|cig|g|z?gva|gzva|cipa|cigdpa)|paall|rpa|^dc c(i)?gd|vmid/.test(name)) continue;
      expect([name, ours.get(name)]).toEqual([name, encoding]);
    }
    const unknown = [...ours.keys()].filter((name) => !name.endsWith('nxs') && !(name in binutils.sys));
    expect(unknown).toEqual([]);
  });

  it('say whether they take an operand as binutils does', () => {
    for (const { name, operand, encoding } of SYS_INSTRUCTIONS) {
      const { op2, crn } = unpackEncoding(encoding);
      const whole = /(VMALL|ALLE|IALLU)/.test(name);
      expect([name, crn, op2, operand]).toEqual([name, crn, op2, !whole]);
    }
  });

  it('classify gives the form of a TLBI', () => {
    expect(classifySys(0, 8, 3, 1)?.tlbi).toEqual({
      scope: 'va', level: 1, shareability: 'inner', lastLevel: false, range: false, nXS: false,
    });
    expect(classifySys(4, 8, 4, 6)).toMatchObject({
      name: 'TLBI RIPAS2LE1', tlbi: { scope: 'ipas2', lastLevel: true, range: true, shareability: 'local' },
    });
    expect(classifySys(0, 9, 7, 0)).toMatchObject({ name: 'TLBI VMALLE1NXS', tlbi: { nXS: true, scope: 'vmall' } });
    expect(classifySys(4, 7, 8, 6)?.at).toEqual({ stages: 12, level: 0, write: false, pan: false });
    expect(classifySys(0, 8, 3, 4)).toBeUndefined();
  });

  it('need their EL and their features', () => {
    const { cpu, verdict } = machine();
    cpu.at(1);
    expect(['TLBI VMALLE1', 'TLBI ALLE2', 'TLBI ALLE1', 'TLBI ALLE3', 'AT S1E1R', 'AT S12E1R'].map(verdict)).toEqual(
      ['ok', 'undefined', 'undefined', 'undefined', 'ok', 'undefined'],
    );
    expect(cpu.at(0) && verdict('TLBI VMALLE1')).toBe('undefined');
    cpu.at(2);
    const names = ['TLBI ALLE2', 'TLBI ALLE1', 'TLBI ALLE3', 'AT S1E2W'];
    expect(names.map(verdict)).toEqual(['ok', 'ok', 'undefined', 'ok']);
    cpu.at(3);
    expect(['TLBI ALLE2', 'TLBI ALLE3', 'AT S1E3R'].map(verdict)).toEqual(['ok', 'ok', 'ok']);
    cpu.state.setSysreg('SCR_EL3', bit(10));
    expect(['TLBI ALLE2', 'AT S1E2R', 'TLBI VMALLS12E1'].map(verdict)).toEqual(['undefined', 'undefined', 'ok']);
    const old = new TestCpu('cortex-a57').at(1);
    const table = new SystemInstructions(old.state, old.model);
    expect(isSysTrap(table.check(find('TLBI VAE1OS').encoding, 0))).toBe(true);
    expect(isSysTrap(table.check(find('TLBI VAE1IS').encoding, 0))).toBe(false);
    expect(isSysTrap(table.check(find('DC CVAP').encoding, 0))).toBe(true);
  });

  it('trap from EL0 by SCTLR_EL1.UCI, DZE and EnRCTX', () => {
    const { cpu, verdict } = machine();
    cpu.at(0).state.setSysreg('SCTLR_EL1', 0n);
    const names = ['IC IVAU', 'DC CVAC', 'DC ZVA', 'CFP RCTX'];
    expect(names.map(verdict)).toEqual(['EL1', 'EL1', 'EL1', 'EL1']);
    cpu.state.setSysreg('SCTLR_EL1', bit(26));
    expect(names.map(verdict)).toEqual(['ok', 'ok', 'EL1', 'EL1']);
    cpu.state.setSysreg('SCTLR_EL1', bit(10, 14));
    expect(names.map(verdict)).toEqual(['EL1', 'EL1', 'ok', 'ok']);
    cpu.state.setSysreg('HCR_EL2', bit(31, 27));
    expect(verdict('IC IVAU')).toBe('EL2');
    expect(verdict('DC IVAC')).toBe('undefined');
  });

  it('trap from EL1 by HCR_EL2', () => {
    const { cpu, verdict } = machine();
    cpu.at(1);
    const cases: [number, string[]][] = [
      [22, ['DC ISW', 'DC CISW']], [23, ['DC CIVAC', 'DC IVAC', 'DC CVAP']], [24, ['IC IALLU', 'IC IVAU', 'DC CVAU']],
      [25, ['TLBI VAE1', 'TLBI VMALLE1IS', 'TLBI RVAE1OS']], [28, ['DC ZVA']], [50, ['IC IALLUIS']],
      [52, ['IC IALLU', 'DC CVAU']], [54, ['TLBI VAE1IS']], [55, ['TLBI VAE1OS']],
    ];
    for (const [number, names] of cases) {
      cpu.state.setSysreg('HCR_EL2', bit(31));
      expect(names.map(verdict)).toEqual(names.map(() => 'ok'));
      cpu.state.setSysreg('HCR_EL2', bit(31, number));
      expect([number, ...names.map(verdict)]).toEqual([number, ...names.map(() => 'EL2')]);
    }
  });

  it('trap by HFGITR_EL2, from which HCRX_EL2.FGTnXS frees the nXS forms', () => {
    const { cpu, verdict } = machine();
    cpu.at(1).state.setSysreg('HFGITR_EL2', bit(43, 12));
    expect(['TLBI VAE1', 'TLBI VAE1NXS', 'TLBI VAE1IS', 'AT S1E1R', 'AT S1E1W'].map(verdict)).toEqual(
      ['EL2', 'EL2', 'ok', 'EL2', 'ok'],
    );
    cpu.state.setSysreg('HCRX_EL2', bit(4));
    expect(['TLBI VAE1', 'TLBI VAE1NXS'].map(verdict)).toEqual(['EL2', 'ok']);
  });

  it('name the regime they act on', () => {
    const { cpu } = machine();
    cpu.at(2);
    expect([regimeOf(cpu.state, 1), regimeOf(cpu.state, 2), regimeOf(cpu.state, 3)]).toEqual(['EL10', 'EL2', 'EL3']);
    cpu.state.setSysreg('HCR_EL2', bit(31, 34));
    expect([regimeOf(cpu.state, 1), regimeOf(cpu.state, 2)]).toEqual(['EL10', 'EL20']);
    cpu.state.setSysreg('HCR_EL2', bit(31, 34, 27));
    expect([regimeOf(cpu.state, 1), regimeOf(cpu.state, 2)]).toEqual(['EL20', 'EL20']);
  });
});
