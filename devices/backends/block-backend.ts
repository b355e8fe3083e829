/** Storage behind a block device. Positions and lengths are bytes within [0, bytes]; failures throw. */
export interface BlockBackend {
  readonly bytes: number;
  readonly readOnly: boolean;
  /** Fills `target` from `position`. */
  read(position: number, target: Uint8Array): void;
  write(position: number, source: Uint8Array): void;
  /** Returns once everything written is on stable storage. */
  flush(): void;
  /** The contents of the range no longer matter. */
  discard(position: number, length: number): void;
  writeZeroes(position: number, length: number): void;
  close(): void;
}
