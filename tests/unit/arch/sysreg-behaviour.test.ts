import { describe, expect, it } from 'vitest';
import { Effect } from '../../../src/arch/sysreg/definition.js';
import { msrImmediate } from '../../../src/arch/sysreg/msr-immediate.js';
import { timerCondition, timerDeadline, timerInterrupt } from '../../../src/arch/timer.js';
import { describe as verdictOf, TestCpu } from './machine.js';

const bit = (...numbers: number[]): bigint => numbers.reduce((mask, n) => mask | (1n << BigInt(n)), 0n);
const E2H = 34;
const TGE = 27;

/** EL2 with FEAT_VHE, at EL2. */
const hypervisor = (): TestCpu => new TestCpu('max', { el2: true }).at(2);

describe('reset', () => {
  it('starts in the highest EL, masked, at the reset vector', () => {
    const cpu = new TestCpu('cortex-a57', { el2: true, resetVector: 0x1000n });
    expect(cpu.state.field('el')).toBe(2);
    expect(cpu.state.field('spsel')).toBe(1);
    expect(cpu.state.field('daif')).toBe(15);
    expect(cpu.state.pc).toBe(0x1000n);
    expect(cpu.value('SCTLR_EL1')).toBe(0xc50838n);
    expect(cpu.value('OSLSR_EL1')).toBe(0xan);
    expect(cpu.value('MPIDR_EL1')).toBe(0x8000_0000n);
    expect(cpu.value('VPIDR_EL2')).toBe(0x411f_d070n);
    expect(cpu.value('CNTFRQ_EL0')).toBe(62_500_000n);
  });

  it('gives a PE without EL3 the state of Non-secure, one with EL3 that of Secure', () => {
    expect(new TestCpu('max').state.field('security')).toBe(0);
    const cpu = new TestCpu('max', { el3: true });
    expect(cpu.state.field('security')).toBe(1);
    cpu.write('SCR_EL3', 0x431n);
    expect(cpu.state.field('security')).toBe(1);
    expect(cpu.at(1).state.field('security')).toBe(0);
    cpu.at(3).write('SCR_EL3', 0x430n);
    expect(cpu.at(1).state.field('security')).toBe(1);
  });
});

describe('plain registers', () => {
  it('keep what is writable and report effects', () => {
    const cpu = new TestCpu('cortex-a57').at(1);
    expect(cpu.write('TTBR0_EL1', 0xffff_ffff_ffff_ffffn)).toBe(Effect.Translation | Effect.AccessContext);
    expect(cpu.value('TTBR0_EL1')).toBe(0xffff_ffff_ffff_ffffn);
    cpu.write('VBAR_EL1', 0xffff_ffffn);
    expect(cpu.value('VBAR_EL1')).toBe(0xffff_f800n);
    cpu.write('CONTEXTIDR_EL1', 0x1_2345_6789n);
    expect(cpu.value('CONTEXTIDR_EL1')).toBe(0x2345_6789n);
    expect(cpu.write('TPIDR_EL1', 5n)).toBe(Effect.None);
    cpu.write('AFSR0_EL1', 5n);
    expect(cpu.value('AFSR0_EL1')).toBe(0n);
    expect(cpu.write('CPACR_EL1', -1n & 0xffff_ffffn)).toBe(Effect.FpTrap);
    expect(cpu.value('CPACR_EL1')).toBe(0x300000n);
  });

  it('leave control bits of absent features clear', () => {
    const all = 0xffff_ffff_ffff_ffffn;
    const old = new TestCpu('cortex-a57').at(1);
    old.write('SCTLR_EL1', all);
    // No PAuth keys, BTI, SSBS, MTE, mixed endianness on a Cortex-A57.
    expect(old.value('SCTLR_EL1') & bit(13, 24, 25, 27, 30, 31, 35, 36, 42, 43, 44, 57)).toBe(0n);
    old.write('TCR_EL1', all);
    expect(old.value('TCR_EL1')).toBe(((1n << 39n) - 1n) & ~bit(6, 35));
    const max = new TestCpu('max').at(1);
    max.write('SCTLR_EL1', all);
    expect(max.value('SCTLR_EL1') & bit(13, 27, 30, 31, 35, 36, 44, 57)).toBe(bit(13, 27, 30, 31, 35, 36, 44, 57));
    expect(max.value('SCTLR_EL1') & bit(24, 25, 42, 43, 60)).toBe(0n);
    max.write('TCR_EL1', all);
    const later = bit(39, 40, 41, 42, 51, 52, 55, 56, 59);
    expect(max.value('TCR_EL1') & later).toBe(later);
  });

  it('HCR_EL2.RW and SCR_EL3.RW read as one', () => {
    const cpu = new TestCpu('max', { el2: true, el3: true }).at(3);
    cpu.write('HCR_EL2', 0n);
    cpu.write('SCR_EL3', 0n);
    expect(cpu.value('HCR_EL2')).toBe(bit(31));
    expect(cpu.value('SCR_EL3')).toBe(bit(4, 5, 10));
  });
});

describe('HCR_EL2.E2H', () => {
  it('sends EL1 names to EL2 registers at EL2', () => {
    const cpu = hypervisor();
    cpu.write('TTBR0_EL1', 0x1000n);
    cpu.write('HCR_EL2', bit(31, E2H));
    cpu.write('TTBR0_EL1', 0x2000n);
    expect(cpu.state.sysreg('TTBR0_EL1')).toBe(0x1000n);
    expect(cpu.state.sysreg('TTBR0_EL2')).toBe(0x2000n);
    expect(cpu.value('TTBR0_EL12')).toBe(0x1000n);
    cpu.write('TTBR0_EL12', 0x3000n);
    expect(cpu.state.sysreg('TTBR0_EL1')).toBe(0x3000n);
    for (const name of ['SPSR', 'ELR', 'ESR', 'FAR', 'VBAR', 'MAIR', 'SCXTNUM', 'CONTEXTIDR']) {
      const [el1, el2] = [`${name}_EL1`, `${name}_EL2`];
      cpu.state.setSysreg(el2, 0x800n);
      cpu.state.setSysreg(el1, 0x1000n);
      expect([el1, cpu.value(el1)]).toEqual([el1, 0x800n]);
    }
    cpu.state.setSysreg('CPTR_EL2', bit(20));
    expect(cpu.value('CPACR_EL1')).toBe(bit(20));
    cpu.at(1);
    expect(cpu.value('TTBR0_EL1')).toBe(0x3000n);
  });

  it('makes the _EL12 names exist at EL2 and nowhere else', () => {
    const cpu = hypervisor();
    expect(cpu.verdict('SCTLR_EL12')).toBe('undefined');
    cpu.write('HCR_EL2', bit(31, E2H));
    expect(cpu.verdict('SCTLR_EL12')).toBe('ok');
    expect(cpu.at(1).verdict('SCTLR_EL12')).toBe('undefined');
    expect(new TestCpu('cortex-a57', { el2: true }).at(2).verdict('SCTLR_EL12')).toBe('undefined');
  });

  it('sends timer names of EL2 and of a host EL0 to the EL2 timers', () => {
    const cpu = hypervisor();
    cpu.write('HCR_EL2', bit(31, E2H, TGE));
    cpu.write('CNTV_CVAL_EL0', 77n);
    expect(cpu.state.sysreg('CNTHV_CVAL_EL2')).toBe(77n);
    cpu.write('CNTV_CVAL_EL02', 99n);
    expect(cpu.state.sysreg('CNTV_CVAL_EL0')).toBe(99n);
    cpu.state.setSysreg('CNTHCTL_EL2', bit(8, 9));
    expect(cpu.at(0).value('CNTV_CVAL_EL0')).toBe(77n);
    cpu.state.setSysreg('CNTHCTL_EL2', 0n);
    expect(cpu.verdict('CNTV_CVAL_EL0')).toBe('EL2');
  });

  it('shows a guest what VPIDR_EL2 and VMPIDR_EL2 hold', () => {
    const cpu = hypervisor();
    cpu.write('VPIDR_EL2', 0x1234n);
    cpu.write('VMPIDR_EL2', 0x5678n);
    expect(cpu.value('MIDR_EL1')).toBe(0xf0510n);
    cpu.at(1);
    expect([cpu.value('MIDR_EL1'), cpu.value('MPIDR_EL1')]).toEqual([0x1234n, 0x5678n]);
  });
});

describe('generic timer', () => {
  it('computes ISTATUS, TVAL and the offset', () => {
    const cpu = hypervisor();
    cpu.count = 1000n;
    cpu.write('CNTVOFF_EL2', 400n);
    cpu.at(1);
    expect([cpu.value('CNTPCT_EL0'), cpu.value('CNTVCT_EL0'), cpu.value('CNTVCTSS_EL0')]).toEqual([1000n, 600n, 600n]);
    cpu.write('CNTV_TVAL_EL0', 50n);
    expect(cpu.state.sysreg('CNTV_CVAL_EL0')).toBe(650n);
    cpu.write('CNTV_TVAL_EL0', 0xffff_fff0n);
    expect(cpu.state.sysreg('CNTV_CVAL_EL0')).toBe(584n);
    expect(cpu.value('CNTV_TVAL_EL0')).toBe(0xffff_fff0n);
    cpu.write('CNTV_CTL_EL0', 7n);
    expect(cpu.value('CNTV_CTL_EL0')).toBe(7n);
    expect(timerInterrupt(cpu.state, 'CNTV', cpu.count)).toBe(false);
    cpu.write('CNTV_CTL_EL0', 1n);
    expect(timerInterrupt(cpu.state, 'CNTV', cpu.count)).toBe(true);
    cpu.write('CNTV_CVAL_EL0', 700n);
    expect(cpu.value('CNTV_CTL_EL0')).toBe(1n);
    expect(timerCondition(cpu.state, 'CNTV', 1099n)).toBe(false);
    expect(timerCondition(cpu.state, 'CNTV', 1100n)).toBe(true);
    expect(timerDeadline(cpu.state, 'CNTV', 1000n)).toBe(1100n);
    expect(timerDeadline(cpu.state, 'CNTV', 1100n)).toBeUndefined();
    expect(cpu.timerChanges).toBeGreaterThan(4);
  });

  it('CNTFRQ_EL0 is written only from the highest EL', () => {
    expect(new TestCpu('max').at(1).verdict('CNTFRQ_EL0', 'w')).toBe('ok');
    const cpu = hypervisor();
    expect(cpu.verdict('CNTFRQ_EL0', 'w')).toBe('ok');
    expect(cpu.at(1).verdict('CNTFRQ_EL0', 'w')).toBe('undefined');
  });

  it('CNTPS registers belong to Secure EL1 by SCR_EL3.ST', () => {
    const cpu = new TestCpu('max', { el2: true, el3: true }).at(3);
    expect(cpu.verdict('CNTPS_CTL_EL1')).toBe('ok');
    expect(cpu.at(1).verdict('CNTPS_CTL_EL1')).toBe('EL3');
    cpu.state.setSysreg('SCR_EL3', bit(4, 5, 10, 11));
    expect(cpu.verdict('CNTPS_CTL_EL1')).toBe('ok');
    cpu.state.setSysreg('SCR_EL3', bit(0, 4, 5, 10, 11));
    expect(cpu.verdict('CNTPS_CTL_EL1')).toBe('undefined');
  });
});

describe('performance monitors', () => {
  const started = (): TestCpu => {
    const cpu = new TestCpu('neoverse-n1').at(1);
    cpu.write('PMCR_EL0', 0x41n);
    return cpu;
  };

  it('count cycles, instructions and software increments', () => {
    const cpu = started();
    expect(cpu.value('PMCR_EL0')).toBe(0x410c_3041n);
    cpu.write('PMEVTYPER0_EL0', 8n);
    cpu.write('PMSELR_EL0', 1n);
    cpu.write('PMXEVTYPER_EL0', 0x11n);
    expect(cpu.value('PMEVTYPER1_EL0')).toBe(0x11n);
    cpu.cycles = 100n;
    cpu.instructions = 70n;
    cpu.write('PMCNTENSET_EL0', bit(31, 0, 1, 2));
    cpu.cycles = 350n;
    cpu.instructions = 270n;
    const counters = ['PMCCNTR_EL0', 'PMEVCNTR0_EL0', 'PMXEVCNTR_EL0'];
    expect(counters.map((name) => cpu.value(name))).toEqual([250n, 200n, 250n]);
    cpu.write('PMSWINC_EL0', 4n);
    cpu.write('PMSWINC_EL0', 7n);
    expect(cpu.value('PMEVCNTR2_EL0')).toBe(2n);
    cpu.write('PMCNTENCLR_EL0', bit(31));
    cpu.cycles = 1000n;
    expect([cpu.value('PMCCNTR_EL0'), cpu.value('PMEVCNTR1_EL0')]).toEqual([250n, 900n]);
    cpu.write('PMCR_EL0', 0x47n);
    expect([cpu.value('PMCCNTR_EL0'), cpu.value('PMEVCNTR1_EL0')]).toEqual([0n, 0n]);
  });

  it('filter by Exception level', () => {
    const cpu = started();
    cpu.write('PMCCFILTR_EL0', bit(31));
    cpu.write('PMCNTENSET_EL0', bit(31));
    expect(cpu.registers.counters.active).toBe(true);
    cpu.cycles = 100n;
    cpu.registers.counters.synchronize();
    cpu.at(0);
    cpu.cycles = 130n;
    cpu.registers.counters.synchronize();
    cpu.at(1);
    cpu.cycles = 500n;
    expect(cpu.value('PMCCNTR_EL0')).toBe(30n);
  });

  it('overflow into PMOVSSET and the interrupt', () => {
    const cpu = started();
    cpu.write('PMEVTYPER0_EL0', 0x11n);
    cpu.write('PMEVCNTR0_EL0', 0xffff_ff00n);
    cpu.write('PMINTENSET_EL1', 1n);
    cpu.write('PMCNTENSET_EL0', 1n);
    expect(cpu.registers.counters.cyclesToOverflow()).toBe(256n);
    cpu.cycles = 256n;
    cpu.registers.counters.synchronize();
    expect(cpu.pmuInterrupt).toBe(true);
    expect(cpu.value('PMOVSSET_EL0')).toBe(1n);
    expect(cpu.value('PMEVCNTR0_EL0')).toBe(0n);
    cpu.write('PMOVSCLR_EL0', 1n);
    expect(cpu.pmuInterrupt).toBe(false);
  });

  it('leave EL2 the counters above MDCR_EL2.HPMN', () => {
    const cpu = hypervisor();
    cpu.write('MDCR_EL2', 4n);
    expect((cpu.value('PMCR_EL0') >> 11n) & 31n).toBe(6n);
    cpu.at(1);
    expect((cpu.value('PMCR_EL0') >> 11n) & 31n).toBe(4n);
    expect(cpu.verdict('PMEVCNTR3_EL0')).toBe('ok');
    expect(cpu.verdict('PMEVCNTR4_EL0')).toBe('EL2');
    cpu.write('PMCNTENSET_EL0', 0xffff_ffffn);
    expect(cpu.value('PMCNTENSET_EL0')).toBe(0x8000_000fn);
  });

  it('are absent when the machine has none', () => {
    const cpu = new TestCpu('max', { pmu: false }).at(1);
    expect(cpu.verdict('PMCR_EL0')).toBe('undefined');
    expect((cpu.value('ID_AA64DFR0_EL1') >> 8n) & 15n).toBe(0n);
  });
});

describe('registers with a behaviour', () => {
  it('CCSIDR_EL1 follows CSSELR_EL1', () => {
    const cpu = new TestCpu('cortex-a57').at(1);
    const sizes = [0n, 1n, 2n, 4n].map((selector) => {
      cpu.write('CSSELR_EL1', selector);
      return cpu.value('CCSIDR_EL1');
    });
    expect(sizes).toEqual([0x701fe00an, 0x201fe012n, 0x70ffe07an, 0n]);
  });

  it('DCZID_EL0.DZP says where DC ZVA is prohibited', () => {
    const cpu = hypervisor().at(0);
    cpu.state.setSysreg('SCTLR_EL1', 0n);
    expect(cpu.value('DCZID_EL0')).toBe(0x14n);
    cpu.state.setSysreg('SCTLR_EL1', bit(14));
    expect(cpu.value('DCZID_EL0')).toBe(4n);
    cpu.state.setSysreg('HCR_EL2', bit(31, 28));
    expect(cpu.value('DCZID_EL0')).toBe(0x14n);
    expect(cpu.at(1).value('DCZID_EL0')).toBe(0x14n);
    expect(cpu.at(2).value('DCZID_EL0')).toBe(4n);
  });

  it('RNDR sets the flags', () => {
    const cpu = new TestCpu('max').at(0);
    cpu.state.setField('nzcv', 15);
    expect(cpu.value('RNDR')).toBe(0x1234n);
    expect(cpu.state.field('nzcv')).toBe(0);
    cpu.randomValue = undefined;
    expect(cpu.value('RNDRRS')).toBe(0n);
    expect(cpu.state.field('nzcv')).toBe(4);
  });

  it('OSLAR_EL1 sets OSLSR_EL1.OSLK, DBGCLAIM bits set and clear', () => {
    const cpu = new TestCpu('cortex-a57').at(1);
    expect(cpu.write('OSLAR_EL1', 0n)).toBe(Effect.Debug);
    expect(cpu.value('OSLSR_EL1')).toBe(8n);
    cpu.write('OSLAR_EL1', 1n);
    expect(cpu.value('OSLSR_EL1')).toBe(10n);
    cpu.write('DBGCLAIMSET_EL1', 0xf0n);
    cpu.write('DBGCLAIMCLR_EL1', 0x30n);
    expect(cpu.value('DBGCLAIMCLR_EL1')).toBe(0xc0n);
    expect(cpu.value('DBGCLAIMSET_EL1')).toBe(0xffn);
  });

  it('ISR_EL1 shows physical interrupts, and virtual ones to a guest', () => {
    const cpu = hypervisor();
    cpu.lines = 1 | 8;
    expect(cpu.value('ISR_EL1')).toBe(0x80n);
    cpu.state.setSysreg('HCR_EL2', bit(31, 3, 4, 5, 8));
    cpu.at(1);
    expect(cpu.value('ISR_EL1')).toBe(0x140n);
  });

  it('DISR_EL1 is VDISR_EL2 for a guest with HCR_EL2.AMO', () => {
    const cpu = hypervisor();
    cpu.write('DISR_EL1', bit(31));
    cpu.state.setSysreg('HCR_EL2', bit(31, 5));
    cpu.at(1);
    expect(cpu.value('DISR_EL1')).toBe(0n);
    cpu.write('DISR_EL1', bit(31, 1));
    expect(cpu.state.sysreg('VDISR_EL2')).toBe(bit(31, 1));
  });

  it('stack pointers swap with the selected one', () => {
    const cpu = hypervisor();
    cpu.at(1).state.setX(32, 0x1111n);
    cpu.write('SP_EL0', 0x2222n);
    expect(cpu.value('SP_EL0')).toBe(0x2222n);
    cpu.write('SPSel', 0n);
    expect(cpu.state.x(32)).toBe(0x2222n);
    expect(cpu.verdict('SP_EL0')).toBe('undefined');
    cpu.at(2);
    expect(cpu.value('SP_EL1')).toBe(0x1111n);
    cpu.write('SP_EL1', 0x3333n);
    cpu.at(1);
    expect(cpu.state.x(32)).toBe(0x3333n);
    expect(cpu.verdict('SP_EL1')).toBe('undefined');
  });
});

describe('PSTATE through MSR', () => {
  it('registers', () => {
    const cpu = new TestCpu('max').at(1);
    expect(cpu.write('DAIF', 0x280n)).toBe(Effect.Interrupts | Effect.Debug);
    expect(cpu.state.field('daif')).toBe(0b1010);
    expect(cpu.value('DAIF')).toBe(0x280n);
    cpu.write('NZCV', 0xf000_0000n);
    expect(cpu.value('NZCV')).toBe(0xf000_0000n);
    for (const [name, position] of [['PAN', 22], ['UAO', 23], ['DIT', 24], ['SSBS', 12]] as const) {
      cpu.write(name, bit(position));
      expect([name, cpu.value(name)]).toEqual([name, bit(position)]);
    }
    expect(cpu.value('CurrentEL')).toBe(4n);
    expect(cpu.value('SPSel')).toBe(1n);
  });

  it('immediates', () => {
    const cpu = new TestCpu('max').at(1);
    const { state } = cpu;
    expect(msrImmediate(state, 3, 2, 7)).toBe(Effect.Interrupts | Effect.Debug);
    expect(state.field('daif')).toBe(0b1101);
    msrImmediate(state, 3, 2, 6);
    expect(state.field('daif')).toBe(15);
    expect(msrImmediate(state, 0, 1, 4)).toBe(Effect.AccessContext);
    expect(state.field('pan')).toBe(1);
    msrImmediate(state, 0, 0, 5);
    expect(state.field('spsel')).toBe(0);
    msrImmediate(state, 3, 1, 1);
    msrImmediate(state, 3, 1, 2);
    msrImmediate(state, 0, 1, 3);
    expect(['ssbs', 'dit', 'uao'].map((name) => state.field(name as 'ssbs'))).toEqual([1, 1, 1]);
    // TCO without tags is RES0; it is UNDEFINED without FEAT_MTE, and so is ALLINT without FEAT_NMI.
    expect(msrImmediate(state, 3, 1, 4)).toBe(Effect.None);
    expect(state.field('tco')).toBe(0);
    expect(verdictOf(msrImmediate(new TestCpu('neoverse-n1').at(1).state, 3, 1, 4))).toBe('undefined');
    expect(verdictOf(msrImmediate(state, 1, 1, 0))).toBe('undefined');
    cpu.at(0);
    expect(verdictOf(msrImmediate(state, 0, 1, 4))).toBe('undefined');
    state.setSysreg('SCTLR_EL1', 0n);
    expect(msrImmediate(state, 3, 2, 6)).toEqual({
      targetEl: 1, ec: 0x18, iss: (6 << 17) | (3 << 14) | (4 << 10) | (31 << 5) | (2 << 1),
    });
    state.setSysreg('SCTLR_EL1', bit(9));
    expect(verdictOf(msrImmediate(state, 3, 2, 6))).toBe('ok');
    expect(verdictOf(msrImmediate(new TestCpu('cortex-a57').at(1).state, 0, 1, 4))).toBe('undefined');
  });
});
