import { describe, expect, it } from 'vitest';
import { type Marker, parseMarker } from '../../../perf/suite/markers.js';
import { BOOT, type Program } from '../../../perf/suite/programs.js';
import { GuestFailure, RunRecord } from '../../../perf/suite/record.js';

const PROGRAMS: Program[] = [BOOT, ...['a', 'b'].map((name): Program => ({ name, group: 'integer', rounds: 1 }))];
const USERSPACE = 'ULNA-USERSPACE-READY 1';

/** Feeds lines, one a second, and ends the run. */
function record(...lines: string[]): RunRecord {
  const result = new RunRecord(PROGRAMS);
  lines.forEach((line, i) => result.take(parseMarker(line) as Marker, i + 1));
  result.finish();
  return result;
}

describe('the record of a run', () => {
  it('has the seconds of the boot and of each program', () => {
    const { seconds } = record(USERSPACE, 'begin a', 'end a ok', 'begin b', 'end b ok', 'all-done');
    expect([...seconds]).toEqual([['boot', 1], ['a', 1], ['b', 1]]);
  });

  it.each([
    [['begin a', 'end a bad round 3 gave 1, not 2'], 'a: wrong answer: round 3 gave 1, not 2'],
    [['exit a 139'], 'a: ended with status 139'],
    [['begin a', 'Kernel panic - not syncing: Oops'], 'Kernel panic - not syncing: Oops (in a)'],
    [['begin b'], 'b began before a'],
    [['begin a', 'begin a'], 'a began in a'],
    [['begin a', 'end b ok'], 'b ended in a'],
    [['begin a', 'end a ok', 'end a ok'], 'a ended before b'],
    [['begin a', 'end a ok', 'all-done'], 'b was not run'],
    [['begin a', 'end a ok', 'begin b'], 'the machine ended in b'],
    [['begin a', 'end a ok'], 'the machine ended before b'],
    [[], 'the machine ended before a'],
  ])('notices %j', (lines, message) => {
    expect(() => record(USERSPACE, ...lines)).toThrow(new GuestFailure(message));
  });

  it('notices a machine that ends early, or without saying that all is done', () => {
    expect(() => record()).toThrow(new GuestFailure('the machine ended before userspace'));
    expect(() => record(USERSPACE, 'begin a', 'end a ok', 'begin b', 'end b ok')).toThrow(
      new GuestFailure('the machine ended after the last program'),
    );
  });
});
