/** Which locals hold which guest registers, at a place of a region's code. */
import type binaryen from 'binaryen';
import { RegisterSet } from '../region/register-set.js';
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

  /** One that no register of `used` has. */
  free(used: readonly Place[]): number {
    for (const local of this.locals) if (used.every((place) => place.local !== local)) return local;
    const local = this.pool.pin(this.type);
    this.locals.push(local);
    return local;
  }
}

interface Place {
  readonly register: number;
  readonly local: number;
}

/** Locals of the registers of one file. The one used longest ago comes first. */
class Places {
  constructor(private readonly file: File, private places: Place[] = []) {}

  copy(): Places {
    return new Places(this.file, this.places.slice());
  }
  clear(): void {
    this.places = [];
  }
  /** Local of a register; it gets one if it has none. */
  local(register: number): number {
    for (const place of this.places) if (place.register === register) return place.local;
    return this.give(register);
  }
  private give(register: number): number {
    const local = this.file.free(this.places);
    this.places.push({ register, local });
    return local;
  }
  /** A register has one from now on, as the one used last. @returns whether it had none */
  take(register: number): boolean {
    const at = this.places.findIndex((place) => place.register === register);
    if (at < 0) {
      this.give(register);
      return true;
    }
    this.places.push(...this.places.splice(at, 1));
    return false;
  }
  has(register: number): boolean {
    return this.places.some((place) => place.register === register);
  }
  /** Registers, none of those `needed`, that should give theirs away for `added` more. */
  surplus(added: number, needed: (register: number) => boolean): number[] {
    const excess = this.places.length + added - this.file.most;
    if (excess <= 0) return [];
    return this.places.filter(({ register }) => !needed(register)).slice(0, excess).map(({ register }) => register);
  }
  drop(register: number): void {
    this.places = this.places.filter((place) => place.register !== register);
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
    return this.xs.local(slot);
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
    const surplus = new RegisterSet();
    const slots = needed.xSlots();
    const indexes = needed.vIndexes();
    const missing = (places: Places, registers: readonly number[]): number =>
      registers.reduce((n, register) => (places.has(register) ? n : n + 1), 0);
    for (const slot of this.xs.surplus(missing(this.xs, slots), (register) => slots.includes(register))) surplus.addX(slot);
    for (const index of this.vs.surplus(missing(this.vs, indexes), (register) => indexes.includes(register))) surplus.addV(index);
    return surplus;
  }
  drop(registers: RegisterSet): void {
    for (const slot of registers.xSlots()) this.xs.drop(slot);
    for (const index of registers.vIndexes()) this.vs.drop(index);
    this.given.remove(registers);
  }
  /** All have locals from now on, as those used last. @returns those that had none */
  take(registers: RegisterSet): RegisterSet {
    const taken = new RegisterSet();
    for (const slot of registers.xSlots()) if (this.xs.take(slot)) taken.addX(slot);
    for (const index of registers.vIndexes()) if (this.vs.take(index)) taken.addV(index);
    this.given.add(registers);
    return taken;
  }
  clear(): void {
    this.xs.clear();
    this.vs.clear();
    this.given.clear();
    this.contexts = false;
  }
}
