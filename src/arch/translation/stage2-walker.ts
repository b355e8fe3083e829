import { PhysicalAddressSpace } from '../address.js';
import { ExchangeResult, type DescriptorMemory } from './descriptor-memory.js';
import { FaultStatus } from './fault-status.js';
import type { Stage2Controls, Stage2Tables } from './stage2-controls.js';
import { contiguousBits, TableFault } from './table-geometry.js';

/** Permission bits of a stage 2 translation. */
export const Stage2Permission = { Read: 1, Write: 2, ExecutePrivileged: 4, ExecuteUnprivileged: 8 } as const;

const VALID = 1;
const TABLE = 2;
const AF = 1 << 10;
/** S2AP[1]. */
const S2AP_WRITE = 1 << 7;
/** Bits of the high word: DBM (51), Contiguous (52), NS (55). */
const DBM = 1 << 19;
const CONTIGUOUS = 1 << 20;
const NS = 1 << 23;

/** Reverses the bytes of an int32. */
export function byteSwap(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/**
 * Stage 2 translation, IPA to PA (AArch64.S2Translate and S2Walk). The outcome is left in the fields; all words are
 * int32.
 */
export class Stage2Walker {
  /** FaultStatus base code (without the level), or FaultStatus.None. */
  fault: number = FaultStatus.None;
  /** Level of the fault, or of the leaf. */
  level = 0;
  paHigh = 0;
  paLow = 0;
  space = 0;
  permissions = 0;
  /** Later writes need no descriptor update. */
  dirty = true;
  /** MemAttr[3:0] and SH of the leaf. */
  memAttr = 0;
  shareability = 0;
  /** log2 of the translation's size. */
  blockShift = 12;

  constructor(private readonly memory: DescriptorMemory) {}

  /**
   * @param required Stage2Permission bits the access needs.
   * @param update hardware management of AF and dirty state may write descriptors (not for address translation
   *   instructions and debug accesses, which take a clear Access flag as set).
   * @returns false with `fault` and `level` set when the translation faults.
   */
  walk(
    controls: Stage2Controls,
    ipaSpace: number,
    ipaHigh: number,
    ipaLow: number,
    required: number,
    update: boolean,
  ): boolean {
    const tables = controls.tablesFor(ipaSpace);
    if (tables.fault !== TableFault.None) {
      return this.fail(tables.fault === TableFault.Translation ? FaultStatus.Translation : FaultStatus.AddressSize, 0);
    }
    const inputBits = tables.inputBits;
    const beyond = inputBits >= 32 ? ipaHigh >>> (inputBits - 32) : ipaHigh | (ipaLow >>> inputBits);
    if (beyond !== 0) return this.fail(FaultStatus.Translation, 0);
    for (;;) {
      const outcome = this.attempt(controls, tables, ipaHigh, ipaLow, required, update);
      if (outcome !== ExchangeResult.Changed) return outcome === ExchangeResult.Done;
    }
  }

  private fail(fault: number, level: number): false {
    this.fault = fault;
    this.level = level;
    return false;
  }

  /** One walk: Done, Unsupported (a fault), or Changed when a descriptor moved under an update. */
  private attempt(
    controls: Stage2Controls,
    tables: Stage2Tables,
    ipaHigh: number,
    ipaLow: number,
    required: number,
    update: boolean,
  ): number {
    const memory = this.memory;
    const { walkSpace, granuleShift, stride } = tables;
    const bigEndian = controls.bigEndian;
    let level = tables.startLevel;
    let shift = tables.startShift;
    let mask = tables.startMask;
    let tableHigh = tables.tableHigh;
    let tableLow = tables.tableLow;
    let low: number;
    let high: number;
    let outHigh: number;
    let at: number;
    for (;;) {
      const index = shift >= 32 ? ipaHigh >>> (shift - 32) : (ipaLow >>> shift) | (ipaHigh << (32 - shift));
      at = tableLow | ((index & mask) << 3);
      if (!memory.read(walkSpace, tableHigh, at)) {
        this.fail(FaultStatus.ExternalOnWalk, level);
        return ExchangeResult.Unsupported;
      }
      low = bigEndian ? byteSwap(memory.high) : memory.low;
      high = bigEndian ? byteSwap(memory.low) : memory.high;
      const isTable = (low & TABLE) !== 0;
      if ((low & VALID) === 0 || (!isTable && (level === 3 || ((tables.blockLevels >> (level + 1)) & 1) === 0))) {
        this.fail(FaultStatus.Translation, level);
        return ExchangeResult.Unsupported;
      }
      outHigh = tables.outputHigh(low, high);
      if (tables.outOfRange(outHigh)) {
        this.fail(FaultStatus.AddressSize, level);
        return ExchangeResult.Unsupported;
      }
      if (level === 3 || !isTable) break;
      tableHigh = outHigh;
      tableLow = (low >>> granuleShift) << granuleShift;
      level++;
      shift -= stride;
      mask = (1 << stride) - 1;
    }

    let updated = low;
    if ((low & AF) === 0) {
      if (tables.hardwareAccessFlag) updated |= AF;
      else {
        this.fail(FaultStatus.AccessFlag, level);
        return ExchangeResult.Unsupported;
      }
    }
    const tracked = tables.hardwareDirty && (high & DBM) !== 0;
    let permissions = (low >> 6) & 3;
    if (tracked) permissions |= Stage2Permission.Write;
    permissions |= executePermissions((high >> 21) & 3, controls.xnx);
    if ((required & ~permissions) !== 0) {
      this.permissions = permissions;
      this.fail(FaultStatus.Permission, level);
      return ExchangeResult.Unsupported;
    }
    if (tracked && (required & Stage2Permission.Write) !== 0) updated |= S2AP_WRITE;
    if (update && updated !== low) {
      const exchanged = memory.compareExchange(
        walkSpace,
        tableHigh,
        at,
        bigEndian ? byteSwap(high) : low,
        bigEndian ? byteSwap(low) : high,
        bigEndian ? byteSwap(high) : updated,
        bigEndian ? byteSwap(updated) : high,
      );
      if (exchanged !== ExchangeResult.Done) {
        if (exchanged === ExchangeResult.Unsupported) this.fail(FaultStatus.UnsupportedAtomicUpdate, level);
        return exchanged;
      }
      low = updated;
    }
    if (shift >= 32) {
      const keep = (1 << (shift - 32)) - 1;
      this.paHigh = (outHigh & ~keep) | (ipaHigh & keep);
      this.paLow = ipaLow;
    } else {
      const keep = (1 << shift) - 1;
      this.paHigh = outHigh;
      this.paLow = (low & ~keep) | (ipaLow & keep);
    }
    this.space = controls.realm && (high & NS) !== 0 ? PhysicalAddressSpace.NonSecure : tables.outputSpace;
    this.permissions = permissions;
    this.dirty = !tracked || (low & S2AP_WRITE) !== 0;
    this.memAttr = (low >> 2) & 15;
    this.shareability = tables.ds ? tables.shareability : (low >> 8) & 3;
    this.blockShift = shift + ((high & CONTIGUOUS) !== 0 ? contiguousBits(granuleShift, level) : 0);
    this.fault = FaultStatus.None;
    this.level = level;
    return ExchangeResult.Done;
  }
}

/** XN[1:0] of a stage 2 descriptor as Stage2Permission bits (Arm ARM, table D8-52). */
function executePermissions(xn: number, xnx: boolean): number {
  switch (xnx ? xn : xn & 2) {
    case 0:
      return Stage2Permission.ExecutePrivileged | Stage2Permission.ExecuteUnprivileged;
    case 1:
      return Stage2Permission.ExecuteUnprivileged;
    case 3:
      return Stage2Permission.ExecutePrivileged;
    default:
      return 0;
  }
}
