/** What a coverage-guided engine is told beside the branches it sees in JavaScript. */

interface Feedback {
  readonly tracer?: { tracePcIndir?(id: number, state: number): void };
}

/** Jazzer.js's interface; absent in a plain run. */
const fuzzer = (globalThis as { Fuzzer?: Feedback }).Fuzzer;

/** Tells the engine that `state` of question `id` was reached, both 0..4095: generated code has no counters. */
export function reached(id: number, state: number): void {
  fuzzer?.tracer?.tracePcIndir?.(id, state);
}
