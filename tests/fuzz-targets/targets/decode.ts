/**
 * Decoder, disassembler and record writer: every word of the input, taken as an instruction. A word has one meaning,
 * its entry accounts for all of its bits, its text is whole, and its record does not depend on what was decoded before.
 */
import { decode, extractFields } from '../../../jit/a64/decoder.js';
import { disassemble } from '../../../jit/a64/disassembler/disassembler.js';
import type { Encoding } from '../../../jit/a64/encoding.js';
import { encodings } from '../../../jit/a64/encodings/index.js';
import { RecordWriter } from '../../../jit/interpreter/records.js';
import { Input } from '../input.js';
import { check } from '../outcome.js';

/** Bytes of the input that are looked at. */
const MAX_BYTES = 1024;
/** Where the words are said to lie; text and records of PC-relative instructions need to know. */
const ADDRESS = 0x4000_0000n;
const PAGE_MASK = 0xfff;

const hex = (word: number): string => `0x${word.toString(16).padStart(8, '0')}`;

/** Entries by bits 31..24, for the search that does not use the decoder's tables. */
const families = Array.from({ length: 256 }, (_, top) =>
  encodings.filter((e) => (((top << 24) ^ e.value) & e.mask & 0xff000000) === 0));

function matches(e: Encoding, word: number): boolean {
  return ((word ^ e.value) & e.mask) === 0 && (e.where === undefined || e.where(extractFields(e, word)));
}

function checkMeaning(word: number): Encoding | undefined {
  const found = decode(word);
  const all = families[word >>> 24].filter((e) => matches(e, word));
  const entitled = all.filter((e) => !all.some((other) => other.overrides.includes(e.name)));
  check(entitled.length <= 1, () => `${hex(word)} is ${entitled.map((e) => e.name).join(' and ')}`);
  check(found === entitled[0], () => `${hex(word)}: decoded as ${found?.name}, the table says ${entitled[0]?.name}`);
  check(decode(word | 0) === found, () => `${hex(word)}: another entry when it is negative`);
  return found;
}

function checkBits(e: Encoding, word: number): void {
  const fields = extractFields(e, word);
  let value = e.value;
  let covered = e.mask | e.shouldBeMask;
  for (const { name, lsb, width } of e.fields) {
    value |= fields[name] << lsb;
    covered |= ((1 << width) - 1) << lsb;
    check(fields[name] >= 0 && fields[name] < 2 ** width, () => `${hex(word)}: ${name} is ${fields[name]}`);
  }
  const rebuilt = ((value & ~e.shouldBeMask) | (word & e.shouldBeMask)) >>> 0;
  check(covered === -1 || covered >>> 0 === 0xffff_ffff, () => `${e.name} leaves bits ${hex(~covered >>> 0)} out`);
  check(rebuilt === word, () => `${hex(word)}: the fields of ${e.name} give ${hex(rebuilt)}`);
}

function checkText(word: number, pc: bigint, known: boolean): void {
  const text = disassemble(word, pc);
  check(/^[a-z.][\x20-\x7e]*$/.test(text), () => `${hex(word)}: ${JSON.stringify(text)} is no line of text`);
  check(!/undefined|NaN|null|[{}]{2}|\{\w+:/.test(text), () => `${hex(word)}: ${text}`);
  check(text.startsWith('.inst') === !known, () => `${hex(word)}: ${text}, ${known ? 'allocated' : 'unallocated'}`);
}

const models = [() => true, () => false] as const;
const newWriters = (): RecordWriter[] => models.map((hasFeature) => new RecordWriter({ hasFeature }));
/** These keep the records of all words they have seen, those of few, as making them takes long. */
const experienced = newWriters();
let fresh = newWriters();
let inputs = 0;
const RENEWED_AFTER = 256;
const [seen, anew] = [new Int32Array(4), new Int32Array(4)];

function checkRecord(word: number, pageOffset: number): void {
  fresh.forEach((writer, model) => {
    writer.write(word, pageOffset, anew, 0);
    experienced[model].write(word, pageOffset, seen, 0);
    const same = seen.every((value, n) => value === anew[n]);
    check(same, () => `${hex(word)} at 0x${pageOffset.toString(16)}: two records`);
  });
}

export function fuzz(data: Buffer): void {
  const input = new Input(data.subarray(0, MAX_BYTES));
  const pageOffset = (input.lastU8() << 2) & PAGE_MASK;
  if (inputs++ % RENEWED_AFTER === 0) fresh = newWriters();
  for (let n = 0; input.left >= 4; n++) {
    const word = input.u32();
    const encoding = checkMeaning(word);
    if (encoding !== undefined) checkBits(encoding, word);
    const at = (pageOffset + 4 * n) & PAGE_MASK;
    // Those of features that are not offered have no text of their own.
    if (encoding?.notImplemented !== true) checkText(word, ADDRESS + BigInt(at), encoding !== undefined);
    checkRecord(word, at);
  }
}
