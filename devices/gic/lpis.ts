import { lowestBit } from './forwarding.js';
import { addressOf, type GuestTables } from './guest-tables.js';
import { ENABLE_LPIS, FIRST_LPI, type GicState, ID_BITS, INTID_SPURIOUS, Pe, PRIORITY_MASK } from './state.js';

/** Of an LPI's byte in the configuration table: Enable. The priority's implemented bits are in the same places as elsewhere. */
const CONFIGURATION_ENABLE = 1;
/** Below any priority. */
const NO_PRIORITY = 0x100;

/**
 * Physical LPIs as the Redistributors keep them (IHI 0069, 5.1): a byte each in the configuration table, and a bit each
 * in the PE's pending table, both in guest memory. All that is remembered beside them is each PE's highest priority
 * pending LPI, and how many are pending; a guest that changes the configuration table sees to it, by INV or INVALL, that
 * it is looked for again.
 * They are always of Non-secure Group 1, and are never active. Every method runs under the lock; the caller updates
 * the PEs that it names.
 */
export class Lpis {
  constructor(
    private readonly state: GicState,
    private readonly tables: GuestTables,
  ) {}

  /** GICR_CTLR.EnableLPIs. */
  enabled(cpu: number): boolean {
    return (this.state.words[this.state.pe(cpu) + Pe.ctlr] & ENABLE_LPIS) !== 0;
  }

  /** First INTID that a PE's tables have no place for: GICR_PROPBASER.IDbits, at most what is implemented. */
  private end(cpu: number): number {
    const bits = this.state.words[this.state.pe(cpu) + Pe.propbaser] & 31;
    return 2 << Math.min(bits, ID_BITS);
  }

  private configurationTable(cpu: number): number {
    const { words } = this.state;
    const at = this.state.pe(cpu) + Pe.propbaser;
    return addressOf(words[at], words[at + 1], 12);
  }

  private pendingTable(cpu: number): number {
    const { words } = this.state;
    const at = this.state.pe(cpu) + Pe.pendbaser;
    return addressOf(words[at], words[at + 1], 16);
  }

  /** Priority of an LPI by its byte in the configuration table; Non-secure software gives it (4.8.1). */
  private priority(configuration: number): number {
    return (this.state.singleSecurity ? configuration : (configuration >> 1) | 0x80) & PRIORITY_MASK;
  }

  /** Looks for the PE's highest priority pending LPI, of equals the lowest INTID, and counts what is pending. */
  scan(cpu: number): void {
    const pe = this.state.pe(cpu);
    this.state.words[pe + Pe.lpisPending] = this.search(cpu, Infinity);
  }

  /** The same among those that are known to be pending, which mostly lie at the table's beginning. */
  private searchAgain(cpu: number): void {
    this.search(cpu, this.state.words[this.state.pe(cpu) + Pe.lpisPending]);
  }

  /** @returns how many are pending; the search ends when `limit` have been seen */
  private search(cpu: number, limit: number): number {
    const w = this.state.words;
    const pe = this.state.pe(cpu);
    let seen = 0;
    let best = INTID_SPURIOUS;
    let bestPriority = NO_PRIORITY;
    const end = this.end(cpu);
    if (this.enabled(cpu) && end > FIRST_LPI && limit > 0) {
      const pending = this.tables.words(this.pendingTable(cpu), end >> 3);
      const configuration = this.tables.bytes(this.configurationTable(cpu), end - FIRST_LPI);
      if (pending !== undefined && configuration !== undefined) {
        for (let word = FIRST_LPI >> 5; word < pending.length && seen < limit; word++) {
          for (let bits = pending[word]; bits !== 0; bits &= bits - 1) {
            seen++;
            const intid = (word << 5) + lowestBit(bits);
            const byte = configuration[intid - FIRST_LPI];
            if ((byte & CONFIGURATION_ENABLE) === 0 || this.priority(byte) >= bestPriority) continue;
            best = intid;
            bestPriority = this.priority(byte);
          }
        }
      }
    }
    w[pe + Pe.lpi] = best;
    w[pe + Pe.lpiPriority] = bestPriority;
    return seen;
  }

  /** `scan` for every PE. */
  scanAll(): void {
    for (let cpu = 0; cpu < this.state.config.cpus; cpu++) this.scan(cpu);
  }

  /** Makes an LPI pending at a PE, or not pending; nothing happens where its LPIs are not enabled or do not reach so far. */
  setPending(cpu: number, intid: number, pending: boolean): void {
    if (!this.enabled(cpu) || intid < FIRST_LPI || intid >= this.end(cpu)) return;
    if (!this.changeBit(cpu, intid, pending)) return;
    const w = this.state.words;
    const pe = this.state.pe(cpu);
    if (!pending) {
      if (w[pe + Pe.lpi] === intid) this.searchAgain(cpu);
      return;
    }
    const byte = this.tables.read8(this.configurationTable(cpu) + intid - FIRST_LPI);
    if (byte < 0 || (byte & CONFIGURATION_ENABLE) === 0) return;
    const priority = this.priority(byte);
    const best = w[pe + Pe.lpiPriority];
    if (priority > best || (priority === best && intid > w[pe + Pe.lpi])) return;
    w[pe + Pe.lpi] = intid;
    w[pe + Pe.lpiPriority] = priority;
  }

  /** The highest priority pending LPI of a PE is acknowledged: not pending any more, and the next is looked for. */
  acknowledge(cpu: number): void {
    this.changeBit(cpu, this.state.words[this.state.pe(cpu) + Pe.lpi], false);
    this.searchAgain(cpu);
  }

  /** Takes an LPI's pending state to another PE (MOVI); nothing happens unless both PEs' LPIs are enabled. */
  move(from: number, to: number, intid: number): void {
    if (!this.enabled(from) || !this.enabled(to) || intid >= this.end(from) || intid >= this.end(to)) return;
    if (!this.changeBit(from, intid, false)) return;
    if (this.state.words[this.state.pe(from) + Pe.lpi] === intid) this.searchAgain(from);
    this.setPending(to, intid, true);
  }

  /** Takes the pending state of all LPIs to another PE (MOVALL), under the same condition. */
  moveAll(from: number, to: number): void {
    if (!this.enabled(from) || !this.enabled(to)) return;
    const bytes = Math.min(this.end(from), this.end(to)) >> 3;
    const source = this.tables.words(this.pendingTable(from), bytes);
    const target = this.tables.words(this.pendingTable(to), bytes);
    if (source === undefined || target === undefined) return;
    for (let word = FIRST_LPI >> 5; word < source.length; word++) {
      if (source[word] === 0) continue;
      target[word] |= source[word];
      source[word] = 0;
      this.tables.written(this.pendingTable(from) + 4 * word, 4);
      this.tables.written(this.pendingTable(to) + 4 * word, 4);
    }
    this.scan(from);
    this.scan(to);
  }

  /** Whether the bit of an LPI in the PE's pending table had another value. */
  private changeBit(cpu: number, intid: number, value: boolean): boolean {
    const address = this.pendingTable(cpu) + (intid >> 3);
    const byte = this.tables.read8(address);
    const bit = 1 << (intid & 7);
    if (byte < 0 || ((byte & bit) !== 0) === value) return false;
    this.state.words[this.state.pe(cpu) + Pe.lpisPending] += value ? 1 : -1;
    return this.tables.write8(address, byte ^ bit);
  }
}
