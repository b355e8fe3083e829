import type { CharacterBackend } from './character-backend.js';

/** Drops output, gives no input. */
export class NullBackend implements CharacterBackend {
  readonly ready = true;
  attach(): void {}
  write(): void {}
  resume(): void {}
  async close(): Promise<void> {}
}
