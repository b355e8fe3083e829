/** NZCV from its description. */
import type { FlagsRecipe } from '../../../emitter/emitter.js';
import { FLAGS_KINDS } from '../../../emitter/flags-kind.js';
import type { LibraryFunction } from '../../../emitter/library-function.js';

/** `flags(kind, a, b)`: `kind` is an index of FLAGS_KINDS, `a` and `b` its operands, zero-extended; `a` is NZCV itself for 0. */
export const flags: LibraryFunction = {
  name: 'flags',
  parameters: ['i32', 'i64', 'i64'],
  result: 'i32',
  emit(e, kind, a, b) {
    const nzcv = e.variable(e.wrap(a));
    FLAGS_KINDS.forEach((name, number) => {
      if (name === 'raw') return;
      const [recipe, width] = name.split('.') as [FlagsRecipe, 'i32' | 'i64'];
      e.if(e.eq(kind, e.i32(number)), () => {
        const [first, second] = [a, b].map((operand) => (width === 'i32' ? e.wrap(operand) : operand));
        const result = { add: () => e.add(first, second), sub: () => e.sub(first, second), logic: () => first }[recipe]();
        e.set(nzcv, e.flags(recipe, first, second, result));
      });
    });
    return e.get(nzcv);
  },
};
