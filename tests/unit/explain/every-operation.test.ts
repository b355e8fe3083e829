/** Effects and code of every operation: they can be made, agree with the table, and are well formed. */
import { describe, expect, it } from 'vitest';
import { encodingNamed } from '../../../jit/a64/encodings/index.js';
import { effectsOf } from '../../../jit/explain/effects.js';
import { generatedCode } from '../../../jit/explain/generated-code.js';
import { instructionFields, libraryStatements, statementsOf } from '../../../jit/explain/operation.js';
import { serviceEffects } from '../../../jit/explain/services.js';
import { formatSexpr, parseSexpr } from '../../../jit/explain/wat.js';
import { operations } from '../../../jit/interpreter/operations.js';

const all = operations.map((operation) => {
  const encoding = encodingNamed(operation.semantics.encoding);
  const fields = instructionFields(encoding, encoding.value, 0n);
  const { operands } = operation.semantics;
  const statements = statementsOf(operation);
  const effects = effectsOf(statements, libraryStatements, (o) => operands[o.name].encode(fields));
  return { operation, encoding, fields, statements, effects };
});

describe('every operation', () => {
  it('that touches a SIMD&FP register checks the FP traps', () => {
    const trapped = all.filter(({ effects }) =>
      effects.some(({ effect }) => effect.kind === 'exception' && effect.detail === 'fpTrap'),
    );
    const touching = all.filter(({ effects }) =>
      effects.some(({ effect }) => 'use' in effect && effect.use.operand.kind === 'V'),
    );
    const name = ({ operation }: (typeof all)[number]): string => operation.name;
    const names = new Set(trapped.map(name));
    expect(touching.map(name).filter((n) => !names.has(n))).toEqual([]);
    expect(trapped.length).toBeGreaterThan(500);
  });

  it('that is a load or store accesses memory, and others do not', () => {
    const accesses = (o: (typeof all)[number]): boolean =>
      o.effects.some(
        ({ effect }) =>
          effect.kind === 'access' || (effect.kind === 'service' && /^memory(CopySet|Tag)$/.test(effect.detail)),
      );
    const isUndefined = (o: (typeof all)[number]): boolean =>
      o.effects.some(({ effect, always }) => always && effect.kind === 'exception' && effect.detail === 'undefined');
    const wrong = all.filter((o) => !isUndefined(o) && accesses(o) !== o.encoding.group.startsWith('ldst/'));
    const prefetches = ['PRFM_imm_pos', 'PRFM_lit', 'PRFM_reg', 'PRFUM', 'RPRFM'];
    expect([...new Set(wrong.map(({ encoding }) => encoding.name))].sort()).toEqual(prefetches);
  });

  it('uses services that are described', () => {
    const missing = all.flatMap(({ effects, encoding, fields }) =>
      effects
        .filter(({ effect }) => effect.kind === 'service' && !serviceEffects(effect.detail, encoding, fields as never))
        .map(() => encoding.name),
    );
    expect(missing).toEqual([]);
  });

  it('has code in well-formed lines', () => {
    // One operation of every fourth encoding; building a module takes 5 ms.
    const seen = new Set<string>();
    for (const { operation, encoding, statements } of all) {
      if (encoding.id % 4 !== 0 || seen.has(encoding.name)) continue;
      seen.add(encoding.name);
      const lines = generatedCode(statements, Object.values(operation.operands), operation.name);
      expect(lines[0]).toContain(`(func $op:${operation.name} (param $vcpu i32)`);
      const text = lines.join('\n');
      expect(text.split('(').length, operation.name).toBe(text.split(')').length);
      for (const line of lines) expect(line.length, line).toBeLessThan(170);
    }
    expect(seen.size).toBeGreaterThan(200);
  });
});

describe('WebAssembly text', () => {
  it('is written as it was read, in as few lines as fit', () => {
    const locals = '(param i32) (local $1 i32) (local $2 i32)';
    const text = `(func $f ${locals} (if (local.get $1) (then (return (i32.const 2)))) (nop))`;
    expect(formatSexpr(parseSexpr(text), 40)).toEqual([
      '(func $f (param i32)',
      ' (local $1 i32) (local $2 i32)',
      ' (if',
      '  (local.get $1)',
      '  (then',
      '   (return (i32.const 2))))',
      ' (nop))',
    ]);
    expect(formatSexpr(parseSexpr('(i32.add (i32.const 1) (i32.const 2))'), 30)).toEqual([
      '(i32.add',
      ' (i32.const 1)',
      ' (i32.const 2))',
    ]);
    expect(() => parseSexpr('(nop')).toThrow('without end');
  });
});
