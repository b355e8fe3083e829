/** The A64 decode table: every entry, in one order that gives each its id. */
import { Encoding, type EncodingSpec } from '../encoding.js';
import { branchExceptionSystem } from './branch-exception-system.js';
import { crypto } from './crypto.js';
import { dataProcessingImmediate } from './data-processing-immediate.js';
import { dataProcessingRegister } from './data-processing-register.js';
import { loadStoreAtomic } from './load-store-atomic.js';
import { loadStorePairExclusive } from './load-store-pair-exclusive.js';
import { loadStoreSingle } from './load-store-single.js';
import { loadStoreStructure } from './load-store-structure.js';
import { memoryCopyTag } from './memory-copy-tag.js';
import { scalable } from './scalable.js';
import { scalarFloat } from './scalar-float.js';
import { simdImmediateElement } from './simd-immediate-element.js';
import { simdMisc } from './simd-misc.js';
import { simdScalar } from './simd-scalar.js';
import { simdThreeSame } from './simd-three-same.js';

const files: readonly (readonly EncodingSpec[])[] = [
  dataProcessingImmediate,
  branchExceptionSystem,
  dataProcessingRegister,
  loadStoreSingle,
  loadStorePairExclusive,
  loadStoreAtomic,
  loadStoreStructure,
  memoryCopyTag,
  scalarFloat,
  simdThreeSame,
  simdMisc,
  simdImmediateElement,
  simdScalar,
  crypto,
  scalable,
];

/** All entries; `encodings[e.id] === e`. */
export const encodings: readonly Encoding[] = files.flat().map((line, id) => new Encoding(id, line));

const byName = new Map(encodings.map((e) => [e.name, e]));

/** The entry of a name. Throws for a name that is not in the table. */
export function encodingNamed(name: string): Encoding {
  const found = byName.get(name);
  if (!found) throw new Error(`no A64 encoding is named ${name}`);
  return found;
}
