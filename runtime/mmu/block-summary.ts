import { BLOCK_SUMMARY } from '../layout/vcpu-layout.js';

/** VA[55:32]: translation ignores the top byte, or checks that it follows bit 55. */
const VA_HIGH = 0x00ff_ffff;
const { placeBits } = BLOCK_SUMMARY;
const PLACES = 1 << placeBits;
/** In place of a region: several share the place. */
const SEVERAL = -1;

/**
 * Which regions of 2^shift bytes, aligned, TLB entries may lie in that are pages of larger translations. TLBI by address asks it,
 * since the entries of a block are all to go with any of its pages. It never says no where there are some. core.wasm looks there
 * too (jit/wasm/tlb-maintenance.ts).
 *
 * A region's place is a hash of its number's lower 32 bits; what is above the lowest `placeBits` lies there, and tells it from
 * all others of the same place.
 */
export class BlockSummary {
  private shared = 0;
  private empty = true;

  /** @param shift 12 to 31 @param places 0, 1 + the upper part of a region's number, or SEVERAL */
  constructor(readonly shift: number, private readonly places: Int32Array) {
    places.fill(0);
  }

  /** An entry of the region that holds an address. */
  note(vaHigh: number, vaLow: number): void {
    const at = this.place(vaHigh, vaLow);
    const region = this.upperPart(vaHigh, vaLow);
    const known = this.places[at];
    this.empty = false;
    if (known === region || known === SEVERAL) return;
    this.places[at] = known === 0 ? region : SEVERAL;
    if (known !== 0) this.shared++;
  }

  /** Whether there may be entries of the region that holds an address. */
  mayHold(vaHigh: number, vaLow: number): boolean {
    if (this.empty) return false;
    const known = this.places[this.place(vaHigh, vaLow)];
    return known !== 0 && (known === SEVERAL || known === this.upperPart(vaHigh, vaLow));
  }

  /** All entries of the region that holds an address are gone. */
  dropped(vaHigh: number, vaLow: number): void {
    const at = this.place(vaHigh, vaLow);
    if (this.places[at] === this.upperPart(vaHigh, vaLow)) this.places[at] = 0;
  }

  /** It says yes for too many regions that have none: better have no entries at all, and begin anew. */
  get isCrowded(): boolean {
    return this.shared > PLACES >> 3;
  }

  /** There are no entries. */
  clear(): void {
    if (this.empty) return;
    this.places.fill(0);
    this.shared = 0;
    this.empty = true;
  }

  private upperPart(vaHigh: number, vaLow: number): number {
    const shift = this.shift + placeBits;
    const high = vaHigh & VA_HIGH;
    return (shift < 32 ? (high << (32 - shift)) | (vaLow >>> shift) : high >>> (shift - 32)) + 1;
  }

  private place(vaHigh: number, vaLow: number): number {
    const region = (vaLow >>> this.shift) | ((vaHigh & VA_HIGH) << (32 - this.shift));
    return (region ^ (region >>> placeBits)) & (PLACES - 1);
  }
}
