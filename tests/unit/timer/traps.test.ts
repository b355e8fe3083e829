import { describe, expect, it } from 'vitest';
import { type TimerAccessContext, timerTrap } from '../../../runtime/timer/traps.js';

const base: TimerAccessContext = {
  el: 0, el2Enabled: false, e2h: false, tge: false, cntkctl: 0, cnthctl: 3, secureTimerAtEl1: false,
};

describe('timer access traps', () => {
  it.each<[string, Partial<TimerAccessContext>, number]>([
    ['CNTVCT_EL0', {}, 1],
    ['CNTVCT_EL0', { cntkctl: 2 }, 0],
    ['CNTPCT_EL0', { cntkctl: 2 }, 1],
    ['CNTPCT_EL0', { cntkctl: 1 }, 0],
    ['CNTPCTSS_EL0', { cntkctl: 1 }, 0],
    ['CNTFRQ_EL0', {}, 1],
    ['CNTFRQ_EL0', { cntkctl: 1 }, 0],
    ['CNTFRQ_EL0', { cntkctl: 2 }, 0],
    ['CNTV_CTL_EL0', { cntkctl: 0x100 }, 0],
    ['CNTV_TVAL_EL0', { cntkctl: 0x200 }, 1],
    ['CNTP_CVAL_EL0', { cntkctl: 0x200 }, 0],
    ['CNTP_CVAL_EL0', { cntkctl: 0x100 }, 1],
    // EL2 in the way.
    ['CNTVCT_EL0', { el2Enabled: true, tge: true }, 2],
    ['CNTPCT_EL0', { el2Enabled: true, cntkctl: 1, cnthctl: 0 }, 2],
    ['CNTPCT_EL0', { el2Enabled: true, cntkctl: 1, cnthctl: 1 }, 0],
    ['CNTP_CTL_EL0', { el2Enabled: true, cntkctl: 0x200, cnthctl: 1 }, 2],
    ['CNTP_CTL_EL0', { el2Enabled: true, cntkctl: 0x200, cnthctl: 2 }, 0],
    ['CNTP_CTL_EL0', { el2Enabled: true, e2h: true, cntkctl: 0x200, cnthctl: 0x400 }, 2],
    ['CNTP_CTL_EL0', { el2Enabled: true, e2h: true, cntkctl: 0x200, cnthctl: 0x800 }, 0],
    ['CNTPCT_EL0', { el2Enabled: true, e2h: true, cntkctl: 1, cnthctl: 0x400 }, 0],
    // A host's EL0 is under CNTHCTL_EL2 alone.
    ['CNTVCT_EL0', { el2Enabled: true, e2h: true, tge: true, cnthctl: 2 }, 0],
    ['CNTVCT_EL0', { el2Enabled: true, e2h: true, tge: true, cnthctl: 1 }, 2],
    ['CNTP_CTL_EL0', { el2Enabled: true, e2h: true, tge: true, cnthctl: 0x200 }, 0],
    ['CNTFRQ_EL0', { el2Enabled: true, e2h: true, tge: true, cnthctl: 0 }, 2],
    // EL1.
    ['CNTPCT_EL0', { el: 1 }, 0],
    ['CNTPCT_EL0', { el: 1, cnthctl: 0 }, 0],
    ['CNTPCT_EL0', { el: 1, el2Enabled: true, cnthctl: 0 }, 2],
    ['CNTP_TVAL_EL0', { el: 1, el2Enabled: true, cnthctl: 1 }, 2],
    ['CNTV_TVAL_EL0', { el: 1, el2Enabled: true, cnthctl: 0 }, 0],
    ['CNTFRQ_EL0', { el: 1, el2Enabled: true, cnthctl: 0 }, 0],
    ['CNTPS_CTL_EL1', { el: 1 }, 3],
    ['CNTPS_CTL_EL1', { el: 1, secureTimerAtEl1: true }, 0],
    ['CNTPS_CTL_EL1', { el: 3 }, 0],
    // EL2 and EL3.
    ['CNTPCT_EL0', { el: 2, el2Enabled: true, cnthctl: 0 }, 0],
    ['CNTP_CTL_EL0', { el: 3, el2Enabled: true, cnthctl: 0 }, 0],
  ])('%s with %o is trapped to EL%i', (name, context, target) => {
    expect(timerTrap(name, { ...base, ...context })).toBe(target);
  });
});
