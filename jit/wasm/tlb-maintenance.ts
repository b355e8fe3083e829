/** TLB maintenance by address, and its completion, without leaving the engine: what runtime/mmu does where nothing is unusual. */
import binaryen from 'binaryen';
import { BROADCAST_BYTES, BROADCASTS, BroadcastWord, InvalidationKind } from '../../runtime/layout/broadcast-layout.js';
import { HeaderLayout, VCPUS_START } from '../../runtime/layout/memory-layout.js';
import {
  BLOCK_SUMMARY, CODE_TLB2, CODE_TLB_ENTRY_SHIFT, CODE_TLB_INDEX, controlFieldOffset, DATA_TLB2, DATA_TLB_ENTRY_SHIFT,
  DATA_TLB_INDEX, DataTlbEntry, VcpuLayout,
} from '../../runtime/layout/vcpu-layout.js';
import { memoryOperation, type Expression } from './operations.js';
import { MAINTENANCE_FUNCTIONS } from './region-functions.js';
import { long } from './region-state.js';

const { i32, i64, none } = binaryen;
const { offset: header } = HeaderLayout;
/** VA[55:12], what tags are compared by. */
const VA_PAGE = 0x00ff_ffff_ffff_f000n;
const VA = 0x00ff_ffff_ffff_ffffn;
const ALL_ONES = new Array<number>(16).fill(0xff);

function add(m: binaryen.Module, name: keyof typeof MAINTENANCE_FUNCTIONS, locals: binaryen.Type[], body: Expression): void {
  const { params, result } = MAINTENANCE_FUNCTIONS[name];
  m.addFunction(name, binaryen.createType([...params]), result, locals, body);
}

/**
 * `invalidatePage(vcpu, value, broadcast) -> i32`: TLBI by address with the value of Xt, as VcpuTlb.invalidateVa does it, and its
 * broadcast if that is not 0. 0 when it takes more, nothing having been done: the page may be part of a block, or the broadcast log
 * is in use.
 */
function addInvalidatePage(m: binaryen.Module): void {
  const [VCPU, VALUE, BROADCAST, PLACE, KNOWN, AT, END] = [0, 1, 2, 3, 4, 5, 6];
  const get = (local: number): Expression => m.local.get(local, local === VALUE ? i64 : i32);
  const block = (...of: Expression[]): Expression => m.block(null, of, none);
  const word = (n: number): Expression => m.i32.const(n);
  const refuse = (condition: Expression): Expression => m.if(condition, m.return(word(0)));
  const header32 = (name: keyof typeof header): Expression => m.i32.load(header[name], 4, word(0), '0');
  const exchange = (op: string, ...args: Expression[]): Expression =>
    memoryOperation(m, `i32.atomic.rmw.${op}`, 0, [word(header.broadcastLock), ...args]);

  const upTo = (shift: number): Expression => m.i64.shr_u(get(VALUE), long(m, BigInt(shift)));
  const inBlock = BLOCK_SUMMARY.shifts.map((shift, i) => block(
    m.local.set(PLACE, m.i32.wrap(upTo(shift))),
    m.local.set(KNOWN, m.i32.load(VcpuLayout.summaries[i], 4, m.i32.add(get(VCPU), m.i32.shl(
      m.i32.and(
        m.i32.xor(get(PLACE), m.i32.shr_u(get(PLACE), word(BLOCK_SUMMARY.placeBits))), word((1 << BLOCK_SUMMARY.placeBits) - 1),
      ),
      word(2),
    )), '0')),
    m.if(get(KNOWN), refuse(m.i32.or(
      m.i32.eq(get(KNOWN), word(-1)),
      m.i32.eq(get(KNOWN), m.i32.add(m.i32.wrap(upTo(shift + BLOCK_SUMMARY.placeBits)), word(1))),
    ))),
  ));

  const field = (name: keyof typeof BroadcastWord, value: Expression): Expression =>
    m.i32.store(4 * BroadcastWord[name], 4, get(AT), value, '0');
  const post = block(
    refuse(exchange('cmpxchg', word(0), word(1))),
    m.local.set(AT, m.i32.add(
      header32('broadcasts'), m.i32.mul(m.i32.and(header32('broadcastHead'), word(BROADCASTS - 1)), word(BROADCAST_BYTES)),
    )),
    field('kind', word(InvalidationKind.Address)),
    field('from', m.i32.div_u(m.i32.sub(get(VCPU), word(VCPUS_START)), word(VcpuLayout.size))),
    field('regime', word(0)), field('security', word(0)), field('vmid', word(-1)), field('asid', word(0)),
    field('vaHigh', m.i32.wrap(upTo(32))),
    field('vaLow', m.i32.wrap(get(VALUE))),
    m.i64.store(4 * BroadcastWord.pages, 4, get(AT), long(m, 1n), '0'),
    memoryOperation(m, 'i32.atomic.store', 0, [
      word(header.broadcastHead), m.i32.add(header32('broadcastHead'), word(1)),
    ]),
    m.if(
      m.i32.eq(exchange('xchg', word(0)), word(2)), m.drop(m.memory.atomic.notify(word(header.broadcastLock), word(1), '0')),
    ),
    m.i32.store(controlFieldOffset.broadcastPending, 4, get(VCPU), word(1), '0'),
  );

  const differs = (base: number, tag: number): Expression => m.i64.ne(
    m.i64.and(m.i64.xor(m.i64.load(base + tag, 8, get(AT), '0'), get(VALUE)), long(m, VA_PAGE)), long(m, 0n),
  );
  const forget = (base: number, bytes: number): Expression[] => Array.from({ length: bytes / 16 }, (_, i) =>
    m.v128.store(base + 16 * i, 16, get(AT), m.v128.const(ALL_ONES), '0'));
  const dropData = (base: number): Expression => m.if(
    m.i32.eqz(m.i32.and(differs(base, DataTlbEntry.offset.readTag), differs(base, DataTlbEntry.offset.writeTag))),
    block(...forget(base, 1 << DATA_TLB_ENTRY_SHIFT)),
  );
  const dropCode = (base: number): Expression => m.if(m.i32.eqz(differs(base, 0)), block(...forget(base, 1 << CODE_TLB_ENTRY_SHIFT)));
  const entry = ({ shift, mask }: { readonly shift: number; readonly mask: number }): Expression =>
    m.i32.add(get(VCPU), m.i32.and(m.i32.wrap(upTo(shift)), word(mask)));
  const ways = (base: number, set: { readonly sets: number; readonly ways: number }, shift: number, drop: (base: number) => Expression) => [
    m.local.set(AT, m.i32.add(
      get(VCPU), m.i32.mul(m.i32.and(m.i32.wrap(upTo(12)), word(set.sets - 1)), word(set.ways << shift)),
    )),
    m.local.set(END, m.i32.add(get(AT), word(set.ways << shift))),
    m.loop(`way${base}`, block(
      drop(base),
      m.local.set(AT, m.i32.add(get(AT), word(1 << shift))),
      m.br(`way${base}`, m.i32.lt_u(get(AT), get(END))),
    )),
  ];

  add(m, 'invalidatePage', [i32, i32, i32, i32], m.block(null, [
    m.local.set(VALUE, m.i64.and(m.i64.shl(get(VALUE), long(m, 12n)), long(m, VA))),
    refuse(m.i32.load(controlFieldOffset.hugeFragments, 4, get(VCPU), '0')),
    ...inBlock,
    m.if(get(BROADCAST), m.if(m.i32.gt_u(header32('vcpuCount'), word(1)), post)),
    m.local.set(AT, entry(DATA_TLB_INDEX)),
    dropData(VcpuLayout.dataTlb),
    m.local.set(AT, entry(CODE_TLB_INDEX)),
    dropCode(VcpuLayout.codeTlb),
    ...ways(VcpuLayout.dataTlb2, DATA_TLB2, DATA_TLB_ENTRY_SHIFT, dropData),
    ...ways(VcpuLayout.codeTlb2, CODE_TLB2, CODE_TLB_ENTRY_SHIFT, dropCode),
    word(1),
  ], i32));
}

/** `completeMaintenance(vcpu) -> i32`: VcpuGroup.completeAtOnce. 0 when other vCPUs have to be waited for. */
function addCompleteMaintenance(m: binaryen.Module): void {
  const [VCPU, OTHER, END] = [0, 1, 2];
  const get = (local: number): Expression => m.local.get(local, i32);
  const field = (name: keyof typeof controlFieldOffset): Expression =>
    memoryOperation(m, 'i32.atomic.load', 0, [m.i32.add(get(OTHER), m.i32.const(controlFieldOffset[name]))]);
  const head = memoryOperation(m, 'i32.atomic.load', 0, [m.i32.const(header.broadcastHead)]);
  add(m, 'completeMaintenance', [i32, i32], m.block(null, [
    m.local.set(OTHER, m.i32.const(VCPUS_START)),
    m.local.set(END, m.i32.add(
      get(OTHER), m.i32.mul(m.i32.load(header.vcpuCount, 4, m.i32.const(0), '0'), m.i32.const(VcpuLayout.size)),
    )),
    m.loop('others', m.block(null, [
      m.if(m.i32.ne(get(OTHER), get(VCPU)), m.if(
        field('running'), m.if(m.i32.lt_s(m.i32.sub(field('applied'), head), m.i32.const(0)), m.return(m.i32.const(0))),
      )),
      m.local.set(OTHER, m.i32.add(get(OTHER), m.i32.const(VcpuLayout.size))),
      m.br('others', m.i32.lt_u(get(OTHER), get(END))),
    ], none)),
    m.i32.store(controlFieldOffset.broadcastPending, 4, get(VCPU), m.i32.const(0), '0'),
    m.i32.const(1),
  ], i32));
}

export function addTlbMaintenance(m: binaryen.Module): void {
  addInvalidatePage(m);
  addCompleteMaintenance(m);
}
