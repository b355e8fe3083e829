/** The console's text of a run, taken apart into what each witness printed. */
import type { Testimony } from './witness.js';

/** Printed before and after a witness's script; with the witness's name, and its exit status behind the latter. */
export const BEGIN = '=== witness begins:';
export const END = '=== witness ended:';

/** Collects the output of a run as it comes; times are those of the host, seconds. */
export class Transcript {
  readonly testimonies = new Map<string, Testimony>();
  private partial = '';
  private current: { readonly name: string; readonly lines: string[]; readonly since: number } | undefined;

  constructor(private readonly clock: () => number, private readonly onEnd: (name: string) => void) {}

  push(text: string): void {
    const lines = (this.partial + text).split('\n');
    this.partial = lines.pop() ?? '';
    for (const line of lines) this.line(line.replace(/\r+$/, ''));
  }

  /** Takes what is left when the output has ended: a witness that did not end has no status. */
  close(): void {
    const { current } = this;
    if (current !== undefined) this.end(undefined);
  }

  private line(line: string): void {
    if (line.startsWith(BEGIN)) {
      this.close();
      this.current = { name: line.slice(BEGIN.length).trim(), lines: [], since: this.clock() };
    } else if (line.startsWith(END)) {
      this.end(Number(/ (\d+)$/.exec(line)?.[1]));
    } else {
      this.current?.lines.push(line);
    }
  }

  private end(status: number | undefined): void {
    const { current } = this;
    if (current === undefined) return;
    this.current = undefined;
    const seconds = this.clock() - current.since;
    this.testimonies.set(current.name, { lines: current.lines, status, seconds });
    this.onEnd(current.name);
  }
}
