/** Runs a suite's guest once on one engine, with a stopwatch at its console. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Guest } from '../../guest/index.js';
import { ConfigurationError } from '../../src/support/errors.js';
import type { Engine, EngineCounters } from './engine.js';
import { MarkerReader } from './markers.js';
import type { Program } from './programs.js';
import { GuestFailure, RunRecord } from './record.js';

export interface RunResult {
  /** Host seconds by program. */
  readonly seconds: ReadonlyMap<string, number>;
  /** Host seconds from the start of the process to its end. */
  readonly total: number;
  readonly counters: EngineCounters | undefined;
  /** Largest resident size of the process, bytes, at the end of the boot and after the last program (Linux hosts). */
  readonly peakResident: { readonly boot: number | undefined; readonly all: number | undefined };
}

/** How much of what a failing engine wrote is shown. */
const TAIL = 300;
/** An engine that does not end when it is asked to is killed after so many milliseconds. */
const GRACE = 3000;

/** VmHWM of /proc/PID/status (proc_pid_status(5)), bytes. */
function peakResident(pid: number | undefined): number | undefined {
  try {
    const match = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return match === null ? undefined : Number(match[1]) * 1024;
  } catch {
    return undefined;
  }
}

/** Processes to end with this one. */
const running = new Set<ChildProcess>();

/** Ends what is running still; for signals. */
export function stopEngines(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** The end of a text as one line. */
const lastWords = (text: string): string => text.slice(-TAIL).trim().split(/[\r\n]+/).slice(-3).join(' | ');

/**
 * @param timeout seconds of silence after which the guest is taken to hang
 * @throws GuestFailure in one line: a panic, a hang, a wrong answer, an engine that ends early
 */
export function runGuest(
  engine: Engine,
  guest: Guest,
  programs: readonly Program[],
  timeout: number,
): Promise<RunResult> {
  const { command, args } = engine.run(guest, programs);
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const since = (): number => (performance.now() - start) / 1000;
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    const reader = new MarkerReader();
    const record = new RunRecord(programs);
    const peak: { boot: number | undefined; all: number | undefined } = { boot: undefined, all: undefined };
    let failure: Error | undefined;
    let output = '';
    let errors = '';
    let kill: NodeJS.Timeout | undefined;
    const fail = (error: Error): void => {
      if (failure !== undefined) return;
      failure = error;
      clearTimeout(silence);
      child.kill('SIGTERM');
      kill = setTimeout(() => child.kill('SIGKILL'), GRACE);
    };
    const silence = setTimeout(
      () => fail(new GuestFailure(`silent for ${timeout} s ${record.place}; last: ${lastWords(output) || 'nothing'}`)),
      timeout * 1000,
    );
    const take = (chunk: string, time: number): void => {
      for (const marker of reader.push(chunk)) {
        if (marker.kind === 'userspace') peak.boot = peakResident(child.pid);
        if (marker.kind === 'done') peak.all = peakResident(child.pid);
        record.take(marker, time);
      }
    };
    child.stdout.setEncoding('latin1');
    child.stderr.setEncoding('utf8');
    child.stdout.on('data', (chunk: string) => {
      const time = since();
      if (failure !== undefined) return;
      silence.refresh();
      output = (output + chunk).slice(-TAIL);
      try {
        take(chunk, time);
      } catch (error) {
        fail(error as Error);
      }
    });
    child.stderr.on('data', (chunk: string) => (errors = (errors + chunk).slice(-TAIL)));
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(silence);
      running.delete(child);
      reject(error.code === 'ENOENT' ? new ConfigurationError(`${command} is not installed on this machine`) : error);
    });
    child.on('close', (status, signal) => {
      const total = since();
      clearTimeout(silence);
      clearTimeout(kill);
      running.delete(child);
      try {
        if (failure !== undefined) throw failure;
        if (status !== 0) {
          const how = status === null ? `signal ${signal}` : `status ${status}`;
          throw new GuestFailure(`ended with ${how} ${record.place}: ${lastWords(errors) || lastWords(output)}`);
        }
        record.finish();
        resolve({ seconds: record.seconds, total, counters: engine.counters(programs), peakResident: peak });
      } catch (error) {
        reject(error as Error);
      }
    });
  });
}
