/**
 * Cases of 2 to 40 instructions: straight runs of common or of any instructions, forward branches, one or two bounded
 * loops, idioms that engines treat specially (pairs to fuse, exclusives, memory copies, changes of FPCR and of code).
 */
import { extractFields } from '../../jit/a64/decoder.js';
import type { Encoding, Fields } from '../../jit/a64/encoding.js';
import { encodingNamed } from '../../jit/a64/encodings/index.js';
import { accessOf } from './addressing.js';
import type { Batch } from './batch.js';
import { signs } from './exclusions.js';
import {
  BLOCK_SLOT, CaseFlag, CODE_ADDRESS, CODE_BYTES, GUARDED_OFFSET, MEMORY_ADDRESS, MEMORY_BYTES, NOP, PAGE,
  WRITABLE_BYTES,
} from './layout.js';
import type { Random } from './random.js';
import { fillState, STATES, StateRegisters, type Target } from './single.js';
import { DC_CVAU, FPSR_BITS, IC_IVAU, randomFpcr, Sysreg } from './system.js';
import { targetAddress, type ValuePool } from './values.js';
import { randomWord, withField } from './words.js';

/** Cases that share the instructions of one block, with other registers. */
export const BLOCK_STATES = STATES;
/** Most instructions of a block, idioms included. */
export const MOST_INSTRUCTIONS = 64;
const SP = 31;
const LINK = 30;
const RET = 0xd65f03c0;

/** What compilers emit most, with weights by repetition: neighbours among these are what engines fuse. */
const COMMON = (
  'ADD_imm ADD_imm SUB_imm ADDS_imm SUBS_imm SUBS_imm SUBS_imm ADD_shift SUB_shift SUBS_shift SUBS_shift ' +
  'ANDS_log_imm ANDS_log_shift AND_log_imm AND_log_shift ORR_log_shift ORR_log_shift ORR_log_imm ' +
  'EOR_log_shift UBFM UBFM SBFM BFM EXTR MOVZ MOVK MOVK MOVN ADR ADRP CSEL CSINC CSINV CSNEG CCMP_reg ' +
  'CCMP_imm CCMN_imm MADD MSUB UDIV LSLV LSRV ASRV ADD_ext SUBS_ext CLZ REV RBIT SMADDL UMADDL UMULH ' +
  'LDR_imm_pos LDR_imm_pos LDR_imm_pos STR_imm_pos STR_imm_pos LDRB_imm_pos LDRH_imm_pos STRB_imm_pos ' +
  'LDRSW_imm_pos LDP_off LDP_off STP_off STP_off STP_pre LDP_post LDR_reg STR_reg LDRB_reg LDRSW_reg ' +
  'LDR_imm_post STR_imm_post LDR_imm_pre STR_imm_pre LDRB_imm_post STRB_imm_post LDUR STUR LDRSB_imm_pos ' +
  'LDRSH_imm_pos LDAR STLR LDR_simd_imm_pos STR_simd_imm_pos LDP_simd_off STP_simd_off PRFM_imm_pos NOP DMB'
).split(' ');
const BRANCHES = ['B_cond', 'B_cond', 'B_cond', 'CBZ', 'CBNZ', 'TBZ', 'TBNZ', 'B', 'BL'];
const FLOATING = (
  'FADD_float FSUB_float FMUL_float FDIV_float FMADD_float FNMSUB_float FSQRT_float FCMP_float FCCMP_float ' +
  'FCSEL_float FCVT_float SCVTF_float_int UCVTF_float_int FCVTZS_float_int FCVTZU_float_int FMOV_float_gen ' +
  'FMOV_float FRINTX_float FMAX_float FMINNM_float FADD_asimdsame FMUL_asimdsame FMLA_asimdsame ' +
  'FCMGT_asimdsame FADDP_asimdsame FRECPE_asimdmisc FCVTN_asimdmisc FCVTL_asimdmisc FMLA_asimdelem ' +
  'ADD_asimdsame MUL_asimdsame SQADD_asimdsame UADDLP_asimdmisc EXT_asimdext ZIP1_asimdperm TBL_asimdtbl ' +
  'DUP_elem INS_gen UMOV MOVI_asimdimm SSHL_asimdsame FJCVTZS BFCVT'
).split(' ');
/** Never inside a block as a random instruction: they leave it, or need care that the idioms take. */
const LEFT_OUT = new RegExp(
  '^(B|BL|BL?R|RET|BL?RA.*|RETA.*|LDRA[AB]|BRK|HLT|HVC|SMC|UDF|ERET.*|DRPS|DCPS.|CB.*|TBN?Z|B_cond|BC_cond|' +
    'MRS|MSR_.*|SYSL?|WF.*|.*_lit)$',
);

/** Rd 31 is SP. */
const WRITES_SP = /^((ADD|SUB)_(imm|ext)|(AND|ORR|EOR)_log_imm)$/;

const EXCLUSIVES = [
  ['LDXR', 'STXR'], ['LDAXR', 'STLXR'], ['LDXRB', 'STXRB'], ['LDXRH', 'STLXRH'], ['LDXP', 'STXP'], ['LDAXP', 'STLXP'],
] as const;
const CLREX = 0xd5033f5f;
const COPIES = [['CPYFP', 'CPYFM', 'CPYFE'], ['CPYP', 'CPYM', 'CPYE'], ['SETP', 'SETM', 'SETE']] as const;

const SIGNING_PADS: readonly number[] = [0xd503233f, 0xd503237f]; // PACIASP, PACIBSP
/** BTI without and with its targets, PACIASP, PACIBSP, NOP. */
const LANDING_PADS: readonly number[] = [0xd503241f, 0xd503245f, 0xd503249f, 0xd50324df, ...SIGNING_PADS, NOP];

export class BlockGenerator {
  private readonly registers: StateRegisters;
  private readonly words = new Uint32Array(MOST_INSTRUCTIONS + 8);
  private length = 0;
  private entry = 0;
  /** Registers that random instructions do not write. */
  private readonly kept = new Set<number>();
  private pointers: number[] = [];
  private indexes: number[] = [];
  /** Counters of the loops to come; BL and hints do not write them. */
  private counters: number[] = [];
  /** Instructions that no branch may land on: what is before them must have been executed. */
  private readonly noLanding = new Set<number>();
  /** Registers that count loops. */
  private loops: number[] = [];
  private places = 0;
  private changesCode = false;
  private readonly common: readonly Encoding[];
  private readonly floating: readonly Encoding[];
  private readonly any: readonly Encoding[];
  private readonly atomics: readonly Encoding[];
  private readonly has: ReadonlySet<string>;

  /** @param encodings those that the engines have */
  constructor(
    private readonly batch: Batch,
    private readonly random: Random,
    private readonly pool: ValuePool,
    private readonly target: Target,
    encodings: readonly Encoding[],
  ) {
    this.registers = new StateRegisters(batch);
    this.has = new Set(encodings.map((e) => e.name));
    this.common = COMMON.filter((n) => this.has.has(n)).map(encodingNamed);
    this.floating = FLOATING.filter((n) => this.has.has(n)).map(encodingNamed);
    this.atomics = encodings.filter((e) => /^ldst\/(memop|comswap|ldstord|ldapstl)/.test(e.group));
    this.any = encodings.filter((e) =>
      !LEFT_OUT.test(e.name) && !e.group.startsWith('ldst/memcms') && !signs(e) &&
      // exclusions.ts: YIELD between exclusives
      !(target.qemu && e.name === 'YIELD'));
  }

  /** Makes a block and the cases that run it; places are in guarded pages and in others by turns. */
  make(image: number): void {
    const { batch, random, pool, registers } = this;
    this.entry = (this.places >> 1) * BLOCK_SLOT + (this.places & 1 ? GUARDED_OFFSET : 0);
    if (this.entry + BLOCK_SLOT > CODE_BYTES) throw new RangeError('too many cases in a batch');
    this.places++;
    const first = batch.begin(this.entry, BLOCK_SLOT, CaseFlag.Memory, image);
    fillState(batch, first, random, pool);
    registers.select(first);
    this.length = 0;
    this.changesCode = false;
    this.noLanding.clear();
    this.chooseRegisters();
    this.setRegisters();
    this.body();
    batch.place(first, this.words, this.length, !this.changesCode);
    if (this.changesCode) return;
    for (let n = 1; n < BLOCK_STATES && batch.count < batch.capacity; n++) {
      const index = batch.share(first, image);
      fillState(batch, index, random, pool);
      registers.select(index);
      this.setRegisters();
    }
  }

  /** Pointers into the scratch memory, small indexes, loop counters: kept by most instructions. */
  private chooseRegisters(): void {
    const { random, kept } = this;
    kept.clear();
    const fresh = (): number => {
      for (;;) {
        const r = random.below(29);
        if (!kept.has(r)) {
          kept.add(r);
          return r;
        }
      }
    };
    this.pointers = [fresh(), fresh(), fresh()];
    this.indexes = [fresh()];
    this.counters = [18, 19, 20, 21, 22, 23, 24, 25].filter((r) => !kept.has(r)).slice(random.below(3), 4);
    for (const r of this.counters) kept.add(r);
    this.loops = [...this.counters];
    if (random.below(2) === 0) this.pointers.push(SP);
    if (random.below(2) === 0) kept.add(LINK);
  }

  /** Values of those registers in the case that is selected. */
  private setRegisters(): void {
    const { random, registers } = this;
    for (const r of this.pointers) {
      if (r === SP) {
        registers.set(SP, BigInt((MEMORY_ADDRESS + PAGE + random.below(PAGE - 512)) & -16));
        continue;
      }
      const edge = random.below(8) === 0;
      const at = edge ? targetAddress(random, 8) : MEMORY_ADDRESS + (PAGE / 2 + random.below(PAGE));
      registers.set(r, BigInt(edge ? at : at & (random.below(4) === 0 ? -1 : -8)));
    }
    // Near an edge, so that a later access of a run faults: of what can be written, of what can be read, of both.
    const near = 8 * random.below(12);
    const end = random.below(18);
    const edge = end < 3 ? WRITABLE_BYTES - near : end === 3 ? MEMORY_BYTES - near : end === 4 ? near >> 1 : 0;
    if (edge !== 0) registers.set(this.pointers[2], BigInt(MEMORY_ADDRESS + edge - (random.below(4) === 0 ? 3 : 0)));
    registers.set(this.indexes[0], BigInt(random.below(300) - 40));
    for (const r of this.loops) registers.set(r, BigInt(1 + random.below(6)));
    if (this.kept.has(LINK)) registers.set(LINK, BigInt(CODE_ADDRESS + 4 * random.below(CODE_BYTES / 4)));
  }

  private body(): void {
    const { random } = this;
    const wanted = 2 + random.below(random.below(3) === 0 ? 39 : 12);
    const flavour = random.below(8);
    const lists =
      flavour < 4 ? [this.common] : flavour < 6 ? [this.common, this.any] : flavour < 7 ? [this.floating, this.common]
        : [this.any];
    const forward: { at: number; encoding: Encoding }[] = [];
    let loop: { head: number; counter: number; end: number } | undefined;
    while (this.length < wanted) {
      if (loop === undefined && random.below(14) === 0 && wanted - this.length > 3) {
        const counter = this.counters.pop();
        if (counter !== undefined) loop = this.openLoop(wanted, counter);
      }
      const kind = random.below(40);
      if (kind < 6) {
        forward.push({ at: this.length, encoding: encodingNamed(random.pick(BRANCHES)) });
        this.push(NOP);
      } else if (kind === 6) this.compareAndBranch(forward);
      else if (kind === 7) this.exclusivePair();
      else if (kind === 8 && random.below(3) === 0) this.memoryCopy();
      else if (kind === 9 && random.below(2) === 0) this.floatingControl();
      else if (kind === 10 && random.below(3) === 0) this.systemRegister();
      else if (kind === 11 && random.below(4) === 0) this.changeCode(wanted);
      else if (kind === 12) this.accessRun();
      else if (kind === 13 && random.below(2) === 0) this.indirectBranch();
      else if (kind === 14 && random.below(2) === 0) this.authentication();
      else if (kind === 15 && this.atomics.length > 0) this.push(this.instruction(random.pick(this.atomics)));
      else if (kind === 16 && random.below(2) === 0) this.callee();
      else this.push(this.instruction(random.pick(random.pick(lists))));
      if (loop !== undefined && this.length >= loop.end) loop = this.closeLoop(loop);
    }
    if (loop !== undefined) this.closeLoop(loop);
    for (const { at, encoding } of forward) this.words[at] = this.branch(encoding, at);
  }

  private push(word: number | undefined): void {
    if (this.length < MOST_INSTRUCTIONS) this.words[this.length++] = word ?? NOP;
  }

  /** A random word of an encoding that keeps what must be kept and accesses the scratch memory. */
  private instruction(encoding: Encoding): number | undefined {
    const { random } = this;
    const memory = encoding.group.startsWith('ldst/');
    return randomWord(encoding, random, this.target.exclusions, (word, f) => {
      let w = memory ? this.aim(encoding, word, f) : word;
      if (f.Rd === SP && WRITES_SP.test(encoding.name)) w = this.adjustStack(encoding, w);
      const writesX = !memory || !encoding.name.includes('_simd');
      if (!writesX) return w;
      for (const name of ['Rd', 'Rt', 'Rt2', 'Rs']) {
        const value = f[name];
        if (value === undefined || !this.kept.has(value)) continue;
        if (!memory && name !== 'Rd') continue;
        w = withField(encoding, w, name, this.free());
      }
      // the second register of each pair is not in a field
      if (encoding.name === 'CASP' && this.kept.has(extractFields(encoding, w).Rs + 1)) return 0;
      return w;
    });
  }

  /** SP stays a pointer into the scratch memory: it moves by little or not at all. */
  private adjustStack(encoding: Encoding, word: number): number {
    if (!/^(ADD|SUB)_imm$/.test(encoding.name)) return withField(encoding, word, 'Rd', this.free());
    const moved = withField(encoding, withField(encoding, word, 'Rn', SP), 'sf', 1);
    return withField(encoding, withField(encoding, moved, 'sh', 0), 'imm12', 16 * this.random.below(16));
  }

  /** A register that may be written. */
  private free(): number {
    for (;;) {
      const r = this.random.below(31);
      if (!this.kept.has(r)) return r;
    }
  }

  private aim(encoding: Encoding, word: number, f: Fields): number {
    const { random } = this;
    let w = withField(encoding, word, 'Rn', random.below(24) === 0 ? this.indexes[0] : random.pick(this.pointers));
    const access = accessOf(encoding, f);
    if (access === undefined) return w;
    if (f.imm12 !== undefined) w = withField(encoding, w, 'imm12', random.below(48));
    if (f.imm7 !== undefined && random.below(3) !== 0) w = withField(encoding, w, 'imm7', random.below(24) - 8);
    if (f.imm9 !== undefined && !access.writeback && random.below(3) !== 0) {
      w = withField(encoding, w, 'imm9', (random.below(16) - 4) * access.element);
    } else if (f.imm9 !== undefined && access.writeback) {
      w = withField(encoding, w, 'imm9', (random.below(8) - 3) * Math.min(access.element, 16));
    }
    if (access.index >= 0) {
      w = withField(encoding, w, 'Rm', random.pick(this.indexes));
      if (random.below(4) !== 0) w = withField(encoding, w, 'option', 3);
    }
    if (/asisdls[eo]p/.test(encoding.group)) {
      w = withField(encoding, w, 'Rm', random.once(2) ? SP : random.pick(this.indexes));
    }
    return w;
  }

  /** A branch at `at` to anywhere behind it, up to the way out. */
  private branch(encoding: Encoding, at: number): number {
    const { random } = this;
    const most = Math.min(this.length - at, random.below(3) === 0 ? 64 : 6);
    let distance = 1 + random.below(most);
    for (let i = 0; i < 8 && this.noLanding.has(at + distance); i++) distance = 1 + random.below(most);
    return this.noLanding.has(at + distance) ? NOP : this.branchTo(encoding, distance);
  }

  private branchTo(encoding: Encoding, distance: number): number {
    const word = randomWord(encoding, this.random, undefined) ?? NOP;
    for (const [name, bits] of [['imm26', 26], ['imm19', 19], ['imm14', 14]] as const) {
      if (!encoding.fields.some((f) => f.name === name)) continue;
      return withField(encoding, word, name, distance & (2 ** bits - 1));
    }
    return word;
  }

  /** The pair that engines fuse most: flags and the branch on them; now and then something branches between them. */
  private compareAndBranch(forward: { at: number; encoding: Encoding }[]): void {
    const { random } = this;
    if (random.below(4) === 0 && !this.noLanding.has(this.length + 2)) {
      this.push(this.branchTo(encodingNamed(random.pick(['CBZ', 'B_cond', 'TBNZ'])), 2));
    }
    this.push(this.instruction(encodingNamed(random.pick(
      ['SUBS_imm', 'SUBS_shift', 'ADDS_imm', 'ANDS_log_imm', 'ANDS_log_shift', 'SUBS_ext', 'CCMP_imm'] as const))));
    forward.push({ at: this.length, encoding: encodingNamed('B_cond') });
    this.push(NOP);
  }

  /** Loads or stores one behind the other by one pointer, which walks towards an edge. */
  private accessRun(): void {
    const { random } = this;
    const names = [
      'LDR_imm_post', 'STR_imm_post', 'LDP_post', 'STP_post', 'LDR_imm_pos', 'STR_imm_pos', 'STP_off', 'LDP_off',
      'STP_pre', 'LDRB_imm_post', 'STR_simd_imm_post', 'LDP_simd_off',
    ];
    const first = encodingNamed(random.pick(names));
    const second = random.below(2) === 0 ? first : encodingNamed(random.pick(names));
    const pointer = this.pointers[this.pointers.length > 3 && random.below(2) === 0 ? 3 : 2];
    for (let n = 2 + random.below(3), i = 0; i < n; i++) {
      const encoding = i % 2 === 0 ? first : second;
      const word = this.instruction(encoding);
      if (word !== undefined) this.push(withField(encoding, word, 'Rn', pointer));
    }
  }

  /** ADR Xn, target; BR, BLR or RET Xn, perhaps with a code to check; what is skipped; a landing pad or none. */
  private indirectBranch(): void {
    const { random } = this;
    if (this.length + 8 > MOST_INSTRUCTIONS) return;
    const signs = this.has.has('BRAA') && random.below(3) === 0;
    // BTYPE depends on whether X16 or X17 is the register
    const n = random.below(3) === 0 && !this.kept.has(17) ? 17 : random.below(3) === 0 ? LINK : this.free();
    const modifier = random.below(32);
    const adr = this.length;
    this.push(NOP);
    this.noLanding.add(this.length);
    if (signs) {
      const key = random.below(2);
      const zero = random.below(2);
      const operand = zero === 1 ? 31 : modifier;
      this.push((0xdac10000 | (zero << 13) | (key << 10) | (operand << 5) | n) >>> 0); // PACI[AB] or PACIZ[AB]
      this.noLanding.add(this.length);
      const link = random.below(2) << 21; // BLRA* instead of BRA*
      const checked = random.below(6) === 0 ? key ^ 1 : key;
      this.push((0xd61f0800 | link | ((zero ^ 1) << 24) | (checked << 10) | (n << 5) | operand) >>> 0);
    } else {
      const branch = random.pick([0xd61f0000, 0xd63f0000, 0xd65f0000]); // BR, BLR, RET
      this.push((branch | (n << 5)) >>> 0);
    }
    for (let skipped = random.below(3); skipped > 0; skipped--) this.push(this.instruction(random.pick(this.common)));
    const distance = (this.length - adr) * 4 + (random.below(24) === 0 ? 1 + random.below(3) : 0);
    this.words[adr] = (0x10000000 | ((distance & 3) << 29) | ((distance >> 2) << 5) | n) >>> 0;
    // X30 must be a pointer that all sign alike (exclusions.ts)
    const mayPad = this.has.has('PACIASP') && this.kept.has(LINK);
    const pads = mayPad ? LANDING_PADS : LANDING_PADS.filter((word) => !SIGNING_PADS.includes(word));
    this.push(random.below(4) === 0 ? this.instruction(random.pick(this.common)) : random.pick(pads));
  }

  /** BL once or twice to a function behind, which may branch and may return further on; what it returns to skips it. */
  private callee(): void {
    const { random, words } = this;
    if (this.length + 17 > MOST_INSTRUCTIONS) return;
    const common = (count: number): void => {
      for (let n = count; n > 0; n--) this.push(this.instruction(random.pick(this.common)));
    };
    const calls: number[] = [];
    for (let n = 1 + random.below(2); n > 0; n--) {
      calls.push(this.length);
      this.push(NOP);
      common(random.below(3));
    }
    const skip = this.length;
    this.push(NOP);
    const start = this.length;
    for (const at of calls) words[at] = (0x94000000 | (start - at)) >>> 0; // BL
    const linkKept = this.kept.has(LINK);
    this.kept.add(LINK);
    common(random.below(3));
    const branch = this.length;
    if (random.below(2) === 0) {
      this.push(NOP);
      common(1 + random.below(2));
      if (random.below(2) === 0) this.push(RET);
      words[branch] = this.branchTo(encodingNamed(random.pick(['CBZ', 'B_cond', 'TBNZ'])), this.length - branch);
    }
    common(random.below(3));
    // ADD X30, X30, #n: from the last call at most to what skips the function
    if (random.below(5) === 0) this.push((0x910003de | (4 * random.below(skip - calls[calls.length - 1]) << 10)) >>> 0);
    if (!linkKept) this.kept.delete(LINK);
    this.push(RET);
    // Who comes from elsewhere would return anywhere.
    for (let i = start; i < this.length; i++) this.noLanding.add(i);
    words[skip] = (0x14000000 | (this.length - skip)) >>> 0; // B
  }

  /** Signs a pointer, perhaps spoils it, and authenticates, strips or uses it. */
  private authentication(): void {
    const { random } = this;
    if (!this.has.has('PACIA') || this.length + 8 > MOST_INSTRUCTIONS) return;
    const d = this.free();
    const pointer = this.pointers[0];
    this.push((0x91000000 | (8 * random.below(32) << 10) | (pointer << 5) | d) >>> 0); // ADD Xd, pointer
    this.noLanding.add(this.length);
    const key = random.below(4);
    const zero = random.below(2);
    const operand = zero === 1 ? 31 : random.below(32);
    const oneSource = (opcode: number, n: number): number => (0xdac10000 | (opcode << 10) | (n << 5) | d) >>> 0;
    this.push(oneSource((zero << 3) | key, operand));
    if (random.below(4) === 0) this.push((0xd2400000 | (random.below(64) << 16) | (d << 5) | d) >>> 0); // EOR, one bit
    switch (random.below(5)) {
      case 0: // XPACI, XPACD
        this.push(oneSource(16 + (key >> 1), 31));
        return;
      case 1: // LDRAA, LDRAB: with modifier zero
        this.push((0xf8200400 | ((key & 1) << 23) | (random.below(4) << 12) | (random.below(2) << 11) | (d << 5) |
          this.free()) >>> 0);
        return;
      default: {
        const checked = random.below(6) === 0 ? random.below(4) : key;
        this.push(oneSource((zero << 3) | 4 | checked, operand));
        if (random.below(3) === 0) this.push((0xf9400000 | (d << 5) | this.free()) >>> 0); // LDR Xt, [Xd]
      }
    }
  }

  private openLoop(wanted: number, counter: number): { head: number; counter: number; end: number } {
    const { random } = this;
    const head = this.length;
    // SUB Xc, Xc, #1 at the head: every way round passes it
    this.push((0xd1000400 | (counter << 5) | counter) >>> 0);
    return { head, counter, end: Math.min(wanted, head + 2 + random.below(12)) };
  }

  private closeLoop(loop: { head: number; counter: number }): undefined {
    const { random } = this;
    const { counter } = loop;
    const back = (): number => loop.head - this.length;
    const cbnz = 0xb5000000 | counter;
    switch (random.below(3)) {
      case 0: // CBNZ Xc, head
        this.push((cbnz | ((back() & 0x7ffff) << 5)) >>> 0);
        break;
      case 1: // CMP Xc, #0; B.NE head
        this.push((0xf100001f | (counter << 5)) >>> 0);
        this.noLanding.add(this.length);
        this.push((0x54000001 | ((back() & 0x7ffff) << 5)) >>> 0);
        break;
      default: // CBZ Xc, past; B head
        this.push((0xb4000040 | counter) >>> 0);
        this.noLanding.add(this.length);
        this.push((0x14000000 | (back() & 0x3ffffff)) >>> 0);
    }
    return undefined;
  }

  private exclusivePair(): void {
    const { random } = this;
    const [load, store] = random.pick(EXCLUSIVES).map(encodingNamed);
    const pointer = random.pick(this.pointers);
    const wide = random.below(4) === 0 ? 0 : 1;
    const put = (encoding: Encoding): void => {
      let word = this.instruction(encoding);
      if (word === undefined) return;
      word = withField(encoding, word, 'Rn', pointer);
      word = withField(encoding, withField(encoding, word, 'size', 2 + wide), 'sz', wide);
      const f = extractFields(encoding, word);
      if (f.Rs === f.Rt || f.Rs === f.Rt2 || f.Rs === pointer || f.Rt === f.Rt2) return;
      this.push(word);
    };
    put(load);
    for (let n = random.below(3); n > 0; n--) this.push(this.instruction(random.pick(this.common)));
    if (random.below(8) === 0) this.push(CLREX);
    put(store);
    if (random.below(4) === 0) put(store);
  }

  private memoryCopy(): void {
    const { random } = this;
    if (!this.has.has('CPYFP')) return;
    const parts = random.pick(COPIES).map(encodingNamed);
    const size = this.free();
    const [d, s] = [this.pointers[0], this.pointers[1]];
    this.push((0xd2800000 | (random.below(random.once(4) ? 600 : 40) << 5) | size) >>> 0);
    const options = random.u32();
    for (const part of parts) {
      this.noLanding.add(this.length);
      let word = (part.value | part.shouldBeValue) >>> 0;
      const mask = 2 ** part.fields.find((f) => f.name === 'options')!.width - 1;
      for (const [name, value] of [['Rd', d], ['Rs', s], ['Rn', size], ['options', options & mask]] as const) {
        word = withField(part, word, name, value);
      }
      this.push(word);
    }
  }

  /** MSR FPCR or FPSR from a register set for it, MRS back now and then. */
  private floatingControl(): void {
    const { random } = this;
    const source = this.free();
    const value = random.below(3) === 0 ? random.u32() & FPSR_BITS : randomFpcr(random, this.batch.fpcrMask);
    const name = value === (value & FPSR_BITS) && value !== 0 ? Sysreg.FPSR : Sysreg.FPCR;
    this.push((0x52800000 | ((value & 0xffff) << 5) | source) >>> 0);
    this.noLanding.add(this.length).add(this.length + 1);
    this.push((0x72a00000 | ((value >>> 16) << 5) | source) >>> 0);
    this.push((0xd5100000 | (name << 5) | source) >>> 0);
    if (random.below(3) === 0) this.push((0xd5300000 | (name << 5) | this.free()) >>> 0);
  }

  private systemRegister(): void {
    const { random } = this;
    const name = random.pick([Sysreg.NZCV, Sysreg.TPIDR_EL0, Sysreg.FPSR]);
    const kind = random.below(3);
    if (kind === 0) this.push((0xd5300000 | (name << 5) | this.free()) >>> 0);
    else if (kind === 1 && name !== Sysreg.FPSR) this.push((0xd5100000 | (name << 5) | random.below(31)) >>> 0);
    else this.push((0xd5080000 | (random.pick(this.target.maintenance) << 5) | this.pointers[0]) >>> 0);
  }

  /** Stores another instruction over one further on, and does what makes it seen. */
  private changeCode(wanted: number): void {
    const { random } = this;
    this.changesCode = true;
    const address = this.free();
    const value = this.free();
    if (address === value || this.length + 18 > MOST_INSTRUCTIONS) return;
    const target = this.length + 10 + random.below(Math.max(1, Math.min(6, wanted - this.length)));
    const at = CODE_ADDRESS + this.entry + 4 + 4 * target;
    // What is compared with tolerance must be seen in the case's words.
    const word = this.instruction(random.pick(this.common.filter((e) => !/^(LDAR|STLR)/.test(e.name)))) ?? NOP;
    const moves = (register: number, x: number): void => {
      this.push((0x52800000 | ((x & 0xffff) << 5) | register) >>> 0);
      this.push((0x72a00000 | ((x >>> 16) << 5) | register) >>> 0);
    };
    // Arriving behind the moves would store anywhere, in front of the barriers unsynchronized.
    for (let i = 1; i < 10; i++) this.noLanding.add(this.length + i);
    moves(address, at);
    moves(value, word);
    this.push((0xb9000000 | (address << 5) | value) >>> 0); // STR Wv, [Xa]
    this.push((0xd5080000 | (DC_CVAU << 5) | address) >>> 0);
    this.push(0xd5033b9f); // DSB ISH
    this.push((0xd5080000 | (IC_IVAU << 5) | address) >>> 0);
    this.push(0xd5033b9f);
    this.push(0xd5033fdf); // ISB
    while (this.length <= target) this.push(this.instruction(random.pick(this.common)));
  }
}
