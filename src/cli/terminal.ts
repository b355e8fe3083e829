/**
 * The user's terminal: raw while the guest has it, and always given back as it was. Raw concerns the input: Node leaves
 * output processing on, so a line feed goes to the start of the next line as ever.
 */

/** The parts of process.stdin that are used. */
export interface TerminalInput {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  on(event: 'data', callback: (bytes: Buffer) => void): unknown;
  on(event: 'error', callback: (error: Error) => void): unknown;
  off(event: 'data', callback: (bytes: Buffer) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** The parts of process that are used. */
export interface ProcessEvents {
  on(event: 'exit' | 'SIGCONT', callback: () => void): unknown;
  off(event: 'exit' | 'SIGCONT', callback: () => void): unknown;
}

export class Terminal {
  private open = false;
  private readonly restore = () => this.setRaw(false);
  private readonly resumeRaw = () => this.setRaw(true);

  /**
   * @param input where keys come from; without a terminal (a pipe, /dev/null) it is read as it is
   * @param events where the end of the process shows; the terminal is restored there whatever ended it
   */
  constructor(
    private readonly input: TerminalInput,
    private readonly events: ProcessEvents,
    private readonly onData: (bytes: Uint8Array) => void,
  ) {}

  /** Takes the terminal. The end of the input does nothing: the guest goes on. */
  start(): void {
    if (this.open) return;
    this.open = true;
    this.events.on('exit', this.restore);
    this.events.on('SIGCONT', this.resumeRaw);
    this.setRaw(true);
    this.input.on('error', () => undefined);
    this.input.on('data', this.onData);
    this.input.resume();
  }

  /** Gives the terminal back. */
  stop(): void {
    if (!this.open) return;
    this.open = false;
    this.setRaw(false);
    this.input.off('data', this.onData);
    this.input.pause();
    this.events.off('exit', this.restore);
    this.events.off('SIGCONT', this.resumeRaw);
  }

  private setRaw(raw: boolean): void {
    if (this.input.isTTY) this.input.setRawMode?.(raw);
  }
}
