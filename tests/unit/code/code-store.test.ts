import { beforeEach, describe, expect, it } from 'vitest';
import { fusedOperations, operations } from '../../../jit/interpreter/operations.js';
import { PseudoOperation } from '../../../jit/interpreter/pseudo-operation.js';
import { RecordWriter } from '../../../jit/interpreter/records.js';
import { CodeStore } from '../../../runtime/code/code-store.js';
import { memoryLayout } from '../../../runtime/layout/memory-layout.js';

const RAM_BYTES = 1 << 20;
const layout = memoryLayout(1, RAM_BYTES);
const memory = new WebAssembly.Memory({ initial: layout.totalBytes >> 16, maximum: 65536, shared: true });
const words = new Int32Array(memory.buffer);
const NOP = 0xd503201f | 0;
const RET = 0xd65f03c0 | 0;
/** MOV X<d>, X<m> */
const mov = (d: number, m: number): number => 0xaa0003e0 | (m << 16) | d;
const MOV = 'ORR_log_shift.sf1.shift0';

describe('CodeStore', () => {
  let store: CodeStore;
  let records: number;
  let dropped: number;
  const nameOf = (index: number): string => {
    const number = words[(records >> 2) + (index << 2)] & 0xffff;
    if (number === PseudoOperation.Decode) return 'decode';
    const fused = fusedOperations.find((f) => f.number === number);
    return fused ? fused.parts.map((p) => p.name).join(' ') : (operations.find((o) => o.number === number)?.name ?? '?');
  };
  /** The operands of a record: all of it but the operation number. */
  const operands = (index: number): number[] => {
    const at = (records >> 2) + (index << 2);
    return [words[at] >>> 16, words[at + 1], words[at + 2], words[at + 3]];
  };
  const code = (...list: number[]): void => words.set(list, layout.ram >> 2);
  const write = (index: number, word: number): void => {
    store.written(0, index * 4, 4);
    words[(layout.ram >> 2) + index] = word;
  };

  beforeEach(() => {
    words.fill(0, layout.codeMap >> 2);
    words.fill(0, 0, 64);
    dropped = 0;
    store = new CodeStore(memory, layout, new RecordWriter({ hasFeature: () => true }), () => dropped++);
    records = store.recordsFor(0);
  });

  it('gives no page the records of another that was dropped', () => {
    code(NOP, NOP, RET);
    store.decode(records);
    store.dropAll();
    expect(store.recordsFor(1)).toBe(records);
    expect([0, 1, 2].map(nameOf)).toEqual(['decode', 'decode', 'decode']);
  });

  it('decodes up to the next unconditional branch', () => {
    code(NOP, NOP, RET, NOP);
    store.decode(records);
    expect([0, 1, 2, 3].map(nameOf)).toEqual([expect.stringContaining('NOP'), expect.stringContaining('NOP'), 'RET', 'decode']);
  });

  it('fuses the longest sequence that starts at a record, whatever the records behind it start', () => {
    const pair = `${MOV} ${MOV}`;
    expect(fusedOperations.map((f) => f.parts.map((p) => p.name).join(' '))).toContain(pair);
    code(mov(1, 2), mov(3, 4), RET);
    store.decode(records);
    expect(nameOf(0)).toBe(pair);
    expect(nameOf(1).startsWith(MOV)).toBe(true);
  });

  it('fuses with records decoded earlier, in either order', () => {
    code(mov(1, 2), mov(3, 4), RET);
    store.decode(records + 16);
    store.decode(records);
    expect(nameOf(0)).toBe(`${MOV} ${MOV}`);
    write(0, mov(5, 6));
    store.decode(records + 16);
    expect(nameOf(0)).toBe('decode');
    store.decode(records);
    expect(nameOf(0)).toBe(`${MOV} ${MOV}`);
  });

  it('takes fused operations apart when a later part is overwritten', () => {
    code(mov(1, 2), mov(3, 4), RET);
    store.decode(records);
    write(1, RET);
    expect([nameOf(0), nameOf(1)]).toEqual(['decode', 'decode']);
    store.decode(records);
    expect([nameOf(0), nameOf(1)]).toEqual([MOV, 'RET']);
  });

  it('keeps the operands of records that a fused operation further back still reads', () => {
    code(mov(1, 2), mov(3, 4), mov(5, 6), mov(7, 8), mov(9, 10), RET);
    store.decode(records);
    const before = [0, 1, 2, 3, 4].map(operands);
    write(5, NOP);
    expect([0, 1, 2, 3, 4].map(operands)).toEqual(before);
  });

  it('finds the page and word of a record again', () => {
    const other = store.recordsFor(3);
    words[(layout.ram >> 2) + 3 * 1024 + 7] = RET;
    expect(store.wordAt(other + 7 * 16)).toBe(RET);
    expect(store.hasCode(3)).toBe(true);
    expect(store.hasCode(2)).toBe(false);
  });

  describe('of a page that is written to again and again', () => {
    /** Stores until the page is given up. */
    const storesUntilReleased = (page = 0): number => {
      for (let n = 1; n < 1e5; n++) if (store.written(page, 0x800, 8) !== 0) return n;
      return Infinity;
    };

    it('takes it for data, and has whoever stands in it leave with its operands', () => {
      code(mov(1, 2), mov(3, 4), RET);
      store.decode(records);
      const before = [0, 1, 2].map(operands);
      expect(storesUntilReleased()).toBeGreaterThan(16);
      expect(store.hasCode(0)).toBe(false);
      expect([0, 1, 2].map((i) => words[(records >> 2) + (i << 2)] & 0xffff)).toEqual(Array(3).fill(PseudoOperation.PageEnd));
      expect([0, 1, 2].map(operands)).toEqual(before);
    });

    it('says where its records lay, and uses their place again', () => {
      const other = store.recordsFor(5);
      for (let n = 0; n < 1e5 && store.hasCode(5); n++) {
        const released = store.written(5, 0, 4);
        expect(released).toBe(store.hasCode(5) ? 0 : other);
      }
      storesUntilReleased();
      expect(store.recordsFor(7)).toBe(records);
      expect(store.placeOf(records + 16)).toEqual({ ramPage: 7, offset: 4 });
      expect(words[records >> 2]).toBe(PseudoOperation.Decode);
      expect(store.recordsFor(8)).toBe(other);
      expect([records, other]).not.toContain(store.recordsFor(9));
    });

    it('does not while it is decoded between', () => {
      for (let n = 0; n < 10_000; n++) {
        write(0, mov(n & 15, 1));
        store.decode(records);
      }
      expect(store.recordsFor(0)).toBe(records);
    });

    it('bears more of it each time that the page becomes code again, up to a limit', () => {
      const counts = Array.from({ length: 12 }, () => {
        const count = storesUntilReleased();
        records = store.recordsFor(0);
        return count;
      });
      expect(counts[1]).toBe(2 * counts[0]);
      expect(counts[11]).toBe(counts[10]);
      store.recordsFor(3);
      expect(storesUntilReleased(3)).toBe(counts[0]);
    });

    it('never has more pages than there is room for', () => {
      // each vCPU has a store of its own over the same pages
      for (let vcpu = 0; vcpu < 40; vcpu++) {
        store = new CodeStore(memory, layout, new RecordWriter({ hasFeature: () => true }), () => dropped++);
        for (let page = 0; page < 256; page++) {
          store.recordsFor(page);
          storesUntilReleased(page);
        }
      }
      expect(dropped).toBe(0);
    });
  });

  it('forgets everything when asked to', () => {
    store.dropAll();
    expect(store.hasCode(0)).toBe(false);
    expect(dropped).toBe(1);
  });
});
