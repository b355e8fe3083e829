/** Recognises that a guest waits for its first input. */

/** What is looked at. */
export interface IdleSample {
  /** Guest instructions executed by all vCPUs so far. */
  readonly instructions: number;
  /** Host seconds, from any origin. */
  readonly seconds: number;
}

/** How long a guest must have been quiet behind a prompt, and behind a complete line, seconds. */
const QUIET_PROMPT = 1;
const QUIET_LINE = 10;
/**
 * Instructions in a second that still are idling. An idle Linux executes well below a million for its timers, and anything that
 * computes executes a hundred million, ten on a host with much else to do.
 */
const IDLE_RATE = 4e6;

/**
 * A guest waits for input when its console has printed something, then nothing for a second, and its vCPUs have slept for nearly all
 * of that second. Text behind the last line feed is taken for a prompt; without any it may be a pause between two lines, and takes
 * ten seconds. What looks like waiting and is not (a sleep in a script with `echo -n` before it) does no harm: the guest goes on
 * with it after a restore.
 */
export class IdleWatch {
  private printed = false;
  private promptShown = false;
  private since: IdleSample | undefined;

  /** The console has printed something. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.printed = true;
    this.promptShown = bytes[bytes.length - 1] !== 0x0a;
    this.since = undefined;
  }

  /** Looks at the counters, a few times a second. @returns whether the guest waits */
  look(now: IdleSample): boolean {
    if (!this.printed) return false;
    const { since } = this;
    const busy = since !== undefined && now.instructions - since.instructions > IDLE_RATE * Math.max(0.25, now.seconds - since.seconds);
    if (since === undefined || busy) {
      this.since = now;
      return false;
    }
    return now.seconds - since.seconds >= (this.promptShown ? QUIET_PROMPT : QUIET_LINE);
  }
}
