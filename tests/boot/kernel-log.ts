/** What Linux logs when something is wrong with its machine, and never in a healthy run. */

/** Faults of the kernel, or of what it found. */
const FAULT = /WARNING:|BUG:|Oops|Kernel panic|Internal error|Unable to handle kernel|nobody cared|Unexpected interrupt|unexpected IRQ/;
/** Somebody made somebody else wait for too long (kernel/rcu, watchdog, hung_task, smp, workqueue). */
const STUCK = /rcu: INFO|rcu:? .*(?:stall|starved)|RCU stall|lockup|hung task|blocked for more than|Detected non-responsive CSD|stuck for/i;
/** Time went wrong (kernel/time). */
const TIME = /clocksource.*(?:unstable|skew|delay|Long readout)|timekeeping:|Marking clocksource|RT throttling activated|NOHZ.*handler/i;
/** A CPU did not do as asked (kernel/smp, arch/arm64/kernel/smp.c, psci.c). */
const CPUS = /failed to come online|failed in unknown state|failed to boot|psci:.*failed|may not have shut down cleanly|will not boot/;
/** Printed by the emulator. */
const OURS = /is not implemented/;

/** The lines of a console's text that tell of trouble. */
export function troubleIn(output: string): string[] {
  return output.split(/\r?\n/).filter((line) => [FAULT, STUCK, TIME, CPUS, OURS].some((kind) => kind.test(line)));
}
