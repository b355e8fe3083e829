/** Everything core.wasm is made from. */
import { libraryFunctions } from '../a64/semantics/library/index.js';
import type { InterpreterInput } from '../wasm/interpreter-module.js';
import { LAYOUT_HASH } from '../../runtime/layout/memory-layout.js';
import {
  dispatchTree, frequentOperationStart, fusedOperations, hotOperationEnd, operationCount, operations, OPERATIONS_HASH,
} from './operations.js';

export const interpreterInput: InterpreterInput = {
  operations,
  fused: fusedOperations,
  operationCount,
  hotOperationEnd,
  frequentOperationStart,
  dispatchTree,
  libraryFunctions,
  // CORE_HASH
  layoutHash: (LAYOUT_HASH ^ OPERATIONS_HASH) >>> 0,
  maximumPages: 65536,
};
