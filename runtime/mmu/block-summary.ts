/** VA[55:32]: translation ignores the top byte, or checks that it follows bit 55. */
const VA_HIGH = 0x00ff_ffff;
/** In place of a region: several share the place. */
const SEVERAL = Infinity;

/**
 * Which regions of 2^shift bytes, aligned, TLB entries may lie in that are pages of larger translations. TLBI by address asks it,
 * since the entries of a block are all to go with any of its pages. It never says no where there are some.
 */
export class BlockSummary {
  /** By hash of the region: 0, 1 + its number, or SEVERAL. */
  private readonly regions: Float64Array;
  private shared = 0;
  private empty = true;

  /** @param places a power of two */
  constructor(readonly shift: number, private readonly places: number) {
    this.regions = new Float64Array(places);
  }

  /** An entry of the region that holds an address. */
  note(vaHigh: number, vaLow: number): void {
    const at = this.place(vaHigh, vaLow);
    const region = this.region(vaHigh, vaLow);
    const known = this.regions[at];
    this.empty = false;
    if (known === region || known === SEVERAL) return;
    this.regions[at] = known === 0 ? region : SEVERAL;
    if (known !== 0) this.shared++;
  }

  /** Whether there may be entries of the region that holds an address. */
  mayHold(vaHigh: number, vaLow: number): boolean {
    if (this.empty) return false;
    const known = this.regions[this.place(vaHigh, vaLow)];
    return known !== 0 && (known === SEVERAL || known === this.region(vaHigh, vaLow));
  }

  /** All entries of the region that holds an address are gone. */
  dropped(vaHigh: number, vaLow: number): void {
    const at = this.place(vaHigh, vaLow);
    if (this.regions[at] === this.region(vaHigh, vaLow)) this.regions[at] = 0;
  }

  /** It says yes for too many regions that have none: better have no entries at all, and begin anew. */
  get isCrowded(): boolean {
    return this.shared > this.places >> 3;
  }

  /** There are no entries. */
  clear(): void {
    if (this.empty) return;
    this.regions.fill(0);
    this.shared = 0;
    this.empty = true;
  }

  private region(vaHigh: number, vaLow: number): number {
    return (vaHigh & VA_HIGH) * 2 ** (32 - this.shift) + (vaLow >>> this.shift) + 1;
  }

  private place(vaHigh: number, vaLow: number): number {
    const region = (vaLow >>> this.shift) ^ ((vaHigh & VA_HIGH) << (32 - this.shift));
    return (region ^ (region >>> 13)) & (this.places - 1);
  }
}
