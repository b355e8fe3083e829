import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { buildProgram, programSources, programText } from '../../../guest/programs.js';
import { GROUPS, PROGRAMS, scaledRounds, SUMMARIES } from '../../../perf/suite/programs.js';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'ulna-programs-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the suite', () => {
  it('has every source, in known groups, in the order of the groups', () => {
    const used = PROGRAMS.flatMap((program) => program.build?.source ?? []);
    expect([...new Set(used)].sort()).toEqual(programSources().sort());
    const order = PROGRAMS.map((program) => GROUPS.indexOf(program.group));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(Object.values(SUMMARIES).flat().every((group) => GROUPS.includes(group))).toBe(true);
    for (const program of PROGRAMS.filter((entry) => entry.group === 'jobs')) {
      expect(programText(`${program.name}.sh`)).toMatch(/^#!\/bin\/busybox sh\n/);
    }
  });

  it('has no name that begins with another one', () => {
    const names = PROGRAMS.map((program) => program.name);
    for (const name of names) expect(names.filter((other) => other.startsWith(name))).toEqual([name]);
    for (const name of names) expect(name).toMatch(/^[a-z0-9-]+$/);
  });

  it('fits on the kernel command line as a whole (arm64: 2048 bytes)', () => {
    const plan = PROGRAMS.map((program) => `${program.name}:${scaledRounds(program, 100)}`).join(',');
    expect(plan.length).toBeLessThan(1500);
  });

  it('scales to at least one round', () => {
    const rounds = (scale: number): number => scaledRounds({ name: 'x', group: 'fp', rounds: 30 }, scale);
    expect([rounds(1), rounds(0.5), rounds(1e-9), rounds(3)]).toEqual([30, 15, 1, 90]);
  });
});

describe('programs', () => {
  // qemu-user has no kernel for execve() of a program of another architecture.
  const executes = ['fork-exec', 'compile-mix'];
  const programs = PROGRAMS.filter((program) => program.build !== undefined && !executes.includes(program.name));

  const named = programs.map((program) => [program.name, program] as const);

  it.each(named)('%s checks its answer', async (name, program) => {
    const path = join(folder, name);
    symlinkSync(await buildProgram(program.build!), path);
    const { stdout, stderr } = await run('qemu-aarch64', ['-0', name, path, '2']);
    expect([stdout, stderr]).toEqual([`begin ${name}\nend ${name} ok\n`, '']);
  });

  it('say what was wrong, and end with status 1', async () => {
    const answer = '-DSHA256_ANSWER=1';
    const path = await buildProgram({ source: 'sha256-c', flags: [answer] });
    await expect(run('qemu-aarch64', ['-0', 'sha', path, '3'])).rejects.toMatchObject({
      code: 1, stdout: 'begin sha\nend sha bad round 0 gave 610148b5aec5935d, not 0000000000000001\n',
    });
  });

  it('want a number of rounds', async () => {
    const path = await buildProgram({ source: 'fib' });
    for (const args of [[], ['0'], ['many'], ['1', '2']]) {
      await expect(run('qemu-aarch64', ['-0', 'fib', path, ...args])).rejects.toMatchObject({
        code: 2, stdout: '', stderr: 'usage: fib ROUNDS\n',
      });
    }
  });
});
