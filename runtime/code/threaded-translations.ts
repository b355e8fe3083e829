/** Translations made by a thread of their own (translation-server.ts); the two sides talk through a MessagePort. */
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { HeaderLayout } from '../layout/memory-layout.js';
import type { InstallableModule } from './region-store.js';
import { NO_TRANSLATIONS, type Translations } from './translations.js';

/** A place whose translation is asked for. */
export interface TranslationRequest {
  readonly ramPage: number;
  readonly offset: number;
}
/** With --jit strict the vCPU waits until the word is not 0. */
export interface StrictRequest extends TranslationRequest {
  readonly answered: Int32Array;
}
/** What a vCPU sends: a request, or how many code pages have been taken since all code was dropped last. */
export type TranslatorMessage = TranslationRequest | StrictRequest | { readonly codePages: number };

const FINISHED = HeaderLayout.offset.translationsFinished >> 2;
const USED = HeaderLayout.offset.codePagesUsed >> 2;

/** What is waiting on a port. */
export function* waiting(port: MessagePort): Generator<unknown> {
  for (;;) {
    const received = receiveMessageOnPort(port) as { message: unknown } | undefined;
    if (received === undefined) return;
    yield received.message;
  }
}

/** The vCPU's side. */
export class ThreadedTranslations implements Translations {
  readonly waits: boolean = false;
  readonly counters = { ...NO_TRANSLATIONS };
  /** When places were asked for, milliseconds. */
  private readonly asked = new Map<number, number>();
  private readonly words: Int32Array;
  private seen = 0;
  /** Code pages that the translator has been told of. */
  private told = 0;

  constructor(memory: WebAssembly.Memory, private readonly port: MessagePort) {
    this.words = new Int32Array(memory.buffer);
  }

  protected send(message: TranslatorMessage): void {
    this.port.postMessage(message);
  }

  request(ramPage: number, offset: number): void {
    this.counters.requests++;
    this.asked.set(ramPage * 4096 + offset, performance.now());
    this.send({ ramPage, offset });
  }

  finished(): readonly InstallableModule[] {
    const used = this.words[USED];
    if (used !== this.told) {
      this.told = used;
      this.send({ codePages: used });
    }
    // No more than are counted: those all threads have been sent, and what one of them publishes the others must be able to run.
    const modules: InstallableModule[] = [];
    for (const now = Atomics.load(this.words, FINISHED); this.seen !== now; this.seen = (this.seen + 1) | 0) {
      const received = receiveMessageOnPort(this.port) as { message: InstallableModule } | undefined;
      if (received === undefined) break;
      modules.push(received.message);
    }
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

/** The same with --jit strict. */
export class StrictTranslations extends ThreadedTranslations {
  override readonly waits = true;

  protected override send(message: TranslatorMessage): void {
    if ('codePages' in message) return;
    const answered = new Int32Array(new SharedArrayBuffer(4));
    super.send({ ...message, answered } satisfies StrictRequest);
    Atomics.wait(answered, 0, 0);
  }
}
