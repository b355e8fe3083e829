/** For thread-priority.test.ts: prints the niceness of the main thread, of a worker that yields, and of the others. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { getPriority } from 'node:os';
import { Worker, isMainThread, parentPort } from 'node:worker_threads';
import { makeOthersYield, yieldToOthers } from '../../../dist/runtime/thread-priority.js';

// field 19 of proc_pid_stat(5), counted from behind the program's name
const nicenessOf = (thread) => Number(readFileSync(`/proc/self/task/${thread}/stat`, 'utf8').replace(/.*\) /s, '').split(' ')[16]);

if (isMainThread) {
  makeOthersYield(5);
  const own = readlinkSync('/proc/thread-self').split('/').pop();
  const others = readdirSync('/proc/self/task').filter((thread) => thread !== own).map(nicenessOf);
  new Worker(new URL(import.meta.url)).once('message', (worker) => {
    console.log(JSON.stringify({ main: getPriority(), others: [...new Set(others)], worker }));
  });
} else {
  yieldToOthers(2);
  parentPort.postMessage(getPriority());
}
