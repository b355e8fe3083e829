/** Console input and monitor commands recorded and replayed; recordings that cannot be replayed. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UlnaProcess } from '../harness/ulna-process.js';
import { bareProgram } from '../boot/bare.js';
import { entries, MATCHED, recordingFolder, run } from './recording.js';

const folder = recordingFolder();
afterAll(() => folder.remove());
const [CTRL_A, RETURN] = ['\x01', '\r'];
let options: string[];

/**
 * Prints the count of the turns that it has waited, and of the virtual timer, with each character; ends at a dot. So what it prints
 * tells when a character came.
 */
const ECHO = `
  print "ready\\n"
  mov x20, #0
1:add x20, x20, #1
  ldr w1, [x15, #0x18]
  tbnz w1, #4, 1b
  ldr w21, [x15]
  mov x0, x20
  bl putx
  mrs x0, cntvct_el0
  bl putx
  mov x15, #0x09000000
  and w21, w21, #0xff
  str w21, [x15]
  cmp w21, #'.'
  b.ne 1b`;

async function record(file: string, drive: (run: UlnaProcess) => Promise<void>): Promise<UlnaProcess> {
  const child = new UlnaProcess([
    'boot', '--cpu', 'cortex-a57', '--memory', '128M', '--timeout', '100', ...options, '--record', file,
  ]);
  await child.printed(/ready/);
  await drive(child);
  await child.finished;
  return child;
}

/** Writes a recording whose checksum is right. */
function rewrite(from: string, to: string, change: (text: string) => string): void {
  const lines = readFileSync(from, 'latin1').trimEnd().split('\n').slice(0, -1);
  const text = change(`${lines.join('\n')}\n`);
  writeFileSync(to, `${text}${JSON.stringify({ sha256: createHash('sha256').update(text, 'latin1').digest('hex') })}\n`, 'latin1');
}

beforeAll(async () => {
  options = ['--kernel', (await bareProgram(ECHO, 0x4100_0000)).elf, '--digest-interval', '50M'];
});

describe('console input', () => {
  it('comes at the same instruction in every replay', async () => {
    const file = folder.path('keys');
    const recorded = await record(file, async (child) => {
      await child.ask('a', /a/);
      await child.ask('bc', /c$/);
      child.type('.');
    });
    expect(entries(file).filter((line) => line.includes('"input"')).length).toBeGreaterThanOrEqual(3);
    const outputs = await Promise.all(['on', 'off', 'strict'].map(async (mode) => {
      const replayed = await run(...options, '--replay', file, '--jit', mode);
      expect(replayed.errors).toMatch(MATCHED);
      return replayed.output;
    }));
    expect(outputs).toEqual([recorded.output, recorded.output, recorded.output]);
  });

  it('is not taken from who watches a replay', async () => {
    const file = folder.path('watched');
    await record(file, async (child) => child.type('.'));
    const child = new UlnaProcess(['boot', '--cpu', 'cortex-a57', '--memory', '128M', ...options, '--replay', file]);
    child.type(`zz${CTRL_A}csystem_reset${RETURN}`);
    const { errors, status } = await child.finished;
    expect([status, errors]).toEqual([0, expect.stringMatching(MATCHED) as string]);
    expect(child.output).not.toContain('zz');
  });

  it('includes resets by the monitor, and looks do not matter', async () => {
    const file = folder.path('reset');
    const recorded = await record(file, async (child) => {
      const registers = await child.ask(`${CTRL_A}cinfo registers${RETURN}`, /X30[\s\S]*\(ulna\)/);
      expect(registers).toContain('PC');
      await child.ask(`system_reset${RETURN}`, /ready/);
      child.type(`${CTRL_A}c`);
      await child.ask('x', /x/);
      child.type('.');
    });
    expect(entries(file).join('\n')).toContain('"reset"');
    const replayed = await run(...options, '--replay', file);
    expect(replayed.errors).toMatch(MATCHED);
    expect(replayed.output.match(/ready/g)).toHaveLength(2);
    expect(recorded.output).toContain(replayed.output.slice(-40));
  });

  it('a run that was quit is replayed up to there', async () => {
    const file = folder.path('quit');
    await record(file, async (child) => {
      await child.ask('q', /q/);
      child.type(`${CTRL_A}x`);
    });
    const replayed = await run(...options, '--replay', file);
    expect(replayed.errors).toMatch(MATCHED);
    expect(replayed.status).toBe(0);
  });
});

describe('a replay', () => {
  it('that is ended by who watches it is no different one', async () => {
    const file = folder.path('long');
    await record(file, async (child) => {
      await new Promise((resolve) => setTimeout(resolve, 3000));
      child.type('.');
    });
    const child = new UlnaProcess(['boot', '--cpu', 'cortex-a57', '--memory', '128M', ...options, '--replay', file]);
    await child.printed(/ready/);
    child.type(`${CTRL_A}x`);
    const { errors, status } = await child.finished;
    expect([status, errors]).toEqual([0, expect.stringMatching(/^ulna: replay: ended at instruction \d+, before the recording/) as string]);
  });
});

describe('a recording', () => {
  const good = (): string => folder.path('good');
  const replay = async (file: string, ...more: string[]): Promise<string> => {
    const { errors, status } = await run(...options, '--replay', file, ...more);
    return `${status} ${errors.trim()}`;
  };

  it('is refused unless it is whole and of this machine, in one line', async () => {
    await record(good(), async (child) => child.type('.'));
    const bytes = readFileSync(good());
    const damaged = (name: string, content: Uint8Array | string): string => {
      writeFileSync(folder.path(name), content);
      return folder.path(name);
    };
    const flipped = Buffer.from(bytes);
    flipped[bytes.length >> 1] ^= 1;
    const cases: readonly [file: string, more: string[], said: RegExp][] = [
      [folder.path('nothing'), [], /^2 ulna: --replay \S*nothing: does not exist$/],
      [damaged('empty', ''), [], /^2 ulna: --replay \S*empty: is no recording$/],
      [damaged('other', 'some text\n'), [], /^2 ulna: --replay \S*other: is no recording$/],
      [damaged('short', bytes.subarray(0, bytes.length - 100)), [], /^2 ulna: --replay \S*short: is not complete/],
      [damaged('head', bytes.subarray(0, 50)), [], /^2 ulna: --replay \S*head: is (damaged|not complete)/],
      [damaged('flipped', flipped), [], /^2 ulna: --replay \S*flipped: is damaged$/],
      [good(), ['--memory', '256M'], /^2 ulna: --replay \S*good: recorded with another --memory$/],
      [good(), ['--smp', '2', '--seed', 's'], /^2 ulna: --replay \S*good: recorded with another --smp, --seed$/],
    ];
    rewrite(good(), folder.path('version'), (text) => text.replace('"version":1', '"version":9'));
    rewrite(good(), folder.path('wrong'), (text) => text.replace(/\{"step":\d+/, '{"step":"x"'));
    const all = [
      ...cases,
      [folder.path('version'), [], /^2 ulna: --replay \S*version: has version 9 of the format; this is for 1$/],
      [folder.path('wrong'), [], /^2 ulna: --replay \S*wrong: is damaged$/],
    ] as const;
    for (const [file, more, said] of all) expect(await replay(file, ...more)).toMatch(said);
  });

  it('that says something else than what happens ends the replay with status 1 and where that is', async () => {
    rewrite(good(), folder.path('digest'), (text) => text.replace(/"digest":"."/, '"digest":"-"').replace(/"digest":"./, '"digest":"-'));
    expect(await replay(folder.path('digest'))).toMatch(/^1 ulna: the replay is different at instruction \d+$/);
    rewrite(good(), folder.path('end'), (text) => text.replace(/("end":\{"step":\d+,"instructions":)(\d+)/, '$11$2'));
    expect(await replay(folder.path('end'))).toMatch(/^1 ulna: the replay ends at instruction \d+, the recording at \d+$/);
  });

  it('that cannot be written is said in one line', async () => {
    for (const file of ['/nowhere/at/all', '/dev/full']) {
      const { errors, status } = await run(...options, '--record', file);
      expect([status, errors.trim().split('\n')]).toEqual([2, [expect.stringMatching(`^ulna: --record ${file}: `)]]);
    }
  });
});
