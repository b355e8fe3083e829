import { describe, expect, it } from 'vitest';
import {
  addPac, AUTHENTICATION_FAILED, authenticate, pauthControls, PauthKey, stripPac,
} from '../../../src/arch/pauth.js';
import type { FeatureName } from '../../../src/arch/features/feature-list.js';
import { XSlot } from '../../../src/arch/state-layout.js';
import { Engine, FIRST_VERSION, PC, RAM } from './engine.js';

const FORMS = ['function', 'loop'] as const;
const KEYS = ['IA', 'IB', 'DA', 'DB'] as const;
const ALL_KEYS = (1n << 31n) | (1n << 30n) | (1n << 27n) | (1n << 13n);
/** T0SZ = T1SZ = 16, 4 KiB granules, TBI0. */
const LINUX_TCR = 16n | (16n << 16n) | (2n << 30n) | (1n << 37n);

interface EngineOptions {
  readonly tcr?: bigint;
  readonly sctlr?: bigint;
  readonly pauth?: 'impdef' | 'qarma5';
  readonly without?: readonly FeatureName[];
}

function engine(options: EngineOptions = {}): Engine {
  const e = new Engine({ pauth: options.pauth ?? 'impdef', without: options.without ?? FIRST_VERSION.without! });
  e.cpu.setField('el', 1);
  e.cpu.setSysreg('SCR_EL3', 1n);
  e.cpu.setSysreg('TCR_EL1', options.tcr ?? LINUX_TCR);
  e.cpu.setSysreg('SCTLR_EL1', options.sctlr ?? ALL_KEYS);
  let seed = 0x243f6a8885a308d3n;
  for (const key of [...KEYS, 'GA']) {
    for (const half of ['Lo', 'Hi']) {
      seed = BigInt.asUintN(64, seed * 0x5851f42d4c957f2dn + 1n);
      e.cpu.setSysreg(`AP${key}Key${half}_EL1`, seed);
    }
  }
  return e;
}

const POINTERS = [
  0xffff_8000_1234_5678n, 0x0000_ffff_9abc_def0n, 0x5a00_0000_0040_1000n, 0xffff_ffff_ffff_ffffn, 0n,
  0x00ff_8000_0000_1000n, 0xff7f_0000_0000_1000n, 0x1234_5678_9abc_def0n, 0x8000_0000_0000_0008n,
];
const TCRS: Record<string, bigint> = {
  linux: LINUX_TCR,
  plain: 16n | (16n << 16n) | (2n << 30n),
  'both tagged': LINUX_TCR | (1n << 38n),
  'tagged data only': LINUX_TCR | (1n << 38n) | (3n << 51n),
  'small and large': 25n | (12n << 16n) | (3n << 30n),
};
/** Register forms: Rd = X1, Rn = X2. */
const pac = (key: number): number => 0xdac10000 | (key << 10) | (2 << 5) | 1;
const aut = (key: number): number => 0xdac11000 | (key << 10) | (2 << 5) | 1;

describe.each(FORMS)('%s form', (form) => {
  for (const [name, tcr] of Object.entries(TCRS)) {
    for (const pauth of ['impdef', 'qarma5'] as const) {
      it(`PAC and AUT agree with the reference and undo each other: ${name}, ${pauth}`, () => {
        const e = engine({ tcr, pauth });
        const controls = pauthControls(e.cpu, e.model);
        for (const [key, keyName] of KEYS.entries()) {
          for (const pointer of POINTERS) {
            e.cpu.setX(1, pointer);
            e.cpu.setX(2, 0xffff_8000_0000_3ff0n);
            e.execute(pac(key), form);
            const signed = e.cpu.x(1);
            expect(signed).toBe(addPac(e.cpu, controls, PauthKey[keyName], pointer, e.cpu.x(2)));
            e.execute(aut(key), form);
            const back = e.cpu.x(1);
            expect(back).toBe(authenticate(e.cpu, controls, PauthKey[keyName], signed, e.cpu.x(2)));
            const canonical = stripPac(controls, key >= 2, pointer) === pointer;
            if (canonical) expect(back).toBe(pointer);
            else expect(back).not.toBe(pointer);
          }
        }
      });
    }
  }

  const LEVELS: Record<string, FeatureName[]> = {
    FEAT_EPAC: ['FEAT_PAuth2'],
    FEAT_PAuth2: ['FEAT_FPAC'],
    FEAT_FPAC: ['FEAT_FPACCOMBINE'],
    FEAT_FPACCOMBINE: [],
  };
  for (const [level, without] of Object.entries(LEVELS)) {
    it(`${level}: agrees with the reference, failures included`, () => {
      const e = engine({ without });
      const controls = pauthControls(e.cpu, e.model);
      let failures = 0;
      for (const [key, keyName] of KEYS.entries()) {
        for (const pointer of POINTERS) {
          e.cpu.setX(1, pointer);
          e.cpu.setX(2, 5n);
          e.execute(pac(key), form);
          const signed = e.cpu.x(1);
          expect(signed).toBe(addPac(e.cpu, controls, PauthKey[keyName], pointer, 5n));
          for (const modifier of [5n, 6n]) {
            e.cpu.setX(1, signed);
            e.cpu.setX(2, modifier);
            const { services } = e.execute(aut(key), form);
            const expected = authenticate(e.cpu, controls, PauthKey[keyName], signed, modifier);
            if (expected === AUTHENTICATION_FAILED) {
              failures++;
              expect(services).toEqual([`pauthFailure ${(aut(key) >>> 0).toString(16)}`]);
              expect(e.cpu.x(1)).toBe(signed);
            } else {
              expect(services).toEqual([]);
              expect(e.cpu.x(1)).toBe(expected);
            }
          }
        }
      }
      expect(failures > 0).toBe(level.startsWith('FEAT_FPAC'));
    });
    it(`${level}: a combined instruction`, () => {
      const e = engine({ without });
      e.cpu.setX(30, 0xffff_8000_0042_0000n);
      e.cpu.setX(XSlot.SP, 0x8000n);
      const outcome = e.execute(0xd65f0bff, form); // RETAA of what was not signed
      if (level === 'FEAT_FPACCOMBINE') expect(outcome).toMatchObject({ services: ['pauthFailure d65f0bff'], pc: PC });
      else expect(outcome.services).toEqual([]);
    });
  }

  it('XZR is authenticated as zero, whatever was discarded before', () => {
    const e = engine({ tcr: TCRS['small and large'], without: [] });
    const controls = pauthControls(e.cpu, e.model);
    for (let modifier = 0n; modifier < 200n; modifier++) {
      e.cpu.setX(XSlot.DISCARD, 0x1234_5678_9abc_def0n + modifier);
      e.cpu.setX(2, modifier);
      const { services } = e.execute(0xdac1105f, form);
      const failed = authenticate(e.cpu, controls, PauthKey.IA, 0n, modifier) === AUTHENTICATION_FAILED;
      expect(services).toEqual(failed ? ['pauthFailure dac1105f'] : []);
    }
  });

  it('FEAT_EPAC: a pointer that is no address gets the code 0', () => {
    const e = engine({ tcr: TCRS.plain, without: ['FEAT_PAuth2'] });
    e.cpu.setX(1, 0x1234_0000_0000_1000n);
    e.execute(pac(0), form);
    expect(e.cpu.x(1)).toBe(0x1000n);
  });

  it('a wrong modifier leaves the error code in bits 62:61, or 54:53 below a tag', () => {
    const e = engine();
    const cases = [
      [0xffff_8000_1234_5678n, 0, 0xbfff_8000_1234_5678n], [0xffff_8000_1234_5678n, 1, 0xdfff_8000_1234_5678n],
      [0x5a00_0000_0040_1000n, 0, 0x5a20_0000_0040_1000n], [0x5a00_0000_0040_1000n, 3, 0x5a40_0000_0040_1000n],
    ] as const;
    for (const [pointer, key, failed] of cases) {
      e.cpu.setX(1, pointer);
      e.cpu.setX(2, 1n);
      e.execute(pac(key), form);
      e.cpu.setX(2, 2n);
      e.execute(aut(key), form);
      expect(e.cpu.x(1)).toBe(failed);
    }
  });

  it('a pointer that is no address gets a code that does not authenticate', () => {
    const e = engine({ tcr: TCRS.plain });
    e.cpu.setX(1, 0x1234_0000_0000_1000n);
    e.execute(pac(0), form);
    const damaged = e.cpu.x(1);
    e.cpu.setX(1, 0x1000n);
    e.execute(pac(0), form);
    expect(damaged ^ e.cpu.x(1)).toBe(1n << 62n);
  });

  it('strips', () => {
    const e = engine();
    const strip = (word: number, register: number, value: bigint): bigint => {
      e.cpu.setX(register, value);
      e.execute(word, form);
      return e.cpu.x(register);
    };
    expect(strip(0xdac143e1, 1, 0xff9a_8000_0000_1000n)).toBe(0xffff_8000_0000_1000n);
    expect(strip(0xdac147e1, 1, 0x5a1b_1234_0000_1000n)).toBe(0x5a00_1234_0000_1000n);
    expect(strip(0xd50320ff, 30, 0x12b4_8000_0000_1000n)).toBe(0xffff_8000_0000_1000n);
  });

  it('hints use X30 with SP or zero, and X17 with X16', () => {
    const e = engine();
    const controls = pauthControls(e.cpu, e.model);
    const pointer = 0xffff_8000_0011_2233n;
    for (const [word, target, modifier, key] of [
      [0xd503233f, 30, XSlot.SP, 'IA'], [0xd503237f, 30, XSlot.SP, 'IB'], [0xd503231f, 30, XSlot.ZR, 'IA'],
      [0xd503235f, 30, XSlot.ZR, 'IB'], [0xd503211f, 17, 16, 'IA'], [0xd503215f, 17, 16, 'IB'],
    ] as const) {
      e.cpu.setX(XSlot.SP, 0xffff_8000_0badc000n);
      e.cpu.setX(16, 0x1616n);
      e.cpu.setX(target, pointer);
      expect(e.execute(word, form).pc).toBe(PC + 4n);
      expect(e.cpu.x(target)).toBe(addPac(e.cpu, controls, PauthKey[key], pointer, e.cpu.x(modifier)));
      // the AUT form has bit 7 set
      e.execute(word | 0x80, form);
      expect(e.cpu.x(target)).toBe(pointer);
    }
  });

  it('disabled keys leave registers alone, and branches go to them as they are', () => {
    const e = engine({ sctlr: 1n << 30n });
    e.cpu.setX(30, 0x1234_5678n);
    e.cpu.setX(1, 0x4444n);
    e.execute(0xd503233f, form);
    expect(e.cpu.x(30)).toBe(0x1234_5678n);
    expect(e.execute(0xd65f0bff, form).pc).toBe(0x1234_5678n);
    expect(e.execute(0xd503237f, form).services).toEqual([]);
    expect(e.cpu.x(30)).not.toBe(0x1234_5678n);
    expect(e.execute(0xd61f083f, form)).toMatchObject({ pc: 0x4444n });
  });

  it('authenticating branches: target, link and BTYPE', () => {
    const e = engine();
    const controls = pauthControls(e.cpu, e.model);
    const target = 0xffff_8000_0042_0000n;
    const cases: [number, number, number, 'IA' | 'IB', number, boolean][] = [
      [0xd71f0822, 1, 2, 'IA', 3, false], // BRAA X1, X2
      [0xd71f0e22, 17, 2, 'IB', 1, false], // BRAB X17, X2
      [0xd61f083f, 1, XSlot.ZR, 'IA', 3, false], // BRAAZ X1
      [0xd73f083f, 1, XSlot.SP, 'IA', 2, true], // BLRAA X1, SP
      [0xd63f0fdf, 30, XSlot.ZR, 'IB', 2, true], // BLRABZ X30
      [0xd65f0bff, 30, XSlot.SP, 'IA', 0, false], // RETAA
      [0xd65f0fff, 30, XSlot.SP, 'IB', 0, false], // RETAB
    ];
    for (const [word, n, m, key, btype, links] of cases) {
      e.cpu.setX(30, 7n);
      e.cpu.setX(2, 0x2222n);
      e.cpu.setX(XSlot.SP, 0xffff_8000_0000_8000n);
      e.cpu.setX(n, addPac(e.cpu, controls, PauthKey[key], target, e.cpu.x(m)));
      const lr = e.cpu.x(30);
      const outcome = e.execute(word, form);
      expect(outcome.pc, word.toString(16)).toBe(target);
      expect(outcome.btype).toBe(btype);
      expect(e.cpu.x(30)).toBe(links ? PC + 4n : lr);
    }
    e.cpu.setX(30, target ^ (1n << 48n));
    expect(e.execute(0xd65f0bff, form).pc).toBe(0xbfff_8000_0042_0000n);
  });

  it('LDRAA and LDRAB load through an authenticated address, with write-back', () => {
    const e = engine();
    const controls = pauthControls(e.cpu, e.model);
    const data = new DataView(e.memory.buffer);
    data.setBigUint64(RAM + 0x2010, 0x1122_3344_5566_7788n, true);
    data.setBigUint64(RAM + 0x1ff8, 0x99aa_bbcc_ddee_ff00n, true);
    const base = 0xffff_8000_0000_2000n;
    e.cpu.setX(1, addPac(e.cpu, controls, PauthKey.DA, base, 0n));
    e.execute(0xf8202423, form); // LDRAA X3, [X1, #16]
    expect(e.cpu.x(3)).toBe(0x1122_3344_5566_7788n);
    e.cpu.setX(1, addPac(e.cpu, controls, PauthKey.DB, base, 0n));
    e.execute(0xf8fffc23, form); // LDRAB X3, [X1, #-8]!
    expect(e.cpu.x(3)).toBe(0x99aa_bbcc_ddee_ff00n);
    expect(e.cpu.x(1)).toBe(base - 8n);
  });

  it('PACGA gives the high word of the code', () => {
    const e = engine({ sctlr: 0n });
    e.cpu.setX(1, 1n);
    e.cpu.setX(2, 2n);
    e.cpu.setX(3, ~0n);
    e.execute(0x9ac23023, form);
    expect(e.cpu.x(3) & 0xffff_ffffn).toBe(0n);
    expect(e.cpu.x(3)).not.toBe(0n);
  });
});

describe('pauthControls', () => {
  it('HCR_EL2.API traps enabled keys at EL1 to the service', () => {
    const e = new Engine({ el2: true });
    e.cpu.setField('el', 1);
    e.cpu.setSysreg('SCR_EL3', 1n);
    e.cpu.setSysreg('SCTLR_EL1', 1n << 31n);
    e.cpu.setX(30, 0x1234n);
    expect(e.execute(0xd503233f, 'loop').services).toEqual(['pauth d503233f']);
    expect(e.execute(0xd503237f, 'loop').services).toEqual([]);
    expect(e.cpu.x(30)).toBe(0x1234n);
    e.cpu.setSysreg('HCR_EL2', 1n << 41n);
    expect(e.execute(0xd503233f, 'loop').services).toEqual([]);
    expect(e.cpu.x(30)).not.toBe(0x1234n);
  });
  it('puts the code below the tag and above the addresses of the half', () => {
    const e = engine({ tcr: 25n | (16n << 16n) | (2n << 30n) | (1n << 37n) });
    const { words } = pauthControls(e.cpu, e.model);
    const mask = (at: number): bigint => (BigInt(words[at + 1]) << 32n) | BigInt(words[at]);
    expect(words[0]).toBe(8);
    expect(mask(2)).toBe(0x00ff_ff80_0000_0000n);
    expect(mask(4)).toBe(0xffff_0000_0000_0000n);
  });
  it('tags of data only: instruction pointers use all bits', () => {
    const { cpu, model } = engine({ tcr: TCRS['tagged data only'] });
    const { words } = pauthControls(cpu, model);
    expect([words[0], words[6]]).toEqual([0, 8]);
    expect([words[3] >>> 0, words[9] >>> 0]).toEqual([0xffff0000, 0x00ff0000]);
  });
});
