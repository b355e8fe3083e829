/** What is written down of a deterministic run, and how it is given again. */

/** What comes from outside and changes what the guest sees. */
export type MachineInput =
  | { readonly kind: 'bytes'; readonly line: number; readonly bytes: Uint8Array }
  /** The power key is pressed. */
  | { readonly kind: 'powerdown' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'stop' };

/** A place in a run. */
export interface Moment {
  /** Steps of the schedule. */
  readonly step: number;
  /** Instructions executed by all vCPUs. */
  readonly instructions: number;
  /** Virtual time since power-on. */
  readonly nanoseconds: number;
}

export interface Journal {
  readonly replaying: boolean;
  /** When the next recorded input is to be given. */
  readonly next: Moment | undefined;
  /** Recorded inputs that are to be given now. */
  due(now: Moment): readonly MachineInput[];
  /** Writes down an input. */
  input(now: Moment, input: MachineInput): void;
  /** Writes a digest down, or compares it. @returns one line about a difference */
  digest(now: Moment, digest: string): string | undefined;
  /** The machine has come to its end. @returns one line: what was recorded or compared, or, if `differs`, how it is not the same */
  end(now: Moment): { readonly differs: boolean; readonly message: string };
  /** It has come to no end of its own: nothing more is written. */
  close(): void;
}
