/** Records: the operation that the selector finds, and every operand as its specification computes it. */
import { describe, expect, it } from 'vitest';
import { decode } from '../../../jit/a64/decoder.js';
import { encodings } from '../../../jit/a64/encodings/index.js';
import { encodingOperations } from '../../../jit/interpreter/operation-table.js';
import { PseudoOperation } from '../../../jit/interpreter/pseudo-operation.js';
import { nearBranch, RecordWriter } from '../../../jit/interpreter/records.js';
import { Selector } from '../../../jit/interpreter/selector.js';

const model = { hasFeature: () => true };
const PAGE_OFFSETS = [0, 4, 2048, 4092];

/** Words of an encoding: all free bits clear, all set, and some between; those that belong to another entry are left out. */
function wordsOf(encoding: (typeof encodings)[number]): number[] {
  const free = ~encoding.mask >>> 0;
  const words: number[] = [];
  for (let i = 0, random = 1; i < 40; i++) {
    random = Math.imul(random, 0x41c64e6d) + 12345;
    const bits = i === 0 ? 0 : i === 1 ? ~0 : random ^ (random >>> 15);
    const word = (encoding.value | (bits & free)) >>> 0;
    if (decode(word) === encoding) words.push(word);
  }
  return words;
}

describe('a record', () => {
  it('has the operation and the operands of its word, at every place of a page', () => {
    const selector = new Selector(model);
    const writer = new RecordWriter(model);
    const out = new Int32Array(4);
    const view = new DataView(out.buffer);
    let checked = 0;
    for (const encoding of encodings) {
      if (encodingOperations(encoding) === undefined) continue;
      for (const word of wordsOf(encoding)) {
        for (const pageOffset of PAGE_OFFSETS) {
          writer.write(word | 0, pageOffset, out, 0);
          const selected = selector.select(word, pageOffset)!;
          const expected = new DataView(new ArrayBuffer(16));
          for (const { name, kind, at } of selected.entry.placed) {
            const encoded = selected.entry.semantics.operands[name].encode(selected.fields);
            // what an encoding has no field for is not used
            const value = Number.isNaN(encoded) ? 0n : BigInt(encoded);
            if (kind === 'imm64') expected.setBigUint64(at, BigInt.asUintN(64, value), true);
            else if (kind === 'imm32') expected.setUint32(at, Number(BigInt.asUintN(32, value)), true);
            else expected.setUint16(at, Number(BigInt.asUintN(16, value)), true);
          }
          expected.setUint16(0, selected.operation, true);
          for (let i = 0; i < 16; i += 4) {
            if (view.getUint32(i, true) !== expected.getUint32(i, true)) {
              expect(`${encoding.name} ${word.toString(16)} at ${pageOffset}: ${view.getUint32(i, true).toString(16)}`)
                .toBe(expected.getUint32(i, true).toString(16));
            }
          }
          checked++;
        }
      }
    }
    expect(checked).toBeGreaterThan(50_000);
  });

  it('depends on the place of its word by nearBranch alone, where it says that it may be kept', () => {
    const writer = new RecordWriter(model);
    const out = new Int32Array(4);
    let kept = 0;
    for (const encoding of encodings) {
      for (const word of wordsOf(encoding)) {
        const seen: (string | undefined)[] = [];
        for (const pageOffset of PAGE_OFFSETS) {
          writer.write(word | 0, pageOffset, out, 0);
          if (!writer.keepable) continue;
          kept++;
          const near = nearBranch(word | 0, pageOffset);
          const record = `${out.join()},${writer.endsRun}`;
          if ((seen[near] ??= record) !== record) expect(`${encoding.name} ${word.toString(16)} at ${pageOffset}`).toBe('the same');
        }
      }
    }
    expect(kept).toBeGreaterThan(50_000);
  });

  it.each([
    ['B', 0x14000001, 4092, 0], ['B', 0x14000001, 4088, 1], ['B back', 0x17ffffff, 0, 0], ['B back', 0x17ffffff, 4, 1],
    ['BL', 0x940003ff, 0, 1], ['BL', 0x94000400, 0, 0], ['B.NE', 0x54000021, 4088, 1], ['B.NE', 0x54000021, 4092, 0],
    ['CBZ back', 0xb4ffffe0 | 0, 0, 0], ['TBNZ', 0x37000020, 4088, 1], ['TBNZ back', 0x3707ffe0, 0, 0], ['RET', 0xd65f03c0 | 0, 8, 0],
  ])('of %s knows whether the target is near', (_name, word, pageOffset, near) => {
    expect(nearBranch(word, pageOffset)).toBe(near);
  });

  it('of a word that is UNDEFINED has the word', () => {
    const out = new Int32Array(4);
    new RecordWriter(model).write(0x0000_1234, 0, out, 0);
    new RecordWriter({ hasFeature: () => false }).write(0xb8a1_03e2 | 0, 0, out, 0);
    expect([out[0], out[3] >>> 0]).toEqual([PseudoOperation.Undefined, 0xb8a1_03e2]);
  });
});
