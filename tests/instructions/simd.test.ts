import { beforeAll, describe, expect, it } from 'vitest';
import { decode } from '../../jit/a64/decoder.js';
import { buildCore, difference, InterpreterEngine, type EngineMode } from '../harness/interpreter-engine.js';
import { simdEncodings } from '../harness/simd-instructions.js';
import { readVectors } from '../harness/vectors.js';

const { vectors } = readVectors(new URL('../vectors/data/simd-integer.jsonl.gz', import.meta.url));

describe('AdvSIMD integer and cryptographic instructions on core.wasm', () => {
  let engine: InterpreterEngine;
  beforeAll(() => {
    engine = new InterpreterEngine({ wasm: buildCore() });
  });

  it('has vectors of every encoding with semantics', () => {
    const recorded = new Set(vectors.map(({ input }) => decode(input.word)?.name));
    expect(simdEncodings.filter((e) => !recorded.has(e.name)).map((e) => e.name)).toEqual([]);
    expect(simdEncodings.length).toBeGreaterThan(320);
  });

  for (const mode of ['run', 'step'] as const satisfies readonly EngineMode[]) {
    it(`does what QEMU recorded (${mode})`, () => {
      const wrong: string[] = [];
      for (const { input, result } of vectors) {
        const text = difference(result, engine.runCase(input, mode));
        if (text !== undefined) wrong.push(`${decode(input.word)?.name} ${input.word.toString(16)}: ${text}`);
      }
      expect(wrong).toEqual([]);
      expect([...engine.unimplemented]).toEqual([]);
    });
  }

  it('traps to the runtime when floating point and AdvSIMD are disabled', () => {
    engine.setFpTrapped(true);
    for (const encoding of simdEncodings) {
      const sample = vectors.find(({ input }) => decode(input.word) === encoding)!;
      for (const mode of ['run', 'step'] as const) {
        const result = engine.runCase(sample.input, mode);
        expect([encoding.name, result.kind, result.v.length, result.x.length]).toEqual([encoding.name, 'refused', 0, 0]);
      }
    }
    engine.setFpTrapped(false);
  });
});
