import { describe, expect, it } from 'vitest';
import {
  breakpointsArmed, matchBreakpoints, matchWatchpoints,
} from '../../../src/arch/debug/comparators.js';
import { debugExceptionsEnabled, stateMatches } from '../../../src/arch/debug/enables.js';
import { softwareStepAdvance, softwareStepState, StepState } from '../../../src/arch/debug/software-step.js';
import { exceptionReturn } from '../../../src/arch/exceptions/return.js';
import { TestCpu } from './machine.js';

const bit = (...numbers: number[]): bigint => numbers.reduce((mask, n) => mask | (1n << BigInt(n)), 0n);
const E = 1n;
const EL0 = 2n << 1n;
const EL1 = 1n << 1n;
const ALL_BYTES = 0xffn << 5n;

/** Debug on, as Linux has it for user tasks: OS lock clear, MDE set. */
function debugged(options = {}, name = 'max'): TestCpu {
  const cpu = new TestCpu(name, options);
  cpu.state.setSysreg('OSLSR_EL1', 8n);
  cpu.state.setSysreg('MDSCR_EL1', bit(15));
  return cpu.at(0);
}

describe('debug exceptions', () => {
  it('need the OS lock clear, and MDSCR_EL1.KDE and PSTATE.D at the target EL', () => {
    const cpu = debugged();
    expect(debugExceptionsEnabled(cpu.state)).toBe(true);
    cpu.state.setSysreg('OSLSR_EL1', 10n);
    expect(debugExceptionsEnabled(cpu.state)).toBe(false);
    cpu.state.setSysreg('OSLSR_EL1', 8n);
    cpu.at(1).state.setField('daif', 0);
    expect(debugExceptionsEnabled(cpu.state)).toBe(false);
    cpu.state.setSysreg('MDSCR_EL1', bit(13, 15));
    expect(debugExceptionsEnabled(cpu.state)).toBe(true);
    cpu.state.setField('daif', 8);
    expect(debugExceptionsEnabled(cpu.state)).toBe(false);
    cpu.at(0).state.setSysreg('OSDLR_EL1', 1n);
    expect(debugExceptionsEnabled(cpu.state)).toBe(false);
  });

  it('are enabled at EL1 when EL2 takes them, and not in Secure state with MDCR_EL3.SDD', () => {
    const cpu = debugged({ el2: true, el3: true });
    cpu.state.setSysreg('SCR_EL3', bit(0, 10));
    cpu.at(1).state.setField('daif', 15);
    expect(debugExceptionsEnabled(cpu.state)).toBe(false);
    cpu.state.setSysreg('MDCR_EL2', bit(8));
    expect(debugExceptionsEnabled(cpu.state)).toBe(true);
    cpu.state.setSysreg('SCR_EL3', bit(10));
    cpu.at(0);
    expect(debugExceptionsEnabled(cpu.state)).toBe(true);
    cpu.state.setSysreg('MDCR_EL3', bit(16));
    expect(debugExceptionsEnabled(cpu.state)).toBe(false);
  });
});

describe('software step', () => {
  it('steps one instruction at EL0 for a debugger at EL1', () => {
    const cpu = debugged();
    cpu.state.setSysreg('MDSCR_EL1', 1n);
    cpu.at(1).state.setField('daif', 15);
    expect(softwareStepState(cpu.state)).toBe(StepState.Inactive);
    cpu.state.setSysreg('SPSR_EL1', bit(21));
    exceptionReturn(cpu.state);
    expect(softwareStepState(cpu.state)).toBe(StepState.ActiveNotPending);
    softwareStepAdvance(cpu.state);
    expect(softwareStepState(cpu.state)).toBe(StepState.ActivePending);
    cpu.state.setSysreg('MDSCR_EL1', 0n);
    expect(softwareStepState(cpu.state)).toBe(StepState.Inactive);
  });

  it('SPSR.SS counts only when stepping starts with the return', () => {
    const cpu = debugged();
    cpu.state.setSysreg('MDSCR_EL1', 0n);
    cpu.at(1).state.setSysreg('SPSR_EL1', bit(21));
    exceptionReturn(cpu.state);
    expect(cpu.state.field('ss')).toBe(0);
    // Debugging EL1 itself: the source is enabled already, so SS is cleared.
    cpu.state.setSysreg('MDSCR_EL1', bit(0, 13));
    cpu.at(1).state.setField('daif', 0);
    cpu.state.setSysreg('SPSR_EL1', bit(21, 2, 0));
    exceptionReturn(cpu.state);
    expect(cpu.state.field('ss')).toBe(0);
    expect(softwareStepState(cpu.state)).toBe(StepState.ActivePending);
    // A masked handler returning to EL1 steps one instruction there.
    cpu.state.setField('daif', 8);
    cpu.state.setSysreg('SPSR_EL1', bit(21, 2, 0));
    exceptionReturn(cpu.state);
    expect(softwareStepState(cpu.state)).toBe(StepState.ActiveNotPending);
  });
});

describe('state matching', () => {
  const at = (cpu: TestCpu, hmc: number, ssc: number, access: number): number[] =>
    [0, 1, 2, 3].filter((el) => stateMatches(cpu.at(el).state, ssc, hmc, access, el));

  it('as the tables have it', () => {
    const cpu = new TestCpu('max', { el2: true, el3: true });
    cpu.state.setSysreg('SCR_EL3', bit(0, 10));
    expect(at(cpu, 0, 0, 3)).toEqual([0, 1]);
    expect(at(cpu, 0, 0, 2)).toEqual([0]);
    expect(at(cpu, 0, 0, 1)).toEqual([1]);
    expect(at(cpu, 1, 0, 3)).toEqual([0, 1, 2, 3]);
    expect(at(cpu, 1, 1, 3)).toEqual([0, 1, 2]);
    expect(at(cpu, 1, 3, 0)).toEqual([2]);
    // PMC of 0 with SSC 0 is reserved without AArch32.
    expect(at(cpu, 0, 0, 0)).toEqual([]);
    expect(at(cpu, 1, 2, 3)).toEqual([3]);
    cpu.state.setSysreg('SCR_EL3', bit(10));
    expect(at(cpu, 0, 2, 3)).toEqual([0, 1]);
    expect(at(cpu, 0, 1, 3)).toEqual([]);
    const plain = new TestCpu('max');
    expect(stateMatches(plain.at(1).state, 0, 1, 1, 1)).toBe(false);
    expect(stateMatches(plain.state, 0, 0, 1, 1)).toBe(true);
  });
});

describe('breakpoints', () => {
  it('match addresses at the ELs they name', () => {
    const cpu = debugged();
    cpu.state.setSysreg('DBGBVR0_EL1', 0x40_0000n);
    cpu.state.setSysreg('DBGBCR0_EL1', E | EL0 | (0xfn << 5n));
    expect(breakpointsArmed(cpu.state)).toBe(true);
    expect(matchBreakpoints(cpu.state, 0x40_0000n)).toBe(0);
    expect(matchBreakpoints(cpu.state, 0x40_0004n)).toBe(-1);
    cpu.state.setSysreg('MDSCR_EL1', bit(13, 15));
    cpu.at(1).state.setField('daif', 0);
    expect(matchBreakpoints(cpu.state, 0x40_0000n)).toBe(-1);
    cpu.state.setSysreg('DBGBCR5_EL1', E | EL1 | (0xfn << 5n));
    cpu.state.setSysreg('DBGBVR5_EL1', 0xffff_8000_0000_1000n);
    expect(matchBreakpoints(cpu.state, 0xffff_8000_0000_1000n)).toBe(5);
    cpu.state.setSysreg('MDSCR_EL1', bit(13));
    expect(matchBreakpoints(cpu.state, 0xffff_8000_0000_1000n)).toBe(-1);
    expect(breakpointsArmed(cpu.state)).toBe(false);
  });

  it('match context IDs, alone and linked', () => {
    const cpu = debugged();
    cpu.state.setSysreg('CONTEXTIDR_EL1', 42n);
    // Breakpoint 4 is context-aware: unlinked context ID match, type 2.
    cpu.state.setSysreg('DBGBVR4_EL1', 42n);
    cpu.state.setSysreg('DBGBCR4_EL1', E | EL0 | (2n << 20n));
    expect(matchBreakpoints(cpu.state, 0x1000n)).toBe(4);
    // Linked: type 3 in 4, type 1 in 0.
    cpu.state.setSysreg('DBGBCR4_EL1', E | EL0 | (3n << 20n));
    expect(matchBreakpoints(cpu.state, 0x1000n)).toBe(-1);
    cpu.state.setSysreg('DBGBVR0_EL1', 0x1000n);
    cpu.state.setSysreg('DBGBCR0_EL1', E | EL0 | (1n << 20n) | (4n << 16n));
    expect(matchBreakpoints(cpu.state, 0x1000n)).toBe(0);
    cpu.state.setSysreg('CONTEXTIDR_EL1', 43n);
    expect(matchBreakpoints(cpu.state, 0x1000n)).toBe(-1);
    // Only breakpoints 4 and 5 can compare contexts.
    cpu.state.setSysreg('DBGBVR3_EL1', 43n);
    cpu.state.setSysreg('DBGBCR3_EL1', E | EL0 | (2n << 20n));
    expect(matchBreakpoints(cpu.state, 0x2000n)).toBe(-1);
  });

  it('match VMIDs and CONTEXTIDR_EL2', () => {
    const cpu = debugged({ el2: true });
    cpu.state.setSysreg('VTTBR_EL2', 7n << 48n);
    cpu.state.setSysreg('DBGBVR5_EL1', 7n << 32n);
    cpu.state.setSysreg('DBGBCR5_EL1', E | EL0 | (8n << 20n));
    expect(matchBreakpoints(cpu.state, 0n)).toBe(5);
    cpu.state.setSysreg('VTTBR_EL2', 0x107n << 48n);
    expect(matchBreakpoints(cpu.state, 0n)).toBe(5);
    cpu.state.setSysreg('VTCR_EL2', bit(19));
    expect(matchBreakpoints(cpu.state, 0n)).toBe(-1);
    cpu.state.setSysreg('CONTEXTIDR_EL2', 9n);
    cpu.state.setSysreg('DBGBVR5_EL1', 9n << 32n);
    cpu.state.setSysreg('DBGBCR5_EL1', E | EL0 | (12n << 20n));
    expect(matchBreakpoints(cpu.state, 0n)).toBe(5);
  });
});

describe('watchpoints', () => {
  const watch = (cpu: TestCpu, value: bigint, control: bigint): void => {
    cpu.state.setSysreg('DBGWVR0_EL1', value);
    cpu.state.setSysreg('DBGWCR0_EL1', E | EL0 | control);
  };
  const LOAD = 1n << 3n;
  const STORE = 1n << 4n;

  it('match loads, stores or both', () => {
    const cpu = debugged();
    const hits = () => [false, true].map((write) => matchWatchpoints(cpu.state, 0x1000n, 8, write, 0));
    watch(cpu, 0x1000n, LOAD | ALL_BYTES);
    expect(hits()).toEqual([0, -1]);
    watch(cpu, 0x1000n, STORE | ALL_BYTES);
    expect(hits()).toEqual([-1, 0]);
    watch(cpu, 0x1000n, LOAD | STORE | ALL_BYTES);
    expect(hits()).toEqual([0, 0]);
    expect(matchWatchpoints(cpu.state, 0x1000n, 8, true, 1)).toBe(-1);
  });

  it('select bytes of a doubleword or a word', () => {
    const cpu = debugged();
    watch(cpu, 0x1000n, STORE | (0b0011_0000n << 5n));
    const hit = (address: bigint, size: number) => matchWatchpoints(cpu.state, address, size, true, 0) === 0;
    expect([hit(0x1000n, 4), hit(0x1004n, 1), hit(0x1005n, 1)]).toEqual([false, true, true]);
    expect([hit(0x1006n, 2), hit(0xffcn, 16)]).toEqual([false, true]);
    watch(cpu, 0x1004n, STORE | (0b0001n << 5n));
    expect([hit(0x1000n, 4), hit(0x1004n, 4), hit(0x1005n, 2), hit(0x1000n, 8)]).toEqual([false, true, false, true]);
  });

  it('cover a range with MASK', () => {
    const cpu = debugged();
    watch(cpu, 0x2000n, STORE | ALL_BYTES | (12n << 24n));
    const hit = (address: bigint, size = 1) => matchWatchpoints(cpu.state, address, size, true, 0) === 0;
    expect([hit(0x1fffn), hit(0x2000n), hit(0x2fffn), hit(0x3000n)]).toEqual([false, true, true, false]);
    expect(hit(0x1fffn, 2)).toBe(true);
    expect(hit(0x5a00_0000_0000_2004n)).toBe(true);
  });

  it('obey a link to a context', () => {
    const cpu = debugged();
    cpu.state.setSysreg('CONTEXTIDR_EL1', 5n);
    cpu.state.setSysreg('DBGBVR5_EL1', 5n);
    cpu.state.setSysreg('DBGBCR5_EL1', E | (3n << 20n));
    watch(cpu, 0x1000n, STORE | ALL_BYTES | bit(20) | (5n << 16n));
    expect(matchWatchpoints(cpu.state, 0x1000n, 1, true, 0)).toBe(0);
    cpu.state.setSysreg('CONTEXTIDR_EL1', 6n);
    expect(matchWatchpoints(cpu.state, 0x1000n, 1, true, 0)).toBe(-1);
  });
});
