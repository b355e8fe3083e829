import { describe, expect, it } from 'vitest';
import { fusionTable, longestSequence } from '../../../jit/interpreter/fusion-table.js';
import { fusedOperations } from '../../../jit/interpreter/operation-table.js';
import { PseudoOperation } from '../../../jit/interpreter/pseudo-operation.js';

const table = fusionTable(fusedOperations);
/** Records of these operations, and one that is in no sequence. */
const records = (operations: readonly number[]): Int32Array =>
  Int32Array.from([...operations, PseudoOperation.PageEnd].flatMap((operation) => [operation | (7 << 16), 1, 2, 3]));

describe('the table of fused operations', () => {
  it('finds each for its parts, also where the first has been fused already', () => {
    expect(fusedOperations.length).toBeGreaterThan(100);
    for (const { number, parts } of fusedOperations) {
      expect(longestSequence(table, records(parts), 0)).toBe(number);
      expect(longestSequence(table, records([number, ...parts.slice(1)]), 0)).toBe(number);
    }
  });

  it('finds none that is not there', () => {
    const sequences = new Map(fusedOperations.map(({ number, parts }) => [parts.join(), number]));
    for (const { parts } of fusedOperations) {
      for (let length = 0; length < parts.length; length++) {
        const some = parts.slice(0, length);
        const longest = some.map((_, i) => sequences.get(some.slice(0, i + 1).join())).findLast((number) => number !== undefined);
        expect(longestSequence(table, records(some), 0)).toBe(longest ?? 0);
      }
    }
  });
});
