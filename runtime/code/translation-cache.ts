/**
 * Translations on disk, for the next run. A file belongs to one build of the translator and one CPU; it is a header and records
 * that are only ever appended, each with a checksum. A translation is found by the code that it was made from, wherever that
 * lies, and is used only where every word of it is the same.
 */
import { createHash } from 'node:crypto';
import {
  appendFileSync, readdirSync, readFileSync, rmSync, statSync, utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Translation } from '../../jit/region/translator.js';
import { SELF } from '../../jit/wasm/encoder.js';
import { CORE_FUNCTIONS } from '../../jit/wasm/region-functions.js';
import { makeFolder } from '../../src/files/make-folder.js';
import { replaceFile } from '../../src/files/replace-file.js';

const MAGIC = 'ulna translations 2\n';
const HEADER_BYTES = MAGIC.length + 32;
/** Length of the payload and its checksum; lengths are multiples of 4. */
const RECORD_HEADER = 8;
/**
 * Payload, in words: key; entry in bits 15..0, number of places in 31..16; number of calls; length of the code in bytes. Behind
 * them the words of code, the places (16 bits each), the calls (offset in bits 31..8, function in 7..0), and the code.
 */
const FIXED = 4;
/** A file that has grown beyond this is begun anew. */
const LARGEST = 128 << 20;
/** Files not used for so long are removed, milliseconds; and so are the oldest of more than so many bytes. */
const UNUSED = 14 * 24 * 3600_000;
const LARGEST_FOLDER = 512 << 20;
const SUFFIX = '.translations';

/** What a call of a region leads to, by its number in a record. */
const CALLED: readonly string[] = [SELF, ...Object.keys(CORE_FUNCTIONS)];
const numberOf = new Map(CALLED.map((name, i) => [name, i]));

/** Of a region that starts at a place of a page: from the place, the word there, and the one behind it. */
function keyOf(page: Int32Array, entry: number): number {
  const first = entry >> 2;
  const second = first < 1023 ? page[first + 1] : 0;
  return Math.imul(Math.imul(entry ^ page[first], 0x9e3779b1) ^ second, 0x85ebca6b);
}

/** A record's payload. */
interface Kept {
  /** All bytes that it lies in, and where it begins, in words. */
  readonly words: Int32Array;
  readonly at: number;
}

export class TranslationCache {
  /** Bytes of the file that could not be used: cut off, damaged, of another format. */
  dropped = 0;
  private readonly index = new Map<number, Kept[]>();
  /** Non-zero where a key of the index has these upper 16 bits. */
  private readonly filter = new Uint8Array(1 << 16);
  private readonly path: string;
  /** The disk refused: this run keeps nothing. */
  private broken = false;

  /**
   * @param folder made if it is not there
   * @param identity whatever a translation depends on beside the code: translator, CPU, options
   */
  constructor(folder: string, identity: string) {
    const digest = createHash('sha256').update(identity).digest();
    this.path = join(folder, `${digest.toString('hex', 0, 12)}${SUFFIX}`);
    try {
      makeFolder(folder);
      removeUnused(folder);
      this.load(digest);
    } catch {
      this.broken = true;
    }
  }

  private load(digest: Buffer): void {
    const header = Buffer.concat([Buffer.from(MAGIC), digest]);
    const bytes = contents(this.path);
    let at = 0;
    if (bytes.length <= LARGEST && bytes.subarray(0, HEADER_BYTES).equals(header)) {
      at = HEADER_BYTES;
      const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
      while (acceptable(bytes, at)) {
        this.enter({ words, at: (at + RECORD_HEADER) >> 2 });
        at += RECORD_HEADER + bytes.readUInt32LE(at);
      }
    }
    if (bytes.length <= LARGEST) this.dropped = bytes.length - at;
    if (at < bytes.length || at === 0) replaceFile(this.path, at === 0 ? header : bytes.subarray(0, at));
    const now = new Date();
    utimesSync(this.path, now, now);
  }

  private enter(kept: Kept): void {
    const key = kept.words[kept.at];
    this.filter[key >>> 16] = 1;
    const known = this.index.get(key);
    if (known === undefined) this.index.set(key, [kept]);
    else known.push(kept);
  }

  /** The translation of the code that starts at a place of a page. @param page its 1024 words @param entry byte offset */
  find(page: Int32Array, entry: number): Translation | undefined {
    const kept = this.index.get(keyOf(page, entry))?.find((one) => holds(one, page, entry));
    return kept && translationOf(kept);
  }

  /** Byte offsets of a page where code starts that may be known. @param page its 1024 words */
  *entries(page: Int32Array): Generator<number> {
    const { filter, index } = this;
    if (index.size === 0) return;
    for (let entry = 0; entry < 4096; entry += 4) {
      const key = keyOf(page, entry);
      if (filter[key >>> 16] !== 0 && index.has(key)) yield entry;
    }
  }

  /** Keeps the translation of code of a page for the next run; errors of the disk end that, quietly. */
  add(translation: Translation, page: Int32Array): void {
    if (this.broken) return;
    const record = recordOf(translation, keyOf(page, translation.entry));
    this.enter({ words: record, at: RECORD_HEADER >> 2 });
    try {
      appendFileSync(this.path, bytesOf(record));
    } catch {
      this.broken = true;
    }
  }
}

/** Aligned to words. */
function contents(path: string): Buffer {
  try {
    const bytes = readFileSync(path);
    return bytes.byteOffset % 4 === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
  } catch {
    return Buffer.alloc(0);
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

const bytesOf = ({ buffer, byteOffset, byteLength }: Int32Array): Buffer => Buffer.from(buffer, byteOffset, byteLength);

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
    entry, places: places.slice(), words: words.slice(source, source + count),
    code: { bytes: new Uint8Array(words.buffer, words.byteOffset + 4 * code, codeBytes), calls: called },
  };
}

/** Whether a page has the code that a translation was made from. */
function holds(kept: Kept, page: Int32Array, at: number): boolean {
  const { words } = kept;
  const { entry, count, source, places } = fields(kept);
  if (entry !== at) return false;
  for (let i = 0; i < count; i++) if (page[places[i]] !== words[source + i]) return false;
  return true;
}

function recordOf({ entry, places, words, code }: Translation, key: number): Int32Array {
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

function removeUnused(folder: string): void {
  const files = readdirSync(folder).filter((name) => name.endsWith(SUFFIX)).map((name) => {
    const path = join(folder, name);
    const { mtimeMs, size } = statSync(path);
    return { path, mtimeMs, size };
  });
  files.sort((a, b) => b.mtimeMs - a.mtimeMs);
  let bytes = 0;
  for (const { path, mtimeMs, size } of files) {
    bytes += size;
    if (Date.now() - mtimeMs >= UNUSED || bytes > LARGEST_FOLDER) rmSync(path, { force: true });
  }
}
