/** What runs cases. A new engine (a translator) is one more of these and a line in the table of engines.ts. */
import type { Batch, BatchResult } from './batch.js';

export interface FuzzEngine {
  /** Name in reports. */
  readonly name: string;
  /** Version and how it was started, for the corpus. */
  readonly version: string;
  /** Starts on a batch; the batch may not change until the result is there. */
  run(batch: Batch): Promise<BatchResult>;
  close(): void;
}
