import type { Readable, Writable } from 'node:stream';
import type { CharacterBackend, CharacterSink } from './character-backend.js';

/**
 * A pair of Node streams: the terminal, a pipe, a connected socket. Raw mode and escape keys are the owner's affair,
 * who may pass streams of his own. The streams are not ended by `close`.
 */
export class StreamBackend implements CharacterBackend {
  private sink: CharacterSink | undefined;
  private blocked = false;
  private broken = false;
  private readonly onData = (data: Buffer | string): void => {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    if (this.sink !== undefined && !this.sink.input(new Uint8Array(bytes))) this.input?.pause();
  };
  private readonly onDrain = (): void => {
    this.blocked = false;
    this.sink?.writable();
  };
  private readonly onBroken = (): void => {
    this.broken = true;
    this.blocked = false;
    this.sink?.writable();
  };

  constructor(
    private readonly input: Readable | undefined,
    private readonly output: Writable | undefined,
  ) {}

  /** A stream that has failed takes output and drops it, so that the guest goes on. */
  get ready(): boolean {
    return !this.blocked;
  }

  attach(sink: CharacterSink): void {
    this.sink = sink;
    this.input?.on('data', this.onData);
    this.output?.on('drain', this.onDrain);
    this.output?.on('error', this.onBroken);
    this.output?.on('close', this.onBroken);
  }

  write(bytes: Uint8Array): void {
    if (this.output === undefined || this.broken) return;
    if (!this.output.write(bytes)) this.blocked = true;
  }

  resume(): void {
    this.input?.resume();
  }

  async close(): Promise<void> {
    this.sink = undefined;
    this.input?.off('data', this.onData);
    const output = this.output;
    if (output !== undefined && !this.broken && output.writableLength > 0) {
      await new Promise<void>((resolve) => {
        output.once('close', resolve);
        output.write('', () => resolve());
      });
    }
    // The listener for errors stays: a late EPIPE must not end the process.
    output?.off('drain', this.onDrain);
  }
}
