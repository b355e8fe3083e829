/**
 * `decode(record)`: records made of what is known (runtime/code/record-memo.ts) without leaving the engine, and fused, as
 * runtime/code/code-store.ts does it. What takes more is for the import `build`: a word that is not known, a lock that is held.
 */
import binaryen from 'binaryen';
import { STEP_BITS, STEP_FACTOR, STEP_HASH } from '../interpreter/fusion-table.js';
import { LONGEST_SEQUENCE } from '../interpreter/longest-sequence.js';
import { PseudoOperation } from '../interpreter/pseudo-operation.js';
import {
  CODE_PAGE_BYTES, CODE_PAGES_START, DECODED_RUN, FULL_PATIENCE_WORD, HeaderLayout, MEMO_TAG, OWNER_WORD, PATIENCE_WORD, RECORD_MEMO,
  RECORD_SHIFT,
} from '../../runtime/layout/memory-layout.js';
import { memoryOperation, type Expression } from './operations.js';

const { i32, none } = binaryen;
const { offset: header } = HeaderLayout;
const RECORD = 0;
const LOCALS = [
  'base', 'code', 'start', 'index', 'end', 'word', 'offset', 'kind', 'near', 'entry', 'last', 'at', 'from', 'best', 'place', 'class',
  'step', 'missing',
] as const;
type Local = (typeof LOCALS)[number];

export function addDecoding(m: binaryen.Module): void {
  const record = (): Expression => m.local.get(RECORD, i32);
  const get = (name: Local): Expression => m.local.get(1 + LOCALS.indexOf(name), i32);
  const set = (name: Local, value: Expression): Expression => m.local.set(1 + LOCALS.indexOf(name), value);
  const value = (n: number): Expression => m.i32.const(n);
  const load = (at: Expression, offset = 0): Expression => m.i32.load(offset, 4, at, '0');
  const load16 = (at: Expression, offset = 0): Expression => m.i32.load16_u(offset, 2, at, '0');
  const { add, sub, mul, and, or, xor, shl, shr_u: shr, shr_s: sar, eq, ne, eqz } = m.i32;
  const block = (...of: Expression[]): Expression => m.block(null, of, none);
  const operation = (at: Expression): Expression => load16(at);
  const recordAt = (index: Expression): Expression => add(get('base'), shl(index, value(RECORD_SHIFT)));

  // ((word << up) >> down) << 2: a branch's displacement
  const displacement = (up: number, down: number): Expression =>
    shl(sar(shl(get('word'), value(up)), value(down)), value(2));
  const masked = (mask: number, is: number): Expression => eq(and(get('kind'), value(mask)), value(is));
  const nearBranch = block(
    set('near', value(0)),
    set('kind', and(shr(get('word'), value(24)), value(0x7f))),
    m.if(or(masked(0x7c, 0x14), or(masked(0x7f, 0x54), masked(0x7c, 0x34))), block(
      set('offset', add(shl(get('index'), value(2)), m.if(
        masked(0x7c, 0x14), displacement(6, 6), m.if(masked(0x7e, 0x36), displacement(13, 18), displacement(8, 13)),
      ))),
      set('near', eqz(and(get('offset'), value(~0xfff)))),
    )),
  );

  const find = block(
    set('entry', add(value(RECORD_MEMO.start), mul(
      shr(mul(xor(get('word'), get('near')), value(RECORD_MEMO.factor)), value(32 - RECORD_MEMO.bits)), value(RECORD_MEMO.entryBytes),
    ))),
    set('last', add(get('entry'), value(RECORD_MEMO.probes * RECORD_MEMO.entryBytes))),
    set('near', or(mul(get('near'), value(MEMO_TAG.near)), value(MEMO_TAG.used))),
    m.loop('probe', block(
      set('kind', load(get('entry'), RECORD_MEMO.tag)),
      m.br('unknown', eqz(get('kind'))),
      m.br('known', and(
        eq(load(get('entry'), RECORD_MEMO.word), get('word')),
        eq(and(get('kind'), value(~MEMO_TAG.endsRun)), get('near')),
      )),
      set('entry', add(get('entry'), value(RECORD_MEMO.entryBytes))),
      m.br('probe', m.i32.lt_u(get('entry'), get('last'))),
      m.br('unknown'),
    )),
  );

  // the operation last: who does not take the lock sees a whole record or none
  const copy = block(
    set('at', recordAt(get('index'))),
    m.i64.store(8, 8, get('at'), m.i64.load(8, 8, get('entry'), '0'), '0'),
    m.i32.store(4, 4, get('at'), load(get('entry'), 4), '0'),
    memoryOperation(m, 'i32.atomic.store', 0, [get('at'), load(get('entry'))]),
    set('index', add(get('index'), value(1))),
  );

  const run = m.block('unknown', [m.loop('run', block(
    set('word', load(add(get('code'), shl(get('index'), value(2))))),
    nearBranch,
    m.block('known', [find], none),
    copy,
    m.br('unknown', or(
      and(get('kind'), value(MEMO_TAG.endsRun)), m.i32.ge_u(get('index'), get('end')),
    )),
    m.br('run', eq(operation(recordAt(get('index'))), value(PseudoOperation.Decode))),
  ))], none);

  // each record gets the operation of the longest sequence that starts there
  const step = (key: Expression): Expression => block(
    set('entry', key),
    set('step', shr(mul(get('entry'), value(STEP_HASH)), value(32 - STEP_BITS))),
    m.loop('look', block(
      set('last', load(shl(get('step'), value(3)), header.fusionSteps)),
      m.if(ne(get('last'), get('entry')), block(
        m.br('sequence', eqz(get('last'))),
        set('step', and(add(get('step'), value(1)), value((1 << STEP_BITS) - 1))),
        m.br('look'),
      )),
    )),
    set('place', load(shl(get('step'), value(3)), header.fusionSteps + 4)),
  );
  const fuse = block(
    set('from', recordAt(m.select(
      m.i32.gt_s(get('start'), value(LONGEST_SEQUENCE - 1)), sub(get('start'), value(LONGEST_SEQUENCE - 1)), value(0),
    ))),
    set('end', recordAt(get('index'))),
    m.loop('fuse', block(
      set('at', get('from')),
      set('place', value(0)),
      set('best', value(0)),
      m.block('sequence', [m.loop('parts', block(
        set('class', load16(shl(operation(get('at')), value(1)), header.fusionClasses)),
        m.br('sequence', eqz(get('class'))),
        step(add(mul(get('place'), value(STEP_FACTOR)), get('class'))),
        m.if(shr(get('place'), value(16)), set('best', shr(get('place'), value(16)))),
        set('place', and(get('place'), value(0xffff))),
        set('at', add(get('at'), value(1 << RECORD_SHIFT))),
        // the record behind a page's last is in no sequence
        m.br('parts'),
      ))], none),
      m.if(get('best'), m.i32.store16(0, 2, get('from'), get('best'), '0')),
      set('from', add(get('from'), value(1 << RECORD_SHIFT))),
      m.br('fuse', m.i32.lt_u(get('from'), get('end'))),
    )),
  );

  const lock = (): Expression => value(header.codeLock);
  const unlock = m.if(
    eq(memoryOperation(m, 'i32.atomic.rmw.xchg', 0, [lock(), value(0)]), value(2)),
    m.drop(m.memory.atomic.notify(lock(), value(1), '0')),
  );
  const build = (): Expression => m.call('build', [record()], none);
  const body = m.block(null, [
    m.if(eqz(load(value(0), header.decodableRam)), block(build(), m.return())),
    m.if(memoryOperation(m, 'i32.atomic.rmw.cmpxchg', 0, [lock(), value(0), value(1)]), block(build(), m.return())),
    m.if(eq(operation(record()), value(PseudoOperation.Decode)), block(
      set('base', sub(record(), m.i32.rem_u(sub(record(), value(CODE_PAGES_START)), value(CODE_PAGE_BYTES)))),
      set('code', add(load(value(0), header.decodableRam), shl(load(get('base'), OWNER_WORD << 2), value(12)))),
      set('index', shr(sub(record(), get('base')), value(RECORD_SHIFT))),
      set('start', get('index')),
      set('end', add(get('index'), value(DECODED_RUN))),
      m.if(m.i32.gt_u(get('end'), value(1024)), set('end', value(1024))),
      run,
      // nothing is known of the first
      set('missing', eq(get('index'), get('start'))),
      m.if(eqz(get('missing')), block(
        m.i32.store(PATIENCE_WORD << 2, 4, get('base'), load(get('base'), FULL_PATIENCE_WORD << 2), '0'),
        fuse,
      )),
    )),
    unlock,
    m.if(get('missing'), build()),
  ], none);
  m.addFunction('decode', i32, none, LOCALS.map(() => i32), body);
  m.addFunctionExport('decode', 'decode');
}
