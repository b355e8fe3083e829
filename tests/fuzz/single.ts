/** Cases of one instruction (memory copies: their three), from the decode table. */
import { extractFields } from '../../jit/a64/decoder.js';
import type { Encoding, Fields } from '../../jit/a64/encoding.js';
import { encodingNamed } from '../../jit/a64/encodings/index.js';
import { accessOf, indexOffset } from './addressing.js';
import type { Batch } from './batch.js';
import type { ExclusionSet } from './exclusions.js';
import {
  CaseFlag, CODE_ADDRESS, CODE_BYTES, LEAVE_ADDRESS, SINGLE_SLOT, StateOffset,
} from './layout.js';
import type { Random } from './random.js';
import { FPSR_BITS, randomFpcr, randomSysreg, Sysreg } from './system.js';
import { targetAddress, type ValuePool } from './values.js';
import { randomWord, unallocatedWord, withField } from './words.js';

const SP = 31;
/** Offset in its place where a case's only instruction lies, and where it may branch: behind it, all undefined. */
const FIRST = 4;
const LANDINGS = [2, 3, 5, 8, 12];

/** Cases that share one word: what engines do at a word's first execution costs more than executing it. */
export const STATES = 4;

/** What words may be made of: what both engines have (agreement.ts). */
export interface Target {
  /** QEMU is one of the engines. */
  readonly qemu: boolean;
  readonly exclusions: ExclusionSet;
  readonly both: (feature: string) => boolean;
  /** Cache maintenance and DC ZVA that both carry out, as bits 19..5 of SYS. */
  readonly maintenance: readonly number[];
}

/** Fills the state of a case with drawn values. FP control is the default half of the time. */
export function fillState(batch: Batch, index: number, random: Random, pool: ValuePool): void {
  const words = batch.caseWords;
  const at = batch.stateAt(index) >> 2;
  pool.fillX(random, words, at, 32);
  pool.fillV(random, words, at + (StateOffset.v >> 2));
  const set = (offset: number, value: number): void => {
    words[at + (offset >> 2)] = value;
    words[at + (offset >> 2) + 1] = 0;
  };
  const bits = random.u32();
  set(StateOffset.nzcv, bits & 0xf0000000);
  set(StateOffset.fpcr, bits & 1 ? 0 : randomFpcr(random, batch.fpcrMask));
  set(StateOffset.fpsr, bits & 2 ? 16 : bits & 12 ? random.u32() & FPSR_BITS : 0);
  set(StateOffset.tpidr, random.u32());
  if (bits & 16) {
    words[at + 62] = targetAddress(random, 16);
    words[at + 63] = 0;
  }
}

/** The general-purpose registers of a case's state. */
export class StateRegisters {
  private at = 0;
  constructor(private readonly batch: Batch) {}
  select(index: number): this {
    this.at = this.batch.stateAt(index) >> 3;
    return this;
  }
  get(register: number): bigint {
    return this.batch.caseLongs[this.at + register];
  }
  set(register: number, value: bigint): void {
    this.batch.caseLongs[this.at + register] = BigInt.asUintN(64, value);
  }
}

/** Instructions that make up a memory copy or set, by the name of the first. */
const COPY_PARTS = ['CPYFP', 'CPYP', 'SETP', 'SETGP'] as const;

export class SingleGenerator {
  private readonly registers: StateRegisters;
  private readonly words = new Uint32Array(8);
  private length = 1;
  /** Places of the batch that are taken. */
  private places = 0;
  /** Fields of the memory copy that was chosen. */
  private copied: Fields = {};
  private readonly parts = new Map<string, Encoding[]>(
    COPY_PARTS.map((name) => [name, ['P', 'M', 'E'].map((part) => encodingNamed(name.slice(0, -1) + part))]),
  );

  constructor(
    private readonly batch: Batch,
    private readonly random: Random,
    private readonly pool: ValuePool,
    private readonly target: Target,
    /** Cases for each word. */
    private readonly states = STATES,
  ) {
    this.registers = new StateRegisters(batch);
  }

  /**
   * Makes cases of one word of an encoding, which differ in registers; false when all its words are excluded.
   * @param kind number of the encoding in the batch's counts, 0 for none
   */
  make(encoding: Encoding, image: number, kind = 0): boolean {
    const { batch } = this;
    const copy = this.target.qemu ? this.parts.get(encoding.name) : undefined;
    const entry = this.nextPlace();
    this.length = 1;
    const ok = copy === undefined ? this.choose(encoding, entry) : this.chooseCopy(copy);
    if (!ok) return false;
    const fields = copy === undefined ? extractFields(encoding, this.words[0]) : this.copied;
    const first = batch.begin(entry, SINGLE_SLOT, 0, image);
    batch.kinds[first] = kind;
    this.fill(first, encoding, fields, entry);
    batch.place(first, this.words, this.length, this.states > 1);
    for (let n = 1; n < this.states && batch.count < batch.capacity; n++) {
      this.fill(batch.share(first, image), encoding, fields, entry);
    }
    this.places++;
    return true;
  }

  /** Makes a case of a word that is unallocated. */
  makeUnallocated(image: number): void {
    const { batch, random, pool } = this;
    const index = batch.begin(this.nextPlace(), SINGLE_SLOT, 0, image);
    fillState(batch, index, random, pool);
    this.words[0] = unallocatedWord(random);
    batch.place(index, this.words, 1);
    this.places++;
  }

  private nextPlace(): number {
    const entry = this.places * SINGLE_SLOT;
    if (entry + SINGLE_SLOT > CODE_BYTES) throw new RangeError('too many cases in a batch');
    return entry;
  }

  private choose(encoding: Encoding, entry: number): boolean {
    const { random } = this;
    const word = ADJUSTED.test(encoding.group)
      ? randomWord(encoding, random, this.target.exclusions, (w, f) => this.adjust(encoding, w, f, entry))
      : randomWord(encoding, random, this.target.exclusions);
    if (word === undefined) return false;
    this.words[0] = word;
    return true;
  }

  /** Registers of a case whose first word is of the encoding. */
  private fill(index: number, encoding: Encoding, f: Fields, entry: number): void {
    const { batch, random, pool } = this;
    fillState(batch, index, random, pool);
    this.registers.select(index);
    const { group, name } = encoding;
    if (group.startsWith('ldst/')) {
      batch.setFlags(index, CaseFlag.Memory);
      if (group === 'ldst/memcms') this.copyRegisters(f, name.startsWith('SETG'));
      else this.aim(encoding, f);
    } else if (group === 'control/branch_reg') {
      this.aimBranch(f, entry);
    } else if (name === 'SYS') {
      batch.setFlags(index, CaseFlag.Memory);
      if (random.below(8) !== 0 && f.Rt !== SP) this.registers.set(f.Rt, this.address(64));
    } else if (name === 'MSR_reg') {
      batch.setFlags(index, CaseFlag.Pstate);
      this.maskControl(this.words[0], f.Rt);
    } else if (name.startsWith('PAC')) {
      for (const r of [f.Rd ?? 30, 17]) this.makeHighOrLow(r);
    } else if (group.startsWith('dp')) {
      this.relate(f);
    } else if (name === 'MSR_imm') {
      batch.setFlags(index, CaseFlag.Pstate);
    }
  }

  /** Bit 63 becomes that of bit 55: see exclusions.ts. Most pointers become canonical. */
  private makeHighOrLow(register: number): void {
    if (register === SP) return;
    const { random, registers } = this;
    const value = registers.get(register);
    const high = (value >> 55n) & 1n;
    if (random.below(3) === 0) registers.set(register, BigInt.asUintN(63, value) | (high << 63n));
    else registers.set(register, BigInt.asIntN(56, BigInt.asUintN(48, value) | (high * 0xff_0000_0000_0000n)));
  }

  /** Now and then operands that are equal, opposite, or one apart: sums and differences around zero. */
  private relate(f: Fields): void {
    const { random, registers } = this;
    if (f.Rn === undefined || f.Rn === SP || random.below(6) !== 0) return;
    const other = f.imm12 !== undefined ? BigInt(f.imm12) << (f.sh === 1 ? 12n : 0n)
      : f.Rm !== undefined && f.Rm !== SP ? registers.get(f.Rm) : undefined;
    if (other === undefined) return;
    const value = [other, -other, ~other, other + 1n, other - 1n, other | (0xffff_ffffn << 32n)][random.below(6)];
    registers.set(f.Rn, random.below(3) === 0 ? BigInt.asUintN(32, value) : value);
  }

  /** Replaces fields that may not be just anything. */
  private adjust(encoding: Encoding, word: number, f: Fields, entry: number): number {
    const { random } = this;
    switch (encoding.name) {
      case 'MRS':
      case 'MSR_reg':
        return ((word & 0xfff0001f) | (randomSysreg(random) << 5)) >>> 0;
      case 'SYS':
        return ((word & 0xfff8001f) | (random.pick(this.target.maintenance) << 5)) >>> 0;
      case 'SYSL': // all UNDEFINED at EL0 but those that have no result
        return withField(encoding, word, 'op1', random.pick([0, 4, 6]));
    }
    for (const [name, bits] of BRANCH_FIELDS) {
      if (f[name] === undefined) continue;
      const isBranch = encoding.group.includes('branch');
      if (!isBranch && encoding.group !== 'ldst/loadlit') break;
      return withField(encoding, word, name, this.displacement(bits, entry, isBranch) & (2 ** bits - 1));
    }
    return word;
  }

  /** In words: behind the instruction inside its place, or out of all code. */
  private displacement(bits: number, entry: number, isBranch: boolean): number {
    const { random } = this;
    const from = entry + FIRST;
    for (let i = 0; i < 20; i++) {
      if (random.below(3) !== 0) break;
      const words = (random.u32() << (32 - bits)) >> (32 - bits);
      const to = from + 4 * words;
      if (to < -64 || to >= CODE_BYTES) return words;
    }
    return isBranch ? random.pick(LANDINGS) - FIRST / 4 : random.below(SINGLE_SLOT / 4) - FIRST / 4;
  }

  private address(align: number): bigint {
    const { random } = this;
    const address = BigInt(targetAddress(random, align));
    return random.below(16) === 0 ? address | (BigInt(random.below(256)) << 56n) : address;
  }

  /** Sets base and index so that the access goes to a target. */
  private aim(encoding: Encoding, f: Fields): void {
    const { random, registers } = this;
    const access = accessOf(encoding, f);
    if (access === undefined || random.below(32) === 0) return;
    let offset = BigInt(access.immediate);
    if (access.index >= 0) {
      const small = BigInt(random.below(512) - 256);
      if (access.index !== SP && random.below(4) !== 0) registers.set(access.index, small);
      const value = access.index === SP ? 0n : registers.get(access.index);
      offset = indexOffset(value, access.option, access.shift);
    }
    registers.set(f.Rn, this.address(access.element) - offset);
    if (encoding.group.startsWith('ldst/comswap') && random.below(2) === 0) this.expectMemory(f);
  }

  /** Compare and swap: what is compared is what is there, half of the time. */
  private expectMemory(f: Fields): void {
    const { registers } = this;
    if (f.Rs === SP || f.Rs === f.Rn || f.Rs + 1 === f.Rn) return;
    const at = Number(BigInt.asUintN(56, registers.get(f.Rn))) - 0x0500_0000;
    const image = this.batch.images[0];
    if (!(at >= 0 && at + 16 <= image.length)) return;
    const view = new DataView(image.buffer, image.byteOffset);
    const pair = f.size === undefined;
    const low = view.getBigUint64(at, true);
    registers.set(f.Rs, pair && f.sz === 0 ? BigInt.asUintN(32, low) : low);
    if (pair && f.Rs + 1 < SP) registers.set(f.Rs + 1, f.sz === 0 ? low >> 32n : view.getBigUint64(at + 8, true));
  }

  /** Memory copy or set: three registers that differ, sizes around none, a line, a page. */
  private chooseCopy(parts: readonly Encoding[]): boolean {
    const { random, words } = this;
    const regs = [random.below(31), random.below(31), random.below(31)];
    if (regs[0] === regs[1] || regs[0] === regs[2] || regs[1] === regs[2]) return false;
    const [d, n, s] = regs;
    const options = random.u32();
    parts.forEach((part, i) => {
      let word = (part.value | part.shouldBeValue) >>> 0;
      for (const [name, value] of [['Rd', d], ['Rn', n], ['Rs', s], ['options', options]] as const) {
        const field = part.fields.find((x) => x.name === name)!;
        word = withField(part, word, name, value & ((1 << field.width) - 1));
      }
      words[i] = word;
    });
    this.length = 3;
    this.copied = { Rd: d, Rn: n, Rs: s };
    return true;
  }

  /** @param granules address and size are multiples of 16, mostly */
  private copyRegisters(f: Fields, granules: boolean): void {
    const { random, registers } = this;
    const sizes = [0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 255, 256, 1000];
    if (f.Rn !== SP) registers.set(f.Rn, random.once(12) ? registers.get(f.Rn) : BigInt(random.pick(sizes)));
    if (f.Rd !== SP) registers.set(f.Rd, this.address(1));
    if (f.Rs !== SP && f.Rs !== f.Rn) registers.set(f.Rs, this.address(1));
    // exclusions.ts: copy of memory onto itself
    if (f.Rs !== f.Rn && registers.get(f.Rs) === registers.get(f.Rd)) registers.set(f.Rs, registers.get(f.Rs) + 16n);
    if (!granules || random.below(8) === 0) return;
    for (const r of [f.Rd, f.Rn]) if (r !== SP) registers.set(r, registers.get(r) & ~15n);
  }

  /** Register branches: inside the place, to the way out, misaligned, not executable, not mapped. */
  private aimBranch(f: Fields, entry: number): void {
    const { random, registers } = this;
    const register = f.Rn ?? 30;
    if (register === SP) return;
    const kind = random.below(16);
    const inside = CODE_ADDRESS + entry + 4 * random.pick(LANDINGS);
    const to = kind < 6 ? LEAVE_ADDRESS : kind < 12 ? inside : kind < 13 ? inside + 1 + random.below(3)
      : kind < 15 ? targetAddress(random, 4) : random.u32() & -4;
    registers.set(register, BigInt(to >>> 0));
  }

  /** What goes into FPCR and FPSR stays within the bits that every engine has. */
  private maskControl(word: number, rt: number): void {
    if (rt === SP) return;
    const { registers } = this;
    const number = (word >>> 5) & 0x7fff;
    if (number === Sysreg.FPCR) registers.set(rt, BigInt(randomFpcr(this.random, this.batch.fpcrMask)));
    else if (number === Sysreg.FPSR) registers.set(rt, registers.get(rt) & BigInt(FPSR_BITS));
  }
}

/** Groups whose words have fields that may not be just anything. */
const ADJUSTED = /branch|^control\/system|^ldst\/loadlit/;

/** Displacements in words, with their widths. */
const BRANCH_FIELDS = [['imm26', 26], ['imm19', 19], ['imm14', 14], ['imm9', 9]] as const;

