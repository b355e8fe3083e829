import type { AccessSize } from '../../devices/bus/device.js';
import type { WasmOffset } from '../../src/arch/address.js';
import type { TlbInvalidation } from './tlb-invalidation.js';

/** Where device accesses go. Addresses are physical and lie in an MMIO region of the PhysicalMap (or a ROM's). */
export interface MmioBus {
  /** Value at `address`, zero-extended. `space` is the access's PhysicalAddressSpace. */
  read(address: number, size: AccessSize, space: number): number;
  write(address: number, size: AccessSize, value: number, space: number): void;
}

/** The store of pre-decoded instructions, by backing page (PhysicalMap.pageIndex). */
export interface CodeStore {
  /** First record of a page, decoded or ready to be on execution. */
  recordsFor(page: number): WasmOffset;
  /** Decoded instructions exist for the page, so stores to it must be reported. */
  hasCode(page: number): boolean;
  /**
   * A store changes bytes [offset, offset+length) of the page, which holds code: drops the records they decode to.
   * @returns the first record of the page if it is taken for data now, and holds no code any more; otherwise 0
   */
  written(page: number, offset: number, length: number): WasmOffset | 0;
  /** Whether stores to a page of code, given by its first record, are seen whichever vCPU makes them. */
  isWatched(records: number): boolean;
  /** They are from now on. @returns false when these records are not the page's any more */
  watch(page: number, records: number): boolean;
  /** What `written` gave up may be used again once all vCPUs have acted on the messages before `stamp`. */
  recycle(records: number, stamp: number): void;
}

/** What the MMU of one of several vCPUs does so that stores to code are seen. Without it there is only one. */
export interface SharedPages {
  /** All other vCPUs stand still. */
  readonly alone: boolean;
  /** From now on this vCPU's TLBs may let it write to a page unseen. Call before looking whether the page holds code. */
  addWriter(page: number): void;
  /** They let it no more. */
  removeWriter(page: number): void;
  /** Returns when no other vCPU's TLBs let it write to a page unseen; meanwhile this one acts on broadcasts. */
  protect(page: number): void;
  /** Has the others drop what leads to the records at `records`. @returns a stamp for CodeStore.recycle */
  dropRecords(records: number): number;
}

/** Watchpoints of the PE, as the access path sees them. After a change call VcpuMmu.watchpointsChanged. */
export interface WatchpointUnit {
  /** Takes changed registers in. Returns whether other pages are covered than before. */
  refresh(): boolean;
  /** Some enabled watchpoint may match in the 4 KiB page of this address. Words are int32. */
  coversPage(vaHigh: number, vaLow: number): boolean;
  /** The access takes a Watchpoint exception. */
  matches(vaHigh: number, vaLow: number, size: number, write: boolean, privileged: boolean): boolean;
  /** Address to report for the last access that matched; without it the access's own. */
  readonly hit?: bigint;
}

/** Carries TLB maintenance to the other vCPUs of the Inner (and Outer) Shareable domain. */
export interface TlbBroadcaster {
  /** Asks every other vCPU to apply `invalidation` to its TLB; may return before they did. */
  post(invalidation: TlbInvalidation): void;
  /** DSB: returns when everything this vCPU posted has been applied. */
  complete(): void;
}

/** The only vCPU: nobody to tell. */
export class LocalBroadcaster implements TlbBroadcaster {
  post(_invalidation: TlbInvalidation): void {}
  complete(): void {}
}

/** How often a vCPU's TLBs had nothing for an access or a fetch, and how many of these the second level did not have either. */
export interface TlbCounters {
  dataMisses: number;
  dataWalks: number;
  codeMisses: number;
  codeWalks: number;
}

export const NO_MISSES: TlbCounters = { dataMisses: 0, dataWalks: 0, codeMisses: 0, codeWalks: 0 };
