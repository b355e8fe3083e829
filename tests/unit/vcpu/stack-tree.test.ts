/** The tree that call stacks are gathered in. */
import { describe, expect, it } from 'vitest';
import { STACK_ROOT, StackTree } from '../../../runtime/vcpu/stack-tree.js';

describe('StackTree', () => {
  it('has one node for an address and a level below a parent', () => {
    const tree = new StackTree(100);
    const outer = tree.child(STACK_ROOT, 0xffff_8000_8000_0000n, 1);
    const inner = tree.child(outer, 0xffff_8000_8000_0000n, 1);
    expect(tree.child(STACK_ROOT, 0xffff_8000_8000_0000n, 1)).toBe(outer);
    expect(tree.child(outer, 0xffff_8000_8000_0000n, 1)).toBe(inner);
    const other = tree.child(STACK_ROOT, 0xffff_8000_8000_0000n, 2);
    expect(new Set([STACK_ROOT, outer, inner, other]).size).toBe(4);
    expect(tree.nodes()).toEqual({
      parents: Uint32Array.of(0, 0, outer, 0),
      addresses: BigUint64Array.of(0n, ...Array.from({ length: 3 }, () => 0xffff_8000_8000_0000n)),
      levels: Uint8Array.of(0, 1, 1, 2),
    });
  });

  it('finds all of them again after it has grown', () => {
    const tree = new StackTree(1 << 20);
    const address = (i: number): bigint => 0xaaaa_0000_0000n + BigInt(i) * 4n;
    const nodes = Array.from({ length: 20_000 }, (_, i) => tree.child(i % 7, address(i), 0));
    expect(new Set(nodes).size).toBe(nodes.length);
    nodes.forEach((node, i) => expect(tree.child(i % 7, address(i), 0)).toBe(node));
    const { parents, addresses } = tree.nodes();
    expect(parents.length).toBe(nodes.length + 1);
    nodes.forEach((node, i) => expect([parents[node], addresses[node]]).toEqual([i % 7, address(i)]));
  });

  it('gives the parent when it is full', () => {
    const tree = new StackTree(3);
    const a = tree.child(STACK_ROOT, 4n, 0);
    const b = tree.child(a, 8n, 0);
    expect(tree.child(b, 12n, 0)).toBe(b);
    expect(tree.child(STACK_ROOT, 12n, 0)).toBe(STACK_ROOT);
    expect(tree.child(a, 8n, 0)).toBe(b);
  });
});
