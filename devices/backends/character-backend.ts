/** Where a backend delivers what comes from outside. */
export interface CharacterSink {
  /** Takes bytes for the guest; false asks the source to pause until `resume` is called on the backend. */
  input(bytes: Uint8Array): boolean;
  /** The backend can take output again. */
  writable(): void;
}

/** The outside end of a serial line, on the servicing thread's event loop. */
export interface CharacterBackend {
  /** Called once, before anything else. */
  attach(sink: CharacterSink): void;
  /** True while `write` may be called. Where nobody listens, output is dropped and this stays true. */
  readonly ready: boolean;
  /** Takes all of `bytes`, which the backend may keep. */
  write(bytes: Uint8Array): void;
  /** Delivers input again after a pause. */
  resume(): void;
  /** Resolves when everything written has left the process or can no longer do so; frees the resources. */
  close(): Promise<void>;
}
