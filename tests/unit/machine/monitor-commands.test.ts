/** What the monitor's commands ask of a machine; what they print is tested with a machine that runs (tests/boot/process.test.ts). */
import { describe, expect, it } from 'vitest';
import { resolveMachineConfig, type MachineOptions } from '../../../src/config/machine-config.js';
import type { Board } from '../../../src/machine/board.js';
import { MonitorCommands } from '../../../src/machine/monitor-commands.js';

function monitor(options: MachineOptions = {}): { run: (command: string) => Promise<string>; asked: string[] } {
  const asked: string[] = [];
  const commands = new MonitorCommands({
    board: { parameters: { cpus: 2 } } as Board,
    config: resolveMachineConfig(options),
    whileStopped: (body) => Promise.resolve(body()),
    press: (kind) => `${asked.push(kind)}`,
    saveSnapshot: async (path) => void asked.push(`save ${path}`),
    restoreSnapshot: async (path) => void asked.push(`restore ${path}`),
  });
  return { run: (command) => commands.run(command), asked };
}

describe('the monitor', () => {
  it('chooses a CPU of those that there are', async () => {
    const { run } = monitor();
    expect(await run('info cpus')).toBe('* CPU #0\n  CPU #1');
    expect(await run(' cpu  1 ')).toBe('');
    expect(await run('info cpus')).toBe('  CPU #0\n* CPU #1');
    for (const wrong of ['2', '-1', '1.5', 'x']) expect(await run(`cpu ${wrong}`)).toBe(`invalid CPU index '${wrong}'; there are 0 to 1`);
    expect(await run('info cpus')).toBe('  CPU #0\n* CPU #1');
  });

  it('takes the rest of the line as the name of a snapshot', async () => {
    const { run, asked } = monitor();
    expect(await run('  snapshot save  a file  of mine ')).toBe('');
    expect(await run('snapshot restore b')).toBe('');
    expect(asked).toEqual(['save a file  of mine', 'restore b']);
    expect(await run('snapshot save')).toMatch(/^unknown command/);
  });

  it('keeps no snapshot of a deterministic machine', async () => {
    const { run, asked } = monitor({ deterministic: true });
    for (const what of ['save', 'restore']) expect(await run(`snapshot ${what} a`)).toMatch(/^snapshot: not with --deterministic/);
    expect(asked).toEqual([]);
  });

  it('presses what is asked for', async () => {
    const { run, asked } = monitor();
    expect([await run('system_reset'), await run('system_powerdown')]).toEqual(['1', '2']);
    expect(asked).toEqual(['reset', 'powerdown']);
  });
});
