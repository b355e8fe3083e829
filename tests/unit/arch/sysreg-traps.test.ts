import { describe, expect, it } from 'vitest';
import { Effect } from '../../../src/arch/sysreg/definition.js';
import { packEncoding } from '../../../src/arch/sysreg/encoding.js';
import type { SystemTrap } from '../../../src/arch/sysreg/access.js';
import { describe as verdictOf, encodingOf, TestCpu } from './machine.js';

const bit = (...numbers: number[]): bigint => numbers.reduce((mask, n) => mask | (1n << BigInt(n)), 0n);
const RW = bit(31);
const OPEN_SCR = bit(0, 4, 5, 8, 10, 16, 17, 21, 25, 27, 28, 38);

/** EL2 and EL3 there, nothing trapped; the PE is at EL1. */
function full(name = 'max'): TestCpu {
  const cpu = new TestCpu(name, { el2: true, el3: true });
  cpu.state.setSysreg('SCR_EL3', OPEN_SCR);
  cpu.state.setSysreg('HCR_EL2', RW | bit(40, 41, 47, 53));
  cpu.state.setSysreg('CPTR_EL2', 0n);
  cpu.state.setSysreg('CPACR_EL1', bit(20, 21));
  return cpu.at(1);
}
function set(cpu: TestCpu, name: string, ...bits: number[]): void {
  cpu.state.setSysreg(name, cpu.state.sysreg(name) | bit(...bits));
}
function clear(cpu: TestCpu, name: string, ...bits: number[]): void {
  cpu.state.setSysreg(name, cpu.state.sysreg(name) & ~bit(...bits));
}

describe('HCR_EL2 traps from EL1', () => {
  const cases: [number, string, string[], string[]][] = [
    [26, 'TVM', [], ['SCTLR_EL1', 'TTBR0_EL1', 'TTBR1_EL1', 'TCR_EL1', 'ESR_EL1', 'FAR_EL1', 'AFSR0_EL1', 'AFSR1_EL1',
      'MAIR_EL1', 'AMAIR_EL1', 'CONTEXTIDR_EL1']],
    [30, 'TRVM', ['SCTLR_EL1', 'TTBR0_EL1', 'TTBR1_EL1', 'TCR_EL1', 'ESR_EL1', 'FAR_EL1', 'AFSR0_EL1', 'AFSR1_EL1',
      'MAIR_EL1', 'AMAIR_EL1', 'CONTEXTIDR_EL1'], []],
    [16, 'TID1', ['REVIDR_EL1', 'AIDR_EL1'], []],
    [17, 'TID2', ['CTR_EL0', 'CCSIDR_EL1', 'CLIDR_EL1', 'CSSELR_EL1'], ['CSSELR_EL1']],
    [18, 'TID3', ['ID_AA64PFR0_EL1', 'ID_AA64ISAR2_EL1', 'ID_PFR0_EL1', 'MVFR1_EL1', 'S3_0_C0_C7_7'], []],
    [21, 'TACR', ['ACTLR_EL1'], ['ACTLR_EL1']],
    [35, 'TLOR', ['LORC_EL1', 'LORID_EL1'], ['LORSA_EL1']],
    [36, 'TERR', ['ERRIDR_EL1', 'ERXSTATUS_EL1'], ['ERRSELR_EL1']],
    [49, 'TID4', ['CCSIDR_EL1', 'CLIDR_EL1', 'CSSELR_EL1'], ['CSSELR_EL1']],
  ];
  it.each(cases)('bit %i, %s', (number, _name, reads, writes) => {
    const cpu = full();
    for (const name of reads) expect([name, cpu.verdict(name)]).toEqual([name, 'ok']);
    for (const name of writes) expect([name, cpu.verdict(name, 'w')]).toEqual([name, 'ok']);
    set(cpu, 'HCR_EL2', number);
    for (const name of reads) expect([name, cpu.verdict(name)]).toEqual([name, 'EL2']);
    for (const name of writes) expect([name, cpu.verdict(name, 'w')]).toEqual([name, 'EL2']);
    // Not at EL2, and not where EL2 is disabled: Secure state without SCR_EL3.EEL2.
    cpu.at(2);
    for (const name of reads) expect([name, cpu.verdict(name)]).toEqual([name, 'ok']);
    cpu.at(1);
    clear(cpu, 'SCR_EL3', 0);
    for (const name of reads) expect([name, cpu.verdict(name)]).toEqual([name, 'ok']);
  });

  it('APK, EnSCXT and FIEN trap while they are 0', () => {
    const cpu = full();
    for (const [number, name] of [[40, 'APIAKeyLo_EL1'], [53, 'SCXTNUM_EL1'], [47, 'ERXPFGF_EL1']] as const) {
      expect(cpu.verdict(name)).toBe('ok');
      clear(cpu, 'HCR_EL2', number);
      expect([name, cpu.verdict(name)]).toEqual([name, 'EL2']);
    }
    const secure = full();
    for (const [number, name] of [[16, 'APIAKeyLo_EL1'], [25, 'SCXTNUM_EL1'], [21, 'ERXPFGF_EL1']] as const) {
      clear(secure, 'SCR_EL3', number);
      expect([name, secure.verdict(name)]).toEqual([name, 'EL3']);
      secure.at(2);
      expect([name, secure.verdict(name)]).toEqual([name, 'EL3']);
      secure.at(1);
    }
  });

  it('reports the register, the transfer register and the direction', () => {
    const cpu = full();
    set(cpu, 'HCR_EL2', 26, 30);
    const encoding = encodingOf('TTBR1_EL1');
    expect(cpu.registers.read(encoding, 7)).toEqual({
      targetEl: 2, ec: 0x18, iss: (3 << 20) | (1 << 17) | (0 << 14) | (2 << 10) | (7 << 5) | (0 << 1) | 1,
    });
    const written = cpu.registers.write(encoding, 0n, 31) as SystemTrap;
    expect(written.iss).toBe((3 << 20) | (1 << 17) | (2 << 10) | (31 << 5));
  });

  it('TIDCP traps implementation defined encodings, existing or not', () => {
    const cpu = full();
    const unknown = packEncoding(3, 2, 15, 5, 1);
    expect(verdictOf(cpu.registers.read(unknown))).toBe('undefined');
    expect(cpu.verdict('CPUACTLR_EL1')).toBe('ok');
    set(cpu, 'HCR_EL2', 20);
    expect(verdictOf(cpu.registers.read(unknown))).toBe('EL2');
    expect(cpu.verdict('CPUACTLR_EL1')).toBe('EL2');
    cpu.at(0);
    expect(verdictOf(cpu.registers.read(unknown))).toBe('undefined');
    clear(cpu, 'HCR_EL2', 20);
    cpu.state.setSysreg('SCTLR_EL1', bit(63));
    expect(verdictOf(cpu.registers.read(unknown))).toBe('EL1');
  });
});

describe('traps from EL0', () => {
  it.each([['CTR_EL0', 15], ['SCXTNUM_EL0', -20], ['DAIF', 9]] as const)('%s by SCTLR_EL1 bit %i', (name, number) => {
    const cpu = full().at(0);
    cpu.state.setSysreg('SCTLR_EL1', number < 0 ? 0n : bit(number));
    expect(cpu.verdict(name)).toBe('ok');
    cpu.state.setSysreg('SCTLR_EL1', number < 0 ? bit(-number) : 0n);
    expect(cpu.verdict(name)).toBe('EL1');
    set(cpu, 'HCR_EL2', 27);
    expect(cpu.verdict(name)).toBe('EL2');
    // A host's EL0 is under SCTLR_EL2.
    set(cpu, 'HCR_EL2', 34);
    cpu.state.setSysreg('SCTLR_EL2', number < 0 ? 0n : bit(number));
    expect(cpu.verdict(name)).toBe('ok');
    cpu.state.setSysreg('SCTLR_EL2', number < 0 ? bit(-number) : 0n);
    expect(cpu.verdict(name)).toBe('EL2');
  });

  it('the counters and timers by CNTKCTL_EL1 and CNTHCTL_EL2', () => {
    const cpu = full();
    cpu.state.setSysreg('CNTHCTL_EL2', 3n);
    cpu.at(0);
    const names = ['CNTPCT_EL0', 'CNTVCT_EL0', 'CNTV_CTL_EL0', 'CNTP_CTL_EL0'];
    const verdicts = () => names.map((name) => cpu.verdict(name));
    expect(verdicts()).toEqual(['EL1', 'EL1', 'EL1', 'EL1']);
    cpu.state.setSysreg('CNTKCTL_EL1', bit(0, 1, 8, 9));
    expect(verdicts()).toEqual(['ok', 'ok', 'ok', 'ok']);
    cpu.state.setSysreg('CNTHCTL_EL2', 0n);
    expect(verdicts()).toEqual(['EL2', 'ok', 'ok', 'EL2']);
    cpu.at(1);
    expect(verdicts()).toEqual(['EL2', 'ok', 'ok', 'EL2']);
    cpu.state.setSysreg('CNTHCTL_EL2', bit(0, 1, 13, 14));
    expect(verdicts()).toEqual(['ok', 'EL2', 'EL2', 'ok']);
    // With E2H the enables are bits 10 and 11.
    set(cpu, 'HCR_EL2', 34);
    cpu.state.setSysreg('CNTHCTL_EL2', bit(10));
    expect(verdicts()).toEqual(['ok', 'ok', 'ok', 'EL2']);
  });

  it('the performance monitors by PMUSERENR_EL0', () => {
    const cpu = full().at(0);
    const readable = () =>
      ['PMCR_EL0', 'PMCCNTR_EL0', 'PMEVCNTR0_EL0', 'PMXEVCNTR_EL0', 'PMSELR_EL0'].map((name) => cpu.verdict(name));
    expect(readable()).toEqual(['EL1', 'EL1', 'EL1', 'EL1', 'EL1']);
    expect(cpu.verdict('PMUSERENR_EL0')).toBe('ok');
    expect(cpu.verdict('PMUSERENR_EL0', 'w')).toBe('undefined');
    cpu.state.setSysreg('PMUSERENR_EL0', 1n);
    expect(readable()).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    cpu.state.setSysreg('PMUSERENR_EL0', 4n);
    expect(readable()).toEqual(['EL1', 'ok', 'EL1', 'EL1', 'EL1']);
    expect(cpu.verdict('PMCCNTR_EL0', 'w')).toBe('EL1');
    cpu.state.setSysreg('PMUSERENR_EL0', 8n);
    expect(readable()).toEqual(['EL1', 'EL1', 'ok', 'ok', 'ok']);
    cpu.state.setSysreg('PMUSERENR_EL0', 2n);
    expect(cpu.verdict('PMSWINC_EL0', 'w')).toBe('ok');
  });

  it('reports an identification register with EC 0x18 only with FEAT_IDST', () => {
    expect(new TestCpu('cortex-a57').at(0).verdict('ID_AA64PFR0_EL1')).toBe('undefined');
    expect(new TestCpu('max').at(0).verdict('ID_AA64PFR0_EL1')).toBe('EL1');
    expect(new TestCpu('max').at(0).verdict('SCTLR_EL1')).toBe('undefined');
    expect(new TestCpu('max').at(0).verdict('SCTLR_EL1', 'w')).toBe('undefined');
  });
});

describe('FP control registers', () => {
  it('follow CPACR_EL1, CPTR_EL2 and CPTR_EL3 with EC 0x07', () => {
    const cpu = full();
    expect(cpu.verdict('FPCR')).toBe('ok');
    cpu.state.setSysreg('CPACR_EL1', 0n);
    expect(cpu.verdict('FPSR')).toBe('EL1 fp');
    expect(cpu.read('FPSR')).toEqual({ targetEl: 1, ec: 7, iss: 0x1e00000 });
    cpu.state.setSysreg('CPACR_EL1', bit(20));
    expect(cpu.verdict('FPCR')).toBe('ok');
    expect(cpu.at(0).verdict('FPCR')).toBe('EL1 fp');
    set(cpu, 'HCR_EL2', 27);
    expect(cpu.verdict('FPCR')).toBe('EL2 fp');
    clear(cpu, 'HCR_EL2', 27);
    cpu.state.setSysreg('CPACR_EL1', bit(20, 21));
    cpu.state.setSysreg('CPTR_EL2', bit(10));
    expect(cpu.verdict('FPCR')).toBe('EL2 fp');
    expect(cpu.at(2).verdict('FPCR')).toBe('EL2 fp');
    expect(cpu.at(3).verdict('FPCR')).toBe('ok');
    cpu.state.setSysreg('CPTR_EL3', bit(10));
    expect(cpu.verdict('FPCR')).toBe('EL3 fp');
  });

  it('with E2H, CPTR_EL2.FPEN rules', () => {
    const cpu = full();
    set(cpu, 'HCR_EL2', 34);
    expect(cpu.verdict('FPCR')).toBe('EL2 fp');
    cpu.state.setSysreg('CPTR_EL2', bit(20));
    expect(cpu.verdict('FPCR')).toBe('ok');
    set(cpu, 'HCR_EL2', 27);
    expect(cpu.at(0).verdict('FPCR')).toBe('EL2 fp');
    cpu.state.setSysreg('CPTR_EL2', bit(20, 21));
    expect(cpu.verdict('FPCR')).toBe('ok');
  });

  it('keep the bits that exist', () => {
    const cpu = full('max');
    expect(cpu.write('FPCR', 0xffff_ffffn)).toBe(Effect.FpControl);
    expect(cpu.value('FPCR')).toBe(0x07c8_0007n);
    const plain = full('cortex-a57');
    plain.write('FPCR', 0xffff_ffffn);
    expect(plain.value('FPCR')).toBe(0x07c0_0000n);
    plain.write('FPSR', 0xffff_ffff_ffffn);
    expect(plain.value('FPSR')).toBe(0x0800_009fn);
  });
});

describe('traps by CPTR, MDCR and fine-grained registers', () => {
  it('TCPAC covers CPACR_EL1 and CPTR_EL2', () => {
    const cpu = full();
    set(cpu, 'CPTR_EL2', 31);
    expect(cpu.verdict('CPACR_EL1')).toBe('EL2');
    cpu.at(2);
    expect(cpu.verdict('CPTR_EL2')).toBe('ok');
    cpu.state.setSysreg('CPTR_EL3', bit(31));
    expect(cpu.verdict('CPTR_EL2')).toBe('EL3');
    expect(cpu.at(3).verdict('CPTR_EL2')).toBe('ok');
  });

  it('MDCR_EL2 and MDCR_EL3 send debug and PMU registers away', () => {
    const cpu = full();
    const names = ['DBGBVR0_EL1', 'OSLSR_EL1', 'MDRAR_EL1', 'PMCR_EL0'];
    for (const [index, number] of [9, 10, 11, 6].entries()) {
      cpu.state.setSysreg('MDCR_EL2', bit(number));
      expect(names.map((name) => cpu.verdict(name))).toEqual(names.map((_, i) => (i === index ? 'EL2' : 'ok')));
    }
    cpu.state.setSysreg('MDCR_EL2', 0n);
    cpu.state.setSysreg('MDCR_EL3', bit(6, 9, 10));
    expect(names.map((name) => cpu.verdict(name))).toEqual(['EL3', 'EL3', 'EL3', 'EL3']);
    expect(cpu.at(2).verdict('PMCCNTR_EL0')).toBe('EL3');
  });

  it('HFGRTR, HFGWTR and HDFGRTR trap single registers while SCR_EL3.FGTEn is set', () => {
    const cpu = full();
    cpu.state.setSysreg('HFGRTR_EL2', bit(33));
    expect(cpu.verdict('TPIDR_EL1')).toBe('EL2');
    expect(cpu.verdict('TPIDR_EL1', 'w')).toBe('ok');
    cpu.state.setSysreg('HFGWTR_EL2', bit(33));
    expect(cpu.verdict('TPIDR_EL1', 'w')).toBe('EL2');
    cpu.state.setSysreg('HDFGRTR_EL2', bit(4, 1));
    expect(cpu.verdict('MDSCR_EL1')).toBe('EL2');
    expect(cpu.verdict('DBGBVR3_EL1')).toBe('EL2');
    clear(cpu, 'SCR_EL3', 27);
    expect(cpu.verdict('TPIDR_EL1')).toBe('ok');
    expect(cpu.at(2).verdict('HFGRTR_EL2')).toBe('EL3');
  });
});

describe('the GIC CPU interface', () => {
  it('is UNDEFINED without a GICv3 and delegated with one', () => {
    expect(new TestCpu('max', { gicSystemRegisters: false }).at(1).verdict('ICC_IAR1_EL1')).toBe('undefined');
    const cpu = full();
    cpu.gic.set('ICC_IAR1_EL1', 27n);
    expect(cpu.value('ICC_IAR1_EL1')).toBe(27n);
    expect(cpu.write('ICC_EOIR1_EL1', 27n)).toBe(Effect.Interrupts);
    expect(cpu.gic.get('ICC_EOIR1_EL1')).toBe(27n);
    expect(cpu.verdict('ICC_IAR1_EL1', 'w')).toBe('undefined');
  });

  it('traps as ICH_HCR_EL2 says, and SGIs while HCR_EL2.IMO or FMO is set', () => {
    const cpu = full();
    const registers = ['ICC_PMR_EL1', 'ICC_IAR0_EL1', 'ICC_IAR1_EL1'];
    for (const [index, number] of [10, 11, 12].entries()) {
      cpu.gic.set('ICH_HCR_EL2', bit(number));
      expect(registers.map((name) => cpu.verdict(name))).toEqual(registers.map((_, i) => (i === index ? 'EL2' : 'ok')));
    }
    cpu.gic.set('ICH_HCR_EL2', bit(14));
    expect(cpu.verdict('ICC_DIR_EL1', 'w')).toBe('EL2');
    cpu.gic.set('ICH_HCR_EL2', 0n);
    expect(cpu.verdict('ICC_SGI1R_EL1', 'w')).toBe('ok');
    set(cpu, 'HCR_EL2', 4);
    expect(cpu.verdict('ICC_SGI1R_EL1', 'w')).toBe('EL2');
    expect(cpu.verdict('ICC_IAR1_EL1')).toBe('ok');
  });

  it('goes to EL3 where SCR_EL3 routes the interrupts there', () => {
    const cpu = full();
    const verdicts = () => ['ICC_IAR0_EL1', 'ICC_IAR1_EL1', 'ICC_PMR_EL1'].map((name) => cpu.verdict(name));
    set(cpu, 'SCR_EL3', 2);
    expect(verdicts()).toEqual(['EL3', 'ok', 'ok']);
    set(cpu, 'SCR_EL3', 1);
    expect(verdicts()).toEqual(['EL3', 'EL3', 'EL3']);
    // A guest's virtual interface is not affected.
    set(cpu, 'HCR_EL2', 3, 4);
    expect(cpu.verdict('ICC_PMR_EL1')).toBe('ok');
    cpu.gic.set('ICC_SRE_EL2', 7n);
    expect(cpu.verdict('ICC_SRE_EL1')).toBe('EL2');
    cpu.gic.set('ICC_SRE_EL3', 7n);
    expect(cpu.at(2).verdict('ICC_SRE_EL2')).toBe('EL3');
  });
});
