import type { RegimeKind } from '../../src/arch/translation/index.js';
import type { VcpuTlb } from './tlb.js';

/** Who an access is made for: contexts of one ASID come in these variants. */
export const ContextVariant = {
  /** EL0, and unprivileged loads and stores. */
  User: 0,
  /** EL1 and up, PAN not in effect. */
  Privileged: 1,
  /** EL1 and up with PSTATE.PAN. */
  PrivilegedPan: 2,
} as const;

/**
 * Added to a variant: the context of pages that only TypeScript may touch (device memory, watched pages, writes to
 * pages with code). The engines never see these numbers.
 */
export const HIDDEN = 3;

/** First and last number handed out. 0 stands for "none"; 0xfff would collide with an empty entry. */
const FIRST_CONTEXT = 1;
const LAST_CONTEXT = 0xffe;
/** Numbers are recycled this many at a time, with one pass over the TLBs. */
const SEGMENT = 512;
/** Regime states remembered before all are dropped. */
const MAX_REGIMES = 256;

/** The context numbers of one ASID of a regime state, or of its global translations. 0 = none assigned. */
export class AccessContexts {
  readonly numbers = [0, 0, 0, 0, 0, 0];
  /**
   * A translation of the upper VA half turned out not to be global under this ASID: the upper half then uses this
   * ASID's contexts instead of the shared ones.
   */
  splitHigh = false;
}

/** Contexts under one state of a regime's control registers, VMID and Security state. */
export class RegimeContexts {
  /** Shared by all ASIDs: privileged accesses to the upper half, and regimes without ASIDs. */
  shared = new AccessContexts();
  /** No longer in the table: its user looks it up again. */
  retired = false;
  private byAsid = new Map<number, AccessContexts>();

  constructor(
    readonly kind: RegimeKind,
    readonly security: number,
    readonly vmid: number,
  ) {}

  forAsid(asid: number): AccessContexts {
    let contexts = this.byAsid.get(asid);
    if (contexts === undefined) {
      contexts = new AccessContexts();
      this.byAsid.set(asid, contexts);
    }
    return contexts;
  }

  /** Abandons all numbers; what the TLBs hold under them can no longer be hit. */
  drop(): void {
    this.shared = new AccessContexts();
    this.byAsid = new Map();
  }

  dropAsid(asid: number): void {
    this.byAsid.delete(asid);
  }
}

/**
 * Assigns the 12-bit context numbers of TLB tags. A number stands for everything beside the address that a cached
 * translation depends on. Invalidating a regime or an ASID abandons numbers instead of searching the TLBs; abandoned
 * numbers, and after them the oldest in use, are recycled a segment at a time.
 */
export class ContextTable {
  /** Bumped whenever numbers in use were taken away: contexts in ControlState are then stale. */
  recycled = 0;
  private readonly regimes = new Map<string, RegimeContexts>();
  private readonly owners: (AccessContexts | undefined)[] = new Array<AccessContexts | undefined>(LAST_CONTEXT + 1);
  private readonly slots = new Uint8Array(LAST_CONTEXT + 1);
  private next = FIRST_CONTEXT;
  private segmentEnd = FIRST_CONTEXT + SEGMENT;

  constructor(private readonly tlb: VcpuTlb) {
    this.owners.fill(undefined);
  }

  /** Contexts for a regime whose state is named by `key` (TranslationRegime.key). */
  regime(key: string, kind: RegimeKind, security: number, vmid: number): RegimeContexts {
    let regime = this.regimes.get(key);
    if (regime === undefined) {
      if (this.regimes.size >= MAX_REGIMES) {
        for (const old of this.regimes.values()) {
          old.drop();
          old.retired = true;
        }
        this.regimes.clear();
      }
      regime = new RegimeContexts(kind, security, vmid);
      this.regimes.set(key, regime);
    }
    return regime;
  }

  /** Number of `contexts` in `slot` (a ContextVariant, plus HIDDEN), assigned on first use. */
  number(contexts: AccessContexts, slot: number): number {
    const number = contexts.numbers[slot];
    return number !== 0 ? number : this.assign(contexts, slot);
  }

  /** Drops all regime states that match; undefined matches all. */
  drop(kind?: RegimeKind, security?: number, vmid?: number): void {
    for (const regime of this.regimes.values()) {
      if (matches(regime, kind, security, vmid)) regime.drop();
    }
    this.tlb.generation++;
  }

  dropAsid(kind: RegimeKind, security: number, vmid: number, asid: number): void {
    for (const regime of this.regimes.values()) {
      if (matches(regime, kind, security, vmid)) regime.dropAsid(asid);
    }
    this.tlb.generation++;
  }

  private assign(contexts: AccessContexts, slot: number): number {
    if (this.next === this.segmentEnd) this.startSegment();
    const number = this.next++;
    this.owners[number] = contexts;
    this.slots[number] = slot;
    contexts.numbers[slot] = number;
    return number;
  }

  /** Moves on to the next segment of numbers and takes back what it held the last time round. */
  private startSegment(): void {
    if (this.next > LAST_CONTEXT) this.next = FIRST_CONTEXT;
    const first = this.next;
    this.segmentEnd = Math.min(first + SEGMENT, LAST_CONTEXT + 1);
    if (this.owners[first] === undefined) return;
    for (let number = first; number < this.segmentEnd; number++) {
      const owner = this.owners[number];
      if (owner !== undefined && owner.numbers[this.slots[number]] === number) owner.numbers[this.slots[number]] = 0;
      this.owners[number] = undefined;
    }
    this.tlb.purgeContexts(first, this.segmentEnd - 1);
    this.recycled++;
  }
}

function matches(regime: RegimeContexts, kind?: RegimeKind, security?: number, vmid?: number): boolean {
  return (
    (kind === undefined || regime.kind === kind) &&
    (security === undefined || regime.security === security) &&
    (vmid === undefined || regime.vmid === vmid)
  );
}
