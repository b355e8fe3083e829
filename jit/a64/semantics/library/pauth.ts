/** Pointer authentication codes of the architected algorithms, which TypeScript computes. */
import { ComputeId } from '../../../emitter/compute.js';
import type { LibraryFunction } from '../../../emitter/library-function.js';

/** (data, modifier, key low, key high) to the code. */
export const architectedPac: LibraryFunction = {
  name: 'architectedPac',
  parameters: ['i64', 'i64', 'i64', 'i64'],
  result: 'i64',
  emit(e, ...parameters) {
    parameters.forEach((p, i) => e.setField64('scratch', p, i));
    e.compute(ComputeId.pointerAuthenticationCode);
    return e.field64('scratch', 0);
  },
};

export const pauthLibrary: readonly LibraryFunction[] = [architectedPac];
