import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildDispatchTree, type DispatchNode } from '../../../jit/interpreter/dispatch-tree.js';
import { FREQUENCIES } from '../../../jit/interpreter/frequencies.js';
import { encodings } from '../../../jit/a64/encodings/index.js';
import * as table from '../../../jit/interpreter/operation-table.js';
import {
  dispatchTree, frequentOperationStart, fusedOperations, hotOperationEnd, operationCount, operations, storedNumbering,
} from '../../../jit/interpreter/operations.js';
import { NUMBERING_FILE } from '../../../jit/interpreter/stored-numbering.js';
import { PseudoOperation } from '../../../jit/interpreter/pseudo-operation.js';

const { encodingOperations, operationNumbered, operationsOfEncoding } = table;

/** What the comparisons find for a position: an item's index, or -1; and how many there were. */
function find(root: DispatchNode, position: number): { item: number; depth: number } {
  let node = root;
  let depth = 0;
  while (node.kind === 'split') {
    node = position < node.at ? node.left : node.right;
    depth++;
  }
  return { item: node.item, depth };
}

describe('the dispatch tree', () => {
  it('finds every item at its place in the order, and everything else at 0', () => {
    const weights = [5, 1, 1, 20, 3, 8, 1];
    const { root, order } = buildDispatchTree(weights, 4);
    expect([...order].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(find(root, 0).item).toBe(-1);
    order.forEach((item, i) => expect(find(root, i + 1).item).toBe(item));
  });

  it('is a Huffman tree: the weighted depth is the least possible', () => {
    const weights = [8, 4, 2, 1];
    const { root, order } = buildDispatchTree(weights, 1);
    const depth = weights.map((_, item) => find(root, order.indexOf(item) + 1).depth);
    expect(depth).toEqual([1, 2, 3, 4]);
    expect(find(root, 0).depth).toBe(4);
  });

  it('works with nothing in it', () => {
    expect(buildDispatchTree([], 1)).toEqual({ root: { kind: 'leaf', item: -1 }, order: [] });
  });
});

describe('operation numbers', () => {
  const all = [...operations.map((o) => o.number), ...fusedOperations.map((f) => f.number)].sort((a, b) => a - b);

  it('are dense behind the pseudo-operations', () => {
    expect(all).toEqual(all.map((_, i) => i + PseudoOperation.First));
    expect(operationCount).toBe(all.length + PseudoOperation.First);
  });

  it('fall into branch table, function forms and tree', () => {
    for (const o of operations) {
      const inLoop = o.number < hotOperationEnd || o.number >= frequentOperationStart;
      expect(inLoop, o.name).toBe(o.hot);
    }
    for (const f of fusedOperations) expect(f.number).toBeGreaterThanOrEqual(frequentOperationStart);
  });

  it('of the tree are all found by it', () => {
    const positions = all.filter((n) => n >= frequentOperationStart).map((n) => n - frequentOperationStart + 1);
    const items = positions.map((p) => find(dispatchTree, p).item);
    expect(new Set(items).size).toBe(positions.length);
    expect(items).not.toContain(-1);
    expect(find(dispatchTree, 0).item).toBe(-1);
  });

  it('give the operation that a record executes first', () => {
    for (const f of fusedOperations) expect(operationNumbered(f.number)).toEqual(f.parts[0]);
    expect(operationNumbered(0)).toBeUndefined();
  });
});

describe('the table that machines use', () => {
  it('is the numbering of these sources', () => {
    expect(JSON.parse(readFileSync(NUMBERING_FILE, 'utf8'))).toEqual(storedNumbering);
    expect(table.fusedOperations).toEqual(fusedOperations.map((f) => ({ number: f.number, parts: f.parts.map((p) => p.number) })));
  });

  it('gives every operation by its number, and by its encoding', () => {
    for (const operation of operations) expect(operationNumbered(operation.number)).toEqual(operation);
    const found = encodings.flatMap((encoding) => operationsOfEncoding(encoding).map((o) => o.number));
    expect(found.sort((a, b) => a - b)).toEqual(operations.map((o) => o.number));
    expect(operationNumbered(operationCount)).toBeUndefined();
  });

  it('has nothing for encodings without semantics', () => {
    const without = encodings.filter((encoding) => encodingOperations(encoding) === undefined);
    expect(without.length).toBeGreaterThan(0);
    expect(without.flatMap(operationsOfEncoding)).toEqual([]);
  });
});

describe('the frequency table', () => {
  const hot = new Set(operations.filter((o) => o.hot).map((o) => o.name));

  it('names operations of the main loop only', () => {
    const unknown = FREQUENCIES.flatMap((line) => line.split(' = ')[0].split(' ')).filter((name) => !hot.has(name));
    expect(unknown).toEqual([]);
  });

  it('has each line once, with a weight', () => {
    const names = FREQUENCIES.map((line) => line.split(' = ')[0]);
    expect(new Set(names).size).toBe(names.length);
    for (const line of FREQUENCIES) expect(Number(line.split(' = ')[1]), line).toBeGreaterThan(0);
  });

  it('fuses nothing behind an operation that never falls through', () => {
    const leaves = /^(B\.|BL\.|BR$|BLR$|RET|BRA|BLRA|SYS|MSR)/;
    const wrong = fusedOperations.filter((f) => f.parts.slice(0, -1).some((p) => leaves.test(p.name)));
    expect(wrong.map((f) => f.parts.map((p) => p.name).join(' '))).toEqual([]);
  });
});
