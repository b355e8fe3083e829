import type { InstallableModule } from './region-store.js';

/** Branches to an instruction until its translation is asked for. */
export const HOT = 500;

export interface TranslationCounters {
  /** Places whose translation was asked for. */
  requests: number;
  /** Those that came, and host seconds from question to answer: in all, and the longest. */
  answers: number;
  delaySeconds: number;
  longestDelaySeconds: number;
}

export const NO_TRANSLATIONS: TranslationCounters = { requests: 0, answers: 0, delaySeconds: 0, longestDelaySeconds: 0 };

/** Where translated code comes from. */
export interface Translations {
  /** Whether a request waits for its answer: the vCPU has to stand still meanwhile. */
  readonly waits?: boolean;
  /** Asks for the region that starts `offset` bytes into a page of the RAM area. */
  request(ramPage: number, offset: number): void;
  /** What has been finished since the last call. */
  finished(): readonly InstallableModule[];
  readonly counters: Readonly<TranslationCounters>;
}
