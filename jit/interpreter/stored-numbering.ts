/** The numbers that operations.ts gives when Ulna is built, for those who use them when it runs. */
import { fileURLToPath } from 'node:url';

/** The file `operations.json`. */
export interface StoredNumbering {
  /** See OPERATIONS_HASH. */
  readonly hash: number;
  /** EncodingOperations.base by encoding id; -1 where there are no semantics. */
  readonly bases: readonly number[];
  /** Operation number by EncodingOperations.base + combination. */
  readonly numbers: readonly number[];
  /** One more than the highest operation number. */
  readonly end: number;
  /** Fused operations: number, and the numbers of the parts. */
  readonly fused: readonly (readonly number[])[];
}

/** Path of the file: beside the compiled form of this one, also when this one runs uncompiled. */
export const NUMBERING_FILE = fileURLToPath(new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/jit/interpreter/operations.json' : './operations.json', import.meta.url,
));
