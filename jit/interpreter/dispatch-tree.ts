/**
 * The order of the frequent operations, and the comparisons that find one from its number.
 *
 * A branch table is one indirect jump, which processors that restrict indirect prediction (IBRS and STIBP, also when only
 * a neighbour on the core asks for it) mispredict each time. A tree of conditional branches is not concerned, and with
 * the shape of a Huffman code it is as shallow as the frequencies allow.
 */

export interface DispatchLeaf {
  readonly kind: 'leaf';
  /** Index of the item in the input; -1 stands for everything else. */
  readonly item: number;
}
export interface DispatchSplit {
  readonly kind: 'split';
  /** Position, in the tree's order from left to right, of the first leaf under `right`; everything else has position 0. */
  readonly at: number;
  readonly left: DispatchNode;
  readonly right: DispatchNode;
}
export type DispatchNode = DispatchLeaf | DispatchSplit;

interface Subtree {
  readonly weight: number;
  readonly leaves: readonly number[];
  readonly children?: readonly [Subtree, Subtree];
}

/**
 * The Huffman tree over items of the given weights and "everything else" (weight `rest`), which comes out leftmost.
 * `order` lists the items from left to right, without the leaf for everything else.
 */
export function buildDispatchTree(
  weights: readonly number[],
  rest: number,
): { readonly root: DispatchNode; readonly order: readonly number[] } {
  const queue: Subtree[] = weights.map((weight, i) => ({ weight, leaves: [i] }));
  queue.push({ weight: rest, leaves: [-1] });
  const byWeight = (a: Subtree, b: Subtree): number => a.weight - b.weight || a.leaves[0] - b.leaves[0];
  while (queue.length > 1) {
    queue.sort(byWeight);
    const [a, b] = queue.splice(0, 2);
    const [left, right] = b.leaves[0] === -1 ? [b, a] : [a, b];
    queue.push({ weight: a.weight + b.weight, leaves: [...left.leaves, ...right.leaves], children: [left, right] });
  }
  const convert = (tree: Subtree, first: number): DispatchNode => {
    if (!tree.children) return { kind: 'leaf', item: tree.leaves[0] };
    const [left, right] = tree.children;
    const at = first + left.leaves.length;
    return { kind: 'split', at, left: convert(left, first), right: convert(right, at) };
  };
  return { root: convert(queue[0], 0), order: queue[0].leaves.slice(1) };
}
