import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../../perf/suite/options.js';
import { PROGRAMS } from '../../../perf/suite/programs.js';
import { ConfigurationError } from '../../../src/support/errors.js';
import { builtModule } from '../../harness/ulna-process.js';

const names = (...args: string[]): string[] => parseOptions(args).programs.map((program) => program.name);

describe('options of the benchmark', () => {
  it('have defaults', () => {
    expect(parseOptions([])).toMatchObject({
      against: 'qemu', rounds: 3, scale: 1, cpu: 'cortex-a57', ulnaOptions: [], againstOptions: undefined,
      smp: 1, action: 'run',
    });
    const single = PROGRAMS.filter((program) => !program.parallel);
    expect(names()).toEqual(single.filter((program) => !program.packages).map((program) => program.name));
    expect(names('--with-packages')).toEqual(single.map((program) => program.name));
    expect(names('--with-packages', '--smp', '2')).toEqual(PROGRAMS.map((program) => program.name));
  });

  it('choose by name, group and pattern, in the order of the suite', () => {
    expect(names('--only', 'sort')).toEqual(['sort']);
    expect(names('--only', 'futex,sort,sort')).toEqual(['sort', 'futex']);
    expect(names('--only', 'calls')).toEqual(['fib', 'ackermann', 'call-table', 'virtual-calls']);
    expect(names('--only', 'crc32-*,chase*')).toEqual(['crc32-table', 'crc32-instructions', 'chase-256k', 'chase-64m']);
    expect(names('--only', 'python', '--with-packages')).toEqual(['python']);
    expect(names('--only', 'parallel', '--smp', '4')).toEqual([
      'parallel-sort', 'ring-threads', 'ring-processes', 'ping-pong', 'contention', 'counters', 'compile-mix',
    ]);
    expect(names('--only', '*').length).toBe(names().length);
  });

  it('give further options of the engines as words', () => {
    const { ulnaOptions } = parseOptions(['--ulna-options', ' --jit=off  --without x ']);
    expect(ulnaOptions).toEqual(['--jit=off', '--without', 'x']);
    expect(parseOptions(['--ulna-options=--jit=off']).ulnaOptions).toEqual(['--jit=off']);
    expect(parseOptions(['--against-options', '']).againstOptions).toEqual([]);
    expect(() => parseOptions(['--ulna-options'])).toThrow(ConfigurationError);
  });

  it.each([
    [['--rounds', '0'], '--rounds takes a positive whole number, not "0"'],
    [['--rounds', '1.5'], '--rounds takes a positive whole number, not "1.5"'],
    [['--scale', 'x'], '--scale takes a positive number, not "x"'],
    [['--scale', ''], '--scale takes a positive number, not ""'],
    [['--timeout', 'Infinity'], '--timeout takes a positive number, not "Infinity"'],
    [['--only', 'sort,no'], '--only: no program or group is called no (see --list)'],
    [['--only', 's.rt'], '--only: no program or group is called s.rt (see --list)'],
    [['--only', 'python'], 'python needs --with-packages'],
    [['--only', 'sort,counters'], 'counters needs --smp 2 or more'],
    [['--smp', '0'], '--smp takes a positive whole number, not "0"'],
    [['--against', 'none', '--against-options', 'x'], '--against-options has no engine to go to with --against none'],
  ])('%j are refused', (args, message) => {
    expect(() => parseOptions(args)).toThrow(new ConfigurationError(message));
  });

  it('that do not exist are refused in one line', () => {
    for (const args of [['--no-such'], ['word'], ['--only']]) {
      expect(() => parseOptions(args)).toThrow(ConfigurationError);
      expect(() => parseOptions(args)).toThrow(/^.+$/);
    }
  });

  it('of the built program: status 2 and one line for a wrong one, a list, help', () => {
    const bench = builtModule('perf/bench');
    const run = (...args: string[]) => spawnSync(process.execPath, [bench, ...args], { encoding: 'utf8' });
    const wrong = run('--rounds', 'many');
    expect([wrong.status, wrong.stderr]).toEqual([2, 'bench: --rounds takes a positive whole number, not "many"\n']);
    const absent = run('--against', '/nowhere/at/all', '--only', 'boot');
    expect([absent.status, absent.stderr]).toEqual([2, 'bench: /nowhere/at/all is no checkout of Ulna: no bin/ulna\n']);
    expect(run('--list', '--only', 'boot,pipe', '--scale', '0.5')).toMatchObject({
      status: 0, stdout: 'program  group   rounds\nboot     boot         -\npipe     system      15\n',
    });
    expect(run('--help').stdout).toContain('--against WHAT');
  });
});
