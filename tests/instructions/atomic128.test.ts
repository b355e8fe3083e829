import { describe, expect, it } from 'vitest';
import { decode } from '../../jit/a64/decoder.js';
import { disassemble } from '../../jit/a64/disassembler/disassembler.js';
import { atomic128Encodings } from '../harness/atomic128-cases.js';
import { difference, InterpreterEngine } from '../harness/interpreter-engine.js';
import { readVectors } from '../harness/vectors.js';

describe('vectors of 128-bit atomics on core.wasm', () => {
  const { vectors } = readVectors(new URL('../vectors/data/atomic128.jsonl.gz', import.meta.url));
  const engine = new InterpreterEngine();

  it.each(['run', 'step'] as const)('agree: %s', (mode) => {
    const wrong: string[] = [];
    for (const { input, result } of vectors) {
      const text = difference(result, engine.runCase(input, mode));
      if (text !== undefined) wrong.push(`${disassemble(input.word, 0n)}: ${text}`);
    }
    expect(wrong.slice(0, 20)).toEqual([]);
  });

  it('cover every encoding, with and without a fault', () => {
    for (const kind of ['completed', 'signal'] as const) {
      const names = vectors.filter((v) => v.result.kind === kind).map((v) => decode(v.input.word)?.name);
      expect([...new Set(names)].sort()).toEqual(atomic128Encodings.map((e) => e.name).sort());
    }
  });
});
