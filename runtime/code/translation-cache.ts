/**
 * Translations on disk, for the next run. A file belongs to one build of the translator and one CPU; it is a header and records
 * that are only ever appended, each with a checksum. A translation is found by the code that it was made from, wherever that
 * lies, and is used only where every word of it is the same.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  appendFileSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { RegionSource, Translation } from '../../jit/region/translator.js';
import { makeFolder } from '../../src/files/make-folder.js';

const MAGIC = 'ulna translations 1\n';
const HEADER_BYTES = MAGIC.length + 32;
/** Length of the payload and its checksum. */
const RECORD_HEADER = 8;
/** Payload: entry, numbers of places and of calls, length of the code; then words, places, calls, code. */
const FIXED = 12;
/** A file that has grown beyond this is begun anew. */
const LARGEST = 128 << 20;
/** Files not used for so long are removed, milliseconds. */
const UNUSED = 14 * 24 * 3600_000;
const SUFFIX = '.translations';

/** First word of a region and the one behind it, which with the entry's place make its key. */
const keyOf = (entry: number, first: number, second: number): number =>
  Math.imul(Math.imul(entry ^ first, 0x9e3779b1) ^ second, 0x85ebca6b);

/** Payload of a record: where it begins in which bytes. */
interface Place {
  readonly bytes: Buffer;
  readonly at: number;
}

export class TranslationCache {
  /** Bytes of the file that could not be used: cut off, damaged, of another format. */
  dropped = 0;
  private readonly index = new Map<number, Place[]>();
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
      while (acceptable(bytes, at)) {
        this.enter({ bytes, at: at + RECORD_HEADER });
        at += RECORD_HEADER + bytes.readUInt32LE(at);
      }
    }
    if (bytes.length <= LARGEST) this.dropped = bytes.length - at;
    if (at < bytes.length || at === 0) replace(this.path, at === 0 ? header : bytes.subarray(0, at));
    const now = new Date();
    utimesSync(this.path, now, now);
  }

  private enter(place: Place): void {
    const { entry, places, words } = sourceOf(place);
    const second = places.indexOf((entry >> 2) + 1);
    const key = keyOf(entry, words[places.indexOf(entry >> 2)], second < 0 ? 0 : words[second]);
    const known = this.index.get(key);
    if (known === undefined) this.index.set(key, [place]);
    else known.push(place);
  }

  /** The translation of the code that starts at a place of a page. @param page its 1024 words @param entry byte offset */
  find(page: Int32Array, entry: number): Translation | undefined {
    const first = entry >> 2;
    // a region may end at once
    for (const second of [first < 1023 ? page[first + 1] : 0, 0]) {
      const found = this.index.get(keyOf(entry, page[first], second))?.find((place) => holds(place, page, entry));
      if (found !== undefined) return translationOf(found);
    }
    return undefined;
  }

  /** Keeps a translation for the next run; errors of the disk end that, quietly. */
  add(translation: Translation): void {
    if (this.broken) return;
    const record = recordOf(translation);
    this.enter({ bytes: record, at: RECORD_HEADER });
    try {
      appendFileSync(this.path, record);
    } catch {
      this.broken = true;
    }
  }
}

function contents(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

/** Other processes see the old file or the new one. */
function replace(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.${randomUUID()}`;
  writeFileSync(temporary, bytes);
  renameSync(temporary, path);
}

/** Whether there is a whole record with the right checksum. */
function acceptable(bytes: Buffer, at: number): boolean {
  if (at + RECORD_HEADER + FIXED > bytes.length) return false;
  const length = bytes.readUInt32LE(at);
  const start = at + RECORD_HEADER;
  return length >= FIXED && start + length <= bytes.length &&
    crc32(bytes.subarray(start, start + length)) === bytes.readUInt32LE(at + 4);
}

function sourceOf({ bytes, at }: Place): RegionSource {
  const count = bytes.readUInt16LE(at + 2);
  const words = Int32Array.from({ length: count }, (_, i) => bytes.readInt32LE(at + FIXED + 4 * i));
  const places = Uint16Array.from({ length: count }, (_, i) => bytes.readUInt16LE(at + FIXED + 4 * count + 2 * i));
  return { entry: bytes.readUInt16LE(at), places, words };
}

function translationOf(place: Place): Translation {
  const { bytes } = place;
  const source = sourceOf(place);
  const calls: [number, string][] = [];
  let at = place.at + FIXED + 6 * source.places.length;
  for (let n = bytes.readUInt16LE(place.at + 4); n > 0; n--) {
    const end = at + 5 + bytes[at + 4];
    calls.push([bytes.readUInt32LE(at), bytes.toString('latin1', at + 5, end)]);
    at = end;
  }
  return { ...source, code: { bytes: bytes.subarray(at, at + bytes.readUInt32LE(place.at + 8)), calls } };
}

/** Whether a page has the code that a translation was made from. */
function holds({ bytes, at }: Place, page: Int32Array, entry: number): boolean {
  if (bytes.readUInt16LE(at) !== entry) return false;
  const count = bytes.readUInt16LE(at + 2);
  for (let i = 0; i < count; i++) {
    if (page[bytes.readUInt16LE(at + FIXED + 4 * count + 2 * i)] !== bytes.readInt32LE(at + FIXED + 4 * i)) return false;
  }
  return true;
}

function recordOf({ entry, places, words, code }: Translation): Buffer {
  const fixed = Buffer.alloc(RECORD_HEADER + FIXED + 6 * places.length);
  fixed.writeUInt16LE(entry, RECORD_HEADER);
  fixed.writeUInt16LE(places.length, RECORD_HEADER + 2);
  fixed.writeUInt16LE(code.calls.length, RECORD_HEADER + 4);
  fixed.writeUInt32LE(code.bytes.length, RECORD_HEADER + 8);
  let at = RECORD_HEADER + FIXED;
  for (const word of words) at = fixed.writeInt32LE(word, at);
  for (const place of places) at = fixed.writeUInt16LE(place, at);
  const calls = code.calls.map(([offset, name]) => {
    const call = Buffer.alloc(5 + name.length);
    call.writeUInt32LE(offset);
    call[4] = name.length;
    call.write(name, 5, 'latin1');
    return call;
  });
  const record = Buffer.concat([fixed, ...calls, code.bytes]);
  record.writeUInt32LE(record.length - RECORD_HEADER);
  record.writeUInt32LE(crc32(record.subarray(RECORD_HEADER)), 4);
  return record;
}

function removeUnused(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (!name.endsWith(SUFFIX) || Date.now() - statSync(path).mtimeMs < UNUSED) continue;
    rmSync(path, { force: true });
  }
}
