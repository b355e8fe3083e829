/** Priorities of this process's threads, where the host has them (Linux); elsewhere nothing happens. */
import { readdirSync, readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Lets other threads go first. @param nice 1 to 19 */
export function yieldToOthers(nice: number): void {
  try {
    setPriority(Number(readlinkSync('/proc/thread-self').split('/').pop()), nice);
  } catch {
    // no such host, or not allowed: all threads are equal then
  }
}

/** As yieldToOthers, for all threads there are but the calling one: at the start, those that compile for V8. */
export function makeOthersYield(nice: number): void {
  try {
    const own = readlinkSync('/proc/thread-self').split('/').pop();
    for (const thread of readdirSync('/proc/self/task')) if (thread !== own) setPriority(Number(thread), nice);
  } catch {
    // as above
  }
}
