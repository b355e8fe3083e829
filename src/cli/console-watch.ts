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

/** What is looked for in one line's output. */
class LineWatch {
  readonly marks: readonly TextMatcher[];
  readonly panic = new TextMatcher(PANIC_TEXT);
  readonly panicEnd = new TextMatcher(PANIC_END_TEXT);
  /** The panic's last line is not complete yet. */
  panicLine = false;

  constructor(texts: readonly string[]) {
    this.marks = texts.map((text) => new TextMatcher(text));
  }
}

export class ConsoleWatch {
  private readonly lines = new Map<number, LineWatch>();
  private readonly found: (MarkResult | undefined)[];
  private panicked = false;

  /**
   * @param texts marks to look for
   * @param now host seconds since the guest began to run, with the machine's counters
   * @param onPanic called once, when the line that says that no reboot follows is complete
   */
  constructor(
    private readonly texts: readonly string[],
    private readonly now: () => MachineCounters & { readonly seconds: number },
    private readonly onPanic: () => void,
  ) {
    this.found = texts.map(() => undefined);
  }

  /** Whether a panic was printed, with or without a reboot after it. */
  get hasPanicked(): boolean {
    return this.panicked;
  }

  get results(): MarkResult[] {
    return this.texts.map(
      (text, i) => this.found[i] ?? { text, seconds: null, instructions: null, virtualSeconds: null },
    );
  }

  /** Takes what a line printed next; texts are looked for in each line by itself. */
  push(bytes: Uint8Array, line = 0): void {
    let watch = this.lines.get(line);
    if (watch === undefined) this.lines.set(line, (watch = new LineWatch(this.texts)));
    watch.marks.forEach((matcher, i) => {
      if (!matcher.push(bytes) || this.found[i] !== undefined) return;
      const { seconds, instructions, virtualSeconds } = this.now();
      this.found[i] = { text: matcher.text, seconds, instructions, virtualSeconds };
    });
    if (watch.panic.push(bytes)) this.panicked = true;
    if (watch.panicEnd.push(bytes)) watch.panicLine = true;
    if (watch.panicLine && bytes.includes(0x0a)) {
      watch.panicLine = false;
      this.onPanic();
    }
  }
}
