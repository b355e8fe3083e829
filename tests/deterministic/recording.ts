/** Records runs of the built program, replays them, and reads what was recorded. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Finished, runUlna } from '../harness/ulna-process.js';

/** A folder for a test file's recordings; `remove` takes it away. */
export function recordingFolder(): { path(name: string): string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'ulna-recording-'));
  return { path: (name) => join(folder, name), remove: () => rmSync(folder, { recursive: true }) };
}

/** The lines between the first, which describes the machine, and the checksum. */
export function entries(path: string): string[] {
  return readFileSync(path, 'latin1').trimEnd().split('\n').slice(1, -1);
}

/** Runs a guest to its end. */
export function run(...options: readonly string[]): Promise<Finished> {
  return runUlna(['boot', '--cpu', 'cortex-a57', '--memory', '128M', '--timeout', '100', ...options]);
}

/** What a replay says at its end when all was as it was recorded. */
export const MATCHED = /^ulna: replay: (\d+) digests matched up to instruction \d+$/m;
