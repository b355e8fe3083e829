/** Translations made by a thread of their own; the two sides talk through a MessagePort. */
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { compileModule } from '../../jit/interpreter/compile.js';
import { PseudoOperation } from '../../jit/interpreter/operations.js';
import { Describer } from '../../jit/region/instruction.js';
import type { Selector } from '../../jit/interpreter/selector.js';
import type { CodePage } from '../../jit/region/region.js';
import {
  mayFuse, moduleOf, translate, translateRegion, wholePage, type ModuleBuilder, type Translation, type TranslationInput,
} from '../../jit/region/translator.js';
import type { Optimization } from '../../src/support/optimizations.js';
import { CODE_PAGE_BYTES, HEAT_OFFSET, HeaderLayout, type MemoryLayout } from '../layout/memory-layout.js';
import type { InstallableModule } from './region-store.js';
import type { TranslationCache } from './translation-cache.js';
import { NO_TRANSLATIONS, type Translations } from './translations.js';

interface Request {
  readonly ramPage: number;
  readonly offset: number;
}

/** A request in the translator's queue. */
interface Waiting extends Request {
  /** Branches to the place since it was asked for, at the last look. */
  branches: number;
  /** Branches between looks, those longer ago counting half as much with each look. */
  urgency: number;
}

const FINISHED = HeaderLayout.offset.translationsFinished >> 2;
/** Regions put into one module at most. */
const BATCH = 8;

/** What is waiting on a port. */
function* waiting(port: MessagePort): Generator<unknown> {
  for (;;) {
    const received = receiveMessageOnPort(port) as { message: unknown } | undefined;
    if (received === undefined) return;
    yield received.message;
  }
}

/** The vCPU's side. */
export class ThreadedTranslations implements Translations {
  readonly counters = { ...NO_TRANSLATIONS };
  /** When places were asked for, milliseconds. */
  private readonly asked = new Map<number, number>();
  private readonly words: Int32Array;
  private seen = 0;

  constructor(memory: WebAssembly.Memory, private readonly port: MessagePort) {
    this.words = new Int32Array(memory.buffer);
  }

  request(ramPage: number, offset: number): void {
    this.counters.requests++;
    this.asked.set(ramPage * 4096 + offset, performance.now());
    this.port.postMessage({ ramPage, offset } satisfies Request);
  }

  finished(): readonly InstallableModule[] {
    const now = Atomics.load(this.words, FINISHED);
    if (now === this.seen) return [];
    this.seen = now;
    const modules = [...waiting(this.port)] as InstallableModule[];
    for (const { regions } of modules) for (const { ramPage, entry } of regions) this.answered(ramPage * 4096 + entry);
    return modules;
  }

  private answered(place: number): void {
    const { asked, counters } = this;
    const since = asked.get(place);
    if (since === undefined) return;
    asked.delete(place);
    const seconds = (performance.now() - since) / 1000;
    counters.answers++;
    counters.delaySeconds += seconds;
    counters.longestDelaySeconds = Math.max(counters.longestDelaySeconds, seconds);
  }
}

/** The translator's side. */
export class TranslationServer {
  private readonly words: Int32Array;
  private readonly describer: Describer;
  private readonly map: Int32Array;
  private queue: Waiting[] = [];

  /** @param threshold what the heat of places that were never branched to is */
  constructor(
    memory: WebAssembly.Memory,
    private readonly layout: MemoryLayout,
    selector: Selector,
    private readonly threshold: number,
    private readonly port: MessagePort,
    private readonly without: ReadonlySet<Optimization>,
    private readonly cache?: TranslationCache | undefined,
    private readonly build?: ModuleBuilder | undefined,
  ) {
    this.words = new Int32Array(memory.buffer);
    this.describer = new Describer(selector, mayFuse(without));
    this.map = new Int32Array(memory.buffer, layout.codeMap, layout.ramBytes / 4096);
    port.on('message', (request: Request) => {
      this.enqueue(request);
      this.serve();
    });
  }

  /** 32-bit index of a place's record; -1 when its page is not decoded any more. */
  private recordOf({ ramPage, offset }: Request): number {
    const page = this.map[ramPage];
    return page === 0 ? -1 : (this.layout.codePages + (page - 1) * CODE_PAGE_BYTES + offset * 4) >> 2;
  }

  /** Its page holds code, and no region starts there. */
  private isOpen(request: Request): boolean {
    const record = this.recordOf(request);
    return record >= 0 && (this.words[record] & 0xffff) !== PseudoOperation.EnterRegion;
  }

  /** Branches to a place since its translation was asked for; -1 when there is nothing to translate. */
  private branchesTo(request: Request): number {
    if (!this.isOpen(request)) return -1;
    const record = this.recordOf(request);
    const heat = this.words[(record + HEAT_OFFSET) >> 2];
    // its code has changed: it has to become hot again
    return heat > 0 ? -1 : -heat;
  }

  private enqueue({ ramPage, offset }: Request): void {
    this.queue.push({ ramPage, offset, branches: 0, urgency: 0 });
  }

  /** The most urgent requests: what runs now comes before what ran often some time ago. */
  private next(): Request[] {
    for (const request of waiting(this.port)) this.enqueue(request as Request);
    const open = this.queue.filter((request) => {
      const branches = this.branchesTo(request);
      request.urgency = request.urgency / 2 + Math.max(0, branches - request.branches);
      request.branches = branches;
      return branches >= 0;
    });
    open.sort((a, b) => b.urgency - a.urgency);
    this.queue = open.slice(BATCH);
    return open.slice(0, BATCH);
  }

  /** The page's words at this moment. */
  private copy({ ramPage }: Request): Int32Array {
    const code = (this.layout.ram + ramPage * 4096) >> 2;
    return this.words.slice(code, code + 1024);
  }

  private input(request: Request, copy = this.copy(request)): TranslationInput {
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

  /** The module for some requests; pages that an earlier run knew come with all that was hot there. */
  private module(batch: readonly Request[]): Omit<InstallableModule, 'module'> & { readonly bytes: Uint8Array } {
    const { describer, without, cache, build } = this;
    if (build !== undefined) {
      const { bytes, regions } = translate(describer, batch.map((request) => this.input(request)), { without, build });
      return { bytes, cached: 0, regions: regions.map((region, i) => ({ ...region, ramPage: batch[i].ramPage })) };
    }
    const known = new Set<Translation>();
    // by place: what one request brings another one may ask for
    const made = new Map<number, { readonly ramPage: number; readonly translation: Translation }>();
    const placeOf = ({ ramPage, offset }: Request): number => ramPage * 4096 + offset;
    const put = (translation: Translation, ramPage: number): void => {
      made.set(placeOf({ ramPage, offset: translation.entry }), { ramPage, translation });
    };
    const find = (copy: Int32Array, offset: number): Translation | undefined => {
      const found = cache?.find(copy, offset);
      if (found !== undefined) known.add(found);
      return found;
    };
    const searched = new Set<number>();
    for (const request of batch) {
      if (made.has(placeOf(request))) continue;
      const { ramPage } = request;
      const copy = this.copy(request);
      const first = find(copy, request.offset);
      if (first === undefined) {
        const translation = translateRegion(describer, this.input(request, copy), { without });
        cache?.add(translation);
        put(translation, ramPage);
        continue;
      }
      put(first, ramPage);
      if (searched.has(ramPage)) continue;
      searched.add(ramPage);
      for (let offset = 0; offset < 4096; offset += 4) {
        const place = { ramPage, offset };
        if (made.has(placeOf(place)) || !this.isOpen(place)) continue;
        const more = find(copy, offset);
        if (more !== undefined) put(more, ramPage);
      }
    }
    const all = [...made.values()];
    const { bytes, regions } = moduleOf(all.map(({ translation }) => translation));
    return { bytes, cached: known.size, regions: regions.map((region, i) => ({ ...region, ramPage: all[i].ramPage })) };
  }

  private serve(): void {
    for (;;) {
      const batch = this.next();
      if (batch.length === 0) return;
      const { bytes, ...rest } = this.module(batch);
      const module = compileModule(bytes);
      this.port.postMessage({ module, ...rest } satisfies InstallableModule);
      Atomics.add(this.words, FINISHED, 1);
    }
  }
}
