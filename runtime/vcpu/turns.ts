/** Several vCPUs on one thread, where there are more of them than processors: they take turns of a slice. */
import { sleep } from './waiting.js';
import type { Vcpu } from './vcpu.js';

/**
 * Runs the vCPUs of a thread until the machine stops.
 * @param wakeWord index of the futex word that whoever has something for one of them bumps
 */
export function takeTurns(vcpus: readonly Vcpu[], words: Int32Array, wakeWord: number): void {
  for (;;) {
    const seen = Atomics.load(words, wakeWord);
    let limit = Infinity;
    for (const vcpu of vcpus) {
      if (vcpu.host.stopRequested()) return;
      const left = vcpu.idleFor();
      if (left === 0) vcpu.turn();
      limit = Math.min(limit, left);
    }
    sleep(words, wakeWord, seen, limit);
  }
}
