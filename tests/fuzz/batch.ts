/** Cases and results as flat buffers: what engines exchange. Layout and meaning: layout.ts. */
import {
  BATCH_HEADER, branchWord, CASE_BYTES, CASE_HEADER, CaseFlag, CODE_ADDRESS, CODE_BYTES, LEAVE_ADDRESS, LINK_BYTES,
  linkWord, MEMORY_BYTES, PIECE_BYTES, RESULT_BYTES, RESULT_HEADER, SINGLE_SLOT, STATE_BYTES, StateOffset,
  UNDEFINED_WORD,
} from './layout.js';
import { Random } from './random.js';
import { FPCR_BITS } from './system.js';

/** One case by itself: what the minimizer works on and the corpus keeps. */
export interface FuzzCase {
  /** Instruction words; behind the last the case ends. */
  readonly words: readonly number[];
  /** Offset of the place in the code, and its size. */
  readonly entry: number;
  readonly slot: number;
  /** X0..X30 and SP. */
  readonly x: readonly bigint[];
  readonly v: readonly bigint[];
  /** N, Z, C, V in bits 3..0. */
  readonly nzcv: number;
  readonly fpcr: number;
  readonly fpsr: number;
  readonly tpidr: bigint;
  /** Seed of the scratch memory's contents (memoryImage), 0 for zeroes. */
  readonly memory: number;
  /** CaseFlag bits. */
  readonly flags: number;
}

/** One, NaN, limits: of integers and of the floating-point formats. */
const TELLING_WORDS = [0x3f800000, 0x7fc00000, 0x80000000, 0x7fffffff, 0x3c003c00, 0x7ff00000];

/** Contents of the scratch memory for a seed; 0 gives zeroes. */
export function memoryImage(seed: number): Uint8Array {
  const image = new Uint8Array(MEMORY_BYTES);
  if (seed === 0) return image;
  const random = new Random(seed, 77);
  const words = new Uint32Array(image.buffer);
  for (let i = 0; i < words.length; i++) {
    const kind = random.below(8);
    if (kind === 0) words[i] = random.below(256);
    else if (kind === 1) words[i] = -random.below(256);
    else if (kind === 2) words[i] = random.pick(TELLING_WORDS);
    else words[i] = random.u32();
  }
  return image;
}

/** A batch under construction, and as engines read it. */
export class Batch {
  count = 0;
  /** Some case may not end: a single instruction always does. */
  mayLoop = false;
  /** FPCR bits that cases may start with. */
  fpcrMask = FPCR_BITS;
  /** Bytes of code in use. */
  codeBytes = 0;
  readonly code = new Uint32Array(CODE_BYTES / 4);
  readonly cases: Uint8Array;
  readonly caseWords: Uint32Array;
  readonly caseLongs: BigUint64Array;
  readonly images: Uint8Array[] = [];
  readonly imageSeeds: number[] = [];
  /** Instructions of each case. */
  readonly lengths: Uint8Array;
  /** Which encoding each case is of, in the numbering of its maker, who may leave them 0. */
  readonly kinds: Uint16Array;

  constructor(readonly capacity: number) {
    const buffer = new ArrayBuffer(capacity * CASE_BYTES);
    this.cases = new Uint8Array(buffer);
    this.caseWords = new Uint32Array(buffer);
    this.caseLongs = new BigUint64Array(buffer);
    this.lengths = new Uint8Array(capacity);
    this.kinds = new Uint16Array(capacity);
  }

  clear(): void {
    this.count = 0;
    this.codeBytes = 0;
    this.mayLoop = false;
    this.kinds.fill(0);
    this.images.length = 0;
    this.imageSeeds.length = 0;
  }

  /** Number of the image of a seed. */
  image(seed: number): number {
    const known = this.imageSeeds.indexOf(seed);
    if (known >= 0) return known;
    this.imageSeeds.push(seed);
    return this.images.push(memoryImage(seed)) - 1;
  }

  /** Byte offset of a case. */
  caseAt(index: number): number {
    return index * CASE_BYTES;
  }
  /** Byte offset of a case's state. */
  stateAt(index: number): number {
    return index * CASE_BYTES + CASE_HEADER;
  }
  flags(index: number): number {
    return this.caseWords[this.caseAt(index) >> 2];
  }
  entry(index: number): number {
    return this.caseWords[(this.caseAt(index) >> 2) + 1];
  }
  slot(index: number): number {
    return this.caseWords[(this.caseAt(index) >> 2) + 3];
  }
  imageOf(index: number): Uint8Array {
    return this.images[this.caseWords[(this.caseAt(index) >> 2) + 2]];
  }
  /** A word of the place of a case; word 1 is its first instruction. */
  word(index: number, n: number): number {
    return this.code[(this.entry(index) >> 2) + n];
  }

  /** Starts a case whose place begins at `entry`; the caller fills its state. Gives the index. */
  begin(entry: number, slot: number, flags: number, image: number): number {
    const index = this.count++;
    const at = this.caseAt(index) >> 2;
    this.caseWords[at] = flags;
    this.caseWords[at + 1] = entry;
    this.caseWords[at + 2] = image;
    this.caseWords[at + 3] = slot;
    this.codeBytes = Math.max(this.codeBytes, entry + slot);
    if (slot !== SINGLE_SLOT) this.mayLoop = true;
    return index;
  }

  /**
   * Writes the place of a case: the load of X30, instructions, the way out, filling, X30. The state must be complete.
   * @param shared other cases will share it
   */
  place(index: number, words: ArrayLike<number>, length: number, shared = false): void {
    const { code } = this;
    const entry = this.entry(index);
    const slot = this.slot(index);
    const at = entry >> 2;
    this.lengths[index] = length;
    code[at] = linkWord(shared ? CODE_BYTES - entry : slot - LINK_BYTES);
    for (let i = 0; i < length; i++) code[at + 1 + i] = words[i];
    code[at + 1 + length] = branchWord(CODE_ADDRESS + entry + 4 + 4 * length, LEAVE_ADDRESS);
    const end = at + (slot >> 2);
    code.fill(UNDEFINED_WORD, at + 2 + length, end);
    if (shared) return;
    const link = (this.stateAt(index) + StateOffset.x + 8 * 30) >> 2;
    code[end - 2] = this.caseWords[link];
    code[end - 1] = this.caseWords[link + 1];
  }

  /** Adds a case at the place of case `of`, whose instructions it shares; the caller fills its state. */
  share(of: number, image: number): number {
    const index = this.begin(this.entry(of), this.slot(of), this.flags(of), image);
    this.lengths[index] = this.lengths[of];
    this.kinds[index] = this.kinds[of];
    return index;
  }

  setFlags(index: number, flags: number): void {
    this.caseWords[this.caseAt(index) >> 2] = flags;
  }

  /** Adds a case; false when there is no room. */
  add(input: FuzzCase): boolean {
    if (this.count >= this.capacity) return false;
    const index = this.begin(input.entry, input.slot, input.flags, this.image(input.memory));
    const longs = this.caseLongs;
    const at = this.stateAt(index) >> 3;
    for (let r = 0; r < 32; r++) longs[at + r] = input.x[r];
    for (let r = 0; r < 32; r++) {
      longs[at + (StateOffset.v >> 3) + 2 * r] = BigInt.asUintN(64, input.v[r]);
      longs[at + (StateOffset.v >> 3) + 2 * r + 1] = input.v[r] >> 64n;
    }
    longs[at + (StateOffset.nzcv >> 3)] = BigInt(input.nzcv) << 28n;
    longs[at + (StateOffset.fpcr >> 3)] = BigInt(input.fpcr);
    longs[at + (StateOffset.fpsr >> 3)] = BigInt(input.fpsr);
    longs[at + (StateOffset.tpidr >> 3)] = input.tpidr;
    this.place(index, input.words, input.words.length);
    return true;
  }

  /** A case by itself. */
  extract(index: number): FuzzCase {
    const longs = this.caseLongs;
    const at = this.stateAt(index) >> 3;
    const number = (offset: number): number => Number(longs[at + (offset >> 3)]);
    const words = Array.from({ length: this.lengths[index] }, (_, i) => this.word(index, 1 + i));
    return {
      words,
      entry: this.entry(index),
      slot: this.slot(index),
      x: Array.from({ length: 32 }, (_, r) => longs[at + r]),
      v: Array.from({ length: 32 }, (_, r) => {
        const low = at + (StateOffset.v >> 3) + 2 * r;
        return longs[low] | (longs[low + 1] << 64n);
      }),
      nzcv: number(StateOffset.nzcv) / 2 ** 28,
      fpcr: number(StateOffset.fpcr),
      fpsr: number(StateOffset.fpsr),
      tpidr: longs[at + (StateOffset.tpidr >> 3)],
      memory: this.imageSeeds[this.caseWords[(this.caseAt(index) >> 2) + 2]],
      flags: this.flags(index),
    };
  }

  /** The whole batch as runner.c reads it. */
  parts(): Uint8Array[] {
    const header = new Uint8Array(BATCH_HEADER);
    new Uint32Array(header.buffer).set([this.count, this.images.length, this.codeBytes, this.mayLoop ? 1 : 0]);
    return [
      header, ...this.images, new Uint8Array(this.code.buffer, 0, this.codeBytes),
      this.cases.subarray(0, this.count * CASE_BYTES),
    ];
  }

  usesMemory(index: number): boolean {
    return (this.flags(index) & CaseFlag.Memory) !== 0;
  }
}

export const OutcomeKind = { Left: 0, Signal: 1, TimedOut: 2 } as const;
/** Linux signal numbers that exceptions show as. */
export const Signal = { Ill: 4, Trap: 5, Bus: 7, Segv: 11 } as const;
/** si_code of SIGSEGV. */
export const SegvCode = { Map: 1, Access: 2 } as const;

/** What the cases of a batch did. */
export class BatchResult {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly longs: BigUint64Array;
  /** Changed memory as layout.ts describes it; undefined when nothing changed. */
  readonly pieces: (Uint8Array | undefined)[] = [];

  constructor(readonly count: number) {
    const buffer = new ArrayBuffer(count * RESULT_BYTES);
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer);
    this.longs = new BigUint64Array(buffer);
  }

  at(index: number): number {
    return index * RESULT_BYTES;
  }
  stateAt(index: number): number {
    return index * RESULT_BYTES + RESULT_HEADER;
  }
  kind(index: number): number {
    return this.words[this.at(index) >> 2];
  }
  signal(index: number): number {
    return this.words[(this.at(index) >> 2) + 1];
  }
  code(index: number): number {
    return this.words[(this.at(index) >> 2) + 2];
  }
  pc(index: number): bigint {
    return this.longs[(this.at(index) >> 3) + 2];
  }
  address(index: number): bigint {
    return this.longs[(this.at(index) >> 3) + 3];
  }
  /** 64-bit word of the state at a StateOffset. */
  long(index: number, offset: number): bigint {
    return this.longs[(this.stateAt(index) + offset) >> 3];
  }

  set(index: number, kind: number, signal: number, code: number, pc: bigint, address: bigint): void {
    const at = this.at(index);
    this.words[at >> 2] = kind;
    this.words[(at >> 2) + 1] = signal;
    this.words[(at >> 2) + 2] = code;
    this.words[(at >> 2) + 3] = 0;
    this.longs[(at >> 3) + 2] = pc;
    this.longs[(at >> 3) + 3] = address;
  }

  setPieces(index: number, pieces: Uint8Array | undefined): void {
    this.pieces[index] = pieces;
    this.words[(this.at(index) >> 2) + 3] = pieces === undefined ? 0 : pieces.length / PIECE_BYTES;
  }

  /** Reads the runner's output. */
  static parse(output: Uint8Array, count: number): BatchResult {
    const result = new BatchResult(count);
    const view = new DataView(output.buffer, output.byteOffset, output.length);
    let at = 0;
    for (let i = 0; i < count; i++) {
      result.bytes.set(output.subarray(at, at + RESULT_BYTES), result.at(i));
      const pieces = view.getUint32(at + 12, true);
      at += RESULT_BYTES;
      if (pieces !== 0) {
        result.pieces[i] = output.slice(at, at + pieces * PIECE_BYTES);
        at += pieces * PIECE_BYTES;
      }
    }
    if (at !== output.length) throw new Error(`the runner gave ${output.length} bytes of results, ${at} expected`);
    return result;
  }

  state(index: number): Uint8Array {
    const at = this.stateAt(index);
    return this.bytes.subarray(at, at + STATE_BYTES);
  }
}
