/** The digest of memory that a deterministic run is compared by. */
import binaryen from 'binaryen';
import { controlFieldOffset } from '../../runtime/layout/vcpu-layout.js';
import type { Expression } from './operations.js';

const { i32, none, v128 } = binaryen;
/** Bytes taken at each turn, in as many parts as there are accumulators, since each waits for its own last product. */
export const DIGEST_BYTES = 64;
const PARTS = DIGEST_BYTES / 16;
/** Odd, so that no difference is multiplied away; and how far its upper bits come down again. */
const FACTOR = 0x9e3779b1 | 0;
const SHIFT = 15;

/**
 * `digest(vcpu, from, to)`: takes the bytes from one WasmOffset to another, both multiples of DIGEST_BYTES, into the sixteen
 * 32-bit words at the start of ControlState.scratch. Each word follows from its last value and from a word of memory by steps that
 * can be undone: a single difference always shows. No cryptographic digest.
 */
export function addDigest(m: binaryen.Module): void {
  const [VCPU, FROM, TO, FIRST] = [0, 1, 2, 3];
  const get = (local: number): Expression => m.local.get(local, local < FIRST ? i32 : v128);
  const parts = Array.from({ length: PARTS }, (_, i) => FIRST + i);
  const place = (i: number): number => controlFieldOffset.scratch + 16 * i;
  const mix = (local: number, i: number): Expression[] => [
    m.local.set(local, m.i32x4.mul(
      m.v128.xor(get(local), m.v128.load(16 * i, 16, get(FROM), '0')), m.i32x4.splat(m.i32.const(FACTOR)),
    )),
    m.local.set(local, m.v128.xor(get(local), m.i32x4.shr_u(get(local), m.i32.const(SHIFT)))),
  ];
  m.addFunction('digest', binaryen.createType([i32, i32, i32]), none, parts.map(() => v128), m.block(null, [
    ...parts.map((local, i) => m.local.set(local, m.v128.load(place(i), 16, get(VCPU), '0'))),
    m.block('end', [m.loop('turn', m.block(null, [
      m.br('end', m.i32.ge_u(get(FROM), get(TO))),
      ...parts.flatMap(mix),
      m.local.set(FROM, m.i32.add(get(FROM), m.i32.const(DIGEST_BYTES))),
      m.br('turn'),
    ], none))], none),
    ...parts.map((local, i) => m.v128.store(place(i), 16, get(VCPU), get(local), '0')),
  ], none));
  m.addFunctionExport('digest', 'digest');
}
