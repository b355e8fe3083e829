/** Priorities of this process's threads, where the host has them (Linux); elsewhere nothing happens. */
import { readdirSync, readlinkSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/** The calling thread's niceness and `nice` more: the user may have started the process with some. */
const below = (nice: number): number => Math.min(getPriority() + nice, constants.priority.PRIORITY_LOW);

/** Lets other threads go first. @param nice 1 to 19 */
export function yieldToOthers(nice: number): void {
  try {
    setPriority(Number(readlinkSync('/proc/thread-self').split('/').pop()), below(nice));
  } catch {
    // no such host, or not allowed: all threads are equal then
  }
}

/** As yieldToOthers, for all threads there are but the calling one: at the start, those that compile for V8. */
export function makeOthersYield(nice: number): void {
  try {
    const own = readlinkSync('/proc/thread-self').split('/').pop();
    for (const thread of readdirSync('/proc/self/task')) if (thread !== own) setPriority(Number(thread), below(nice));
  } catch {
    // as above
  }
}
