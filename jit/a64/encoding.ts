/**
 * One line of the A64 decode table, and the parser of its bit string.
 *
 * A bit string lists bits 31..0, most significant first, as terms separated by spaces:
 * `0101` fixed bits, `Rn:5` a field of 5 bits, `size=1x` a field whose `x` bits are free, and `(1)(0)` should-be bits,
 * which are ignored when decoding (the CONSTRAINED UNPREDICTABLE choice: execute as if they had the right value).
 * Field names are those of the Arm Architecture Reference Manual, C4.1 and C6/C7.
 */

/** Name of an architecture feature, as the Arm ARM spells it (A2.2), for example `FEAT_LSE`. */
export type FeatureName = `FEAT_${string}`;

/** Field values of one instruction word, unsigned, by Arm's field name. */
export type Fields = Readonly<Record<string, number>>;

/** A field's position: bits `lsb + width - 1` down to `lsb`. */
export interface BitField {
  readonly name: string;
  readonly lsb: number;
  readonly width: number;
}

/** One encoding: a set of instruction words that share a meaning. Its bit string is parsed when something of it is asked for. */
export class Encoding {
  /** Arm's name of the instruction page and, where a page has several encodings, the class: `ADD_imm`. */
  readonly name: string;
  /** The bit string the entry was written as. */
  readonly bits: string;
  /** Arm's encoding group, `class/group`. */
  readonly group: string;
  /** Disassembly template; see disassembler/disassembler.ts. */
  readonly asm: string;
  /** The feature without which the encoding is UNDEFINED (or a NOP, in the hint space); undefined for base Armv8.0. */
  readonly feature: FeatureName | undefined;
  /** A further feature that some of the words need: half precision, for example. Absent: none do. */
  readonly needs: ((f: Fields) => FeatureName | undefined) | undefined;
  /** False for words of the pattern that are unallocated or reserved, hence UNDEFINED. Absent: all are allocated. */
  readonly where: ((f: Fields) => boolean) | undefined;
  /** Names of entries this one takes precedence over where the two overlap. */
  readonly overrides: readonly string[];
  /** True for features this emulator does not offer: the words are known, and UNDEFINED for the guest. */
  readonly notImplemented: boolean;
  private parsed: ParsedBits | undefined;

  /** @param id position in the table, stable for one build */
  constructor(readonly id: number, { name, bits, group, asm, options }: EncodingSpec) {
    this.name = name;
    this.bits = bits;
    this.group = group;
    this.asm = asm;
    this.feature = options.feature;
    this.needs = options.needs;
    this.where = options.where;
    this.overrides = options.overrides ?? [];
    this.notImplemented = options.notImplemented ?? false;
  }

  private get pattern(): ParsedBits {
    return this.parsed ??= parseBits(this.name, this.bits);
  }
  /** Fixed bits, unsigned: a word may match only if `(word & mask) >>> 0 === value`. */
  get mask(): number {
    return this.pattern.mask;
  }
  get value(): number {
    return this.pattern.value;
  }
  /** Should-be-zero and should-be-one bits, unsigned; not part of `mask`. */
  get shouldBeMask(): number {
    return this.pattern.shouldBeMask;
  }
  get shouldBeValue(): number {
    return this.pattern.shouldBeValue;
  }
  get fields(): readonly BitField[] {
    return this.pattern.fields;
  }
}

/** A line of the table, as its files write it. */
export interface EncodingSpec {
  readonly name: string;
  readonly bits: string;
  readonly group: string;
  readonly asm: string;
  readonly options: EncodingOptions;
}

/** What a table line may say beside name, bits, group and template. */
export interface EncodingOptions {
  feature?: FeatureName;
  needs?: (f: Fields) => FeatureName | undefined;
  where?: (f: Fields) => boolean;
  overrides?: readonly string[];
  notImplemented?: boolean;
}

/** All features without which a word of the encoding with these fields is UNDEFINED. */
export function featuresOf(encoding: Encoding, f: Fields): FeatureName[] {
  return [encoding.feature, encoding.needs?.(f)].filter((feature) => feature !== undefined);
}

interface ParsedBits {
  mask: number;
  value: number;
  shouldBeMask: number;
  shouldBeValue: number;
  fields: BitField[];
}

/** Parses a bit string. Throws on a table error: not 32 bits, a term it does not know, a field named twice. */
export function parseBits(name: string, bits: string): ParsedBits {
  let at = 32;
  let mask = 0;
  let value = 0;
  let shouldBeMask = 0;
  let shouldBeValue = 0;
  const fields: BitField[] = [];
  const fixed = (pattern: string): void => {
    for (const bit of pattern) {
      at--;
      if (bit === 'x') continue;
      mask |= 1 << at;
      if (bit === '1') value |= 1 << at;
    }
  };
  for (const term of bits.split(' ')) {
    const field = /^([A-Za-z]\w*)(?::(\d+)|=([01x]+))$/.exec(term);
    if (field) {
      const width = field[2] ? Number(field[2]) : field[3].length;
      if (fields.some((f) => f.name === field[1])) throw new Error(`${name}: field ${field[1]} twice`);
      fields.push({ name: field[1], lsb: at - width, width });
      if (field[3]) fixed(field[3]);
      else at -= width;
    } else if (/^[01]+$/.test(term)) {
      fixed(term);
    } else if (/^(\([01]\))+$/.test(term)) {
      for (const bit of term.replace(/[()]/g, '')) {
        at--;
        shouldBeMask |= 1 << at;
        if (bit === '1') shouldBeValue |= 1 << at;
      }
    } else {
      throw new Error(`${name}: cannot read "${term}"`);
    }
  }
  if (at !== 0) throw new Error(`${name}: ${32 - at} bits instead of 32`);
  return {
    mask: mask >>> 0,
    value: value >>> 0,
    shouldBeMask: shouldBeMask >>> 0,
    shouldBeValue: shouldBeValue >>> 0,
    fields,
  };
}

/**
 * The `count` most significant bits that a bit string begins with: those that are fixed, and to what. Much less work than
 * parseBits, and most encodings are never met.
 */
export function leadingBits(bits: string, count: number): { readonly mask: number; readonly value: number } {
  let left = count;
  let mask = 0;
  let value = 0;
  for (let at = 0; left > 0 && at < bits.length; at++) {
    const character = bits[at];
    if (character === '0' || character === '1') {
      left--;
      mask |= 1 << left;
      if (character === '1') value |= 1 << left;
    } else if (character === '(') {
      left--;
      at += 2;
    } else if (character === 'x') {
      left--;
    } else if (character !== ' ') {
      // a field's name, and then its width, or a pattern to go on with
      while (at < bits.length && bits[at] !== ':' && bits[at] !== '=') at++;
      if (bits[at] === ':') {
        const end = bits.indexOf(' ', at);
        left -= Number(end < 0 ? bits.slice(at + 1) : bits.slice(at + 1, end));
        at = end < 0 ? bits.length : end;
      }
    }
  }
  return { mask, value };
}

/** Makes one table line. */
export const enc = (name: string, bits: string, group: string, asm: string, options: EncodingOptions = {}): EncodingSpec =>
  ({ name, bits, group, asm, options });
