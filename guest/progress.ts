/** Progress lines on stderr: one line rewritten in place on a terminal, nothing elsewhere. */
export interface Progress {
  /** Shows what is being done now; `percent` is 0 to 100 where it is known. */
  update(text: string, percent?: number): void;
  /** Clears the line. */
  finish(): void;
}

/** Where progress goes: the part of a tty.WriteStream that is used. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Shows nothing. */
export const silentProgress: Progress = { update: () => undefined, finish: () => undefined };

/** Progress for `stream`; silent when that is not a terminal. Repeated equal lines are written once. */
export function createProgress(stream: ProgressStream): Progress {
  if (!stream.isTTY) return silentProgress;
  let shown = '';
  return {
    update(text, percent) {
      const width = (stream.columns ?? 80) - 1;
      const share = percent === undefined ? '' : ` ${Math.floor(Math.min(100, Math.max(0, percent)))} %`;
      const line = text.slice(0, Math.max(0, width - share.length)) + share;
      if (line === shown) return;
      shown = line;
      stream.write(`\r\x1b[K${line}`);
    },
    finish() {
      if (shown) stream.write('\r\x1b[K');
      shown = '';
    },
  };
}
