/**
 * The translator's thread: what is known from earlier runs is asked for after a few branches and goes out at once; the rest is
 * translated when it has become hot, the most urgent first.
 */
import type { MessagePort } from 'node:worker_threads';
import { compileModule } from '../../jit/interpreter/compile.js';
import { PseudoOperation } from '../../jit/interpreter/pseudo-operation.js';
import { Describer } from '../../jit/region/instruction.js';
import type { Selector } from '../../jit/interpreter/selector.js';
import type { CodePage } from '../../jit/region/region.js';
import { COPIED, type RegionSource } from '../../jit/region/region-source.js';
import {
  mayFuse, moduleOf, placeToTranslate, translate, translateRegion, wholePage, type ModuleBuilder, type TranslatedModule, type Translation,
  type TranslationInput,
} from '../../jit/region/translator.js';
import type { Optimization } from '../../src/support/optimizations.js';
import { CODE_PAGE_BYTES, HEAT_OFFSET, HeaderLayout, OWN_COVERAGE_OFFSET, OWNER_WORD, type MemoryLayout } from '../layout/memory-layout.js';
import type { KnownModule, KnownRegion, MachineCodeCache } from './machine-code-cache.js';
import type { ModuleDump } from './module-dump.js';
import type { InstallableModule } from './region-store.js';
import { waiting, type TranslationRequest, type TranslatorMessage } from './threaded-translations.js';
import type { TranslationCache } from './translation-cache.js';
import { TranslationQueue, type Made, type Queued } from './translation-queue.js';

/** A region of a module that has machine code, and the page of RAM that it is for. */
interface Ready {
  readonly ramPage: number;
  readonly known: KnownRegion;
}

/**
 * Regions translated for one module at most, for how long, milliseconds, and those from an earlier run: so the first need not wait
 * for the last to be compiled.
 */
const BATCH = 8;
const LONGEST_BATCH = 20;
const KNOWN_BATCH = 64;
/** Pages that are looked at until what has machine code of them goes out. */
const LOOK_BATCH = 8;
/**
 * Instructions of a region that goes out before it is asked for: shorter ones, such as the ends of functions, are found everywhere. What
 * others cover waits as well.
 */
const TELLING = 8;
/** Branches to a place until its translation is asked for, when an earlier run asked for it. */
const HOT_IF_KNOWN = 48;
/** So long, milliseconds, a place may turn out to be reached as part of a region that is on its way. */
const PATIENCE = 20;
/** A guest that has not asked for anything for so long, milliseconds, has been translated: there is time for more. */
const IDLE = 1000;
/** What earlier runs translated is read when nothing has come for so long, or places asked for have waited, milliseconds. */
const QUIET = 4;
const LONGEST_UNANSWERED = 100;

/** Where translations come from. */
export interface TranslationSources {
  /** What earlier runs translated; called once, when nothing is more urgent than to read it: it is large, and there is machine code of most of it. */
  readonly openCache?: () => TranslationCache;
  /** What V8 has optimized of it. */
  readonly machineCode?: MachineCodeCache | undefined;
  /** Instead of the encoder. */
  readonly build?: ModuleBuilder | undefined;
  /** Where the modules that are made are to be written. */
  readonly dump?: ModuleDump | undefined;
  /** Called now and then: a thread with much to do does not come back to its events. */
  readonly turn?: () => void;
}

export class TranslationServer {
  private readonly words: Int32Array;
  private readonly describer: Describer;
  private readonly map: Int32Array;
  private readonly queue: TranslationQueue;
  /** Requests that the cache has not been searched for. */
  private arrived: TranslationRequest[] = [];
  /** Requests for what is known, and part of a region that has been sent; when they are looked at again. */
  private deferred: (TranslationRequest & { readonly branches: number; readonly due: number })[] = [];
  private timer: NodeJS.Timeout | undefined;
  /** When something was asked for last. */
  private lastMessage = 0;
  /** There is work for the next run to do. */
  private working = false;
  /** By page of RAM, a bit for each instruction: what has been sent covers. */
  private readonly promised = new Map<number, Int32Array>();
  /** Modules with machine code that have been sent, with their numbers. */
  private readonly sent = new Map<KnownModule, number>();
  /** Code pages that there are, those that have been looked at, and the generation that they belong to. */
  private codePages = 0;
  private looked = 0;
  private generation = 0;
  /** Those of them that the cache has been searched for. */
  private searched = 0;
  private cache: TranslationCache | undefined;
  /** When it began, milliseconds, that places have waited for the cache. */
  private unansweredSince = 0;

  /** @param threshold what the heat of places that were never branched to is */
  constructor(
    memory: WebAssembly.Memory,
    private readonly layout: MemoryLayout,
    selector: Selector,
    private readonly threshold: number,
    /** One a vCPU; all get the same modules. */
    private readonly ports: readonly MessagePort[],
    private readonly without: ReadonlySet<Optimization>,
    private readonly from: TranslationSources = {},
  ) {
    this.words = new Int32Array(memory.buffer);
    this.describer = new Describer(selector, mayFuse(without));
    this.map = new Int32Array(memory.buffer, layout.codeMap, layout.ramBytes / 4096);
    this.queue = new TranslationQueue({
      branchesTo: (place) => this.branchesTo(place), isCovered: (place) => this.isCovered(place), cool: (place) => this.cool(place),
      page: (ramPage) => this.page(ramPage),
    }, threshold, !without.has('loop-starts'));
    for (const port of ports) {
      port.on('message', (message: TranslatorMessage) => {
        this.receive(message);
        this.serve();
      });
    }
  }

  private receive(message: TranslatorMessage): void {
    this.lastMessage = performance.now();
    if ('codePages' in message) this.codePages = message.codePages;
    else this.arrived.push(message);
  }

  private receiveAll(): void {
    for (const port of this.ports) for (const message of waiting(port)) this.receive(message as TranslatorMessage);
  }

  private header(name: keyof typeof HeaderLayout.offset): number {
    return Atomics.load(this.words, (this.layout.header + HeaderLayout.offset[name]) >> 2);
  }

  /** 32-bit index of a place's record; -1 when its page is not decoded any more. */
  private recordOf({ ramPage, offset }: TranslationRequest): number {
    const page = this.map[ramPage];
    return page === 0 ? -1 : (this.layout.codePages + (page - 1) * CODE_PAGE_BYTES + offset * 4) >> 2;
  }

  /** Its page holds code, and no region starts there. */
  private isOpen(request: TranslationRequest): boolean {
    const record = this.recordOf(request);
    return record >= 0 && (this.words[record] & 0xffff) !== PseudoOperation.EnterRegion;
  }

  /** Branches to a place since its translation was asked for; -1 when there is nothing to translate. */
  private branchesTo(request: TranslationRequest): number {
    if (!this.isOpen(request)) return -1;
    const record = this.recordOf(request);
    const heat = this.words[(record + HEAT_OFFSET) >> 2];
    // its code has changed: it has to become hot again
    return heat > 0 ? -1 : -heat;
  }

  /** Whether a region that was made since covers the place. */
  private isCovered({ ramPage, offset }: TranslationRequest): boolean {
    const page = this.map[ramPage];
    const bits = (this.layout.codePages + (page - 1) * CODE_PAGE_BYTES + OWN_COVERAGE_OFFSET) >> 2;
    return page !== 0 && hasBit(this.words, bits, offset);
  }

  /** Whether a place is, or soon will be, part of a region. */
  private isPromised(request: TranslationRequest): boolean {
    const { ramPage, offset } = request;
    const bits = this.promised.get(ramPage);
    return (bits !== undefined && hasBit(bits, 0, offset)) || this.isCovered(request);
  }
  private promise(ramPage: number, { places }: RegionSource): void {
    let bits = this.promised.get(ramPage);
    if (bits === undefined) this.promised.set(ramPage, (bits = new Int32Array(32)));
    for (const place of places) if ((place & COPIED) === 0) bits[place >> 5] |= 1 << (place & 31);
  }

  /** A place has to become hot again until it is asked for. */
  private cool(request: TranslationRequest): void {
    this.words[(this.recordOf(request) + HEAT_OFFSET) >> 2] = this.threshold - 1;
  }

  /** A page's words, which may change. */
  private page(ramPage: number): Int32Array {
    const code = (this.layout.ram + ramPage * 4096) >> 2;
    return this.words.subarray(code, code + 1024);
  }

  /** A page's words at this moment. */
  private copy(ramPage: number): Int32Array {
    return this.page(ramPage).slice();
  }

  private input(request: TranslationRequest, copy = this.copy(request.ramPage)): TranslationInput {
    const { words, threshold } = this;
    const records = this.recordOf(request) - request.offset;
    if (this.without.has('reached-code')) return { page: wholePage(copy), entry: request.offset };
    const page: CodePage = {
      word: (offset) => copy[offset >> 2],
      reached: (offset) => (words[records + offset] & 0xffff) !== PseudoOperation.Decode,
      branchedTo: (offset) => words[(records + offset + HEAT_OFFSET) >> 2] !== threshold,
    };
    return { page, entry: request.offset };
  }

  /** Code pages that there are: with several vCPUs what one told may be of an earlier generation. */
  private get codePagesNow(): number {
    return Math.min(this.codePages, this.header('codePagesUsed'));
  }

  /** Reading the cache takes tens of milliseconds, in which nothing else goes out, if there is something. */
  private get mayOpenCache(): boolean {
    if (this.from.machineCode?.isEmpty ?? true) return true;
    const now = performance.now();
    if (this.arrived.length === 0) this.unansweredSince = now;
    return now - this.lastMessage >= QUIET || now - this.unansweredSince >= LONGEST_UNANSWERED;
  }

  private get cacheIsLeft(): boolean {
    return this.cache === undefined && this.from.openCache !== undefined;
  }

  /**
   * Of pages decoded since the last look what has machine code goes out, the newest first: the guest executes those now.
   * @returns the places
   */
  private look(): ReadonlySet<number> {
    const { from: { machineCode } } = this;
    const sent = new Set<number>();
    const generation = this.header('codeGeneration');
    if (generation !== this.generation) this.looked = this.searched = 0;
    this.generation = generation;
    const end = this.codePagesNow;
    const start = this.looked;
    this.looked = Math.max(start, end);
    if (machineCode === undefined) return sent;
    let ready: Ready[] = [];
    for (let page = end - 1; page >= start; page--) {
      const ramPage = this.ramPageOf(page);
      if (ramPage < 0) continue;
      const wanted = [...machineCode.regionsOf(this.copy(ramPage))].filter(({ region }) => region.places.length >= TELLING);
      wanted.sort((a, b) => b.region.places.length - a.region.places.length);
      this.promised.delete(ramPage);
      for (const known of wanted) {
        const place = { ramPage, offset: known.region.entry };
        if (!this.isOpen(place) || this.isPromised(place)) continue;
        this.promise(ramPage, known.region);
        ready.push({ ramPage, known });
        sent.add(placeOf(place));
      }
      if ((page - start) % LOOK_BATCH !== 0) continue;
      this.sendReady(ready);
      ready = [];
    }
    this.sendReady(ready);
    return sent;
  }

  /** Places that an earlier run knew become hot soon, on the pages that have been looked at. */
  private search(): void {
    const { layout, words, cache } = this;
    if (cache === undefined) return;
    for (; this.searched < this.looked; this.searched++) {
      const ramPage = this.ramPageOf(this.searched);
      if (ramPage < 0) continue;
      const page = (layout.codePages + this.searched * CODE_PAGE_BYTES) >> 2;
      for (const entry of cache.entries(this.copy(ramPage))) {
        const heat = (page + entry + HEAT_OFFSET) >> 2;
        if (words[heat] > HOT_IF_KNOWN) words[heat] = HOT_IF_KNOWN;
      }
    }
  }

  /** The page of RAM that a code page belongs to; -1 if it has been given up. */
  private ramPageOf(page: number): number {
    const ramPage = this.words[(this.layout.codePages + page * CODE_PAGE_BYTES + OWNER_WORD * 4) >> 2];
    return this.map[ramPage] === page + 1 ? ramPage : -1;
  }

  /** Gives out regions of modules that have machine code. */
  private sendReady(ready: readonly Ready[]): void {
    const byModule = new Map<KnownModule, Ready[]>();
    for (const one of ready) {
      const { module } = one.known;
      if (this.from.machineCode!.load(module) === undefined) continue;
      const others = byModule.get(module);
      if (others === undefined) byModule.set(module, [one]);
      else others.push(one);
    }
    for (const [module, some] of byModule) {
      const known = this.sent.get(module);
      const number = known ?? this.sent.size;
      this.sent.set(module, number);
      this.post({
        module: known === undefined ? this.from.machineCode!.load(module) : undefined, number, cached: some.length,
        regions: some.map((one) => ({ ...one.known.region, ramPage: one.ramPage })),
      });
    }
  }

  /** What an earlier run knew of places asked for since the last call; the others are queued. */
  private known(): Made[] {
    const { cache, cacheIsLeft, from: { machineCode } } = this;
    this.receiveAll();
    const sent = this.look();
    const { arrived } = this;
    this.arrived = [];
    const found: Made[] = [];
    const ready: Ready[] = [];
    for (const request of arrived) {
      const { ramPage, offset } = request;
      if (!this.isOpen(request) || sent.has(placeOf(request))) continue;
      const copy = this.copy(ramPage);
      const known = machineCode?.find(copy, offset);
      if (known !== undefined && machineCode!.load(known.module) !== undefined) {
        this.promise(ramPage, known.region);
        ready.push({ ramPage, known });
        continue;
      }
      const translation = cache?.find(copy, offset);
      if (cacheIsLeft) this.arrived.push(request);
      else if (translation === undefined) this.queue.add(request);
      else found.push({ ramPage, translation });
    }
    this.sendReady(ready);
    this.search();
    return [...this.notPromised(found), ...this.stillWanted()];
  }

  /** Those that others do not cover, the largest first; the others are deferred. */
  private notPromised(found: readonly Made[]): Made[] {
    const bySize = [...found].sort((a, b) => b.translation.places.length - a.translation.places.length);
    return bySize.filter((made) => {
      const request = { ramPage: made.ramPage, offset: made.translation.entry };
      if (this.isPromised(request)) {
        this.deferred.push({ ...request, branches: this.branchesTo(request), due: performance.now() + PATIENCE });
        return false;
      }
      this.promise(made.ramPage, made.translation);
      return true;
    });
  }

  /** Of those deferred long enough, what is branched to still: control does not come there as part of another region. */
  private stillWanted(): Made[] {
    const now = performance.now();
    const wanted: Made[] = [];
    this.deferred = this.deferred.filter((request) => {
      if (request.due > now) return true;
      const branches = this.branchesTo(request);
      if (branches < 0) return false;
      const translation = branches > request.branches ? this.cache?.find(this.copy(request.ramPage), request.offset) : undefined;
      if (translation === undefined) this.cool(request);
      else wanted.push({ ramPage: request.ramPage, translation });
      return false;
    });
    return wanted;
  }

  /** @param ramPages of the regions, in their order */
  private send({ bytes, regions }: TranslatedModule, ramPages: readonly number[], cached: number): void {
    this.post({
      module: compileModule(bytes), cached, regions: regions.map((region, i) => ({ ...region, ramPage: ramPages[i] })),
    });
  }

  private post(installable: InstallableModule): void {
    for (const port of this.ports) port.postMessage(installable);
    Atomics.add(this.words, (this.layout.header + HeaderLayout.offset.translationsFinished) >> 2, 1);
  }

  private sendKnown(known: readonly Made[]): void {
    for (let at = 0; at < known.length; at += KNOWN_BATCH) {
      const some = known.slice(at, at + KNOWN_BATCH);
      this.sendAll(some, some.length);
    }
  }

  private sendAll(all: readonly Made[], cached: number): void {
    const translations = all.map(({ translation }) => translation);
    const ramPages = all.map(({ ramPage }) => ramPage);
    const module = moduleOf(translations);
    this.send(module, ramPages, cached);
    this.from.dump?.write(module, translations, ramPages);
    this.from.machineCode?.use(translations, cached > 0);
  }

  /** The place to translate for a request: the start of the loop that it lies in, unless a region starts there already. */
  private toTranslate(request: Queued, copy: Int32Array): TranslationRequest {
    if (request.proven || this.without.has('loop-starts')) return request;
    const { ramPage, offset } = request;
    const start = { ramPage, offset: placeToTranslate(this.describer, this.input(request, copy)) };
    return start.offset !== offset && this.isOpen(start) ? start : request;
  }

  private translated(request: TranslationRequest, copy: Int32Array): Translation {
    const { describer, without, cache } = this;
    const marked = this.from.dump !== undefined;
    const translation = translateRegion(describer, this.input(request, copy), { without, marked });
    return cache?.add(translation) ?? translation;
  }

  /** Translates a batch, or less when that takes long or something turns up that is known. */
  private translate(batch: Queued[]): void {
    const { cache, queue } = this;
    const made: Made[] = [];
    let known: Made[] = [];
    const end = performance.now() + LONGEST_BATCH;
    while (batch.length > 0 && known.length === 0 && performance.now() < end) {
      const asked = batch.shift()!;
      if (queue.try(asked)) continue;
      const copy = this.copy(asked.ramPage);
      const request = this.toTranslate(asked, copy);
      const translation = cache?.find(copy, request.offset) ?? this.translated(request, copy);
      made.push({ ramPage: request.ramPage, translation });
      queue.made({ ramPage: request.ramPage, translation });
      if (request !== asked) queue.replaced(asked);
      known = this.known();
      batch.unshift(...queue.proven());
    }
    queue.putBack(batch);
    if (made.length > 0) this.sendAll(made, 0);
    this.sendKnown(known);
  }

  private translateWith(build: ModuleBuilder, batch: readonly TranslationRequest[]): void {
    const module = translate(this.describer, batch.map((request) => this.input(request)), { without: this.without, build });
    this.send(module, batch.map(({ ramPage }) => ramPage), 0);
  }

  /** Works for the next run while there is nothing to do for this one. */
  private workAhead(): void {
    const { machineCode } = this.from;
    if (machineCode === undefined || this.working) return;
    this.working = true;
    const step = (): void => {
      const idle = performance.now() - this.lastMessage >= IDLE;
      let any = false;
      try {
        any = machineCode.work(idle);
      } catch {
        // V8 has no room for it: this run can do without, and the next one too
        return;
      }
      if (any) setImmediate(step);
      else if (!idle) setTimeout(step, IDLE).unref();
      else this.working = false;
    };
    setImmediate(step);
  }

  private serveLater(milliseconds: number): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.serve();
    }, milliseconds).unref();
  }

  private serve(): void {
    for (;;) {
      this.from.turn?.();
      this.sendKnown(this.known());
      if (this.cacheIsLeft) {
        if (!this.mayOpenCache) return this.serveLater(QUIET);
        this.cache = this.from.openCache!();
        continue;
      }
      const batch = this.queue.take(BATCH);
      if (batch.length === 0) {
        this.workAhead();
        if (this.queue.tries) this.serveLater(QUIET);
        else if (this.deferred.length > 0) this.serveLater(PATIENCE);
        return;
      }
      if (this.from.build === undefined) this.translate(batch);
      else this.translateWith(this.from.build, batch);
    }
  }
}

/** One number for a place. */
const placeOf = ({ ramPage, offset }: TranslationRequest): number => ramPage * 4096 + offset;

/** Of a bit for each instruction of a page, from an index on. @param offset of the instruction, bytes */
const hasBit = (words: Int32Array, from: number, offset: number): boolean =>
  ((words[from + (offset >> 7)] >> ((offset >> 2) & 31)) & 1) !== 0;
