/** Cases of one instruction (memory copies: their three), from the decode table. */
import { extractFields } from '../../jit/a64/decoder.js';
import type { Encoding, Fields } from '../../jit/a64/encoding.js';
import { encodingNamed } from '../../jit/a64/encodings/index.js';
import { accessOf, indexOffset } from './addressing.js';
import type { Batch } from './batch.js';
import {
  CASE_BYTES, CaseFlag, CODE_ADDRESS, CODE_BYTES, LEAVE_ADDRESS, SINGLE_SLOT, StateOffset,
} from './layout.js';
import type { Random } from './random.js';
import { FPCR_BITS, FPSR_BITS, randomMaintenance, randomSysreg, Sysreg } from './system.js';
import { targetAddress, type ValuePool } from './values.js';
import { randomWord, unallocatedWord, withField } from './words.js';

const SP = 31;
/** Offset in its place where a case's only instruction lies, and where it may branch: behind it, all undefined. */
const FIRST = 4;
const LANDINGS = [2, 3, 5, 8, 12];

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
  set(StateOffset.fpcr, bits & 1 ? 0 : randomFpcr(random) & batch.fpcrMask);
  set(StateOffset.fpsr, bits & 2 ? 16 : bits & 12 ? random.u32() & FPSR_BITS : 0);
  set(StateOffset.tpidr, random.u32());
  if (bits & 16) {
    words[at + 62] = targetAddress(random, 16);
    words[at + 63] = 0;
  }
}

/** Any rounding mode; FZ, FZ16, DN, AHP a quarter of the time each. */
export function randomFpcr(random: Random): number {
  const bits = random.u32();
  return ((bits & (3 << 22)) | (bits & (bits >>> 4) & ((1 << 19) | (7 << 24)))) & FPCR_BITS;
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
const COPY_PARTS = ['CPYFP', 'CPYP', 'SETP'] as const;

export class SingleGenerator {
  private readonly registers: StateRegisters;
  private readonly words = new Uint32Array(8);
  private length = 1;
  private flags = 0;
  private readonly parts = new Map<string, Encoding[]>(
    COPY_PARTS.map((name) => [name, ['P', 'M', 'E'].map((part) => encodingNamed(name.slice(0, -1) + part))]),
  );

  constructor(
    private readonly batch: Batch,
    private readonly random: Random,
    private readonly pool: ValuePool,
    /** QEMU is one of the engines. */
    private readonly qemu: boolean,
  ) {
    this.registers = new StateRegisters(batch);
  }

  /** Makes case number `index` of the batch for an encoding; false when all its words are excluded. */
  make(encoding: Encoding, image: number): boolean {
    const { batch, random, pool } = this;
    const entry = batch.count * SINGLE_SLOT;
    if (entry + SINGLE_SLOT > CODE_BYTES) throw new RangeError('too many cases in a batch');
    const copy = this.qemu ? this.parts.get(encoding.name) : undefined;
    const index = batch.begin(entry, SINGLE_SLOT, 0, image);
    fillState(batch, index, random, pool);
    this.registers.select(index);
    this.flags = 0;
    this.length = 1;
    const ok = copy === undefined ? this.plain(encoding, entry) : this.copy(copy);
    if (!ok) {
      batch.count--;
      return false;
    }
    batch.caseWords[(index * CASE_BYTES) >> 2] = this.flags;
    batch.place(index, this.words, this.length);
    return true;
  }

  /** Makes a case of a word that is unallocated. */
  makeUnallocated(image: number): void {
    const { batch, random, pool } = this;
    const index = batch.begin(batch.count * SINGLE_SLOT, SINGLE_SLOT, 0, image);
    fillState(batch, index, random, pool);
    this.words[0] = unallocatedWord(random);
    batch.place(index, this.words, 1);
  }

  private plain(encoding: Encoding, entry: number): boolean {
    const { random } = this;
    const word = ADJUSTED.test(encoding.group)
      ? randomWord(encoding, random, this.qemu, (w, f) => this.adjust(encoding, w, f, entry))
      : randomWord(encoding, random, this.qemu);
    if (word === undefined) return false;
    this.words[0] = word;
    const f = extractFields(encoding, word);
    const { group, name } = encoding;
    if (group.startsWith('ldst/')) {
      this.flags |= CaseFlag.Memory;
      if (group === 'ldst/memcms') this.copyRegisters(f);
      else this.aim(encoding, f);
    } else if (group === 'control/branch_reg') {
      this.aimBranch(f, entry);
    } else if (name === 'SYS') {
      if (random.below(8) !== 0 && f.Rt !== SP) this.registers.set(f.Rt, this.target(64));
    } else if (name === 'MSR_reg') {
      this.flags |= CaseFlag.Pstate;
      this.maskControl(word, f.Rt);
    } else if (group.startsWith('dp')) {
      this.relate(f);
    } else if (name === 'MSR_imm') {
      this.flags |= CaseFlag.Pstate;
    }
    return true;
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
        return ((word & 0xfff8001f) | (randomMaintenance(random) << 5)) >>> 0;
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

  private target(align: number): bigint {
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
    registers.set(f.Rn, this.target(access.element) - offset);
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
  private copy(parts: readonly Encoding[]): boolean {
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
    this.flags |= CaseFlag.Memory;
    this.copyRegisters({ Rd: d, Rn: n, Rs: s });
    return true;
  }

  private copyRegisters(f: Fields): void {
    const { random, registers } = this;
    const sizes = [0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 255, 256, 1000];
    if (f.Rn !== SP) registers.set(f.Rn, random.once(12) ? registers.get(f.Rn) : BigInt(random.pick(sizes)));
    if (f.Rd !== SP) registers.set(f.Rd, this.target(1));
    if (f.Rs !== SP && f.Rs !== f.Rn) registers.set(f.Rs, this.target(1));
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
    if (number === Sysreg.FPCR) registers.set(rt, BigInt(randomFpcr(this.random)));
    else if (number === Sysreg.FPSR) registers.set(rt, registers.get(rt) & BigInt(FPSR_BITS));
  }
}

/** Groups whose words have fields that may not be just anything. */
const ADJUSTED = /branch|^control\/system|^ldst\/loadlit/;

/** Displacements in words, with their widths. */
const BRANCH_FIELDS = [['imm26', 26], ['imm19', 19], ['imm14', 14], ['imm9', 9]] as const;

