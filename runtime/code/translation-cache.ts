/**
 * Translations on disk, for the next run. A file belongs to one build of the translator and one CPU; it is a header and records
 * that are only ever appended, each with a checksum. A translation is found by the code that it was made from, wherever that
 * lies, and is used only where every word of it is the same.
 */
import { crc32 } from 'node:zlib';
import { holdsCode } from '../../jit/region/region-source.js';
import type { Translation } from '../../jit/region/translator.js';
import { SELF } from '../../jit/wasm/encoder.js';
import { CORE_FUNCTIONS } from '../../jit/wasm/region-functions.js';
import { bytesOf, CacheFile, type CacheKind } from './cache-file.js';
import { SourceIndex } from './source-index.js';

/** Length of the payload and its checksum; lengths are multiples of 4. */
const RECORD_HEADER = 8;
/**
 * Payload, in words: key; entry in bits 15..0, number of places in 31..16; number of calls; length of the code in bytes. Behind
 * them the words of code, the places (16 bits each), the calls (offset in bits 31..8, function in 7..0), and the code.
 */
const FIXED = 4;
const KIND: CacheKind = { suffix: '.translations', magic: 'ulna translations 2\n', largest: 128 << 20 };

/** What a call of a region leads to, by its number in a record. */
const CALLED: readonly string[] = [SELF, ...Object.keys(CORE_FUNCTIONS)];
const numberOf = new Map(CALLED.map((name, i) => [name, i]));

/** A record's payload. */
interface Kept {
  /** All bytes that it lies in, and where it begins, in words. */
  readonly words: Int32Array;
  readonly at: number;
}

export class TranslationCache {
  private readonly index = new SourceIndex<Kept>();
  private readonly file: CacheFile;

  /**
   * @param folder made if it is not there
   * @param identity whatever a translation depends on beside the code: translator, CPU, options
   */
  constructor(folder: string, identity: string) {
    this.file = new CacheFile(folder, KIND, identity, (read, start, size) => {
      const bytes = read(start, size - start);
      const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
      let at = 0;
      while (acceptable(bytes, at)) {
        this.enter({ words, at: (at + RECORD_HEADER) >> 2 });
        at += RECORD_HEADER + bytes.readUInt32LE(at);
      }
      return start + at;
    });
  }

  /** Bytes of the file that could not be used. */
  get dropped(): number {
    return this.file.dropped;
  }

  private enter(kept: Kept): void {
    this.index.add(kept.words[kept.at], kept);
  }

  /** The translation of the code that starts at a place of a page. @param page its 1024 words @param entry byte offset */
  find(page: Int32Array, entry: number): Translation | undefined {
    const kept = this.index.at(page, entry).find((one) => holds(one, page, entry));
    return kept && translationOf(kept);
  }

  /** Byte offsets of a page where code starts that may be known. @param page its 1024 words */
  entries(page: Int32Array): Iterable<number> {
    return this.index.entries(page);
  }

  /** Keeps a translation for the next run. @returns what is kept of it: the same */
  add(translation: Translation): Translation {
    const record = recordOf(translation);
    const kept = { words: record, at: RECORD_HEADER >> 2 };
    this.enter(kept);
    this.file.append(record);
    return translationOf(kept);
  }
}

/** Whether there is a whole record with the right checksum. */
function acceptable(bytes: Buffer, at: number): boolean {
  if (at + RECORD_HEADER > bytes.length) return false;
  const length = bytes.readUInt32LE(at);
  const start = at + RECORD_HEADER;
  return length >= 4 * FIXED && length % 4 === 0 && start + length <= bytes.length &&
    crc32(bytes.subarray(start, start + length)) === bytes.readUInt32LE(at + 4);
}

/** Numbers and places of a record. */
function fields({ words, at }: Kept) {
  const count = words[at + 1] >>> 16;
  const source = at + FIXED;
  const calls = source + count + ((count + 1) >> 1);
  return {
    entry: words[at + 1] & 0xffff, count, source, calls, callCount: words[at + 2], code: calls + words[at + 2],
    codeBytes: words[at + 3],
    places: new Uint16Array(words.buffer, words.byteOffset + 4 * (source + count), count),
  };
}

function translationOf(kept: Kept): Translation {
  const { words } = kept;
  const { entry, count, source, calls, callCount, code, codeBytes, places } = fields(kept);
  const called: [number, string][] = [];
  for (let i = calls; i < calls + callCount; i++) called.push([words[i] >>> 8, CALLED[words[i] & 0xff]]);
  return {
    // copies: they are sent to another thread, and a view would take all of the file along
    entry, key: words[kept.at], places: places.slice(), words: words.slice(source, source + count),
    code: { bytes: new Uint8Array(words.buffer, words.byteOffset + 4 * code, codeBytes), calls: called },
  };
}

/** Whether a page has the code that a translation was made from. */
function holds(kept: Kept, page: Int32Array, at: number): boolean {
  const { entry, count, source, places } = fields(kept);
  return entry === at && holdsCode({ places, words: kept.words.subarray(source, source + count) }, page);
}

function recordOf({ entry, key, places, words, code }: Translation): Int32Array {
  const count = places.length;
  const before = FIXED + count + ((count + 1) >> 1) + code.calls.length;
  const length = before + ((code.bytes.length + 3) >> 2);
  const record = new Int32Array((RECORD_HEADER >> 2) + length);
  const payload = record.subarray(RECORD_HEADER >> 2);
  payload.set([key, entry | (count << 16), code.calls.length, code.bytes.length]);
  payload.set(words, FIXED);
  new Uint16Array(record.buffer, RECORD_HEADER + 4 * (FIXED + count), count).set(places);
  code.calls.forEach(([offset, name], i) => {
    payload[before - code.calls.length + i] = (offset << 8) | numberOf.get(name)!;
  });
  new Uint8Array(record.buffer, RECORD_HEADER + 4 * before).set(code.bytes);
  record[0] = 4 * length;
  record[1] = crc32(bytesOf(payload));
  return record;
}
