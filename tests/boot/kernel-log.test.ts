import { expect, it } from 'vitest';
import { troubleIn } from './kernel-log.js';

it('finds trouble in a kernel log, and none in a healthy one', () => {
  const trouble = [
    '[  60.1] rcu: INFO: rcu_preempt self-detected stall on CPU',
    '[  60.1] rcu: rcu_preempt kthread starved for 5252 jiffies! g1 f0x0 RCU_GP_WAIT_FQS(5) ->state=0x0 ->cpu=1',
    '[  28.0] watchdog: BUG: soft lockup - CPU#2 stuck for 26s! [stress-ng:131]',
    '[  28.0] watchdog: CPU1: Watchdog detected hard LOCKUP on cpu 2',
    "[  28.0] clocksource: timekeeping watchdog on CPU1: Marking clocksource 'arch_sys_counter' as unstable because the skew is too large:",
    '[ 242.0] INFO: task kworker/0:1:10 blocked for more than 120 seconds.',
    '[   3.0] ------------[ cut here ]------------\n[   3.0] WARNING: CPU: 0 PID: 1 at kernel/smp.c:1 f+0x1/0x2',
    '[   3.0] smp: csd: Detected non-responsive CSD lock (#1) on CPU#2, waiting 5000000000 ns for CPU#03',
    '[   3.0] CPU3: failed to come online',
    '[   3.0] Unable to handle kernel NULL pointer dereference at virtual address 0000000000000000',
    'CASPAL (0x4860fc00) is not implemented: UNDEFINED',
  ];
  for (const line of trouble) expect(troubleIn(line)).toEqual([line.split('\n').pop()]);
  expect(troubleIn(trouble.join('\r\n'))).toHaveLength(trouble.length);
  expect(troubleIn([
    '[    0.000000] rcu: Hierarchical RCU implementation.',
    '[    0.000000] rcu: RCU calculated value of scheduler-enlistment delay is 25 jiffies.',
    '[    0.000000] clocksource: arch_sys_counter: mask: 0xffffffffffffff max_cycles: 0x1cd42e208c, max_idle_ns: 881590405314 ns',
    '[    0.000001] sched_clock: 56 bits at 62MHz, resolution 16ns, wraps every 4398046511096ns',
    '[    0.000000] psci: probing for conduit method from DT.',
    '[    0.070000] smp: Brought up 1 node, 4 CPUs',
    '[    9.000000] psci: CPU1 killed (polled 0 ms)',
  ].join('\n'))).toEqual([]);
});
