import type { RegimeKind } from '../../src/arch/translation/index.js';
import type { InvalidationKind } from '../layout/broadcast-layout.js';

/** One TLB maintenance request, all numbers, so that it fits a ring in shared memory. */
export interface TlbInvalidation {
  readonly kind: InvalidationKind;
  readonly regime: RegimeKind;
  readonly security: number;
  /** -1: all VMIDs. */
  readonly vmid: number;
  readonly asid: number;
  /** First address, words as int32. */
  readonly vaHigh: number;
  readonly vaLow: number;
  /** Number of 4 KiB pages, up to 2^40. */
  readonly pages: number;
}

/** The form of a TLBI operation, from its name. */
export const TlbiForm = {
  /** VMALLE1, VMALLS12E1, and stage 2 forms: the current VMID's EL1&0 regime. */
  Vmid: 0,
  /** ALLE1, ALLE2, ALLE3. */
  All: 1,
  Asid: 2,
  Address: 3,
  Range: 4,
  /** PAALL, RPAOS, RPALOS: by physical address (FEAT_RME). */
  Physical: 5,
} as const;

export interface TlbiOperation {
  readonly name: string;
  readonly form: (typeof TlbiForm)[keyof typeof TlbiForm];
  /** Exception level in the name: 1, 2 or 3. */
  readonly el: number;
  /** Inner or Outer Shareable: to be broadcast. */
  readonly broadcast: boolean;
  /** An E1 operation that acts on EL1&0 even when executed by a host at EL2 (ALLE1, VMALLS12E1, IPAS2E1, ...). */
  readonly virtualMachine: boolean;
}

const PATTERN =
  /^(?:(VMALLE|VMALLS12E|VMALLWS2E|ALLE|ASIDE|R?IPAS2L?E|R?VAA?L?E)([123])|(PAALL|RPALOS|RPAOS))(IS|OS)?(NXS)?$/;
const operations = new Map<string, TlbiOperation | undefined>();

/** Operation by Arm's name without "TLBI ", for example VAE1IS, RVALE1OSNXS; undefined for no such name. */
export function tlbiOperation(name: string): TlbiOperation | undefined {
  const known = operations.get(name);
  if (known !== undefined || operations.has(name)) return known;
  const operation = parse(name.toUpperCase());
  operations.set(name, operation);
  return operation;
}

function parse(name: string): TlbiOperation | undefined {
  const match = PATTERN.exec(name);
  if (match === null) return undefined;
  const [, base, el, physical, shareability] = match;
  if (base === undefined) {
    const broadcast = physical !== 'PAALL' || shareability !== undefined;
    return { name, form: TlbiForm.Physical, el: 3, broadcast, virtualMachine: false };
  }
  const virtualMachine = base === 'ALLE' || base === 'VMALLS12E' || base === 'VMALLWS2E' || base.includes('IPAS2');
  return { name, form: formOf(base), el: Number(el), broadcast: shareability !== undefined, virtualMachine };
}

function formOf(base: string): TlbiOperation['form'] {
  if (base === 'ALLE') return TlbiForm.All;
  if (base === 'ASIDE') return TlbiForm.Asid;
  if (base.startsWith('VMALL') || base.includes('IPAS2')) return TlbiForm.Vmid;
  return base.startsWith('R') ? TlbiForm.Range : TlbiForm.Address;
}

/** Address and length that a range operand names; undefined when its granule is reserved. */
export interface TlbiRange {
  readonly vaHigh: number;
  readonly vaLow: number;
  readonly pages: number;
}

/**
 * Decodes the operand of a range form (Arm ARM, C5.5, TLBI RVAE1: BaseADDR[36:0], NUM[43:39], SCALE[45:44],
 * TG[47:46]).
 * @param wideBase with TCR.DS the base counts in 64 KiB whatever the granule.
 * @param signed the regime has an upper VA range.
 */
export function decodeTlbiRange(high: number, low: number, wideBase: boolean, signed: boolean): TlbiRange | undefined {
  const granule = [0, 12, 14, 16][(high >>> 14) & 3];
  if (granule === 0) return undefined;
  const scale = (high >>> 12) & 3;
  const num = (high >>> 7) & 31;
  const pages = (num + 1) * 2 ** (5 * scale + 1 + granule - 12);
  const shift = wideBase ? 16 : granule;
  // BaseADDR: 5 bits of the high word above the low word.
  const baseHigh = signed ? (high << 27) >> 27 : high & 31;
  return { vaHigh: (baseHigh << shift) | (low >>> (32 - shift)), vaLow: low << shift, pages };
}
