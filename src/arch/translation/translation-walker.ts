import { PhysicalAddressSpace } from '../address.js';
import { ExchangeResult, type DescriptorMemory } from './descriptor-memory.js';
import { FaultStatus, faultStatusAtLevel } from './fault-status.js';
import {
  combineAttributes,
  combineShareability,
  isDeviceAttribute,
  MemoryAttribute,
  Shareability,
} from './memory-attributes.js';
import { RegimeKind, type Stage1Range, type TranslationRegime } from './regime.js';
import { byteSwap, Stage2Permission, Stage2Walker } from './stage2-walker.js';
import { contiguousBits, TableFault } from './table-geometry.js';
import { AccessType, Permission, type TranslationResult } from './walk-result.js';

const VALID = 1;
const TABLE = 2;
const NS = 1 << 5;
const AP_UNPRIVILEGED = 1 << 6;
const AP_READ_ONLY = 1 << 7;
const AF = 1 << 10;
const NG = 1 << 11;
const NSE = 1 << 11;
/** Bits of the high word: GP (50), DBM (51), Contiguous (52), PXN (53), UXN or XN (54). */
const GP = 1 << 18;
const DBM = 1 << 19;
const CONTIGUOUS = 1 << 20;
const PXN = 1 << 21;
const UXN = 1 << 22;
/** Bits of the high word of table descriptors: PXNTable (59), UXNTable (60), APTable (62:61), NSTable (63). */
const PXN_TABLE = 1 << 27;
const UXN_TABLE = 1 << 28;
const AP_TABLE_NO_UNPRIVILEGED = 1 << 29;
const AP_TABLE_READ_ONLY = 1 << 30;
const NS_TABLE = 1 << 31;
const ALL_TABLE_LIMITS = PXN_TABLE | UXN_TABLE | AP_TABLE_NO_UNPRIVILEGED | AP_TABLE_READ_ONLY;

/** What `translate` is told about the access beside its address. */
export interface WalkOptions {
  access: AccessType;
  /** EL1 and up; false for EL0 and for unprivileged loads and stores. */
  privileged: boolean;
  /** PSTATE.PAN applies to the access. */
  pan: boolean;
  /**
   * Hardware management of AF and dirty state may write descriptors: false for address translation instructions and
   * debug accesses, which take a clear Access flag as set.
   */
  update: boolean;
  /** Leave stage 2 of the output out (AT S1E...). Stage 1 descriptors are still found through stage 2. */
  stage1Only: boolean;
}

/**
 * VMSAv8-64 address translation (Arm ARM, D8; AArch64.FullTranslate in the pseudocode). Keeps no state between calls
 * and allocates nothing. All address words are int32.
 */
export class TranslationWalker {
  private readonly stage2: Stage2Walker;
  /** Descriptor fetched last. */
  private low = 0;
  private high = 0;
  /** Where it lies in physical memory. */
  private descriptorSpace = 0;
  private descriptorHigh = 0;
  private descriptorLow = 0;

  constructor(private readonly memory: DescriptorMemory) {
    this.stage2 = new Stage2Walker(memory);
  }

  /** Translates one address. Returns false when `out` holds a fault. */
  translate(
    regime: TranslationRegime,
    vaHigh: number,
    vaLow: number,
    options: WalkOptions,
    out: TranslationResult,
  ): boolean {
    out.fault = FaultStatus.None;
    out.stage2 = false;
    out.stage1Walk = false;
    out.writeOnly = false;
    if (regime.stage1Enabled) {
      if (!this.stage1(regime, vaHigh, vaLow, options, out)) return false;
    } else if (!this.stage1Disabled(regime, vaHigh, vaLow, options, out)) return false;
    if (!regime.stage2Enabled || options.stage1Only) return true;
    return this.stage2OfOutput(regime, options, out);
  }

  /** Identity map of a regime whose stage 1 is off (AArch64.S1DisabledOutput). */
  private stage1Disabled(
    regime: TranslationRegime,
    vaHigh: number,
    vaLow: number,
    options: WalkOptions,
    out: TranslationResult,
  ): boolean {
    const range = regime.twoRanges && (vaHigh & 0x0080_0000) !== 0 ? regime.high : regime.low;
    const fetch = options.access === AccessType.Fetch;
    const top = (fetch ? range.topByteIgnoredFetch : range.topByteIgnoredData) ? vaHigh & 0x00ff_ffff : vaHigh;
    if (top >>> (regime.paBits - 32) !== 0) return fail(out, FaultStatus.AddressSize, 0);
    out.paHigh = top;
    out.paLow = vaLow;
    out.space = regime.security;
    out.permissions = Permission.Read | Permission.Write | Permission.Execute;
    out.dirty = true;
    out.unprivilegedReadable = true;
    if (regime.defaultCacheable) out.attributes = MemoryAttribute.NormalWriteBack;
    else if (!fetch) out.attributes = MemoryAttribute.DeviceNGnRnE;
    else if (regime.instructionCache) out.attributes = MemoryAttribute.NormalWriteThrough;
    else out.attributes = MemoryAttribute.NormalNonCacheable;
    out.shareability = regime.defaultCacheable ? Shareability.Non : Shareability.Outer;
    out.isDevice = isDeviceAttribute(out.attributes);
    out.blockShift = 12;
    // Linear throughout; ranges that large never matter, so one gigabyte is named.
    out.extentShift = 30;
    out.global = true;
    out.guarded = false;
    return true;
  }

  private stage1(
    regime: TranslationRegime,
    vaHigh: number,
    vaLow: number,
    options: WalkOptions,
    out: TranslationResult,
  ): boolean {
    const upper = regime.twoRanges && (vaHigh & 0x0080_0000) !== 0;
    const range = upper ? regime.high : regime.low;
    if (
      range.fault === TableFault.Translation ||
      range.disabled ||
      vaOutOfRange(range, upper, vaHigh, vaLow, options.access) ||
      (range.unprivilegedDisabled && !options.privileged)
    ) {
      return fail(out, FaultStatus.Translation, 0);
    }
    if (range.fault === TableFault.AddressSize) return fail(out, FaultStatus.AddressSize, 0);
    for (;;) {
      const outcome = this.attempt(regime, range, vaHigh, vaLow, options, out);
      if (outcome !== ExchangeResult.Changed) return outcome === ExchangeResult.Done;
    }
  }

  /** Reads a stage 1 descriptor into `low`/`high`, through stage 2 where that is on. False after a fault. */
  private fetchDescriptor(
    regime: TranslationRegime,
    space: number,
    high: number,
    low: number,
    level: number,
    update: boolean,
    out: TranslationResult,
  ): boolean {
    const memory = this.memory;
    if (regime.stage2Enabled) {
      const stage2 = this.stage2;
      if (!stage2.walk(regime.stage2, space, high, low, Stage2Permission.Read, update)) {
        return this.stage2Fault(out, space, high, low, true);
      }
      if (regime.stage2.protectedWalk && this.walkHitsDevice(regime)) {
        stage2.fault = FaultStatus.Permission;
        return this.stage2Fault(out, space, high, low, true);
      }
      space = stage2.space;
      high = stage2.paHigh;
      low = stage2.paLow;
    }
    if (!memory.read(space, high, low)) return fail(out, FaultStatus.ExternalOnWalk, level);
    this.descriptorSpace = space;
    this.descriptorHigh = high;
    this.descriptorLow = low;
    this.low = regime.bigEndian ? byteSwap(memory.high) : memory.low;
    this.high = regime.bigEndian ? byteSwap(memory.low) : memory.high;
    return true;
  }

  /** The stage 2 translation of a descriptor's address says Device (HCR_EL2.PTW). */
  private walkHitsDevice(regime: TranslationRegime): boolean {
    const stage2 = this.stage2;
    return isDeviceAttribute(
      combineAttributes(MemoryAttribute.NormalWriteBack, stage2.memAttr, regime.stage2.forcedWriteBack),
    );
  }

  private stage2Fault(out: TranslationResult, space: number, high: number, low: number, walk: boolean): false {
    out.stage2 = true;
    out.stage1Walk = walk;
    out.ipaSpace = space;
    out.ipaHigh = high;
    out.ipaLow = low;
    return fail(out, this.stage2.fault, this.stage2.level);
  }

  /** One stage 1 walk: Done, Unsupported (a fault), or Changed when the descriptor moved under an update. */
  private attempt(
    regime: TranslationRegime,
    range: Stage1Range,
    vaHigh: number,
    vaLow: number,
    options: WalkOptions,
    out: TranslationResult,
  ): number {
    const { granuleShift, stride } = range;
    const direct = !regime.stage2Enabled && !regime.bigEndian;
    const memory = this.memory;
    let space: number = regime.security;
    let level = range.startLevel;
    let shift = range.startShift;
    let mask = range.startMask;
    let tableHigh = range.tableHigh;
    let tableLow = range.tableLow;
    /** Table descriptors' limits gathered on the way. */
    let limits = 0;
    let low: number;
    let high: number;
    let outHigh: number;
    let at: number;
    for (;;) {
      const index = shift >= 32 ? vaHigh >>> (shift - 32) : (vaLow >>> shift) | (vaHigh << (32 - shift));
      at = tableLow | ((index & mask) << 3);
      if (direct) {
        if (!memory.read(space, tableHigh, at)) {
          fail(out, FaultStatus.ExternalOnWalk, level);
          return ExchangeResult.Unsupported;
        }
        low = memory.low;
        high = memory.high;
      } else {
        if (!this.fetchDescriptor(regime, space, tableHigh, at, level, options.update, out)) {
          return ExchangeResult.Unsupported;
        }
        low = this.low;
        high = this.high;
      }
      const isTable = (low & TABLE) !== 0;
      if ((low & VALID) === 0 || (!isTable && (level === 3 || ((range.blockLevels >> (level + 1)) & 1) === 0))) {
        fail(out, FaultStatus.Translation, level);
        return ExchangeResult.Unsupported;
      }
      outHigh = range.outputHigh(low, high);
      if (range.outOfRange(outHigh)) {
        fail(out, FaultStatus.AddressSize, level);
        return ExchangeResult.Unsupported;
      }
      if (!isTable || level === 3) break;
      limits |= high;
      if ((high & NS_TABLE) !== 0 && space === PhysicalAddressSpace.Secure) space = PhysicalAddressSpace.NonSecure;
      tableHigh = outHigh;
      tableLow = (low >>> granuleShift) << granuleShift;
      level++;
      shift -= stride;
      mask = (1 << stride) - 1;
    }

    let updated = low;
    if ((low & AF) === 0) {
      if (!regime.hardwareAccessFlag) {
        fail(out, FaultStatus.AccessFlag, level);
        return ExchangeResult.Unsupported;
      }
      updated |= AF;
    }
    out.space = outputSpace(regime, space, low);
    const tracked = regime.hardwareDirty && (high & DBM) !== 0;
    const writable = tracked || (low & AP_READ_ONLY) === 0;
    limits = range.hierarchicalPermissions ? limits & ALL_TABLE_LIMITS : 0;
    this.setPermissions(regime, low, high, limits, writable, options, out);
    if (!permitted(options.access, out)) {
      fail(out, FaultStatus.Permission, level);
      return ExchangeResult.Unsupported;
    }
    const writes = options.access === AccessType.Write || options.access === AccessType.ReadWrite;
    if (tracked && writes) updated &= ~AP_READ_ONLY;
    if (options.update && updated !== low) {
      if (direct) {
        this.descriptorSpace = space;
        this.descriptorHigh = tableHigh;
        this.descriptorLow = at;
      }
      const outcome = this.updateDescriptor(regime, space, tableHigh, at, low, high, updated, level, out);
      if (outcome !== ExchangeResult.Done) return outcome;
      low = updated;
    }

    if (shift >= 32) {
      const keep = (1 << (shift - 32)) - 1;
      out.paHigh = (outHigh & ~keep) | (vaHigh & keep);
      out.paLow = vaLow;
    } else {
      const keep = (1 << shift) - 1;
      out.paHigh = outHigh;
      out.paLow = (low & ~keep) | (vaLow & keep);
    }
    out.dirty = !tracked || (low & AP_READ_ONLY) === 0;
    out.attributes = regime.attributes[(low >> 2) & 7];
    out.isDevice = (out.attributes & 0xf0) === 0;
    out.shareability = range.ds ? range.shareability : (low >> 8) & 3;
    out.blockShift = out.extentShift =
      (high & CONTIGUOUS) !== 0 ? shift + contiguousBits(granuleShift, level) : shift;
    // Bit 11 is NSE in the EL3 regime with FEAT_RME; regimes with one range have no ASID.
    out.global = !regime.twoRanges || (low & NG) === 0;
    out.guarded = (high & GP) !== 0;
    return ExchangeResult.Done;
  }

  /** Permissions for the access's privilege (AArch64.S1DirectBasePermissions and what follows it). */
  private setPermissions(
    regime: TranslationRegime,
    low: number,
    high: number,
    limits: number,
    writable: boolean,
    options: WalkOptions,
    out: TranslationResult,
  ): void {
    const privilegedWrite = writable && (limits & AP_TABLE_READ_ONLY) === 0;
    let read = true;
    let write = privilegedWrite;
    let execute: boolean;
    if (!regime.twoRanges) {
      execute = (high & UXN) === 0 && (limits & UXN_TABLE) === 0 && !(regime.writeExecuteNever && write);
      out.unprivilegedReadable = false;
    } else {
      let unprivilegedRead = (low & AP_UNPRIVILEGED) !== 0 && (limits & AP_TABLE_NO_UNPRIVILEGED) === 0;
      let privilegedNever = (high & PXN) !== 0 || (limits & PXN_TABLE) !== 0;
      let unprivilegedNever = (high & UXN) !== 0 || (limits & UXN_TABLE) !== 0;
      if (regime.nestedEl1) {
        unprivilegedRead = false;
        privilegedNever = unprivilegedNever;
        unprivilegedNever = true;
      }
      const unprivilegedWrite = unprivilegedRead && privilegedWrite;
      const unprivilegedAccess = unprivilegedRead || (regime.enhancedPan && !unprivilegedNever);
      out.unprivilegedReadable = unprivilegedAccess;
      if (options.privileged) {
        execute = !privilegedNever && !unprivilegedWrite && !(regime.writeExecuteNever && privilegedWrite);
        if (options.pan && unprivilegedAccess) read = write = false;
      } else {
        read = unprivilegedRead;
        write = unprivilegedWrite;
        execute = !unprivilegedNever && !(regime.writeExecuteNever && unprivilegedWrite);
      }
    }
    if (regime.secureFetchOnly && out.space === PhysicalAddressSpace.NonSecure) execute = false;
    out.permissions =
      (read ? Permission.Read : 0) | (write ? Permission.Write : 0) | (execute ? Permission.Execute : 0);
  }

  /** Writes AF or dirty state back to the descriptor that stage 1 sees at `ipaHigh`:`ipaLow` of `ipaSpace`. */
  private updateDescriptor(
    regime: TranslationRegime,
    ipaSpace: number,
    ipaHigh: number,
    ipaLow: number,
    low: number,
    high: number,
    updated: number,
    level: number,
    out: TranslationResult,
  ): number {
    const { memory, descriptorSpace, descriptorHigh, descriptorLow } = this;
    if (regime.stage2Enabled) {
      const stage2 = this.stage2;
      if (!stage2.walk(regime.stage2, ipaSpace, ipaHigh, ipaLow, Stage2Permission.Write, true)) {
        this.stage2Fault(out, ipaSpace, ipaHigh, ipaLow, true);
        return ExchangeResult.Unsupported;
      }
    }
    const swap = regime.bigEndian;
    const result = memory.compareExchange(
      descriptorSpace,
      descriptorHigh,
      descriptorLow,
      swap ? byteSwap(high) : low,
      swap ? byteSwap(low) : high,
      swap ? byteSwap(high) : updated,
      swap ? byteSwap(updated) : high,
    );
    if (result === ExchangeResult.Unsupported) fail(out, FaultStatus.UnsupportedAtomicUpdate, level);
    return result;
  }

  /** Stage 2 of the address that stage 1 put out. */
  private stage2OfOutput(regime: TranslationRegime, options: WalkOptions, out: TranslationResult): boolean {
    const { access } = options;
    const stage2 = this.stage2;
    let required: number = Stage2Permission.Read;
    if (access === AccessType.Write) required = Stage2Permission.Write;
    else if (access === AccessType.ReadWrite) required = Stage2Permission.Read | Stage2Permission.Write;
    else if (access === AccessType.Fetch) {
      required = options.privileged ? Stage2Permission.ExecutePrivileged : Stage2Permission.ExecuteUnprivileged;
    }
    const controls = regime.stage2;
    if (!stage2.walk(controls, out.space, out.paHigh, out.paLow, required, options.update)) {
      out.writeOnly =
        access === AccessType.ReadWrite &&
        stage2.fault === FaultStatus.Permission &&
        (stage2.permissions & Stage2Permission.Read) !== 0;
      return this.stage2Fault(out, out.space, out.paHigh, out.paLow, false);
    }
    const granted = stage2.permissions;
    let permissions = granted & (Permission.Read | Permission.Write);
    const execute = options.privileged ? Stage2Permission.ExecutePrivileged : Stage2Permission.ExecuteUnprivileged;
    if ((granted & execute) !== 0) permissions |= Permission.Execute;
    out.permissions &= permissions;
    out.dirty = out.dirty && stage2.dirty;
    out.attributes = combineAttributes(out.attributes, stage2.memAttr, controls.forcedWriteBack);
    out.isDevice = isDeviceAttribute(out.attributes);
    out.shareability = combineShareability(out.shareability, stage2.shareability);
    if (!regime.stage1Enabled) out.blockShift = stage2.blockShift;
    out.extentShift = Math.min(out.extentShift, stage2.blockShift);
    out.paHigh = stage2.paHigh;
    out.paLow = stage2.paLow;
    out.space = stage2.space;
    return true;
  }
}

function fail(out: TranslationResult, fault: number, level: number): false {
  out.fault = faultStatusAtLevel(fault, level);
  out.level = level;
  return false;
}

/** Bits above the input size differ from what the range asks for (AArch64.VAIsOutOfRange). */
function vaOutOfRange(range: Stage1Range, upper: boolean, high: number, low: number, access: AccessType): boolean {
  const ignored = access === AccessType.Fetch ? range.topByteIgnoredFetch : range.topByteIgnoredData;
  const top = ignored ? (high << 8) >> 8 : high;
  const fill = upper ? -1 : 0;
  const inputBits = range.inputBits;
  if (inputBits >= 32) return top >> (inputBits - 32) !== fill;
  return top !== fill || low >> inputBits !== fill;
}

/** PhysicalAddressSpace of a leaf's output; `walkSpace` is Non-secure after NSTable. */
function outputSpace(regime: TranslationRegime, walkSpace: number, low: number): number {
  switch (regime.security) {
    case PhysicalAddressSpace.Secure:
      return walkSpace === PhysicalAddressSpace.NonSecure || (low & NS) !== 0
        ? PhysicalAddressSpace.NonSecure
        : PhysicalAddressSpace.Secure;
    case PhysicalAddressSpace.Realm:
      return regime.kind !== RegimeKind.El10 && (low & NS) !== 0
        ? PhysicalAddressSpace.NonSecure
        : PhysicalAddressSpace.Realm;
    case PhysicalAddressSpace.Root:
      if ((low & NSE) === 0) return (low & NS) === 0 ? PhysicalAddressSpace.Secure : PhysicalAddressSpace.NonSecure;
      return (low & NS) === 0 ? PhysicalAddressSpace.Root : PhysicalAddressSpace.Realm;
    default:
      return PhysicalAddressSpace.NonSecure;
  }
}

function permitted(access: AccessType, out: TranslationResult): boolean {
  const permissions = out.permissions;
  switch (access) {
    case AccessType.Read:
      return (permissions & Permission.Read) !== 0;
    case AccessType.Write:
      return (permissions & Permission.Write) !== 0;
    case AccessType.Fetch:
      return (permissions & Permission.Execute) !== 0;
    default:
      if ((permissions & Permission.Read) === 0) return false;
      out.writeOnly = (permissions & Permission.Write) === 0;
      return !out.writeOnly;
  }
}
