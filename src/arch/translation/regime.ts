import { PhysicalAddressSpace } from '../address.js';
import { physicalAddressBits, type TranslationFeatures } from './features.js';
import { currentVmid, Stage2Controls } from './stage2-controls.js';
import { granuleOfTg0, maxTxsz, TableGeometry, tg0OfTg1 } from './table-geometry.js';

/** Translation regimes (Arm ARM, D8.1.2). */
export const RegimeKind = { El10: 0, El20: 1, El2: 2, El3: 3 } as const;
export type RegimeKind = (typeof RegimeKind)[keyof typeof RegimeKind];

/** Reads the stored value of a system register by Arm's name. */
export type RegisterReader = (name: string) => bigint;

const bit = (value: bigint, n: number): boolean => ((value >> BigInt(n)) & 1n) !== 0n;
const bits = (value: bigint, low: number, count: number): number =>
  Number((value >> BigInt(low)) & ((1n << BigInt(count)) - 1n));

const HCR_VM = 0;
const HCR_DC = 12;
const HCR_TGE = 27;
const HCR_E2H = 34;
const HCR_NV = 42;
const HCR_NV1 = 43;
/** Bits of HCR_EL2 that translation in the EL1&0 regime depends on: VM, PTW, DC, TGE, E2H, NV, NV1, FWB. */
const HCR_TRANSLATION = (1n << 0n) | (1n << 2n) | (1n << 12n) | (1n << 27n) | (1n << 34n) | (3n << 42n) | (1n << 46n);
/** Bits of SCTLR_ELx that cached translations depend on: M, WXN, EE, EPAN. I and A are looked at afresh. */
const SCTLR_TRANSLATION = 1n | (1n << 19n) | (1n << 25n) | (1n << 57n);

/** One VA range of stage 1: the half that TTBR0 or TTBR1 translates. */
export class Stage1Range extends TableGeometry {
  /** TCR.EPDn: walks are disabled. */
  disabled = false;
  /** TCR.TBIn, for data accesses and for instruction fetches. */
  topByteIgnoredData = false;
  topByteIgnoredFetch = false;
  /** TCR.HPDn clear: table descriptors limit permissions. */
  hierarchicalPermissions = true;
  /** TCR.E0PDn: unprivileged accesses fault. */
  unprivilegedDisabled = false;
  /** TCR.SHn, which holds for leaf translations in the DS format. */
  shareability = 0;

  decode(tcr: bigint, upper: boolean, twoRanges: boolean, features: TranslationFeatures): void {
    const base = upper ? 16 : 0;
    const tg0 = upper ? tg0OfTg1(bits(tcr, 30, 2)) : bits(tcr, 14, 2);
    const granule = granuleOfTg0(tg0, features.granule4K, features.granule16K, features.granule64K);
    const lpa2 = granule === 12 ? features.lpa2With4K : granule === 14 && features.lpa2With16K;
    const ds = lpa2 && bit(tcr, twoRanges ? 59 : 32);
    const txsz = bits(tcr, base, 6);
    const least = ds || (granule === 16 && features.largeVa) ? 12 : 16;
    const invalid = txsz > maxTxsz(granule, features) || txsz < least;
    const outputSize = physicalAddressBits(bits(tcr, twoRanges ? 32 : 16, 3));
    this.configure(txsz, invalid, granule, ds, outputSize, features.paBits);
    this.chooseStartLevel();
    this.shareability = bits(tcr, upper ? 28 : 12, 2);
    const n = upper ? 1 : 0;
    this.disabled = twoRanges && bit(tcr, upper ? 23 : 7);
    const tbi = bit(tcr, twoRanges ? 37 + n : 20);
    this.topByteIgnoredData = tbi;
    this.topByteIgnoredFetch = tbi && !bit(tcr, twoRanges ? 51 + n : 29);
    const hpd = features.hierarchicalPermissionDisable && bit(tcr, twoRanges ? 41 + n : 24);
    this.hierarchicalPermissions = !hpd;
    this.unprivilegedDisabled = twoRanges && features.e0pd && bit(tcr, 55 + n);
  }
}

/**
 * One translation regime with its control registers decoded. Decode again when SCTLR, TCR, MAIR, HCR_EL2, SCR_EL3,
 * VTCR_EL2 or VTTBR_EL2 change; call setTables alone when only TTBRs do.
 */
export class TranslationRegime {
  readonly low = new Stage1Range();
  readonly high = new Stage1Range();
  readonly stage2 = new Stage2Controls();
  /** Names of the registers that hold the table bases; `ttbr1` is empty in regimes with one range. */
  readonly ttbr0: string;
  readonly ttbr1: string;
  /** Two VA ranges and two privilege levels (EL1&0, EL2&0). */
  readonly twoRanges: boolean;
  readonly attributes = new Uint8Array(8);

  /** Stage 1 translates (SCTLR.M, and HCR_EL2.DC and TGE clear). */
  stage1Enabled = false;
  stage2Enabled = false;
  /** HCR_EL2.DC: with stage 1 off, data is Normal Write-Back instead of Device. */
  defaultCacheable = false;
  /** SCTLR.WXN, SCTLR.EPAN, SCTLR.EE (big-endian descriptors), SCTLR.A, SCTLR.I. */
  writeExecuteNever = false;
  enhancedPan = false;
  bigEndian = false;
  alignmentCheck = false;
  /** SCTLR.nAA: acquire and release accesses may be unaligned across 16-byte boundaries (FEAT_LSE2). */
  unalignedOrdered = false;
  instructionCache = false;
  hardwareAccessFlag = false;
  hardwareDirty = false;
  /** HCR_EL2.{NV, NV1} = {1, 1}: EL1 descriptors have the layout of a guest hypervisor's. */
  nestedEl1 = false;
  /** SCR_EL3.SIF: Secure state fetches from Secure memory only. */
  secureFetchOnly = false;
  paBits = 48;
  /** ASID in use and VMID (0 where the regime has none). */
  asid = 0;
  vmid = 0;
  /** Everything that cached translations depend on beside ASID and table bases, as text. */
  key = '';
  private asidFromTtbr1 = false;
  /** 0xff or 0xffff, by TCR.AS. */
  asidMask = 0xff;

  constructor(
    readonly kind: RegimeKind,
    /** PhysicalAddressSpace of the Security state. */
    readonly security: number,
  ) {
    this.twoRanges = kind === RegimeKind.El10 || kind === RegimeKind.El20;
    const el = kind === RegimeKind.El10 ? 1 : kind === RegimeKind.El3 ? 3 : 2;
    this.ttbr0 = `TTBR0_EL${el}`;
    this.ttbr1 = this.twoRanges ? `TTBR1_EL${el}` : '';
  }

  /** Names of the registers that `decode` may read beside the TTBRs of stage 1. */
  controls(): string[] {
    const el = this.kind === RegimeKind.El10 ? 1 : this.kind === RegimeKind.El3 ? 3 : 2;
    const names = [`SCTLR_EL${el}`, `TCR_EL${el}`, `MAIR_EL${el}`, 'SCR_EL3'];
    if (this.kind === RegimeKind.El10) {
      names.push('HCR_EL2', 'SCTLR_EL2', 'VTCR_EL2', 'VTTBR_EL2', 'VSTCR_EL2', 'VSTTBR_EL2');
    }
    return names;
  }

  /** Reads all controlling registers. */
  decode(read: RegisterReader, features: TranslationFeatures): void {
    const { kind } = this;
    const el = kind === RegimeKind.El10 ? 1 : kind === RegimeKind.El3 ? 3 : 2;
    const sctlr = read(`SCTLR_EL${el}`);
    const tcr = read(`TCR_EL${el}`);
    const mair = read(`MAIR_EL${el}`);
    const el2 = kind === RegimeKind.El10 && el2Enabled(this.security, read, features);
    const hcr = el2 ? read('HCR_EL2') & HCR_TRANSLATION : 0n;
    const scr = features.el3 ? read('SCR_EL3') : 0n;

    const hostOverGuest = bit(hcr, HCR_TGE);
    this.defaultCacheable = bit(hcr, HCR_DC);
    this.stage1Enabled = bit(sctlr, 0) && !hostOverGuest && !this.defaultCacheable;
    this.writeExecuteNever = bit(sctlr, 19);
    this.enhancedPan = features.pan >= 3 && bit(sctlr, 57);
    this.bigEndian = bit(sctlr, 25);
    this.alignmentCheck = bit(sctlr, 1);
    this.unalignedOrdered = bit(sctlr, 6);
    this.instructionCache = bit(sctlr, 12);
    this.hardwareAccessFlag = features.hardwareUpdates >= 1 && bit(tcr, this.twoRanges ? 39 : 21);
    this.hardwareDirty = this.hardwareAccessFlag && features.hardwareUpdates >= 2 && bit(tcr, this.twoRanges ? 40 : 22);
    this.nestedEl1 = features.nestedVirtualization && bit(hcr, HCR_NV) && bit(hcr, HCR_NV1);
    this.secureFetchOnly = bit(scr, 9) && this.security === PhysicalAddressSpace.Secure;
    this.paBits = features.paBits;
    for (let i = 0; i < 8; i++) this.attributes[i] = bits(mair, i * 8, 8);
    this.low.decode(tcr, false, this.twoRanges, features);
    if (this.twoRanges) this.high.decode(tcr, true, true, features);
    this.asidFromTtbr1 = bit(tcr, 22);
    this.asidMask = features.asid16 && bit(tcr, 36) ? 0xffff : 0xff;

    let stage2Key = '';
    this.stage2Enabled = bit(hcr, HCR_VM) || bit(hcr, HCR_DC);
    this.vmid = 0;
    if (el2) {
      const vtcr = read('VTCR_EL2');
      this.vmid = currentVmid(read('VTTBR_EL2'), vtcr, features);
      stage2Key = `.${this.vmid}.${vtcr}.${this.security === PhysicalAddressSpace.Secure ? read('VSTCR_EL2') : ''}`;
      this.stage2.decode(this.security, read, features);
    }
    this.key =
      `${kind}.${this.security}.${sctlr & SCTLR_TRANSLATION}.${tcr}.${mair}.${hcr}.` +
      `${this.secureFetchOnly ? 1 : 0}${stage2Key}`;
    const ttbr0 = read(this.ttbr0);
    const ttbr1 = this.twoRanges ? read(this.ttbr1) : 0n;
    this.setTables(bits(ttbr0, 32, 32), bits(ttbr0, 0, 32), bits(ttbr1, 32, 32), bits(ttbr1, 0, 32));
  }

  /** Takes new table bases and the ASID from the words of the TTBRs. Cheap: runs at every context switch. */
  setTables(ttbr0High: number, ttbr0Low: number, ttbr1High: number, ttbr1Low: number): void {
    this.low.setBase(ttbr0High, ttbr0Low);
    if (!this.twoRanges) return;
    this.high.setBase(ttbr1High, ttbr1Low);
    this.asid = ((this.asidFromTtbr1 ? ttbr1High : ttbr0High) >>> 16) & this.asidMask;
  }
}

/** EL2 is implemented and enabled in the given Security state (EL2Enabled). */
export function el2Enabled(security: number, read: RegisterReader, features: TranslationFeatures): boolean {
  if (!features.el2) return false;
  if (security !== PhysicalAddressSpace.Secure) return true;
  return features.secureEl2 && features.el3 && bit(read('SCR_EL3'), 18);
}

/** Regime that accesses from `el` in Security state `security` use. */
export function regimeKindOf(
  el: number,
  security: number,
  read: RegisterReader,
  features: TranslationFeatures,
): RegimeKind {
  if (el === 3) return RegimeKind.El3;
  if (el === 1) return RegimeKind.El10;
  const hcr = el2Enabled(security, read, features) ? read('HCR_EL2') : 0n;
  const host = features.vhe && bit(hcr, HCR_E2H);
  if (el === 2) return host ? RegimeKind.El20 : RegimeKind.El2;
  return host && bit(hcr, HCR_TGE) ? RegimeKind.El20 : RegimeKind.El10;
}
