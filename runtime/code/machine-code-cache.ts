/**
 * Modules of regions with the machine code that V8's optimizing compiler makes of them, on disk, for the next run: it has that code at
 * once for what it finds unchanged. They are modules made for this, of regions that are in use, while the thread has nothing else to do.
 *
 * A record is a module. Its index (the code that its regions were made from) and its body (the module and the machine code) have a
 * checksum each, for a body is read when it is needed first.
 */
import { crc32 } from 'node:zlib';
import { compileLazily } from '../../jit/interpreter/compile.js';
import { isOptimized, machineCodeOf, moduleWith, optimize } from '../../jit/interpreter/machine-code.js';
import { holdsCode, type RegionSource } from '../../jit/region/region-source.js';
import { moduleOf, regionName, type TranslatedModule, type TranslatedRegion, type Translation } from '../../jit/region/translator.js';
import { coreStandIn } from '../../jit/wasm/region-module.js';
import { bytesOf, CacheFile, type CacheKind, type Read } from './cache-file.js';
import { SourceIndex } from './source-index.js';

const KIND: CacheKind = { suffix: '.machine-code', magic: 'ulna machine code 1\n', largest: 192 << 20, own: true };
/** Words before a record's index. */
const Header = {
  /** Words of the index, and its checksum. */
  indexWords: 0, indexChecksum: 1,
  /** Bytes of the body, a multiple of 4; checksum, and bytes, of the module and the machine code that are in it. */
  bodyBytes: 2, bodyChecksum: 3, moduleBytes: 4, machineBytes: 5,
  regions: 6,
} as const;
const HEADER_WORDS = 7;
/** Of a region in the index: key; entry in bits 15..0, number of places in 31..16. Words and places follow. */
const FIXED = 2;
/** Regions of a module. */
const MODULE_REGIONS = 64;

/** A region of a module on disk. */
export interface KnownRegion {
  readonly module: KnownModule;
  readonly region: TranslatedRegion;
}

/** A module on disk. */
export class KnownModule {
  /** Names of its regions. */
  readonly names: string[] = [];
  refused = false;
  private loaded: WebAssembly.Module | undefined;

  /** @param body reads a part of it: the module comes first, then the machine code */
  constructor(private readonly header: Int32Array, private readonly body: (at: number, length: number) => Buffer) {}

  /** @returns undefined when it is damaged or V8 does not take it */
  load(): WebAssembly.Module | undefined {
    if (this.loaded !== undefined || this.refused) return this.loaded;
    const { header } = this;
    const module = this.body(0, header[Header.moduleBytes]);
    const machineCode = this.body(module.length, header[Header.machineBytes]);
    if (crc32(machineCode, crc32(module)) === header[Header.bodyChecksum] >>> 0) this.loaded = moduleWith(machineCode, module);
    this.refused = this.loaded === undefined;
    return this.loaded;
  }
}

/** A module that V8 is optimizing. */
interface InWork {
  readonly module: WebAssembly.Module;
  readonly made: TranslatedModule;
  readonly exports: WebAssembly.Exports;
  /** Regions optimized. */
  done: number;
}

export class MachineCodeCache {
  private readonly index = new SourceIndex<KnownRegion>();
  /** What is to be optimized: translations that earlier runs had made, and those of this run. */
  private readonly wanted: Translation[] = [];
  private readonly fresh: Translation[] = [];
  /** How many modules have a region of this name, or will have. */
  private readonly seen = new Map<string, number>();
  private inWork: InWork | undefined;
  private readonly file: CacheFile;
  private standIn: WebAssembly.Exports | undefined;

  /**
   * @param folder made if it is not there
   * @param identity whatever the modules depend on beside the code: translator, CPU, options, V8
   */
  constructor(folder: string, identity: string, private readonly memory: WebAssembly.Memory) {
    this.file = new CacheFile(folder, KIND, identity, (read, start, size) => {
      let at = start;
      for (let record = recordAt(read, at, size); record !== undefined; record = recordAt(read, at, size)) {
        const body = at + 4 * (HEADER_WORDS + record.index.length);
        this.enter(record, new KnownModule(record.header, (from, length) => this.file.read(body + from, length)));
        at = body + record.header[Header.bodyBytes];
      }
      return at;
    });
  }

  /** Bytes of the file that could not be used. */
  get dropped(): number {
    return this.file.dropped;
  }

  /** Nothing of it is in the file. */
  get isEmpty(): boolean {
    return this.seen.size === 0;
  }

  private enter({ header, index }: Found, module: KnownModule): void {
    for (let i = 0, at = 0; i < header[Header.regions]; i++) {
      const [key, shape] = index.subarray(at, at + FIXED);
      const [entry, count] = [shape & 0xffff, shape >>> 16];
      at += FIXED;
      // copies: they are sent to other threads, and a view would take the whole index along
      const words = index.slice(at, at + count);
      const places = new Uint16Array(index.buffer, index.byteOffset + 4 * (at + count), count).slice();
      at += count + ((count + 1) >> 1);
      const region = { name: regionName(i, entry), entry, key, places, words };
      this.index.add(key, { module, region });
      const name = nameOf(region);
      module.names.push(name);
      this.seen.set(name, (this.seen.get(name) ?? 0) + 1);
    }
  }

  /** What there is for the code at a place of a page. @param page its 1024 words @param entry byte offset */
  find(page: Int32Array, entry: number): KnownRegion | undefined {
    return this.index.at(page, entry).find(
      ({ module, region }) => !module.refused && region.entry === entry && holdsCode(region, page),
    );
  }

  /** A module that is to be used; what it has is made anew when it is damaged or V8 does not take it. */
  load(module: KnownModule): WebAssembly.Module | undefined {
    if (module.refused) return undefined;
    const loaded = module.load();
    if (loaded === undefined) {
      for (const name of module.names) {
        const left = this.seen.get(name)! - 1;
        if (left > 0) this.seen.set(name, left);
        else this.seen.delete(name);
      }
    }
    return loaded;
  }

  /** All that there is of a page's code. */
  *regionsOf(page: Int32Array): Generator<KnownRegion> {
    for (const entry of this.index.entries(page)) {
      const known = this.find(page, entry);
      if (known !== undefined) yield known;
    }
  }

  /** These translations are in use. @param known they were in an earlier run */
  use(translations: readonly Translation[], known: boolean): void {
    for (const translation of translations) {
      const name = nameOf(translation);
      if (this.seen.has(name)) continue;
      this.seen.set(name, 1);
      (known ? this.wanted : this.fresh).push(translation);
    }
  }

  /**
   * Does a few milliseconds' work for the next run: has V8 optimize one region, and keeps the module that it is the last of.
   * @param all what this run was the first to translate too, or only what is known to come again
   * @returns whether there was anything to do
   */
  work(all: boolean): boolean {
    const { wanted, fresh } = this;
    if (this.inWork === undefined) {
      const from = wanted.length > 0 || !all ? wanted : fresh;
      if (from.length === 0) return false;
      this.inWork = this.begin(from.splice(0, MODULE_REGIONS));
    }
    const { module, made, exports } = this.inWork;
    optimize(exports[made.regions[this.inWork.done++].name]);
    if (this.inWork.done === made.regions.length) {
      if (made.regions.every(({ name }) => isOptimized(exports[name]))) this.file.append(recordOf(made, machineCodeOf(module)));
      this.inWork = undefined;
    }
    return true;
  }

  private begin(translations: readonly Translation[]): InWork {
    const made = moduleOf(translations);
    const module = compileLazily(made.bytes);
    const env = { memory: this.memory };
    this.standIn ??= new WebAssembly.Instance(compileLazily(coreStandIn()), { env }).exports;
    return { module, made, exports: new WebAssembly.Instance(module, { env, core: this.standIn }).exports, done: 0 };
  }
}

/** What tells code from other code, nearly always. */
const nameOf = ({ key, words }: RegionSource): string => `${key}:${words.length}:${crc32(bytesOf(words))}`;

/** Header and index of a record. */
interface Found {
  readonly header: Int32Array;
  readonly index: Int32Array;
}

const wordsOf = ({ buffer, byteOffset, length }: Buffer): Int32Array => new Int32Array(buffer, byteOffset, length >> 2);

/** A whole record whose index is right. */
function recordAt(read: Read, at: number, size: number): Found | undefined {
  const bytes = read(at, 4 * HEADER_WORDS);
  if (bytes.length < 4 * HEADER_WORDS) return undefined;
  const header = wordsOf(bytes);
  const start = at + bytes.length;
  const { [Header.indexWords]: indexWords, [Header.bodyBytes]: bodyBytes } = header;
  if (indexWords < 0 || bodyBytes < 0 || start + 4 * indexWords + bodyBytes > size) return undefined;
  const index = read(start, 4 * indexWords);
  return crc32(index) === header[Header.indexChecksum] >>> 0 ? { header, index: wordsOf(index) } : undefined;
}

function recordOf({ bytes: moduleBytes, regions }: TranslatedModule, machineCode: Uint8Array): Int32Array {
  const indexWords = regions.reduce((sum, { places: { length } }) => sum + FIXED + length + ((length + 1) >> 1), 0);
  const bodyWords = (moduleBytes.length + machineCode.length + 3) >> 2;
  const record = new Int32Array(HEADER_WORDS + indexWords + bodyWords);
  const index = record.subarray(HEADER_WORDS, HEADER_WORDS + indexWords);
  let at = 0;
  for (const { key, entry, places, words } of regions) {
    const { length } = places;
    index.set([key, entry | (length << 16)], at);
    index.set(words, at + FIXED);
    new Uint16Array(index.buffer, index.byteOffset + 4 * (at + FIXED + length), length).set(places);
    at += FIXED + length + ((length + 1) >> 1);
  }
  const body = bytesOf(record.subarray(HEADER_WORDS + indexWords));
  body.set(moduleBytes);
  body.set(machineCode, moduleBytes.length);
  record.set([
    indexWords, crc32(bytesOf(index)), body.length, crc32(machineCode, crc32(moduleBytes)), moduleBytes.length, machineCode.length,
    regions.length,
  ]);
  return record;
}
