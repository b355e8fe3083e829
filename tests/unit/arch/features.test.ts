import { describe, expect, it } from 'vitest';
import { createCpuModel } from '../../../src/arch/features/cpu-model.js';
import { CPU_DEFINITIONS, type CpuModelName } from '../../../src/arch/features/cpu-models.js';
import { FEATURES, type FeatureName } from '../../../src/arch/features/feature-list.js';
import { IMPLEMENTED_FEATURES } from '../../../src/arch/features/implemented.js';
import type { IdRegisterName } from '../../../src/arch/features/id-registers.js';

const everything = new Set<FeatureName>(FEATURES.map((feature) => feature.name));

/** Read from qemu-system-aarch64 7.2 -M virt,gic-version=3 at EL1, with the EL fields changed to AArch64 only. */
const QEMU: Record<Exclude<CpuModelName, 'max'>, Partial<Record<IdRegisterName, bigint>>> = {
  'cortex-a57': {
    ID_AA64PFR0_EL1: 0x1000011n,
    ID_AA64PFR1_EL1: 0n,
    ID_AA64DFR0_EL1: 0x10305106n,
    ID_AA64ISAR0_EL1: 0x11120n,
    ID_AA64ISAR1_EL1: 0n,
    ID_AA64MMFR0_EL1: 0x1124n,
    ID_AA64MMFR1_EL1: 0n,
    ID_AA64MMFR2_EL1: 0n,
  },
  'cortex-a76': {
    ID_AA64PFR0_EL1: 0x1100000011110011n,
    ID_AA64PFR1_EL1: 0x10n,
    ID_AA64DFR0_EL1: 0x10305408n,
    ID_AA64ISAR0_EL1: 0x100010211120n,
    ID_AA64ISAR1_EL1: 0x100001n,
    ID_AA64MMFR0_EL1: 0x101122n,
    ID_AA64MMFR1_EL1: 0x10212122n,
    ID_AA64MMFR2_EL1: 0x1011n,
  },
  'neoverse-n1': {
    ID_AA64PFR0_EL1: 0x1100000011110011n,
    ID_AA64PFR1_EL1: 0x20n,
    ID_AA64DFR0_EL1: 0x10305408n,
    ID_AA64ISAR0_EL1: 0x100010211120n,
    ID_AA64ISAR1_EL1: 0x100001n,
    ID_AA64MMFR0_EL1: 0x101125n,
    ID_AA64MMFR1_EL1: 0x10212122n,
    ID_AA64MMFR2_EL1: 0x1011n,
  },
};

describe('CPU models', () => {
  for (const [name, registers] of Object.entries(QEMU)) {
    it(`${name} has QEMU's identification registers`, () => {
      const model = createCpuModel(name, { implemented: everything });
      for (const [register, value] of Object.entries(registers)) {
        expect([register, model.idRegisters.get(register as IdRegisterName)]).toEqual([register, value]);
      }
    });
  }

  it('max covers what QEMU 7.2 advertises for max, but for SVE and SME', () => {
    const model = createCpuModel('max');
    const atLeast: [IdRegisterName, bigint, number[]][] = [
      ['ID_AA64PFR0_EL1', 0x1201000021110011n, [32]],
      ['ID_AA64PFR1_EL1', 0x21n, []],
      ['ID_AA64DFR0_EL1', 0x10305609n, []],
      ['ID_AA64ISAR0_EL1', 0x1221111110212120n, []],
      ['ID_AA64ISAR1_EL1', 0x11111110211102n, []],
      ['ID_AA64MMFR0_EL1', 0x32310201026n, []],
      ['ID_AA64MMFR1_EL1', 0x11010211122n, []],
      ['ID_AA64MMFR2_EL1', 0x1021011010011011n, []],
    ];
    for (const [register, minimum] of atLeast) {
      for (let shift = 0n; shift < 64n; shift += 4n) {
        const ours = (model.idRegisters.get(register)! >> shift) & 15n;
        expect(ours >= ((minimum >> shift) & 15n), `${register}[${shift}]`).toBe(true);
      }
    }
  });

  it('advertises nothing outside IMPLEMENTED_FEATURES, and never SVE, SME or MTE2', () => {
    for (const name of Object.keys(CPU_DEFINITIONS)) {
      const model = createCpuModel(name, { el2: true, el3: true });
      for (const feature of model.features.names()) expect(IMPLEMENTED_FEATURES.has(feature)).toBe(true);
      expect(model.idRegisters.get('ID_AA64PFR0_EL1')! >> 32n & 15n).toBe(0n);
      expect(model.idRegisters.get('ID_AA64PFR1_EL1')! >> 8n & 15n).toBe(name === 'max' ? 1n : 0n);
      expect(model.idRegisters.get('ID_AA64PFR1_EL1')! >> 24n & 15n).toBe(0n);
    }
  });

  it('withdraws what depends on a feature that is left out', () => {
    const model = createCpuModel('max', { without: ['FEAT_PAN'] });
    expect(model.has('FEAT_PAN2')).toBe(false);
    expect(model.has('FEAT_PAN3')).toBe(false);
    expect(model.idRegisters.get('ID_AA64MMFR1_EL1')! >> 20n & 15n).toBe(0n);
  });

  it('moves the pointer authentication level to the field of the algorithm', () => {
    const fields = (pauth: 'impdef' | 'qarma5' | 'qarma3' | 'off', without: FeatureName[] = []) => {
      const { idRegisters } = createCpuModel('max', { pauth, without });
      return [idRegisters.get('ID_AA64ISAR1_EL1')! & 0xff000ff0n, idRegisters.get('ID_AA64ISAR2_EL1')! & 0xff00n];
    };
    // API, APA and APA3: 5 is FEAT_FPACCOMBINE
    expect(fields('impdef')).toEqual([0x10000500n, 0n]);
    expect(fields('qarma5')).toEqual([0x01000050n, 0n]);
    expect(fields('qarma3')).toEqual([0n, 0x5100n]);
    expect(fields('off')).toEqual([0n, 0n]);
    expect(fields('impdef', ['FEAT_FPACCOMBINE'])).toEqual([0x10000400n, 0n]);
    expect(fields('impdef', ['FEAT_FPAC'])).toEqual([0x10000300n, 0n]);
    expect(fields('impdef', ['FEAT_PAuth2'])).toEqual([0x10000200n, 0n]);
    expect(fields('impdef', ['FEAT_PAuth2', 'FEAT_EPAC'])).toEqual([0x10000100n, 0n]);
  });

  it('shows EL2 and EL3 only when the machine has them', () => {
    const pfr0 = (el2: boolean, el3: boolean) =>
      createCpuModel('cortex-a57', { el2, el3 }).idRegisters.get('ID_AA64PFR0_EL1')! & 0xffffn;
    expect([pfr0(false, false), pfr0(true, false), pfr0(true, true)]).toEqual([0x11n, 0x111n, 0x1111n]);
  });

  it('refuses an unknown CPU with one line', () => {
    expect(() => createCpuModel('pentium')).toThrow(/^unknown CPU 'pentium'; there are cortex-a57/);
  });
});
