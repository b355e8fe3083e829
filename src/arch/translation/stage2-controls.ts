import { PhysicalAddressSpace } from '../address.js';
import { physicalAddressBits, type TranslationFeatures } from './features.js';
import { granuleOfTg0, maxTxsz, TableFault, TableGeometry } from './table-geometry.js';

const low32 = (value: bigint): number => Number(value & 0xffffffffn);
const high32 = (value: bigint): number => Number((value >> 32n) & 0xffffffffn);
const bit = (value: bigint, n: number): boolean => ((value >> BigInt(n)) & 1n) !== 0n;
const bits = (value: bigint, low: number, count: number): number =>
  Number((value >> BigInt(low)) & ((1n << BigInt(count)) - 1n));

/** One stage 2 table set: VTCR_EL2/VTTBR_EL2, or VSTCR_EL2/VSTTBR_EL2 for Secure IPAs (Arm ARM, D8.2.4). */
export class Stage2Tables extends TableGeometry {
  /** Hardware management of the Access flag, of dirty state. */
  hardwareAccessFlag = false;
  hardwareDirty = false;
  /** Shareability of leaf translations in the DS format. */
  shareability = 0;
  /** Address space of the tables, and of the output. */
  walkSpace: number = PhysicalAddressSpace.NonSecure;
  outputSpace: number = PhysicalAddressSpace.NonSecure;

  decode(tcr: bigint, ttbr: bigint, vtcr: bigint, features: TranslationFeatures): void {
    const granule = granuleOfTg0(
      bits(tcr, 14, 2),
      features.stage2Granule4K,
      features.stage2Granule16K,
      features.stage2Granule64K,
    );
    // PS, DS, HA, HD and SH0 of VTCR_EL2 hold for Secure IPAs too.
    const lpa2 = granule === 12 ? features.stage2Lpa2With4K : granule === 14 && features.stage2Lpa2With16K;
    const ds = lpa2 && bit(vtcr, 32);
    const txsz = bits(tcr, 0, 6);
    const largest = features.paBits >= 52 ? (ds || granule === 16 ? 52 : 48) : features.paBits;
    const invalid = txsz > maxTxsz(granule, features) || txsz < 64 - largest;
    this.configure(txsz, invalid, granule, ds, physicalAddressBits(bits(vtcr, 16, 3)), features.paBits);
    this.decodeStartLevel(bits(tcr, 6, 2), ds && bit(tcr, 33), features);
    this.setBase(high32(ttbr), low32(ttbr));
    this.hardwareAccessFlag = features.hardwareUpdates >= 1 && bit(vtcr, 21);
    this.hardwareDirty = this.hardwareAccessFlag && features.hardwareUpdates >= 2 && bit(vtcr, 22);
    this.shareability = bits(tcr, 12, 2);
  }

  /** AArch64.S2StartLevel, S2InvalidSL and S2InconsistentSL. */
  private decodeStartLevel(sl0: number, sl2: boolean, features: TranslationFeatures): void {
    let level: number;
    let invalid = false;
    if (this.granuleShift === 12) {
      if (sl2) {
        level = -1;
        invalid = sl0 !== 0;
      } else {
        level = sl0 === 3 ? 3 : 2 - sl0;
        invalid = (sl0 === 2 && features.paBits < 44) || (sl0 === 3 && !features.smallTables);
      }
    } else {
      level = 3 - sl0;
      if (this.granuleShift === 14) invalid = (sl0 === 3 && !this.ds) || (sl0 === 2 && features.paBits < 42);
      else invalid = sl0 === 3 || (sl0 === 2 && features.paBits < 44);
    }
    const leastInput = (3 - level) * this.stride + this.granuleShift + 1;
    const mostInput = leastInput + this.stride - 1 + 4;
    if (invalid || this.inputBits < leastInput || this.inputBits > mostInput) this.fault = TableFault.Translation;
    this.setStartLevel(level);
  }
}

/** Stage 2 of the EL1&0 regime, decoded. */
export class Stage2Controls {
  /** Tables for Non-secure IPAs (or Realm ones), and for Secure IPAs. */
  readonly tables = new Stage2Tables();
  readonly secureTables = new Stage2Tables();
  /** HCR_EL2.VM or DC: translation takes place. */
  enabled = false;
  /** HCR_EL2.PTW: stage 1 walks to Device memory fault. */
  protectedWalk = false;
  /** HCR_EL2.FWB. */
  forcedWriteBack = false;
  /** FEAT_XNX. */
  xnx = false;
  /** SCTLR_EL2.EE: descriptors are big-endian. */
  bigEndian = false;
  realm = false;

  decode(security: number, read: (name: string) => bigint, features: TranslationFeatures): void {
    const hcr = read('HCR_EL2');
    const vtcr = read('VTCR_EL2');
    this.enabled = bit(hcr, 0) || bit(hcr, 12);
    this.protectedWalk = bit(hcr, 2);
    this.forcedWriteBack = features.forcedWriteBack && bit(hcr, 46);
    this.xnx = features.xnx;
    this.bigEndian = bit(read('SCTLR_EL2'), 25);
    this.realm = security === PhysicalAddressSpace.Realm;
    this.tables.decode(vtcr, read('VTTBR_EL2'), vtcr, features);
    const { NonSecure, Secure, Realm } = PhysicalAddressSpace;
    this.tables.walkSpace = this.tables.outputSpace = this.realm ? Realm : NonSecure;
    if (security !== Secure) return;
    const vstcr = read('VSTCR_EL2');
    this.secureTables.decode(vstcr, read('VSTTBR_EL2'), vtcr, features);
    const sw = bit(vstcr, 29);
    const sa = sw || bit(vstcr, 30);
    const nsw = sw || bit(vtcr, 29);
    const nsa = sa || nsw || bit(vtcr, 30);
    this.secureTables.walkSpace = sw ? NonSecure : Secure;
    this.secureTables.outputSpace = sa ? NonSecure : Secure;
    this.tables.walkSpace = nsw ? NonSecure : Secure;
    this.tables.outputSpace = nsa ? NonSecure : Secure;
  }

  /** Tables that translate IPAs of `ipaSpace`. */
  tablesFor(ipaSpace: number): Stage2Tables {
    return ipaSpace === PhysicalAddressSpace.Secure ? this.secureTables : this.tables;
  }
}

/** VMID that VTTBR_EL2 names (8 bits unless VTCR_EL2.VS with FEAT_VMID16). */
export function currentVmid(vttbr: bigint, vtcr: bigint, features: TranslationFeatures): number {
  const vmid = bits(vttbr, 48, 16);
  return features.vmid16 && bit(vtcr, 19) ? vmid : vmid & 0xff;
}
