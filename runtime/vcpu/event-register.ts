import type { CpuState } from '../../src/arch/cpu-state.js';
import { controlFieldOffset } from '../layout/vcpu-layout.js';
import type { VcpuGroup } from './vcpu-group.js';

/** A vCPU's event register, which ends its WFE, and what sets it (Arm ARM, D1.6.1). Any vCPU may set it at any moment. */
export class EventRegister {
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly at: number;

  /** @param group with several vCPUs */
  constructor(private readonly state: CpuState, private readonly group: VcpuGroup | undefined) {
    this.words = new Int32Array(state.buffer);
    this.bytes = new Uint8Array(state.buffer);
    this.at = (state.base + controlFieldOffset.eventRegister) >> 2;
  }

  set(): void {
    Atomics.store(this.words, this.at, 1);
  }

  /** Clears it. @returns whether it was set */
  take(): boolean {
    return Atomics.exchange(this.words, this.at, 0) !== 0;
  }

  /** SEV: sets those of all PEs. */
  send(): void {
    this.set();
    this.group?.sendEvent();
  }

  /** Another vCPU has changed what the exclusive monitor was set for: it would have been cleared, which is an event. */
  monitorMoved(): boolean {
    const { state, words, bytes } = this;
    if (this.group === undefined) return false;
    const address = words[(state.base + controlFieldOffset.monitorAddress) >> 2] >>> 0;
    const size = words[(state.base + controlFieldOffset.monitorSize) >> 2];
    const value = state.base + controlFieldOffset.monitorValue;
    for (let i = 0; i < size; i++) if (bytes[address + i] !== bytes[value + i]) return true;
    return false;
  }
}
