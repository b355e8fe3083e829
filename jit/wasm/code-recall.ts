/** Where the code of a page is that the code TLB has no entry for, but its second level has: found without leaving the engine. */
import binaryen from 'binaryen';
import {
  archOffset, CODE_TLB2, CODE_TLB_ENTRY_SHIFT, CODE_TLB_INDEX, controlFieldOffset, VcpuLayout,
} from '../../runtime/layout/vcpu-layout.js';
import type { Expression } from './operations.js';
import { long } from './region-state.js';

const { i32, i64, none } = binaryen;
const [VCPU, TAG, AT] = [0, 1, 2];
const ENTRY_BYTES = 1 << CODE_TLB_ENTRY_SHIFT;

/**
 * `recall(vcpu) -> i32`: enters the page of the program counter into the code TLB, from the second level. 0 when it takes more:
 * a walk, a look at PSTATE.BTYPE or at a tag in the address, or an exception.
 */
export function addRecall(m: binaryen.Module): void {
  const vcpu = (): Expression => m.local.get(VCPU, i32);
  const at = (): Expression => m.local.get(AT, i32);
  const pc = (): Expression => m.i64.load(archOffset.pc, 8, vcpu(), '0');
  const context = (half: 'fetchLow' | 'fetchHigh'): Expression => m.i64.load(controlFieldOffset[half], 8, vcpu(), '0');
  const index = m.i32.and(m.i32.wrap(m.i64.shr_u(pc(), long(m, BigInt(CODE_TLB_INDEX.shift)))), m.i32.const(CODE_TLB_INDEX.mask));
  const set = m.i32.and(m.i32.wrap(m.i64.shr_u(pc(), long(m, 12n))), m.i32.const(CODE_TLB2.sets - 1));
  const recalls = controlFieldOffset.codeRecalls;
  const way = (n: number): Expression => {
    const offset = VcpuLayout.codeTlb2 + n * ENTRY_BYTES;
    return m.if(m.i64.eq(m.i64.load(offset, 8, at(), '0'), m.local.get(TAG, i64)), m.block(null, [
      m.v128.store(VcpuLayout.codeTlb, 16, m.i32.add(vcpu(), index), m.v128.load(offset, 16, at(), '0'), '0'),
      m.i64.store(recalls, 8, vcpu(), m.i64.add(m.i64.load(recalls, 8, vcpu(), '0'), long(m, 1n)), '0'),
      m.return(m.i32.const(1)),
    ], none));
  };
  m.addFunction('recall', i32, i32, [i64, i32], m.block(null, [
    m.if(
      m.i32.or(m.i32.load(archOffset.btype, 4, vcpu(), '0'), m.i32.and(m.i32.wrap(pc()), m.i32.const(3))),
      m.return(m.i32.const(0)),
    ),
    m.local.set(TAG, m.i64.or(
      m.i64.and(pc(), long(m, -4096n)), m.select(m.i64.lt_s(pc(), long(m, 0n)), context('fetchHigh'), context('fetchLow')),
    )),
    m.local.set(AT, m.i32.add(vcpu(), m.i32.mul(set, m.i32.const(CODE_TLB2.ways * ENTRY_BYTES)))),
    ...Array.from({ length: CODE_TLB2.ways }, (_, n) => way(n)),
    m.i32.const(0),
  ], i32));
}
