import type { InstallableModule } from './region-store.js';

/** Branches to an instruction until its translation is asked for. */
export const HOT = 500;

/** Where translated code comes from. */
export interface Translations {
  /** Asks for the region that starts `offset` bytes into a page of the RAM area; never waits. */
  request(ramPage: number, offset: number): void;
  /** What has been finished since the last call. */
  finished(): readonly InstallableModule[];
}
