/** Reads the guest's console: the lines by which init and the programs say where they are. */
import { USERSPACE_MARKER } from '../../guest/init-script.js';

export type Marker =
  /** Userspace runs. */
  | { readonly kind: 'userspace' }
  | { readonly kind: 'begin'; readonly name: string }
  /** A program's end; `reason` says what was wrong with its answer. */
  | { readonly kind: 'end'; readonly name: string; readonly reason?: string }
  /** A program ended with an exit status that is not zero. */
  | { readonly kind: 'exit'; readonly name: string; readonly status: number }
  /** All programs have been run. */
  | { readonly kind: 'done' }
  | { readonly kind: 'panic'; readonly text: string };

/** What a Linux kernel prints when it panics (kernel/panic.c). */
const PANIC = /Kernel panic - not syncing:.*/;

/** A longer line without an end is no marker; only so many characters of it are kept. */
const MAXIMUM_LINE = 4096;

/** What one line says, if anything. */
export function parseMarker(line: string): Marker | undefined {
  if (line.startsWith(`${USERSPACE_MARKER} `)) return { kind: 'userspace' };
  if (line === 'all-done') return { kind: 'done' };
  const panic = PANIC.exec(line);
  if (panic !== null) return { kind: 'panic', text: panic[0] };
  const begin = /^begin ([a-z0-9-]+)$/.exec(line);
  if (begin !== null) return { kind: 'begin', name: begin[1] };
  const end = /^end ([a-z0-9-]+) (?:ok|bad (.*))$/.exec(line);
  if (end !== null) return { kind: 'end', name: end[1], ...(end[2] === undefined ? {} : { reason: end[2] }) };
  const exit = /^exit ([a-z0-9-]+) (\d+)$/.exec(line);
  return exit === null ? undefined : { kind: 'exit', name: exit[1], status: Number(exit[2]) };
}

/** Cuts a console's output into lines, over the borders of chunks, and gives the markers among them. */
export class MarkerReader {
  private partial = '';

  push(chunk: string): Marker[] {
    const lines = (this.partial + chunk).split('\n');
    this.partial = (lines.pop() ?? '').slice(-MAXIMUM_LINE);
    return lines.flatMap((line) => parseMarker(line.replace(/\r+$/, '')) ?? []);
  }
}
