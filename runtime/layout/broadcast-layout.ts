/** The log of what vCPUs tell each other (runtime/mmu/broadcast-log.ts). */

/** Messages that the broadcast log keeps, and bytes of each. */
export const BROADCASTS = 512;
export const BROADCAST_BYTES = 48;
/** Words of a message; `pages` has two. */
export const BroadcastWord = {
  kind: 0, from: 1, regime: 2, security: 3, vmid: 4, asid: 5, vaHigh: 6, vaLow: 7, pages: 8,
} as const;

/** What an invalidation takes away. */
export const InvalidationKind = {
  /** Everything. */
  All: 0,
  /** A regime, of one VMID or of all. */
  Regime: 1,
  /** Non-global translations of an ASID. */
  Asid: 2,
  /** `pages` 4 KiB pages from an address. */
  Address: 3,
  /** Write tags of backing page `pages`: the page now holds decoded code. */
  ProtectPage: 4,
  /** Entries of code TLBs that lead to the records at `pages`: the page is data now. */
  Records: 5,
  /** All decoded and translated code has been dropped. */
  AllRecords: 6,
  /** Bank of flash `pages` can (`asid` 1) or cannot (0) be read like memory. */
  FlashMode: 7,
} as const;
export type InvalidationKind = (typeof InvalidationKind)[keyof typeof InvalidationKind];
