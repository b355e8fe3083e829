/** A wrong answer, a missing one and an early end are noticed. */
import { describe, expect, it } from 'vitest';
import { BEGIN, END, Transcript } from './transcript.js';
import { judge, type Testimony, type Witness } from './witness.js';
import { opensslSpeed } from './witnesses/openssl-speed.js';
import { WITNESSES } from './witnesses/index.js';
import { stress } from './witnesses/stress.js';

const witness: Witness = { name: 'one', packages: [], script: '', expected: ['first', 'second'] };
const said = (lines: readonly string[], status: number | undefined = 0): Testimony => ({ lines, status, seconds: 1 });

/** What a console's text holds, given in pieces. */
function testimonies(...pieces: readonly string[]): ReadonlyMap<string, Testimony> {
  let time = 0;
  const transcript = new Transcript(() => time++, () => undefined);
  for (const piece of pieces) transcript.push(piece);
  transcript.close();
  return transcript.testimonies;
}

describe('a console', () => {
  it('is taken apart, however it is cut', () => {
    const text = `boot\r\n${BEGIN} one\r\nfirst\r\nsecond\r\n${END} one 0\r\n${BEGIN} two\r\n${END} two 3\r\n`;
    const whole = testimonies(text);
    expect([...whole]).toMatchObject([
      ['one', { lines: ['first', 'second'], status: 0, seconds: 1 }], ['two', { lines: [], status: 3 }],
    ]);
    expect(testimonies(...text)).toEqual(whole);
  });

  it('that ends early leaves a witness without status', () => {
    expect(testimonies(`${BEGIN} one\nfirst\n`).get('one')).toMatchObject({ lines: ['first'], status: undefined });
    expect(testimonies('nothing').size).toBe(0);
  });
});

describe('a witness', () => {
  it('is believed when it says what is expected and what QEMU had it say', () => {
    expect(judge(witness, said(['first', 'more', 'second']))).toEqual([]);
    const reference = said(['first', 'second', '~in 3 s']);
    expect(judge(witness, said(['first', '~in 20 s', 'second']), reference)).toEqual([]);
  });

  it.each([
    [said(['first']), 'did not print "second"'],
    [said(['second', 'first']), 'did not print "second"'],
    [said(['first', 'second'], 1), 'ended with status 1'],
    [{ lines: ['first', 'second'], status: undefined, seconds: 0 }, 'did not come to its end'],
  ])('is not when %j', (testimony, problem) => {
    expect(judge(witness, testimony)).toEqual([problem]);
  });

  it.each([
    [['first', 'second', 'third'], 'line 3: "third"; under QEMU no more lines'],
    [['first', 'other', 'second'], 'line 2: "other"; under QEMU "second"'],
  ])('is not when it says %j, unlike under QEMU', (lines, problem) => {
    expect(judge(witness, said(lines), said(['first', 'second']))).toEqual([problem]);
  });

  it('of speed is not when its rates are not those of its counts', () => {
    const lines = (rate: number): string[] => [
      '~speed sha256', '~+DT:sha256:1:1024', '~+R:16996:sha256:0.620000', `~+F:25:sha256:${rate}`,
    ];
    const about = (rate: number): string[] =>
      opensslSpeed.check!(lines(rate)).filter((problem) => problem.startsWith('speed sha256:'));
    expect(about(28_070_812.9)).toEqual([]);
    expect(about(29_070_812.9)).toEqual(['speed sha256: 16996 blocks in 0.62 s are not 29070812.9 bytes a second']);
  });

  it('of stress is not when a stressor fails, does nothing or has the kernel complain', () => {
    const lines = (passed: string, count: number, ...more: readonly string[]): string[] => [
      `~mutex: stress-ng: metrc: [88] mutex             ${count}      5.00      0.63     15.89    161871.86       48990.62`,
      `~mutex: stress-ng: info:  [88] passed: ${passed}`, 'mutex 0', ...more,
    ];
    const about = (...all: Parameters<typeof lines>): string[] =>
      stress.check!(lines(...all)).filter((problem) => /mutex|kernel/.test(problem));
    expect(about('4: mutex (4)', 809360)).toEqual([]);
    expect(about('4: mutex (4)', 0)).toEqual(['mutex did nothing']);
    expect(about('0', 7)).toEqual(['stress-ng does not say that mutex passed']);
    const failure = 'stress-ng: fail:  [90] mutex: wrong owner';
    expect(about('4: mutex (4)', 7, `~mutex: ${failure}`)).toEqual([`stress-ng says mutex: ${failure}`]);
    const stall = 'rcu: INFO: rcu_preempt self-detected stall on CPU';
    expect(about('4: mutex (4)', 7, `~log ${stall}`)).toEqual([`the kernel logged "${stall}"`]);
  });

  it('has a name of its own', () => {
    expect(new Set(WITNESSES.map(({ name }) => name)).size).toBe(WITNESSES.length);
  });
});
