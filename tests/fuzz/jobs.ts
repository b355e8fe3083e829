/** Shares a run among processes: the batches of one seed go round, so that together they are the same as of one. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ConfigurationError } from '../../src/support/errors.js';
import { jobArguments, type FuzzOptions } from './options.js';
import { mergeJobs, readStatistics, type Statistics } from './statistics.js';

const PROGRAM = fileURLToPath(new URL('./run.mjs', import.meta.url));

/** Runs `options.jobs` processes to their end; their lines come with their number before them. */
export async function runJobs(options: FuzzOptions): Promise<Statistics> {
  const folder = mkdtempSync(join(tmpdir(), 'ulna-fuzz-jobs-'));
  try {
    const files = Array.from({ length: options.jobs }, (_, job) => join(folder, `${job}.json`));
    await Promise.all(files.map((file, job) => runJob(jobArguments(options, job, file), job)));
    const missing = files.findIndex((file) => !existsSync(file));
    if (missing >= 0) throw new ConfigurationError(`no statistics of process ${missing} of the run: it ended early`);
    return mergeJobs(files.map(readStatistics));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runJob(args: readonly string[], job: number): Promise<void> {
  const child = spawn(process.execPath, [...process.execArgv, PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface(child.stdout).on('line', (line) => console.log(`[${job}] ${line}`));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve());
  });
}
