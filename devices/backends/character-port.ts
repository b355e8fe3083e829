import type { CharacterBackend, CharacterSink } from './character-backend.js';
import type { CharacterChannel } from './character-channel.js';

/** What the port tells the device at the channel's guest end, on the servicing thread. */
export interface CharacterDevice {
  /** Input has arrived in the channel, or room for output has appeared. */
  channelChanged(): void;
}

const CHUNK = 16384;

/** Moves bytes between a channel and its backend, on the servicing thread. What does not fit waits; nothing is lost. */
export class CharacterPort implements CharacterSink {
  private queued: Uint8Array[] = [];
  /** Output taken from the channel while the backend was not ready. */
  private backlog: Uint8Array[] = [];
  private pumping = false;
  private held = false;

  /** @param onOutput sees a copy of everything the guest prints, in order. */
  constructor(
    private readonly channel: CharacterChannel,
    private readonly backend: CharacterBackend,
    private readonly device: CharacterDevice,
    private readonly onOutput?: (bytes: Uint8Array) => void,
  ) {
    backend.attach(this);
    this.pump();
  }

  /** Moves everything that can move; call it after a kick. Returns true when anything moved. */
  pump(): boolean {
    if (this.pumping || this.held) return false;
    this.pumping = true;
    let moved = false;
    try {
      for (;;) {
        const took = this.drainOutput();
        const gave = this.offerInput();
        if (took || gave) {
          moved = true;
          this.device.channelChanged();
          continue;
        }
        // A kick is only of use when the backend can take what it announces.
        if (!this.backend.ready || this.channel.arm()) return moved;
      }
    } finally {
      this.pumping = false;
    }
  }

  input(bytes: Uint8Array): boolean {
    if (bytes.length > 0) this.queued.push(bytes);
    this.pump();
    return this.queued.length === 0;
  }

  writable(): void {
    this.pump();
  }

  /** Sends a break condition to the guest. */
  sendBreak(): void {
    this.channel.sendBreak();
    this.device.channelChanged();
  }

  /** Drains the guest's output and closes the backend. */
  async close(): Promise<void> {
    while (this.backend.ready && this.drainOutput()) this.device.channelChanged();
    this.writeBacklog();
    for (let rest = this.take(); rest.length > 0; rest = this.take()) this.backend.write(rest);
    await this.backend.close();
  }

  /**
   * Takes what the guest has sent, whether or not the backend is ready for it.
   * @param most bytes that may wait for the backend then.
   * @returns whether nothing is left with the guest.
   */
  absorb(most: number): boolean {
    this.pump();
    let waiting = this.backlog.reduce((sum, { length }) => sum + length, 0);
    while (this.channel.outputAvailable > 0) {
      if (waiting > most) return false;
      const bytes = this.take();
      waiting += bytes.length;
      this.backlog.push(bytes);
      this.device.channelChanged();
    }
    return true;
  }

  /** While true nothing moves; what comes in waits. */
  set hold(hold: boolean) {
    this.held = hold;
    if (!hold) this.pump();
  }

  /** What has left neither the guest's side nor the host's: input for the guest, and output for the backend. */
  get inFlight(): { readonly input: Uint8Array; readonly output: Uint8Array } {
    return { input: Buffer.concat(this.queued), output: Buffer.concat(this.backlog) };
  }

  /** The channel was replaced by a saved one, with what was in flight then. */
  restored(input: Uint8Array, output: Uint8Array): void {
    this.queued = input.length > 0 ? [input] : [];
    this.backlog = output.length > 0 ? [output] : [];
    this.pump();
  }

  private writeBacklog(): boolean {
    const { backlog } = this;
    this.backlog = [];
    for (const bytes of backlog) this.backend.write(bytes);
    return backlog.length > 0;
  }

  private take(): Uint8Array {
    const bytes = this.channel.takeOutput(CHUNK);
    if (bytes.length > 0) this.onOutput?.(bytes);
    return bytes;
  }

  private drainOutput(): boolean {
    if (!this.backend.ready) return false;
    if (this.backlog.length > 0) return this.writeBacklog();
    const bytes = this.take();
    if (bytes.length === 0) return false;
    this.backend.write(bytes);
    return true;
  }

  private offerInput(): boolean {
    let any = false;
    while (this.queued.length > 0) {
      const bytes = this.queued[0];
      const count = this.channel.putInput(bytes);
      if (count > 0) any = true;
      if (count < bytes.length) {
        this.queued[0] = bytes.subarray(count);
        return any;
      }
      this.queued.shift();
      if (this.queued.length === 0) this.backend.resume();
    }
    return any;
  }
}
