import { describe, expect, it } from 'vitest';
import {
  routeBrk, routeDebug, routeExternalAbort, routeHvc, routeSmc, routeSynchronous,
} from '../../../src/arch/exceptions/routing.js';
import { takeInterrupt, takeSynchronous, takeTrap, takeUndefined } from '../../../src/arch/exceptions/index.js';
import { branchAddress, exceptionReturn, isIllegalReturn } from '../../../src/arch/exceptions/return.js';
import * as syndrome from '../../../src/arch/exceptions/syndrome.js';
import { encodeEsr, ExceptionKind, takeException } from '../../../src/arch/exceptions/take.js';
import { packPstate, setStackPointer, stackPointer } from '../../../src/arch/pstate.js';
import { XSlot } from '../../../src/arch/state-layout.js';
import {
  eretInstructionTrap, pauthInstructionTrap, svcException, waitTrap,
} from '../../../src/arch/sysreg/instruction-traps.js';
import { TestCpu } from './machine.js';

const bit = (...numbers: number[]): bigint => numbers.reduce((mask, n) => mask | (1n << BigInt(n)), 0n);

describe('syndromes', () => {
  const esr = (value: syndrome.Syndrome, from = 0, to = 1): string => encodeEsr(value, from, to).toString(16);

  it('have the values that Linux prints', () => {
    expect(esr(syndrome.unknownReason())).toBe('2000000');
    expect(esr(syndrome.svc(0))).toBe('56000000');
    expect(esr(syndrome.hvc(0x1234), 1, 2)).toBe('5a001234');
    expect(esr(syndrome.smc(1), 1, 3)).toBe('5e000001');
    expect(esr(syndrome.brk(0x800), 1, 1)).toBe('f2000800');
    // NULL dereference in the kernel: "ESR = 0x0000000096000004" (level 0 translation fault, read, same EL).
    const fault = syndrome.faultStatus('translation', 0);
    expect(esr(syndrome.dataAbort({ status: fault, write: false }), 1, 1)).toBe('96000004');
    // User write to a read-only page: permission fault, level 3.
    expect(esr(syndrome.dataAbort({ status: syndrome.faultStatus('permission', 3), write: true }))).toBe('9200004f');
    expect(esr(syndrome.instructionAbort({ status: syndrome.faultStatus('translation', 3) }))).toBe('82000007');
    expect(esr(syndrome.instructionAbort({ status: syndrome.faultStatus('permission', 3) }), 1, 1)).toBe('8600000f');
    expect(esr(syndrome.dataAbort({ status: syndrome.FaultStatus.Alignment, write: false }))).toBe('92000021');
    expect(esr(syndrome.pcAlignment())).toBe('8a000000');
    expect(esr(syndrome.spAlignment())).toBe('9a000000');
    expect(esr(syndrome.illegalState(), 1, 1)).toBe('3a000000');
    expect(esr(syndrome.btiFault(2), 1, 1)).toBe('36000002');
    expect(esr(syndrome.fpTrap())).toBe('1fe00000');
    expect(esr(syndrome.softwareStep(false))).toBe('cb000022');
    expect(esr(syndrome.softwareStep(true), 1, 1)).toBe('cf000062');
    expect(esr(syndrome.breakpoint())).toBe('c2000022');
    expect(esr(syndrome.watchpoint(true))).toBe('d2000062');
    expect(esr(syndrome.serror(0x1_0000))).toBe('be010000');
    expect(esr(syndrome.wfxTrap(syndrome.WfxKind.WFE))).toBe('7e00001');
    expect(esr(syndrome.wfxTrap(syndrome.WfxKind.WFIT, 3))).toBe('7e00066');
    expect(esr(syndrome.pacFailure(true, false))).toBe('72000002');
    expect(esr(syndrome.fpException(0x10))).toBe('b2800810');
    expect(esr(syndrome.eretTrap(2), 1, 2)).toBe('6a000002');
  });

  it('give stage 2 aborts their instruction syndrome', () => {
    // STR W5, [..] by a guest: ISV, SAS = word, SRT = 5.
    const value = syndrome.dataAbort({
      status: syndrome.faultStatus('translation', 1), write: true,
      instruction: { sas: 2, sse: false, srt: 5, sf: false, ar: false },
    });
    expect(esr(value, 1, 2)).toBe('93850045');
    expect(esr(syndrome.dataAbort({ status: 4, write: false, s1ptw: true, cm: true }), 1, 2)).toBe('920001c4');
  });

  it('cover level -1', () => {
    expect(syndrome.faultStatus('translation', -1)).toBe(0x2b);
    expect(syndrome.faultStatus('address-size', -1)).toBe(0x29);
    expect(syndrome.faultStatus('external-walk', 2)).toBe(0x16);
    expect(syndrome.faultStatus('access-flag', 3)).toBe(0x0b);
  });
});

describe('taking an exception', () => {
  it('uses the four groups of vectors', () => {
    for (const [from, spsel, kind, offset] of [
      [1, 0, ExceptionKind.Synchronous, 0x000], [1, 0, ExceptionKind.Irq, 0x080],
      [1, 1, ExceptionKind.Synchronous, 0x200], [1, 1, ExceptionKind.Fiq, 0x300],
      [0, 0, ExceptionKind.Synchronous, 0x400], [0, 0, ExceptionKind.SError, 0x580],
    ] as const) {
      const cpu = new TestCpu('cortex-a57').at(from);
      cpu.state.setSysreg('VBAR_EL1', 0xffff_8000_1000_0800n);
      if (from === 1 && spsel === 0) cpu.write('SPSel', 0n);
      takeException(cpu.state, { kind, targetEl: 1, returnAddress: 0x4000n });
      expect(cpu.state.pc).toBe(0xffff_8000_1000_0800n + BigInt(offset));
    }
  });

  it('saves PSTATE and enters masked', () => {
    const cpu = new TestCpu('max').at(0);
    const { state } = cpu;
    state.setSysreg('SCTLR_EL1', bit(44));
    const before = { nzcv: 9, daif: 0, uao: 0, dit: 1, btype: 2, ss: 1, il: 1, ssbs: 0, pan: 0 };
    for (const [name, value] of Object.entries(before)) {
      state.setField(name as 'nzcv', value);
    }
    state.setX(XSlot.SP, 0xaaaan);
    setStackPointer(state, 1, 0xbbbbn);
    takeException(state, {
      kind: ExceptionKind.Synchronous, targetEl: 1, syndrome: syndrome.svc(0), far: 0x77n, returnAddress: 0x1234n,
    });
    expect(state.sysreg('SPSR_EL1')).toBe(bit(31, 28, 24, 21, 20, 11));
    expect(state.sysreg('ELR_EL1')).toBe(0x1234n);
    expect(state.sysreg('ESR_EL1')).toBe(0x56000000n);
    expect(state.sysreg('FAR_EL1')).toBe(0x77n);
    const after = ['el', 'spsel', 'daif', 'pan', 'uao', 'dit', 'btype', 'ss', 'il', 'ssbs', 'nzcv'] as const;
    expect(after.map((name) => state.field(name))).toEqual([1, 1, 15, 1, 0, 1, 0, 0, 0, 1, 9]);
    expect(state.x(XSlot.SP)).toBe(0xbbbbn);
    expect(stackPointer(state, 0)).toBe(0xaaaan);
  });

  it('leaves ESR alone for interrupts, and PAN with SCTLR_EL1.SPAN', () => {
    const cpu = new TestCpu('max').at(0);
    cpu.state.setSysreg('ESR_EL1', 0x55n);
    cpu.state.setSysreg('SCTLR_EL1', bit(23));
    takeException(cpu.state, { kind: ExceptionKind.Irq, targetEl: 1, returnAddress: 0n });
    expect(cpu.state.sysreg('ESR_EL1')).toBe(0x55n);
    expect(cpu.state.field('pan')).toBe(0);
    expect(cpu.state.field('ssbs')).toBe(0);
  });

  it('sets PAN at EL2 only for a host', () => {
    for (const [hcr, pan] of [[bit(31, 27), 0], [bit(31, 27, 34), 1], [bit(31, 34), 0]] as const) {
      const cpu = new TestCpu('max', { el2: true }).at(0);
      cpu.state.setSysreg('HCR_EL2', hcr);
      cpu.state.setSysreg('SCTLR_EL2', 0n);
      takeException(cpu.state, { kind: ExceptionKind.Irq, targetEl: 2, returnAddress: 0n });
      expect(cpu.state.field('pan')).toBe(pan);
    }
  });

  it('changes the Security state on the way to EL3, and reports the IPA to EL2 only', () => {
    const cpu = new TestCpu('max', { el2: true, el3: true });
    cpu.state.setSysreg('SCR_EL3', bit(0, 10));
    cpu.at(1);
    expect(cpu.state.field('security')).toBe(0);
    takeException(cpu.state, {
      kind: ExceptionKind.Synchronous, targetEl: 2, syndrome: syndrome.dataAbort({ status: 5, write: false }), far: 1n,
      hpfar: 0x4560n, returnAddress: 0n,
    });
    expect(cpu.state.sysreg('HPFAR_EL2')).toBe(0x4560n);
    const call = { kind: ExceptionKind.Synchronous, targetEl: 3, syndrome: syndrome.smc(0), returnAddress: 0n };
    takeException(cpu.state, call);
    expect(cpu.state.field('security')).toBe(1);
    expect(cpu.state.sysreg('SPSR_EL3') & 0xfn).toBe(9n);
  });

  it('and returning restores everything', () => {
    const cpu = new TestCpu('max').at(0);
    const { state } = cpu;
    for (let seed = 0; seed < 200; seed++) {
      const random = (bits: number): number => (Math.imul(seed * 8 + bits, 0x9e3779b1) >>> 24) & ((1 << bits) - 1);
      state.setField('nzcv', random(4));
      state.setField('daif', random(3));
      for (const name of ['pan', 'uao', 'dit', 'ssbs'] as const) state.setField(name, random(1));
      state.setField('btype', random(2));
      state.setX(XSlot.SP, BigInt(seed) << 32n);
      const before = packPstate(state);
      state.pc = 0x1000n;
      takeException(state, { kind: ExceptionKind.Synchronous, targetEl: 1, syndrome: syndrome.svc(0) });
      expect(exceptionReturn(state)).toBe(true);
      expect(packPstate(state)).toBe(before);
      expect(state.pc).toBe(0x1000n);
      expect(state.x(XSlot.SP)).toBe(BigInt(seed) << 32n);
    }
  });
});

describe('the short forms', () => {
  it('take traps, UNDEFINED and interrupts from the PC', () => {
    const cpu = new TestCpu('max', { el2: true }).at(1);
    const { state } = cpu;
    state.pc = 0x1004n;
    takeTrap(state, { targetEl: 2, ec: 0x18, iss: 5 });
    expect([state.sysreg('ELR_EL2'), state.sysreg('ESR_EL2'), state.pc]).toEqual([0x1004n, 0x6200_0005n, 0x400n]);
    cpu.at(0);
    takeUndefined(state);
    expect([state.sysreg('ELR_EL1'), state.sysreg('ESR_EL1')]).toEqual([0x400n, 0x200_0000n]);
    cpu.at(0);
    takeSynchronous(state, syndrome.pcAlignment(), 0x1001n);
    expect(state.sysreg('FAR_EL1')).toBe(0x1001n);
    cpu.at(1);
    takeInterrupt(state, { kind: ExceptionKind.Irq, targetEl: 1, virtual: false });
    expect(state.pc).toBe(0x280n);
  });

  it('a virtual SError reports VSESR_EL2 and clears HCR_EL2.VSE', () => {
    const cpu = new TestCpu('max', { el2: true }).at(1);
    cpu.state.setSysreg('HCR_EL2', bit(31, 5, 8));
    cpu.state.setSysreg('VSESR_EL2', 0x100_0007n);
    takeInterrupt(cpu.state, { kind: ExceptionKind.SError, targetEl: 1, virtual: true });
    expect(cpu.state.sysreg('ESR_EL1')).toBe(0xbf00_0007n);
    expect(cpu.state.sysreg('HCR_EL2')).toBe(bit(31, 5));
    expect(cpu.state.pc).toBe(0x380n);
  });
});

describe('exception return', () => {
  it('refuses what is illegal, setting PSTATE.IL and keeping the EL', () => {
    const cpu = new TestCpu('max', { el2: true }).at(1);
    const illegal = [0x9, 0xd, 0x1, 0x10, 0x13, 0x2, 0x6, 0x7];
    for (const spsr of illegal) expect([spsr, isIllegalReturn(cpu.state, spsr)]).toEqual([spsr, true]);
    for (const spsr of [0x0, 0x4, 0x5]) expect([spsr, isIllegalReturn(cpu.state, spsr)]).toEqual([spsr, false]);
    cpu.state.setSysreg('SPSR_EL1', 0xf000_03c9n);
    cpu.state.setSysreg('ELR_EL1', 0x8000n);
    cpu.state.setField('uao', 1);
    expect(exceptionReturn(cpu.state)).toBe(false);
    const fields = ['il', 'el', 'spsel', 'nzcv', 'daif', 'uao'] as const;
    expect(fields.map((name) => cpu.state.field(name))).toEqual([1, 1, 1, 15, 15, 1]);
    expect(cpu.state.pc).toBe(0x8000n);
  });

  it('refuses EL1 with HCR_EL2.TGE, and EL2 in Secure state without Secure EL2', () => {
    const cpu = new TestCpu('max', { el2: true, el3: true });
    cpu.state.setSysreg('SCR_EL3', bit(0, 10));
    cpu.at(3);
    expect(isIllegalReturn(cpu.state, 9)).toBe(false);
    expect(isIllegalReturn(cpu.state, 5)).toBe(false);
    cpu.state.setSysreg('HCR_EL2', bit(31, 27));
    expect(isIllegalReturn(cpu.state, 5)).toBe(true);
    cpu.state.setSysreg('SCR_EL3', bit(10));
    expect(isIllegalReturn(cpu.state, 9)).toBe(true);
    expect(isIllegalReturn(cpu.state, 5)).toBe(false);
    cpu.state.setSysreg('SCR_EL3', bit(10, 18));
    expect(isIllegalReturn(cpu.state, 9)).toBe(false);
  });

  it('drops the tag of the address where TBI applies to fetches', () => {
    const cpu = new TestCpu('max', { el2: true }).at(1);
    const low = 0x5a00_0000_1234_5678n;
    const high = 0x5aff_8000_1234_5678n;
    expect(branchAddress(cpu.state, low)).toBe(low);
    cpu.state.setSysreg('TCR_EL1', bit(37, 38));
    expect(branchAddress(cpu.state, low)).toBe(0x1234_5678n);
    expect(branchAddress(cpu.state, high)).toBe(0xffff_8000_1234_5678n);
    cpu.state.setSysreg('TCR_EL1', bit(37, 38, 51));
    expect(branchAddress(cpu.state, low)).toBe(low);
    cpu.at(2).state.setSysreg('TCR_EL2', bit(20));
    expect(branchAddress(cpu.state, high)).toBe(0xff_8000_1234_5678n);
    cpu.state.setSysreg('HCR_EL2', bit(31, 34));
    cpu.state.setSysreg('TCR_EL2', bit(38));
    expect(branchAddress(cpu.state, high)).toBe(0xffff_8000_1234_5678n);
  });
});

describe('routing', () => {
  it('of synchronous exceptions, debug exceptions and BRK', () => {
    const cpu = new TestCpu('max', { el2: true }).at(0);
    expect([routeSynchronous(cpu.state), routeDebug(cpu.state), routeBrk(cpu.state)]).toEqual([1, 1, 1]);
    cpu.state.setSysreg('MDCR_EL2', bit(8));
    expect([routeSynchronous(cpu.state), routeDebug(cpu.state), routeBrk(cpu.state)]).toEqual([1, 2, 2]);
    cpu.state.setSysreg('MDCR_EL2', 0n);
    cpu.state.setSysreg('HCR_EL2', bit(31, 27));
    expect([routeSynchronous(cpu.state), routeDebug(cpu.state), routeBrk(cpu.state)]).toEqual([2, 2, 2]);
    cpu.at(2);
    expect([routeSynchronous(cpu.state), routeBrk(cpu.state)]).toEqual([2, 2]);
  });

  it('of external aborts', () => {
    const cpu = new TestCpu('max', { el2: true, el3: true });
    cpu.state.setSysreg('SCR_EL3', bit(0, 10));
    cpu.at(1);
    expect(routeExternalAbort(cpu.state)).toBe(1);
    cpu.state.setSysreg('HCR_EL2', bit(31, 37));
    expect(routeExternalAbort(cpu.state)).toBe(2);
    cpu.state.setSysreg('SCR_EL3', bit(0, 3, 10));
    expect(routeExternalAbort(cpu.state)).toBe(3);
  });

  it('of HVC and SMC', () => {
    const bare = new TestCpu('max').at(1);
    expect([routeHvc(bare.state), routeSmc(bare.state)]).toEqual(['undefined', 'undefined']);
    expect(routeSmc(bare.state, true)).toBe(3);
    const cpu = new TestCpu('max', { el2: true, el3: true });
    cpu.state.setSysreg('SCR_EL3', bit(0, 8, 10));
    cpu.at(1);
    expect([routeHvc(cpu.state), routeSmc(cpu.state)]).toEqual([2, 3]);
    cpu.state.setSysreg('HCR_EL2', bit(31, 19));
    expect(routeSmc(cpu.state)).toBe(2);
    cpu.state.setSysreg('HCR_EL2', bit(31));
    cpu.state.setSysreg('SCR_EL3', bit(0, 7, 10));
    expect([routeHvc(cpu.state), routeSmc(cpu.state)]).toEqual(['undefined', 'undefined']);
    expect(routeHvc(cpu.at(0).state)).toBe('undefined');
    const noEl3 = new TestCpu('max', { el2: true }).at(1);
    expect(routeHvc(noEl3.state)).toBe(2);
    noEl3.state.setSysreg('HCR_EL2', bit(31, 29));
    expect(routeHvc(noEl3.state)).toBe('undefined');
  });

  it('of SVC, waits, ERET and pointer authentication', () => {
    const cpu = new TestCpu('max', { el2: true, el3: true });
    cpu.state.setSysreg('SCR_EL3', bit(0, 10, 17, 27));
    cpu.at(0);
    cpu.state.setSysreg('SCTLR_EL1', bit(16));
    expect(svcException(cpu.state, 5)).toEqual({ targetEl: 1, ec: 0x15, iss: 5 });
    expect(waitTrap(cpu.state, syndrome.WfxKind.WFI)).toBeUndefined();
    expect(waitTrap(cpu.state, syndrome.WfxKind.WFE)).toMatchObject({ targetEl: 1, ec: 1 });
    cpu.at(1);
    expect(waitTrap(cpu.state, syndrome.WfxKind.WFE)).toBeUndefined();
    cpu.state.setSysreg('HCR_EL2', bit(31, 13));
    expect(waitTrap(cpu.state, syndrome.WfxKind.WFI)).toMatchObject({ targetEl: 2 });
    expect(pauthInstructionTrap(cpu.state)).toMatchObject({ targetEl: 2, ec: 9 });
    cpu.state.setSysreg('HCR_EL2', bit(31, 41));
    expect(pauthInstructionTrap(cpu.state)).toBeUndefined();
    expect(eretInstructionTrap(cpu.state, 0)).toBeUndefined();
    cpu.state.setSysreg('HFGITR_EL2', bit(51, 53));
    expect(eretInstructionTrap(cpu.state, 3)).toEqual({ targetEl: 2, ec: 0x1a, iss: 3 });
    expect(svcException(cpu.state, 0).targetEl).toBe(2);
    cpu.state.setSysreg('SCR_EL3', bit(0, 10, 13));
    expect(pauthInstructionTrap(cpu.state)).toMatchObject({ targetEl: 3 });
    expect(waitTrap(cpu.state, syndrome.WfxKind.WFET, 1)).toMatchObject({ targetEl: 3 });
    expect(svcException(cpu.state, 0).targetEl).toBe(1);
  });
});
