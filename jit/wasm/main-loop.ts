/**
 * The interpreter's main loop: the function `hot(vcpu)` under the run loop (run-loop.ts).
 *
 * `hot` holds the code of all operations that need no call, found by a tree of comparisons (the frequent ones) or a branch
 * table. No call is in it, and just one loop: the host's compiler then need not keep every variable on the stack, nor set
 * up constants again at each branch. Whatever needs a call (function forms, decoding) makes it return to the run loop; the
 * place in the code is carried by the vCPU block.
 */
import binaryen from 'binaryen';
import { ExitReason } from '../emitter/services.js';
import type { Statement } from '../emitter/ir.js';
import type { DispatchNode } from '../interpreter/dispatch-tree.js';
import { PseudoOperation } from '../interpreter/pseudo-operation.js';
import { controlFieldOffset } from '../../runtime/layout/vcpu-layout.js';
import type { ConstantPool } from './constant-pool.js';
import { Flow, FUNCTION_FORM, RETURNED } from './flow.js';
import { LocalPool, OperationLowering, type LoweringTarget } from './lower.js';
import type { Expression } from './operations.js';
import { addRunLoops } from './run-loop.js';

const { i32, i64, f32, f64, v128, none } = binaryen;
const types = { i32, i64, f32, f64, v128, none };

export interface MainLoopInput {
  /** Operations of the main loop; several parts are executed one after the other, from neighbouring records. */
  readonly hot: readonly { readonly number: number; readonly parts: readonly (() => Statement[])[] }[];
  /** Operations below this number are dispatched by a branch table. */
  readonly tableEnd: number;
  /** Operations from this number on are dispatched by `tree`, whose positions start at treeStart - 1. */
  readonly treeStart: number;
  readonly tree: DispatchNode;
}

/** `hot(vcpu) -> ExitReason, FUNCTION_FORM or RETURNED`. */
function addHot(m: binaryen.Module, input: MainLoopInput, constants: ConstantPool): void {
  const flow = new Flow(m, 1, ['limit', 'pcBias'], {
    slice: () => m.return(m.i32.const(ExitReason.Slice)), other: (reason) => m.return(reason),
    returned: () => m.return(m.i32.const(RETURNED)),
  });
  const pool = new LocalPool(1 + flow.types.length);
  const labels = { next: 'next', taken: 'taken', far: 'far', slow: 'slow', exitRetired: 'exit_retired', again: 'again' };
  const label = (n: number): string => `h${n}`;
  const table = new Array<string>(input.tableEnd).fill('slow');
  table[PseudoOperation.PageEnd] = label(PseudoOperation.PageEnd);
  const labelled = new Set<number>();
  const codes: { label: string; code: Expression }[] = [];
  for (const { number, parts } of input.hot) {
    pool.reset();
    let calls = false;
    const code = parts.map((emit, i) => {
      const target: LoweringTarget = {
        module: m, types, pool, vcpu: 0, record: flow.locals.record,
        loop: { labels, locals: flow.locals, offset: 16 * i, constants },
      };
      const lowering = new OperationLowering(target);
      const statements = emit();
      const lowered = i === parts.length - 1 ? lowering.lower(statements) : lowering.lowerThrough(statements);
      calls ||= lowering.calls;
      return lowered;
    });
    if (calls) continue;
    if (number < input.tableEnd) table[number] = label(number);
    labelled.add(number);
    codes.push({ label: label(number), code: code.length === 1 ? code[0] : m.block(null, code, none) });
  }
  const operation = (): Expression => flow.get('entry');
  const dispatch = (node: DispatchNode, first: number): Expression => {
    if (node.kind === 'leaf') {
      if (node.item === -1) return m.switch(table, 'slow', operation());
      const number = input.treeStart + first - 1;
      return m.br(labelled.has(number) ? label(number) : 'slow');
    }
    return m.if(
      m.i32.lt_u(operation(), m.i32.const(input.treeStart + node.at - 1)),
      dispatch(node.left, first), dispatch(node.right, node.at),
    );
  };
  // The innermost block dispatches; each enclosing block is followed by its operation's code.
  const pageEnd = label(PseudoOperation.PageEnd);
  let body: Expression[] = [
    m.block(pageEnd, [
      flow.set('entry', m.i32.load16_u(0, 2, flow.get('record'), '0')),
      dispatch(input.tree, 0),
    ], none),
    // behind the page's last record: no instruction, so nothing retires
    flow.set('limit', m.i32.add(flow.get('limit'), m.i32.const(16))),
    flow.set('targetPc', flow.pc()),
    flow.set('targetBtype', m.i32.const(0)),
    m.br('far'),
  ];
  for (const { label: name, code } of codes) body = [m.block(name, body, none), code];

  const slow = [
    flow.store('record', flow.get('record')),
    m.return(m.i32.const(FUNCTION_FORM)),
  ];
  const blocks = m.block('next', [
    m.block('taken', [
      m.block('far', [
        m.block('exit_retired', [m.block('slow', body, none), ...slow], none),
        ...flow.leaveRetired(),
      ], none),
      ...flow.far(),
    ], none),
    ...flow.taken(),
    ...flow.heat(),
    m.br('again'),
  ], none);
  const code = m.block(null, [
    // Changes nothing, but V8 knows of the result, unlike of a parameter, that its upper half is zero: one value less to keep.
    m.local.set(0, m.i32.and(flow.vcpu(), m.i32.const(-16))),
    flow.set('record', m.i32.load(controlFieldOffset.record, 4, flow.vcpu(), '0')),
    m.loop('again', m.block(null, [blocks, flow.advance(), m.br('again')], none)),
    m.unreachable(),
  ], i32);
  m.addFunction('hot', i32, i32, [...flow.types, ...pool.types], code);
  // for its machine code to be made in advance
  m.addFunctionExport('hot', 'hot');
}

/** Adds the main loop, `run` and what it needs, but for the table `operations`, the import `decode` and the bytes of `constants`. */
export function addMainLoop(m: binaryen.Module, input: MainLoopInput, constants: ConstantPool): void {
  addHot(m, input, constants);
  addRunLoops(m);
}
