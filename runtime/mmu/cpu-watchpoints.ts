import type { CpuState } from '../../src/arch/cpu-state.js';
import { matchWatchpoints, watchpointAddress } from '../../src/arch/debug/comparators.js';
import { ArchState } from '../../src/arch/state-layout.js';
import { sysregIndex, sysregWord } from '../../src/arch/sysreg/storage.js';
import { MAX_DEBUG_RESOURCES } from '../../src/arch/sysreg/table/debug.js';
import type { WatchpointUnit } from './interfaces.js';

const EL = ArchState.offset.el >> 2;
const WVR = Array.from({ length: MAX_DEBUG_RESOURCES }, (_, n) => sysregIndex(`DBGWVR${n}_EL1`));
const WCR = Array.from({ length: MAX_DEBUG_RESOURCES }, (_, n) => sysregWord(`DBGWCR${n}_EL1`));
/** VA[48:12]: what comparators see at least. */
const PAGE_MASK = 0x0001_ffff_ffff_f000n;

/** The PE's own watchpoints, DBGWVR<n>_EL1 and DBGWCR<n>_EL1 (Arm ARM, D2.9). */
export class CpuWatchpoints implements WatchpointUnit {
  /** First and last page of each enabled watchpoint, VA[48:12] in place. */
  private ranges: [bigint, bigint][] = [];
  private description = '';
  hit = 0n;

  constructor(private readonly state: CpuState) {
    this.refresh();
  }

  refresh(): boolean {
    const { u32, u64 } = this.state;
    const ranges: [bigint, bigint][] = [];
    for (let n = 0; n < MAX_DEBUG_RESOURCES; n++) {
      const control = u32[WCR[n]];
      if ((control & 1) === 0) continue;
      const span = (1n << BigInt((control >>> 24) & 31)) - 1n;
      const start = u64[WVR[n]] & ~span & ~7n;
      ranges.push([start & PAGE_MASK, (start | span | 7n) & PAGE_MASK]);
    }
    const description = ranges.join(';');
    if (description === this.description) return false;
    this.description = description;
    this.ranges = ranges;
    return true;
  }

  coversPage(vaHigh: number, vaLow: number): boolean {
    if (this.ranges.length === 0) return false;
    const page = addressOf(vaHigh, vaLow) & PAGE_MASK;
    return this.ranges.some(([first, last]) => page >= first && page <= last);
  }

  matches(vaHigh: number, vaLow: number, size: number, write: boolean, privileged: boolean): boolean {
    if (this.ranges.length === 0) return false;
    const el = privileged ? this.state.u32[EL] : 0;
    const address = addressOf(vaHigh, vaLow);
    const n = matchWatchpoints(this.state, address, size, write, el);
    if (n >= 0) this.hit = watchpointAddress(this.state, n, address);
    return n >= 0;
  }
}

function addressOf(high: number, low: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
