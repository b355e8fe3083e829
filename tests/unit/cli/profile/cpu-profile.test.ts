/** The .cpuprofile: the tree of functions, its names, and the time that samples last. */
import { describe, expect, it } from 'vitest';
import { type CpuProfile, cpuProfile } from '../../../../src/cli/profile/cpu-profile.js';
import { parseSymbols } from '../../../../src/cli/profile/symbol-file.js';
import type { GuestProfile } from '../../../../src/machine/machine-api.js';

const KERNEL = 0xffff_8000_8001_0000n;
const symbols = (...lines: string[]) => parseSymbols({ name: 'F', bytes: Buffer.from(lines.join('\n')) });

/** A part of a profile from nodes [parent, address, level], numbered from 1, and samples [node, instructions]. */
function part(
  nodes: readonly (readonly [number, bigint, number])[], samples: readonly (readonly [number, number])[],
  vectorBases: readonly (readonly [bigint, number])[] = [],
): GuestProfile {
  return {
    parents: Uint32Array.from([0, ...nodes.map(([parent]) => parent)]),
    addresses: BigUint64Array.from([0n, ...nodes.map(([, address]) => address)]),
    levels: Uint8Array.from([0, ...nodes.map(([, , level]) => level)]),
    sampleNodes: Uint32Array.from(samples, ([node]) => node),
    sampleWeights: Float64Array.from(samples, ([, weight]) => weight),
    vectorBases: new Map(vectorBases),
  };
}

/** Microseconds by call path, as viewers give them: a sample lasts until the next one. */
function times({ nodes, samples, timeDeltas }: CpuProfile): Record<string, number> {
  const paths = new Map<number, string>();
  for (const { id, callFrame, children } of nodes) {
    const path = `${paths.get(id) ?? ''}${callFrame.url === '' ? '' : `/${callFrame.functionName}`}`;
    paths.set(id, path);
    for (const child of children) paths.set(child, path);
  }
  const found: Record<string, number> = {};
  samples.forEach((id, i) => {
    const path = paths.get(id)!;
    found[path] = (found[path] ?? 0) + (timeDeltas[i + 1] ?? 0);
  });
  return found;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe('the tree', () => {
  it('has a function once below its caller', () => {
    const table = symbols('ffff800080010000 T main', 'ffff800080010100 T f', 'ffff800080010200 T g', 'ffff800080010300 T end');
    const nodes = [
      [0, KERNEL + 0x10n, 1], [1, KERNEL + 0x100n, 1], [0, KERNEL + 0x20n, 1], [3, KERNEL + 0x110n, 1],
      [3, KERNEL + 0x200n, 1], [5, KERNEL + 0x104n, 1],
    ] as const;
    const profile = cpuProfile([part(nodes, [[2, 100_000], [4, 200_000], [6, 300_000], [3, 50_000]])], [table]);
    expect(times(profile)).toEqual({ '/main/f': 300, '/main/g/f': 300, '/main': 50 });
    expect(profile.nodes.map(({ id, callFrame, hitCount, children }) => [id, callFrame.functionName, callFrame.url, hitCount, children]))
      .toEqual([
        [1, '(root)', '', 0, [2]], [2, 'main', 'EL1', 1, [3, 4]], [3, 'f', 'EL1', 2, []], [4, 'g', 'EL1', 0, [5]],
        [5, 'f', 'EL1', 1, []],
      ]);
    expect(profile.nodes[1].callFrame).toEqual({ functionName: 'main', scriptId: '0', url: 'EL1', lineNumber: -1, columnNumber: -1 });
  });

  it('is one for all parts, whose addresses may differ', () => {
    const table = symbols('ffff800080010000 T f', 'ffff800080010100 T g');
    const first = part([[0, KERNEL, 1]], [[1, 100_000]]);
    const second = part([[0, KERNEL + 0x100n, 1], [0, KERNEL + 4n, 1]], [[2, 1000], [1, 2000]]);
    expect(times(cpuProfile([first, second], [table]))).toEqual({ '/f': 101, '/g': 2 });
  });

  it('has addresses where there are no names', () => {
    const nodes = [
      [0, 0xaaaa_bbbb_c123n, 0], [1, 0xaaaa_bbbb_cff0n, 0], [0, KERNEL + 0x2345n, 1], [0, KERNEL + 0x23f0n, 1], [0, 0x4000_0123n, 2],
      [0, 0x0e00_0004n, 3],
    ] as const;
    const samples = nodes.map((_, i) => [i + 1, 1000] as const);
    const profile = cpuProfile([part(nodes, samples)], []);
    expect(times(profile)).toEqual({
      '/user 0xaaaabbbbc000': 1, '/user 0xaaaabbbbc000/user 0xaaaabbbbc000': 1, '/el1 0xffff800080012300': 2, '/el2 0x40000100': 1,
      '/el3 0xe000000': 1,
    });
    expect(profile.nodes.map(({ callFrame }) => callFrame.url)).toEqual(['', 'EL0', 'EL0', 'EL1', 'EL2', 'EL3']);
  });

  it("takes names from the first file that has one, a kernel's at the address it runs at", () => {
    const kernel = symbols('ffff800080010000 T f', 'ffff800080010800 T vectors', 'ffff800080020000 T end');
    const program = symbols('400000 T main');
    const slide = 0x1234_0000n;
    const nodes = [[0, KERNEL + slide + 4n, 1], [0, 0x40_0010n, 0]] as const;
    const bases = [[KERNEL + 0x800n + slide, 5]] as const;
    expect(times(cpuProfile([part(nodes, [[1, 1000], [2, 1000]], bases)], [kernel, program]))).toEqual({ '/f': 1, '/main': 1 });
    expect(times(cpuProfile([part(nodes, [[1, 1000], [2, 1000]])], [program]))).toEqual({
      '/el1 0xffff800092350000': 1, '/main': 1,
    });
  });
});

describe('the time', () => {
  it('is a microsecond for 1,000 instructions, and rounding does not add up', () => {
    const samples = Array.from({ length: 1000 }, (_, i) => [1, 100_300 + (i % 7)] as const);
    const profile = cpuProfile([part([[0, 4n, 1]], samples)], []);
    const instructions = sum(samples.map(([, weight]) => weight));
    expect(sum(profile.timeDeltas)).toBe(Math.round(instructions / 1000));
    expect([profile.startTime, profile.endTime]).toEqual([0, Math.round(instructions / 1000)]);
    expect(profile.timeDeltas.length).toBe(profile.samples.length);
    expect(profile.timeDeltas.every(Number.isInteger)).toBe(true);
  });

  it('of a sample comes after it, the last being there twice', () => {
    const nodes = [[0, 0x100n, 1], [0, 0x200n, 1]] as const;
    const profile = cpuProfile([part(nodes, [[1, 100_000], [2, 250_000]])], []);
    expect(profile).toMatchObject({ samples: [2, 3, 3], timeDeltas: [0, 100, 250] });
  });

  it('of nothing is nothing', () => {
    const empty = { startTime: 0, endTime: 0, samples: [], timeDeltas: [] };
    expect(cpuProfile([], [])).toMatchObject(empty);
    expect(cpuProfile([part([], [])], [])).toMatchObject(empty);
    expect(cpuProfile([], []).nodes.length).toBe(1);
  });
});
