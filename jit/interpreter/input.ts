/** Everything core.wasm is made from. */
import { libraryFunctions } from '../a64/semantics/library/index.js';
import type { InterpreterInput } from '../wasm/interpreter-module.js';
import { LAYOUT_HASH } from '../../runtime/layout/memory-layout.js';
import {
  dispatchTree, frequentOperationStart, fusedOperations, hotOperationEnd, operationCount, operations, OPERATIONS_HASH,
} from './operations.js';

/** What core.wasm says it was built for: the shared memory's layout and the numbers of the operations. */
export const CORE_HASH: number = (LAYOUT_HASH ^ OPERATIONS_HASH) >>> 0;

export const interpreterInput: InterpreterInput = {
  operations,
  fused: fusedOperations,
  operationCount,
  hotOperationEnd,
  frequentOperationStart,
  dispatchTree,
  libraryFunctions,
  layoutHash: CORE_HASH,
  maximumPages: 65536,
};
