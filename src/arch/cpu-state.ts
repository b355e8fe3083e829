import { ArchState, XSlot } from './state-layout.js';
import { sysregSlot } from './sysreg/storage.js';

/** Typed access to one PE's architectural state, wherever its block lies. 64-bit values are bigint here: not for hot paths. */
export class CpuState {
  readonly u32: Uint32Array;
  readonly u64: BigUint64Array;

  /** @param base byte offset of the ArchState block in `buffer`, 16-aligned. */
  constructor(
    readonly buffer: ArrayBufferLike,
    readonly base: number,
  ) {
    this.u32 = new Uint32Array(buffer, base, ArchState.size / 4);
    this.u64 = new BigUint64Array(buffer, base, ArchState.size / 8);
  }

  /** General-purpose register by slot (0..30, or XSlot). */
  x(slot: number): bigint {
    return this.u64[(ArchState.offset.x >> 3) + slot];
  }
  setX(slot: number, value: bigint): void {
    this.u64[(ArchState.offset.x >> 3) + (slot === XSlot.ZR ? XSlot.DISCARD : slot)] = value;
  }
  get pc(): bigint {
    return this.u64[ArchState.offset.pc >> 3];
  }
  set pc(value: bigint) {
    this.u64[ArchState.offset.pc >> 3] = value;
  }
  /** One of the word-sized fields: PSTATE bits, FPCR, FPSR. */
  field(name: WordField): number {
    return this.u32[ArchState.offset[name] >> 2];
  }
  setField(name: WordField, value: number): void {
    this.u32[ArchState.offset[name] >> 2] = value;
  }
  /** Stored value of a system register, by Arm's name; no access checks, no hooks. */
  sysreg(name: string): bigint {
    return this.u64[(ArchState.offset.sysreg >> 3) + sysregSlot(name)];
  }
  setSysreg(name: string, value: bigint): void {
    this.u64[(ArchState.offset.sysreg >> 3) + sysregSlot(name)] = BigInt.asUintN(64, value);
  }
}

export type WordField =
  | 'nzcv' | 'daif' | 'el' | 'spsel' | 'pan' | 'uao' | 'dit' | 'tco' | 'ssbs' | 'btype' | 'ss' | 'il' | 'allint'
  | 'security' | 'fpcr' | 'fpsr';
