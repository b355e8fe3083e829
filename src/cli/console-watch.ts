/** Watches what the console prints: the marks that were asked for, and a kernel panic that no reboot follows. */
import type { MachineCounters } from '../machine/machine-api.js';
import { TextMatcher } from './text-matcher.js';

/** When a mark was first printed; null where it never was. */
export interface MarkResult {
  readonly text: string;
  /** Host seconds since the guest began to run. */
  readonly seconds: number | null;
  readonly instructions: number | null;
  readonly virtualSeconds: number | null;
}

/** What a Linux kernel prints when it panics, and when it has decided not to reboot (kernel/panic.c). */
const PANIC_TEXT = 'Kernel panic - not syncing';
const PANIC_END_TEXT = '---[ end Kernel panic - not syncing';

export class ConsoleWatch {
  private readonly marks: { readonly matcher: TextMatcher; result: MarkResult }[];
  private readonly panic = new TextMatcher(PANIC_TEXT);
  private panicEnd = new TextMatcher(PANIC_END_TEXT);
  private panicLine = false;

  /**
   * @param texts marks to look for
   * @param now host seconds since the guest began to run, with the machine's counters
   * @param onPanic called once, when the line that says that no reboot follows is complete
   */
  constructor(
    texts: readonly string[],
    private readonly now: () => MachineCounters & { readonly seconds: number },
    private readonly onPanic: () => void,
  ) {
    this.marks = texts.map((text) => ({
      matcher: new TextMatcher(text),
      result: { text, seconds: null, instructions: null, virtualSeconds: null },
    }));
  }

  /** Whether a panic was printed, with or without a reboot after it. */
  get hasPanicked(): boolean {
    return this.panic.isFound;
  }

  get results(): MarkResult[] {
    return this.marks.map((mark) => mark.result);
  }

  /** Takes what the console printed next. */
  push(bytes: Uint8Array): void {
    for (const mark of this.marks) {
      if (!mark.matcher.push(bytes)) continue;
      const { seconds, instructions, virtualSeconds } = this.now();
      mark.result = { text: mark.matcher.text, seconds, instructions, virtualSeconds };
    }
    this.panic.push(bytes);
    if (this.panicEnd.push(bytes)) this.panicLine = true;
    if (this.panicLine && bytes.includes(0x0a)) {
      this.panicLine = false;
      this.onPanic();
    }
  }
}
