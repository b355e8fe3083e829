/** Which locals hold which guest registers, at a place of a region's code. */
import type binaryen from 'binaryen';
import { bitsOf, RegisterSet, xBit } from '../region/register-set.js';
import type { LocalPool } from './lower.js';
import { i64, v128 } from './types.js';

/**
 * How many registers have locals at a time where that is limited. V8's baseline compiler keeps whatever is in a local, needed or
 * not, and clears all of them when a function is entered.
 */
const MOST_X = 4;
const MOST_V = 4;

/** The locals there are of one type. */
class File {
  private readonly locals: number[] = [];

  constructor(private readonly pool: LocalPool, private readonly type: binaryen.Type, readonly most: number) {}

  /** One that is none of `used`. */
  free(used: readonly number[]): number {
    for (const local of this.locals) if (!used.includes(local)) return local;
    const local = this.pool.pin(this.type);
    this.locals.push(local);
    return local;
  }
}

/** Locals of the registers of one file, which go by their bits in a RegisterSet. */
class Places {
  /** The one used longest ago comes first. */
  private registers: number[] = [];
  private locals: number[] = [];
  /** Those registers as bits. */
  private members = 0;

  constructor(private readonly file: File) {}

  copy(): Places {
    const copy = new Places(this.file);
    copy.registers = this.registers.slice();
    copy.locals = this.locals.slice();
    copy.members = this.members;
    return copy;
  }
  clear(): void {
    this.registers = [];
    this.locals = [];
    this.members = 0;
  }
  /** Local of a register; it gets one if it has none. */
  local(register: number): number {
    const at = this.registers.indexOf(register);
    return at < 0 ? this.give(register) : this.locals[at];
  }
  private give(register: number): number {
    const local = this.file.free(this.locals);
    this.add(register, local);
    return local;
  }
  private add(register: number, local: number): void {
    this.registers.push(register);
    this.locals.push(local);
    this.members |= 1 << register;
  }
  private remove(at: number): void {
    this.members &= ~(1 << this.registers[at]);
    this.registers.splice(at, 1);
    this.locals.splice(at, 1);
  }
  /** All registers of a set have one from now on, as those used last. @returns those that had none */
  take(set: number): number {
    const taken = set & ~this.members;
    for (let rest = set; rest !== 0; rest &= rest - 1) {
      const register = 31 - Math.clz32(rest & -rest);
      const at = this.registers.indexOf(register);
      if (at < 0) {
        this.give(register);
        continue;
      }
      const local = this.locals[at];
      this.remove(at);
      this.add(register, local);
    }
    return taken;
  }
  /** Registers, none of those `needed`, that should give theirs away so that those get some. */
  surplus(needed: number): number {
    let excess = this.registers.length + bitsOf(needed & ~this.members) - this.file.most;
    let surplus = 0;
    for (let i = 0; excess > 0 && i < this.registers.length; i++) {
      const bit = 1 << this.registers[i];
      if ((needed & bit) !== 0) continue;
      surplus |= bit;
      excess--;
    }
    return surplus;
  }
  drop(set: number): void {
    for (let i = this.registers.length - 1; i >= 0; i--) if ((set & (1 << this.registers[i])) !== 0) this.remove(i);
  }
}

export class RegisterLocals {
  /** The access contexts have been loaded, too. */
  contexts = false;

  private constructor(
    private readonly files: { readonly x: File; readonly v: File },
    private readonly xs: Places, private readonly vs: Places,
    /** Registers get and lose locals as they are needed; else each has one from its first use on. */
    readonly limited: boolean,
    /** Those that have locals. */
    private readonly given = new RegisterSet(),
  ) {}

  static of(pool: LocalPool): RegisterLocals {
    const files = { x: new File(pool, i64, MOST_X), v: new File(pool, v128, MOST_V) };
    return new RegisterLocals(files, new Places(files.x), new Places(files.v), false);
  }

  /** Code that is not on one way with this may use the same locals for other registers. */
  copy(): RegisterLocals {
    const copy = new RegisterLocals(this.files, this.xs.copy(), this.vs.copy(), true, this.given.copy());
    copy.contexts = this.contexts;
    return copy;
  }
  /** Limited ones, of which none is in use. */
  none(): RegisterLocals {
    return new RegisterLocals(this.files, new Places(this.files.x), new Places(this.files.v), true);
  }

  /** Local of a general-purpose register, by its slot. */
  x(slot: number): number {
    return this.xs.local(xBit(slot));
  }
  v(index: number): number {
    return this.vs.local(index);
  }

  /** Whether all have locals that were given by `take`. */
  has(registers: RegisterSet): boolean {
    const { x, v } = this.given;
    return (registers.x & ~x) === 0 && (registers.v & ~v) === 0;
  }

  /** Those that should give their locals away so that `needed` have some. */
  surplus(needed: RegisterSet): RegisterSet {
    return new RegisterSet(this.xs.surplus(needed.x), this.vs.surplus(needed.v));
  }
  drop(registers: RegisterSet): void {
    this.xs.drop(registers.x);
    this.vs.drop(registers.v);
    this.given.remove(registers);
  }
  /** All have locals from now on, as those used last. @returns those that had none */
  take(registers: RegisterSet): RegisterSet {
    this.given.add(registers);
    return new RegisterSet(this.xs.take(registers.x), this.vs.take(registers.v));
  }
  clear(): void {
    this.xs.clear();
    this.vs.clear();
    this.given.clear();
    this.contexts = false;
  }
}
