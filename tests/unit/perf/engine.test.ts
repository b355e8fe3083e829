import { describe, expect, it } from 'vitest';
import { CHECKOUT } from '../../../perf/checkout.js';
import { countersFrom, enginesFor } from '../../../perf/suite/engine.js';
import { parseOptions } from '../../../perf/suite/options.js';
import { BOOT, type Program } from '../../../perf/suite/programs.js';

const PROGRAMS: Program[] = [BOOT, { name: 'a', group: 'fp', rounds: 1 }, { name: 'b', group: 'fp', rounds: 1 }];
const GUEST = { kernel: 'K', initrd: 'I', release: '', append: 'A' };
const commands = (...args: string[]) =>
  enginesFor(parseOptions(args), '/tmp').map((engine) => [engine.name, engine.run(GUEST, PROGRAMS)] as const);

describe('engines', () => {
  it('are Ulna and QEMU with the same guest, CPU and memory', () => {
    const [[ulna, own], [qemu, other]] = commands('--cpu', 'max', '--memory', '512M', '--ulna-options', '--jit off');
    expect([ulna, qemu]).toEqual(['Ulna', 'QEMU']);
    expect(own.args.slice(1)).toEqual([
      'boot', '--kernel', 'K', '--initrd', 'I', '--append', 'A', '--cpu', 'max', '--memory', '512M', '--no-reboot',
      '--stats', '/tmp/Ulna.json', '--mark', 'ULNA-USERSPACE-READY', '--mark', 'begin a', '--mark', 'end a',
      '--mark', 'begin b', '--mark', 'end b', '--jit', 'off',
    ]);
    expect(other.command).toBe('qemu-system-aarch64');
    const text = other.args.join(' ');
    for (const part of ['-cpu max', '-m 512M', '-kernel K', '-initrd I', '-append A', '-no-reboot']) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('--jit');
    expect(text).toContain('-smp 1 -nographic');
  });

  it('have several CPUs both', () => {
    const [[, own], [, other]] = commands('--smp', '4').map(([name, run]) => [name, run.args.join(' ')]);
    expect(own).toContain(' --smp 4 ');
    expect(other).toContain(' -smp 4 -accel tcg,thread=multi ');
  });

  it('may be one, or two Ulnas with options of their own', () => {
    expect(commands('--against', 'none').map(([name]) => name)).toEqual(['Ulna']);
    const [[, own], [name, other]] = commands('--against', CHECKOUT, '--ulna-options', '-x');
    expect(name).toBe('other');
    expect([own.args.at(-1), other.args.at(-1)]).toEqual(['-x', '-x']);
    expect(own.args).toContain('/tmp/Ulna.json');
    expect(other.args).toContain('/tmp/other.json');
    const [[, first], [, second]] = commands('--against', CHECKOUT, '--ulna-options', '-x', '--against-options', '');
    expect([first.args.at(-1), second.args.at(-1)]).toEqual(['-x', 'end b']);
  });

  it('count instructions between the marks of each program', () => {
    const mark = (text: string, instructions: number | null) => ({ text, instructions });
    const marks = [
      mark('ULNA-USERSPACE-READY', 10), mark('begin a', 15), mark('end a', 25), mark('begin b', 30),
      mark('end b', null),
    ];
    expect(countersFrom({ instructions: 99, marks }, PROGRAMS)).toEqual({
      instructions: 99, byProgram: { boot: 10, a: 10 },
    });
  });
});
