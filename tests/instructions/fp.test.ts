import { describe, expect, it } from 'vitest';
import { disassemble } from '../../jit/a64/disassembler/disassembler.js';
import { decode } from '../../jit/a64/decoder.js';
import { Emitter } from '../../jit/emitter/emitter.js';
import { operations } from '../../jit/interpreter/operations.js';
import { fpEncodings } from '../harness/fp-cases.js';
import { difference, InterpreterEngine } from '../harness/interpreter-engine.js';
import { readVectors } from '../harness/vectors.js';

const read = (name: string) => readVectors(new URL(`../vectors/data/${name}.jsonl.gz`, import.meta.url));

describe('floating-point vectors on core.wasm', () => {
  const engine = new InterpreterEngine();

  describe.each(['fp', 'softfloat', 'softfloat-alternate'])('%s', (name) => {
    const { vectors } = read(name);
    it.each(['run', 'step'] as const)('agrees: %s', (mode) => {
      const wrong: string[] = [];
      for (const { input, result } of vectors) {
        const text = difference(result, engine.runCase(input, mode));
        if (text !== undefined) wrong.push(`${disassemble(input.word, 0n)} fpcr=${input.fpcr}: ${text}`);
      }
      expect(wrong.slice(0, 20)).toEqual([]);
      expect(engine.unimplemented).toEqual(new Set());
    });
  });

  it('covers every encoding', () => {
    const covered = new Set(read('fp').vectors.map((v) => decode(v.input.word)?.name));
    expect(fpEncodings.map((e) => e.name).filter((n) => !covered.has(n))).toEqual([]);
  });

  it('traps before anything else when FP is disabled', () => {
    const names = new Set(fpEncodings.map((e) => e.name));
    const late = operations.filter((o) => names.has(o.semantics.encoding)).filter((o) => {
      const e = new Emitter();
      o.semantics.emit(e, o.statics, o.operands);
      const [test, trap] = e.finish();
      return test.value?.imm !== 'fpTrapped' || trap.kind !== 'if' || trap.then?.[0].imm !== 'fpTrap';
    });
    expect(late.map((o) => o.name)).toEqual([]);
  });

  it('ran under QEMU without a signal', () => {
    expect(read('fp').vectors.filter((v) => v.result.kind !== 'completed')).toEqual([]);
  });
});
