import { describe, expect, it } from 'vitest';
import { ExactRun } from '../../../runtime/vcpu/exact-run.js';
import type { Vcpu } from '../../../runtime/vcpu/vcpu.js';
import { VcpuLayout } from '../../../runtime/layout/vcpu-layout.js';
import { waitFor, type WaitContext } from '../../../runtime/vcpu/waiting.js';
import type { GenericTimers } from '../../../runtime/timer/generic-timers.js';
import { InterruptLine } from '../../../src/arch/exceptions/index.js';
import { Daif, PstateWord } from '../../../src/arch/pstate.js';
import { TestCpu } from '../arch/machine.js';

const MONITOR = 1;

/** A vCPU at EL1 that waits; its event register is set at the look with this number. */
function waitingVcpu(masked: boolean, lines: number, eventAt: number): { context: WaitContext; looks: () => number } {
  const { state } = new TestCpu('cortex-a57');
  state.u32[PstateWord.el] = 1;
  state.u32[PstateWord.daif] = masked ? Daif.I : 0;
  let looks = 0;
  const words = new Int32Array(new SharedArrayBuffer(8));
  // an exclusive monitor is set, so that a WFE looks again soon
  words[MONITOR] = 1;
  const timers = { update: () => Infinity, untilStreamEvent: () => Infinity } as GenericTimers;
  return {
    looks: () => looks,
    context: {
      state, timers, words, wakeWord: 0, monitorWord: MONITOR, monitorLooks: 3,
      monitorMoved: () => ++looks >= eventAt,
      lines: () => lines, stopRequested: () => false, takeEvent: () => false,
    },
  };
}

describe('a pending interrupt', () => {
  it('that is masked ends a WFI, and no WFE', () => {
    const wfi = waitingVcpu(true, InterruptLine.Irq, 2);
    waitFor(wfi.context, false, undefined);
    expect(wfi.looks()).toBe(0);
    const wfe = waitingVcpu(true, InterruptLine.Irq, 2);
    waitFor(wfe.context, true, undefined);
    expect(wfe.looks()).toBe(2);
  });

  it('that is taken ends both', () => {
    for (const forEvent of [false, true]) {
      const { context, looks } = waitingVcpu(false, InterruptLine.Irq, 2);
      waitFor(context, forEvent, undefined);
      expect(looks()).toBe(0);
    }
  });

  it('that is masked ends a WFI, and no WFE, of a vCPU in lockstep too', () => {
    const { context } = waitingVcpu(true, InterruptLine.Irq, Infinity);
    const { state, timers } = context;
    const vcpu = {
      powered: true, state, lines: InterruptLine.Irq, timers: { ...timers, now: 0 }, host: {},
      events: { take: () => false, monitorMoved: () => false },
    };
    for (const forEvent of [false, true]) {
      const exact = new ExactRun(vcpu as unknown as Vcpu, new Int32Array(VcpuLayout.size >> 2), 0);
      exact.wait(forEvent, undefined);
      expect(exact.awake()).toBe(!forEvent);
    }
  });
});
