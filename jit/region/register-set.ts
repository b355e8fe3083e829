/** A set of guest registers: X0 to X30, SP, V0 to V31 and NZCV. */
import { XSlot } from '../../src/arch/state-layout.js';

const SP_BIT = 31;

/** Whether a slot of the general-purpose register file is a register, not XZR or where discarded results go. */
export const isRegisterSlot = (slot: number): boolean => slot < 31 || slot === XSlot.SP;

/** Bit of a register in `x` of a set, by its slot. */
export const xBit = (slot: number): number => (slot === XSlot.SP ? SP_BIT : slot);
const slotOfBit = (bit: number): number => (bit === SP_BIT ? XSlot.SP : bit);

/** Bits of a word that are 1. */
export function bitsOf(word: number): number {
  let n = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) n++;
  return n;
}

export class RegisterSet {
  /** @param x bit n for Xn, bit 31 for SP. @param v bit n for Vn. @param flags NZCV, 0 or 1. */
  constructor(
    public x = 0,
    public v = 0,
    public flags = 0,
  ) {}

  /** NZCV if it is a member. */
  flagsAlone(): RegisterSet {
    return new RegisterSet(0, 0, this.flags);
  }
  copy(): RegisterSet {
    return new RegisterSet(this.x, this.v, this.flags);
  }
  /** Adds a general-purpose register by its slot; XZR and discarded results are no registers. */
  addX(slot: number): void {
    if (slot < 31) this.x |= 1 << slot;
    else if (slot === XSlot.SP) this.x |= 1 << SP_BIT;
  }
  addV(index: number): void {
    this.v |= 1 << index;
  }
  addFlags(): void {
    this.flags = 1;
  }
  hasX(slot: number): boolean {
    return slot < 31 ? (this.x & (1 << slot)) !== 0 : slot === XSlot.SP && (this.x & (1 << SP_BIT)) !== 0;
  }
  hasV(index: number): boolean {
    return (this.v & (1 << index)) !== 0;
  }
  addAll(): void {
    this.x = this.v = -1;
    this.flags = 1;
  }
  /** Adds all of `other`; whether that changed anything. */
  add(other: RegisterSet): boolean {
    const x = this.x | other.x;
    const v = this.v | other.v;
    const flags = this.flags | other.flags;
    const changed = x !== this.x || v !== this.v || flags !== this.flags;
    this.x = x;
    this.v = v;
    this.flags = flags;
    return changed;
  }
  /** Removes all that `other` has not. */
  keep(other: RegisterSet): void {
    this.x &= other.x;
    this.v &= other.v;
    this.flags &= other.flags;
  }
  remove(other: RegisterSet): void {
    this.x &= ~other.x;
    this.v &= ~other.v;
    this.flags &= ~other.flags;
  }
  clear(): void {
    this.x = this.v = this.flags = 0;
  }
  /** Removes all but NZCV. @returns what was removed */
  keepFlags(): RegisterSet {
    const removed = new RegisterSet(this.x, this.v);
    this.x = this.v = 0;
    return removed;
  }
  /** Whether every member is in `other`. */
  within(other: RegisterSet): boolean {
    return (this.x & ~other.x) === 0 && (this.v & ~other.v) === 0 && (this.flags & ~other.flags) === 0;
  }
  get size(): number {
    return bitsOf(this.x) + bitsOf(this.v) + this.flags;
  }
  get key(): string {
    return `${this.x >>> 0},${this.v >>> 0},${this.flags}`;
  }
  /** Slots in the general-purpose register file. */
  xSlots(): number[] {
    const slots: number[] = [];
    for (let rest = this.x; rest !== 0; rest &= rest - 1) slots.push(slotOfBit(31 - Math.clz32(rest & -rest)));
    return slots;
  }
  vIndexes(): number[] {
    const indexes: number[] = [];
    for (let rest = this.v; rest !== 0; rest &= rest - 1) indexes.push(31 - Math.clz32(rest & -rest));
    return indexes;
  }
}
