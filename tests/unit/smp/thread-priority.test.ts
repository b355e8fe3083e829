import { spawnSync } from 'node:child_process';
import { getPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { builtModule } from '../../harness/ulna-process.js';

const SCRIPT = fileURLToPath(new URL('./thread-priority.mjs', import.meta.url));

it.each([0, 10, 17])('threads yield to the others of a process that is started %i below its parent', (nice) => {
  builtModule('runtime/thread-priority');
  const run = spawnSync('nice', ['-n', String(nice), process.execPath, SCRIPT], { encoding: 'utf8' });
  const main = Math.min(getPriority() + nice, 19);
  expect(JSON.parse(run.stdout)).toEqual({ main, others: [Math.min(main + 5, 19)], worker: Math.min(main + 2, 19) });
});
