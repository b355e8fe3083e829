import type { CpuState } from '../../src/arch/cpu-state.js';
import { sysregWord } from '../../src/arch/sysreg/storage.js';
import type { WasmOffset } from '../../src/arch/address.js';
import {
  AccessType,
  FaultStatus,
  Permission,
  TranslationResult,
  TranslationWalker,
  type TranslationRegime,
  type WalkOptions,
} from '../../src/arch/translation/index.js';
import { AccessFlag, elementBytes } from './access-flags.js';
import { AddressTranslation } from './address-translation.js';
import { BounceBuffer, PhysicalAccess } from './bounce-buffer.js';
import { ContextTable } from './contexts.js';
import { CpuWatchpoints } from './cpu-watchpoints.js';
import {
  LocalBroadcaster,
  NO_MISSES,
  type CodeStore,
  type MmioBus,
  type TlbCounters,
  type SharedPages,
  type TlbBroadcaster,
  type WatchpointUnit,
} from './interfaces.js';
import { MmuFault } from './mmu-fault.js';
import { Backing, type PhysicalMap } from './physical-map.js';
import { RamDescriptorMemory } from './ram-descriptor-memory.js';
import { TlbMaintenance } from './tlb-maintenance.js';
import { DataTlbFlag, DataTlbWord, VcpuTlb } from './tlb.js';
import { TranslationState } from './translation-state.js';

export interface VcpuMmuOptions {
  /** Architectural state; its buffer is the shared memory. */
  readonly cpu: CpuState;
  /** WasmOffset of the vCPU block. */
  readonly vcpuBase: number;
  readonly map: PhysicalMap;
  readonly bus: MmioBus;
  readonly code: CodeStore;
  readonly broadcaster?: TlbBroadcaster;
  /** With several vCPUs. */
  readonly shared?: SharedPages | undefined;
  /** Default: the PE's watchpoint registers. */
  readonly watchpoints?: WatchpointUnit;
  /**
   * Unaligned accesses to RAM mapped as Device memory (and to all of it while stage 1 is off) fault, as the
   * architecture has it. Default true; false trades that for speed and behaves like QEMU before 9.0.
   */
  readonly deviceAlignment?: boolean;
}

/** What VcpuMmu.resolve made of one page's part of an access. */
const Resolved = {
  Fault: 0, Memory: 1, Device: 2,
  /** A store to memory that holds code, with other vCPUs about: the records go behind it. */
  Code: 3,
} as const;

/** Highest physical address that a device's TLB entry can name. */
const MMIO_HIGH_LIMIT = 1 << 8;
const SPACE_SHIFT = 28;
/** What the bounce buffer takes. Larger stores were looked up just before, when there was no code (MOPS). */
const BOUNCE_BYTES = 128;
/** High word of ID_AA64MMFR2_EL1: AT (FEAT_LSE2) in bits 3..0. */
const MMFR2_HIGH = sysregWord('ID_AA64MMFR2_EL1') + 1;

/**
 * The memory side of one vCPU: what the engines call when an inline TLB probe misses. Address words are int32
 * throughout (`vaHigh` bits 63..32, `vaLow` bits 31..0).
 */
export class VcpuMmu {
  readonly tlb: VcpuTlb;
  readonly state: TranslationState;
  readonly maintenance: TlbMaintenance;
  readonly addressTranslation: AddressTranslation;
  readonly physical: PhysicalAccess;
  readonly bounce: BounceBuffer;
  /** The fault behind a return value of 0. */
  readonly fault = new MmuFault();
  readonly counters: TlbCounters = { ...NO_MISSES };

  private readonly words: Int32Array;
  private readonly walker: TranslationWalker;
  private readonly result = new TranslationResult();
  private readonly options: WalkOptions = {
    access: AccessType.Read,
    privileged: true,
    pan: false,
    update: true,
    stage1Only: false,
  };
  private readonly map: PhysicalMap;
  private readonly cpu: CpuState;
  private readonly code: CodeStore;
  private readonly broadcaster: TlbBroadcaster;
  private readonly shared: SharedPages | undefined;
  /** `access` gave 0 since the access has to be made while all other vCPUs stand still. */
  needsAlone = false;
  private readonly watchpoints: WatchpointUnit;
  private readonly deviceAlignment: boolean;
  /** Outcome of `resolve`. */
  private memoryOffset = 0;
  private deviceSpace = 0;
  private deviceHigh = 0;
  private deviceLow = 0;

  constructor(options: VcpuMmuOptions) {
    const { cpu, vcpuBase, map } = options;
    const { buffer } = cpu;
    this.words = new Int32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
    this.map = map;
    this.cpu = cpu;
    this.code = options.code;
    this.broadcaster = options.broadcaster ?? new LocalBroadcaster();
    this.shared = options.shared;
    this.watchpoints = options.watchpoints ?? new CpuWatchpoints(cpu);
    this.deviceAlignment = options.deviceAlignment ?? true;
    this.tlb = new VcpuTlb(buffer, vcpuBase);
    const contexts = new ContextTable(this.tlb);
    this.state = new TranslationState(cpu, vcpuBase, contexts);
    this.walker = new TranslationWalker(new RamDescriptorMemory(buffer, map, options.shared !== undefined));
    this.maintenance = new TlbMaintenance(cpu, this.tlb, contexts, this.state, this.broadcaster);
    this.addressTranslation = new AddressTranslation(cpu, this.state, this.walker);
    this.physical = new PhysicalAccess(buffer, map);
    this.bounce = new BounceBuffer(buffer, vcpuBase, map, options.bus, (offset, length) => this.codeStored(offset, length));
  }

  /** EL, PAN, UAO or the Security state changed: exception entry and return, MSR. */
  stateChanged(): void {
    this.state.update();
  }

  /** A translation control register other than a TTBR was written. */
  controlsChanged(): void {
    this.state.controlsChanged();
  }

  /** A TTBRn_ELx was written: the context switch path. Nothing is flushed. */
  tablesChanged(): void {
    this.state.tablesChanged();
  }

  /** Watchpoint registers, or what enables them, changed. */
  watchpointsChanged(): void {
    if (this.watchpoints.refresh()) this.tlb.flushData();
  }

  reset(): void {
    this.tlb.flushAll();
    this.bounce.abandon();
    this.watchpoints.refresh();
    this.state.reset();
  }

  /**
   * A data access of `size` bytes (1..128) whose inline probe missed; `flags` are AccessFlag bits and an element size.
   * Fills the TLB where that is possible.
   * @returns WasmOffset of the bytes: in RAM, or in the bounce buffer, which a load finds filled and after which a
   *   store (ControlState.bouncePending is then set) must call `commit`. 0 when the access faults: see `fault`.
   */
  access(vaHigh: number, vaLow: number, size: number, flags: number): number {
    const element = elementBytes(size, flags);
    const misaligned = (vaLow & (element - 1)) !== 0;
    if (misaligned && ((flags & AccessFlag.Aligned) !== 0 || this.state.regime.alignmentCheck)) {
      if (this.mayBeUnaligned(vaLow, size, flags)) return this.unaligned(vaHigh, vaLow, size, flags);
      this.recordFault(FaultStatus.Alignment, vaHigh, vaLow, flags);
      return 0;
    }
    const inPage = 4096 - (vaLow & 0xfff);
    if (size > inPage) return this.crossing(vaHigh, vaLow, size, inPage, flags, element, misaligned);
    const resolved = this.resolve(vaHigh, vaLow, size, flags, misaligned);
    if (resolved === Resolved.Memory) return this.memoryOffset;
    if (resolved === Resolved.Fault) return 0;
    if (resolved === Resolved.Code && (flags & AccessFlag.Aligned) !== 0) return this.leaveForAlone();
    this.bounce.begin(element);
    if (resolved === Resolved.Code) this.bounce.addMemory(this.memoryOffset, size, true);
    else if (!this.bounceDevice(vaHigh, vaLow, size, flags)) return 0;
    return this.startBounce(flags);
  }

  private leaveForAlone(): 0 {
    this.needsAlone = true;
    return 0;
  }

  /** With other vCPUs about. */
  private get accompanied(): boolean {
    return this.shared !== undefined && !this.shared.alone;
  }

  /**
   * Checks an access that moves no data (tag instructions without tags): alignment to `size` if Aligned is among the
   * flags, translation, permissions, watchpoints.
   * @returns false when it faults: see `fault`
   */
  check(vaHigh: number, vaLow: number, size: number, flags: number): boolean {
    const { state, result, options } = this;
    if ((flags & AccessFlag.Aligned) !== 0 && (vaLow & (size - 1)) !== 0) {
      this.failAlignment(vaHigh, vaLow, flags);
      return false;
    }
    this.prepare(flags);
    if (!this.walker.translate(state.regime, vaHigh, vaLow, options, result)) {
      this.recordWalkFault(vaHigh, vaLow, flags);
      return false;
    }
    return !this.watchpoints.coversPage(vaHigh, vaLow) || !this.watched(vaHigh, vaLow, size, flags);
  }

  /** Records an alignment fault that the instruction itself found. */
  failAlignment(vaHigh: number, vaLow: number, flags: number): void {
    this.recordFault(FaultStatus.Alignment, vaHigh, vaLow, flags);
  }

  /** Carries out the store in the bounce buffer, if there is one. */
  commit(): void {
    this.bounce.commit();
  }

  /**
   * Fills the code TLB for the page of an instruction address.
   * @returns WasmOffset of the page's first decoded record, 0 when the fetch faults: see `fault`.
   */
  fetch(pcHigh: number, pcLow: number): number {
    this.counters.codeMisses++;
    for (;;) {
      const { generation } = this.tlb;
      const records = this.fetchOnce(pcHigh, pcLow, generation);
      if (records >= 0) return records;
    }
  }

  /** @returns -1 when what other vCPUs broadcast was acted on meanwhile, so that the translation may be stale */
  private fetchOnce(pcHigh: number, pcLow: number, generation: number): number {
    const { state, result, options, map, counters } = this;
    const recalled = this.tlb.recallCode(pcHigh, pcLow, state.fetchContext(pcHigh < 0));
    if (recalled !== 0) return recalled;
    counters.codeWalks++;
    options.access = AccessType.Fetch;
    options.privileged = state.privileged;
    options.pan = false;
    options.update = true;
    options.stage1Only = false;
    if (!this.walker.translate(state.regime, pcHigh, pcLow, options, result)) {
      this.recordWalkFault(pcHigh, pcLow, 0);
      this.fault.fetch = true;
      return 0;
    }
    const backing = map.lookup(result.space, result.paHigh, result.paLow);
    if (backing !== Backing.Ram && backing !== Backing.Rom) {
      this.recordFault(FaultStatus.External, pcHigh, pcLow, 0);
      this.fault.fetch = true;
      return 0;
    }
    const page = map.pageIndex(map.offset);
    const records = this.watchedRecords(page);
    if (this.shared !== undefined && this.tlb.generation !== generation) return -1;
    const upper = pcHigh < 0;
    if (!result.global) this.splitIfShared(upper, state.privileged);
    const context = state.fetchContext(upper);
    this.tlb.fillCode(pcHigh, pcLow, context, records, result.blockShift, result.guarded);
    return records;
  }

  /**
   * Translates for an operation that names an address without accessing it (DC, IC, PRFM). `flags` as for `access`:
   * Write asks for write permission. PAN does not apply.
   * @returns WasmOffset of the byte when it is in RAM or ROM, -1 when it is not, 0 when the translation faults.
   */
  translateForMaintenance(vaHigh: number, vaLow: number, flags: number): WasmOffset | -1 | 0 {
    const { options, result, state, map } = this;
    this.prepare(flags);
    options.pan = false;
    if (!this.walker.translate(state.regime, vaHigh, vaLow, options, result)) {
      this.recordWalkFault(vaHigh, vaLow, flags);
      return 0;
    }
    const backing = map.lookup(result.space, result.paHigh, result.paLow);
    return backing === Backing.Ram || backing === Backing.Rom ? (map.offset as WasmOffset) : -1;
  }

  /** Whether a page is known to be one that may be read now: false says nothing. */
  isReadable(vaHigh: number, vaLow: number): boolean {
    const { state } = this;
    return this.tlb.isReadable(vaHigh, vaLow, state.engineContext(vaHigh < 0, state.privileged));
  }

  /** Copies guest memory for a debugger, with the current EL's translation and no side effects. */
  readVirtual(address: bigint, into: Uint8Array): boolean {
    for (let done = 0; done < into.length; ) {
      const at = address + BigInt(done);
      const part = Math.min(into.length - done, 4096 - Number(at & 0xfffn));
      const result = this.addressTranslation.inspect(at);
      if (result === undefined) return false;
      if (!this.physical.read(result.space, result.pa, into.subarray(done, done + part))) return false;
      done += part;
    }
    return true;
  }

  /** A backing page came to hold decoded code: stores by this vCPU must be seen. */
  protectPage(page: number): void {
    this.tlb.protectPage(page);
    this.shared?.removeWriter(page);
  }

  /** First record of a page stores to which are seen, whichever vCPU makes them. */
  private watchedRecords(page: number): WasmOffset {
    const { code } = this;
    for (;;) {
      const records = code.recordsFor(page);
      if (code.isWatched(records)) return records;
      this.protectPage(page);
      this.shared?.protect(page);
      // meanwhile the page may have been given up by another vCPU
      if (code.watch(page, records)) return records;
    }
  }

  private prepare(flags: number): void {
    const { options, state } = this;
    const user = (flags & AccessFlag.Unprivileged) !== 0 && state.unprivilegedAsUser;
    if ((flags & AccessFlag.ReadWrite) !== 0) options.access = AccessType.ReadWrite;
    else options.access = (flags & AccessFlag.Write) !== 0 ? AccessType.Write : AccessType.Read;
    options.privileged = state.privileged && !user;
    options.pan = options.privileged && state.pan;
    options.update = true;
    options.stage1Only = false;
  }

  /** Translates the part of an access that lies in one page. */
  private resolve(vaHigh: number, vaLow: number, size: number, flags: number, misaligned: boolean): number {
    const { words, state, tlb } = this;
    const writes = (flags & (AccessFlag.Write | AccessFlag.ReadWrite)) !== 0;
    const upper = vaHigh < 0;
    const privileged = state.privileged && !((flags & AccessFlag.Unprivileged) !== 0 && state.unprivilegedAsUser);
    const entry = tlb.dataEntry(vaLow);
    const tag = entry + (writes ? DataTlbWord.writeTag : DataTlbWord.readTag);
    if (words[tag + 1] === vaHigh) {
      const context = words[tag] ^ (vaLow & ~0xfff);
      if (context === state.engineContext(upper, privileged)) {
        this.memoryOffset = (words[entry + DataTlbWord.addend] + vaLow) >>> 0;
        return Resolved.Memory;
      }
      if (context > 0 && context === state.hiddenContext(upper, privileged)) {
        return this.hiddenHit(entry, vaHigh, vaLow, size, flags, misaligned);
      }
    }
    this.counters.dataMisses++;
    if (tlb.recallData(vaHigh, vaLow, state.engineContext(upper, privileged), writes)) {
      this.memoryOffset = (words[entry + DataTlbWord.addend] + vaLow) >>> 0;
      return Resolved.Memory;
    }
    this.counters.dataWalks++;
    return this.miss(vaHigh, vaLow, size, flags, misaligned);
  }

  private hiddenHit(
    entry: number,
    vaHigh: number,
    vaLow: number,
    size: number,
    flags: number,
    misaligned: boolean,
  ): number {
    const { words } = this;
    const entryFlags = words[entry + DataTlbWord.flags];
    const page = words[entry + DataTlbWord.page];
    if ((entryFlags & DataTlbFlag.Device) !== 0 && misaligned && this.deviceAlignment) {
      return this.recordFault(FaultStatus.Alignment, vaHigh, vaLow, flags);
    }
    if ((entryFlags & DataTlbFlag.Watched) !== 0 && this.watched(vaHigh, vaLow, size, flags)) return Resolved.Fault;
    if ((entryFlags & DataTlbFlag.Mmio) !== 0) {
      this.deviceSpace = page >>> SPACE_SHIFT;
      this.deviceHigh = (page >>> 20) & 0xff;
      this.deviceLow = (page << 12) | (vaLow & 0xfff);
      return Resolved.Device;
    }
    this.memoryOffset = (words[entry + DataTlbWord.addend] + vaLow) >>> 0;
    if ((flags & (AccessFlag.Write | AccessFlag.ReadWrite)) === 0) return Resolved.Memory;
    this.shared?.addWriter(this.map.pageIndex(this.memoryOffset));
    if (this.accompanied && size <= BOUNCE_BYTES && this.holdsCode()) return Resolved.Code;
    if (!this.noteStore(size) && entryFlags === 0) {
      // The page holds no code any more: the engines may have the write tag (or what hid the entry still does).
      this.tlb.allowWrites(entry);
    }
    return Resolved.Memory;
  }

  /** Whether the page at `memoryOffset` holds code. */
  private holdsCode(): boolean {
    return this.code.hasCode(this.map.pageIndex(this.memoryOffset));
  }

  /**
   * Whether an exclusive, atomic, acquire or release access may have a misaligned address: within 16 aligned bytes with
   * FEAT_LSE2, anywhere if it is no more than ordered and SCTLR_ELx.nAA is set (Arm ARM, UnalignedAccessFaults).
   */
  private mayBeUnaligned(vaLow: number, size: number, flags: number): boolean {
    const { regime } = this.state;
    if (regime.alignmentCheck || (this.cpu.u32[MMFR2_HIGH] & 15) === 0) return false;
    if ((vaLow & 15) + size <= 16) return true;
    return (flags & AccessFlag.Ordered) !== 0 && regime.unalignedOrdered;
  }

  /** Such an access: generated code has its atomic instructions work on the bounce buffer. */
  private unaligned(vaHigh: number, vaLow: number, size: number, flags: number): number {
    const { bounce } = this;
    if (this.accompanied) return this.leaveForAlone();
    const inPage = 4096 - (vaLow & 0xfff);
    if (size > inPage) return this.crossing(vaHigh, vaLow, size, inPage, flags, 1, true);
    const resolved = this.resolve(vaHigh, vaLow, size, flags, true);
    if (resolved === Resolved.Fault) return 0;
    bounce.begin(1);
    if (resolved === Resolved.Device) {
      if (!this.bounceDevice(vaHigh, vaLow, size, flags)) return 0;
      return this.startBounce(flags);
    }
    bounce.addMemory(this.memoryOffset, size);
    // a store exclusive compares, and stores what it finds when it fails
    bounce.gather();
    if ((flags & (AccessFlag.Write | AccessFlag.ReadWrite)) !== 0) bounce.expectStore();
    return bounce.offset;
  }

  /** Tells the code store about a store to `memoryOffset`. Returns whether the page still holds code. */
  private noteStore(size: number): boolean {
    const { code } = this;
    const page = this.map.pageIndex(this.memoryOffset);
    if (!code.hasCode(page)) return false;
    // Records go before the store takes place: they are decoded again only when executed, which is after it.
    return !this.dropWritten(page, this.memoryOffset & 0xfff, size);
  }

  /** A store from the bounce buffer has been made to a page of code. */
  private codeStored(offset: number, length: number): void {
    this.dropWritten(this.map.pageIndex(offset), offset & 0xfff, length);
  }

  /** Bytes of a page of code are written. @returns whether the page was given up */
  private dropWritten(page: number, offset: number, length: number): boolean {
    const { code } = this;
    const released = code.written(page, offset, length);
    if (released === 0) return false;
    this.tlb.dropRecords(released);
    if (this.shared !== undefined) code.recycle(released, this.shared.dropRecords(released));
    return true;
  }

  private watched(vaHigh: number, vaLow: number, size: number, flags: number): boolean {
    const writes = (flags & (AccessFlag.Write | AccessFlag.ReadWrite)) !== 0;
    const reads = !writes || (flags & AccessFlag.ReadWrite) !== 0;
    const unit = this.watchpoints;
    const privileged = this.isPrivileged(flags);
    const hit =
      (reads && unit.matches(vaHigh, vaLow, size, false, privileged)) ||
      (writes && unit.matches(vaHigh, vaLow, size, true, privileged));
    if (hit) {
      this.recordFault(FaultStatus.None, vaHigh, vaLow, flags);
      this.fault.watchpoint = true;
      this.fault.write = writes && unit.matches(vaHigh, vaLow, size, true, privileged);
      if (unit.hit !== undefined) this.fault.address = unit.hit;
    }
    return hit;
  }

  private isPrivileged(flags: number): boolean {
    const { state } = this;
    return state.privileged && !((flags & AccessFlag.Unprivileged) !== 0 && state.unprivilegedAsUser);
  }

  private miss(vaHigh: number, vaLow: number, size: number, flags: number, misaligned: boolean): number {
    const { result, options, map } = this;
    this.prepare(flags);
    if (!this.walker.translate(this.state.regime, vaHigh, vaLow, options, result)) {
      return this.recordWalkFault(vaHigh, vaLow, flags);
    }
    const device = result.isDevice && this.deviceAlignment;
    if (device && misaligned) return this.recordFault(FaultStatus.Alignment, vaHigh, vaLow, flags);
    const backing = map.lookup(result.space, result.paHigh, result.paLow);
    if (backing === Backing.None) return this.recordFault(FaultStatus.External, vaHigh, vaLow, flags);
    const isWatched = this.watchpoints.coversPage(vaHigh, vaLow);
    if (isWatched && this.watched(vaHigh, vaLow, size, flags)) return Resolved.Fault;
    const special = (device ? DataTlbFlag.Device : 0) | (isWatched ? DataTlbFlag.Watched : 0);
    const writes = options.access !== AccessType.Read;
    if (backing === Backing.Mmio || (backing === Backing.Rom && writes)) {
      this.deviceSpace = result.space;
      this.deviceHigh = result.paHigh;
      this.deviceLow = result.paLow;
      if (backing === Backing.Mmio) this.fillDevice(vaHigh, vaLow, special);
      return Resolved.Device;
    }
    const offset = map.offset;
    this.memoryOffset = offset;
    if (writes || (result.permissions & Permission.Write) !== 0) this.shared?.addWriter(map.pageIndex(offset));
    const behind = writes && this.accompanied && this.holdsCode();
    const holdsCode = writes && !behind ? this.noteStore(size) : this.holdsCode();
    this.fillMemory(vaHigh, vaLow, offset, special, holdsCode, backing === Backing.Ram);
    return behind ? Resolved.Code : Resolved.Memory;
  }

  /** Enters the page that `result` translates into the TLB. */
  private fillMemory(
    vaHigh: number,
    vaLow: number,
    offset: number,
    special: number,
    holdsCode: boolean,
    ram: boolean,
  ): void {
    const { state, result, options } = this;
    const upper = vaHigh < 0;
    const { privileged } = options;
    if (!result.global) this.splitIfShared(upper, privileged);
    // Where contexts do not tell PAN apart, the engines get no page that PAN would keep from them.
    const hideAll =
      special !== 0 || (upper && privileged && result.unprivilegedReadable && state.isShared(upper));
    const readable = (result.permissions & Permission.Read) !== 0;
    const writable = readable && ram && (result.permissions & Permission.Write) !== 0 && result.dirty;
    // First, since assigning a number may replace the engines'.
    const hidden = hideAll || (writable && holdsCode) ? state.assignHiddenContext(upper, privileged) : 0;
    const engine = hideAll ? 0 : state.engineContext(upper, privileged);
    const readContext = hideAll ? hidden : engine;
    const writeContext = hideAll || holdsCode ? hidden : engine;
    const page = (result.space << SPACE_SHIFT) | this.map.pageIndex(offset);
    this.tlb.fillData(
      vaHigh,
      vaLow,
      readable ? readContext : 0,
      writable ? writeContext : 0,
      offset,
      result.blockShift,
      page,
      special,
    );
  }

  private fillDevice(vaHigh: number, vaLow: number, special: number): void {
    const { state, result, options } = this;
    if (result.paHigh >= MMIO_HIGH_LIMIT) return;
    const upper = vaHigh < 0;
    if (!result.global) this.splitIfShared(upper, options.privileged);
    const hidden = state.assignHiddenContext(upper, options.privileged);
    const readable = (result.permissions & Permission.Read) !== 0;
    const writable = readable && (result.permissions & Permission.Write) !== 0 && result.dirty;
    const page = (result.space << SPACE_SHIFT) | (result.paHigh << 20) | (result.paLow >>> 12);
    const flags = special | DataTlbFlag.Mmio;
    this.tlb.fillData(vaHigh, vaLow, readable ? hidden : 0, writable ? hidden : 0, 0, result.blockShift, page, flags);
  }

  private splitIfShared(upper: boolean, privileged: boolean): void {
    const { state } = this;
    if (upper && privileged && state.isShared(upper)) state.splitUpperHalf();
  }

  /** An access that spans two pages: both translate before any byte is touched. */
  private crossing(
    vaHigh: number,
    vaLow: number,
    size: number,
    first: number,
    flags: number,
    element: number,
    misaligned: boolean,
  ): number {
    const { bounce } = this;
    bounce.begin(element);
    const nextLow = (vaLow + first) | 0;
    const nextHigh = nextLow === 0 ? (vaHigh + 1) | 0 : vaHigh;
    for (let part = 0; part < 2; part++) {
      const high = part === 0 ? vaHigh : nextHigh;
      const low = part === 0 ? vaLow : nextLow;
      const length = part === 0 ? first : size - first;
      const resolved = this.resolve(high, low, length, flags, misaligned);
      if (resolved === Resolved.Fault) return 0;
      if (resolved === Resolved.Memory || resolved === Resolved.Code) {
        bounce.addMemory(this.memoryOffset, length, resolved === Resolved.Code);
      } else if (!this.bounceDevice(high, low, length, flags)) return 0;
    }
    return this.startBounce(flags);
  }

  private bounceDevice(vaHigh: number, vaLow: number, length: number, flags: number): boolean {
    if (this.bounce.addDevice(this.deviceSpace, this.deviceHigh, this.deviceLow, length)) return true;
    this.recordFault(FaultStatus.External, vaHigh, vaLow, flags);
    return false;
  }

  private startBounce(flags: number): number {
    const { bounce } = this;
    const writes = (flags & (AccessFlag.Write | AccessFlag.ReadWrite)) !== 0;
    if (!writes || (flags & AccessFlag.ReadWrite) !== 0) bounce.gather();
    if (writes) bounce.expectStore();
    return bounce.offset;
  }

  /** Records a fault that is not the walk's. */
  private recordFault(status: number, vaHigh: number, vaLow: number, flags: number): typeof Resolved.Fault {
    const { fault } = this;
    fault.status = status;
    fault.watchpoint = false;
    fault.fetch = false;
    fault.write = (flags & AccessFlag.ReadWrite) === 0 && (flags & AccessFlag.Write) !== 0;
    fault.level = 0;
    fault.stage2 = false;
    fault.stage1Walk = false;
    fault.vaHigh = vaHigh;
    fault.vaLow = vaLow;
    fault.ipa = 0;
    fault.ipaSpace = 0;
    return Resolved.Fault;
  }

  private recordWalkFault(vaHigh: number, vaLow: number, flags: number): typeof Resolved.Fault {
    const { fault, result } = this;
    this.recordFault(result.fault, vaHigh, vaLow, flags);
    if ((flags & AccessFlag.ReadWrite) !== 0) fault.write = result.writeOnly;
    fault.level = result.level;
    fault.stage2 = result.stage2;
    fault.stage1Walk = result.stage1Walk;
    if (result.stage2) {
      fault.ipa = result.ipa;
      fault.ipaSpace = result.ipaSpace;
    }
    return Resolved.Fault;
  }

  /** Regime that data accesses use now. */
  get regime(): TranslationRegime {
    return this.state.regime;
  }
}
