import { LAYOUT_HASH } from '../../runtime/layout/memory-layout.js';
import { OPERATIONS_HASH } from './operation-table.js';

/** What core.wasm must say it was built for: the shared memory's layout and the numbers of the operations. */
export const CORE_HASH: number = (LAYOUT_HASH ^ OPERATIONS_HASH) >>> 0;
