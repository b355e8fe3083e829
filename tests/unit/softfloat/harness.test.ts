import { describe, expect, it } from 'vitest';
import { encodeCases, type InstructionResult } from '../../harness/qemu-user.js';
import { decodeVectors, encodeVectors } from '../../harness/vectors.js';

const INPUT = {
  word: 0xf9000020,
  x: [
    [0, 0x1122334455667788n],
    [31, 0x5000100n],
  ],
  v: [[3, 2n ** 127n]],
  nzcv: 5,
  fpcr: 0x3000000,
  fpsr: 0,
  memory: new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]),
} as const;

describe('vector files', () => {
  it('keep cases and results as they are', () => {
    const result: InstructionResult = {
      kind: 'signal',
      signal: 11,
      pc: 0x4000000n,
      address: 0xffffn,
      x: [[2, 2n ** 64n - 1n]],
      v: [[31, 1n]],
      nzcv: 5,
      fpcr: 0x3000000,
      fpsr: 0x91,
      memory: [[16, new Uint8Array(16).fill(9)]],
    };
    const header = { description: 'd', tool: 't', version: 'v', cpu: 'max', date: '2024-01-01' };
    const vector = { input: INPUT, result };
    expect(decodeVectors(encodeVectors(header, [vector]))).toEqual({ header, vectors: [vector] });
  });

  it('are given to the runner with registers in order', () => {
    const bytes = encodeCases([INPUT]);
    expect(bytes.length).toBe(32 + 2 * 8 + 16 + 8);
    expect(bytes.readUInt32LE(0)).toBe(0xf9000020);
    expect(bytes.readUInt32LE(4)).toBe(0x80000001);
    expect(bytes.readBigUInt64LE(40)).toBe(0x5000100n);
    expect(bytes[32 + 16 + 15]).toBe(0x80);
    expect(() => encodeCases([{ word: 0, x: [[1, 0n], [1, 1n]] }])).toThrow('given twice');
  });
});
