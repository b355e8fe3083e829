/**
 * Memory copy and memory set (FEAT_MOPS; Arm ARM, C6.2 CPYP, CPYFP, SETP and their mains and epilogues). TypeScript moves
 * the bytes; mains and epilogues that find nothing left to do end here.
 */
import { imm32, x } from '../../emitter/operand.js';
import { semantics, type Semantics } from './define.js';

const word = imm32((f) => f.word);

function stage(encoding: string, prologue: boolean): Semantics {
  return semantics(encoding, {
    operands: { size: x('Rn'), word },
    emit: (e, _f, o) =>
      e.if(
        e.field32('memoryCopyEnabled'),
        () => {
          if (prologue) e.service('memoryCopySet', o.word);
          else e.if(e.ne(e.x(o.size), e.i64(0)), () => e.service('memoryCopySet', o.word));
        },
        () => e.undefined(),
      ),
  });
}

export const memoryCopySemantics: readonly Semantics[] = ['CPYF', 'CPY', 'SET', 'SETG'].flatMap((name) => [
  stage(`${name}P`, true),
  stage(`${name}M`, false),
  stage(`${name}E`, false),
]);
