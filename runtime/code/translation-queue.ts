/**
 * Places whose translation has been asked for, by urgency. Those that a region has which has been translated since are on trial:
 * when control comes to them as part of that region, nobody branches to them any more.
 */
import { holdsCode } from '../../jit/region/region-source.js';
import type { Translation } from '../../jit/region/translator.js';
import type { TranslationRequest } from './threaded-translations.js';

/** A translation and the page of RAM that it is for. */
export interface Made {
  readonly ramPage: number;
  readonly translation: Translation;
}

/** What is known of places now. */
export interface Places {
  /** Branches to a place since its translation was asked for; -1 when there is nothing to translate. */
  branchesTo(place: TranslationRequest): number;
  /** Whether a region that can be entered has the place. */
  isCovered(place: TranslationRequest): boolean;
  /** A place has to become hot again until it is asked for. */
  cool(place: TranslationRequest): void;
  /** Words of a page of RAM, which may change. */
  page(ramPage: number): Int32Array;
}

interface Waiting extends TranslationRequest {
  /** Branches to the place since it was asked for, at the last look. */
  branches: number;
  /** Branches between looks, those longer ago counting half as much with each look. */
  urgency: number;
  /** When a region was seen to have it, milliseconds; those on trial. */
  covered?: number | undefined;
  /** It is branched to although a region has it. */
  proven: boolean;
}
/** What is to be translated. */
export type Queued = Readonly<Waiting>;

/** A region is there so long, milliseconds, after it has been translated; if not it never will be. */
const ON_ITS_WAY = 200;
/** So long, milliseconds, a place is on trial when a region that has it is there. */
const TRIAL = 20;

export class TranslationQueue {
  private waiting: Waiting[] = [];
  private onTrial: Waiting[] = [];
  /** Translations made of late by page of RAM, with the time in milliseconds. */
  private readonly recent = new Map<number, { readonly translation: Translation; readonly at: number }[]>();

  /** @param hot branches that end a trial @param tried whether there are trials */
  constructor(private readonly places: Places, private readonly hot: number, private readonly tried: boolean) {}

  add({ ramPage, offset }: TranslationRequest): void {
    this.waiting.push({ ramPage, offset, branches: 0, urgency: 0, proven: false });
  }
  /** Takes back what was not translated. */
  putBack(requests: readonly Queued[]): void {
    this.waiting.push(...requests);
  }
  /** Another place has been translated instead. */
  replaced(request: Queued): void {
    if (!this.try(request)) this.waiting.push({ ...request, proven: true });
  }
  /** Notes that a translation has been made. */
  made({ ramPage, translation }: Made): void {
    const one = { translation, at: performance.now() };
    const others = this.recent.get(ramPage);
    if (others === undefined) this.recent.set(ramPage, [one]);
    else others.push(one);
  }

  private forget(now: number): void {
    for (const [ramPage, all] of this.recent) {
      const left = all.filter(({ at }) => now - at < ON_ITS_WAY);
      if (left.length === 0) this.recent.delete(ramPage);
      else if (left.length < all.length) this.recent.set(ramPage, left);
    }
  }

  /** There are places on trial. */
  get tries(): boolean {
    return this.onTrial.length > 0;
  }

  private isOnItsWay({ ramPage, offset }: TranslationRequest): boolean {
    return this.recent.get(ramPage)?.some(({ translation }) =>
      translation.places.includes(offset >> 2) && holdsCode(translation, this.places.page(ramPage))) ?? false;
  }

  /** Whether a request has to wait for what comes of a region that has its place: it is on trial then. */
  try(request: Queued): boolean {
    if (!this.tried || request.proven || !(this.places.isCovered(request) || this.isOnItsWay(request))) return false;
    this.onTrial.push({ ...request, covered: undefined });
    return true;
  }

  /**
   * The most urgent requests: what runs now comes before what ran often some time ago. What a region covers and nobody has
   * branched to any more has to become hot again.
   */
  take(count: number): Queued[] {
    this.waiting = this.waiting.filter((request) => this.look(request));
    const proven = this.proven();
    this.waiting.sort((a, b) => b.urgency - a.urgency);
    return [...proven, ...this.waiting.splice(0, Math.max(0, count - proven.length))];
  }

  /** @returns whether the request goes on waiting here */
  private look(request: Waiting): boolean {
    const branches = this.places.branchesTo(request);
    if (branches < 0) return false;
    const recent = Math.max(0, branches - request.branches);
    request.urgency = request.urgency / 2 + recent;
    request.branches = branches;
    if (this.try(request)) return false;
    if (recent > 0 || !this.places.isCovered(request)) return true;
    this.places.cool(request);
    return false;
  }

  /** Ends trials. @returns places that control comes to as often as if there was no region that has them */
  proven(): Queued[] {
    const now = performance.now();
    this.forget(now);
    const proven: Waiting[] = [];
    this.onTrial = this.onTrial.filter((request) => {
      const branches = this.places.branchesTo(request);
      if (branches < 0) return false;
      if (!this.places.isCovered(request)) {
        request.covered = undefined;
        if (this.isOnItsWay(request)) return true;
        this.waiting.push(request);
        return false;
      }
      if (request.covered === undefined) {
        // what branched to it before there was the region says nothing
        request.covered = now;
        request.branches = branches;
        return true;
      }
      const recent = branches - request.branches;
      if (recent < this.hot && now - request.covered < TRIAL) return true;
      request.branches = branches;
      request.urgency = recent;
      request.proven = true;
      if (recent >= this.hot) proven.push(request);
      else if (recent > 0) this.waiting.push(request);
      else this.places.cool(request);
      return false;
    });
    return proven;
  }
}
