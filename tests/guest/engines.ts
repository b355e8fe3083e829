/** Runs a bare-metal program on Ulna or on QEMU and gives what it printed, up to its last line, "end". */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cpuOption, MACHINES, type CpuName, type MachineName, type Program } from './programs.js';

export const ULNA = fileURLToPath(new URL('../../bin/ulna', import.meta.url));
/** A machine with EL3 has nothing that could power it off: the last line ends the run. */
const END = /(^|\n)end\r?\n/;
const LIMIT = 120_000;
const MEMORY = '512M';

export interface Run {
  readonly lines: readonly string[];
  /** Exit status, undefined when the run had to be ended. */
  readonly status: number | undefined;
}

/** Runs a program to its line "end". @param limit milliseconds */
export function runToEnd(
  program: string, args: readonly string[], machine: MachineName, limit = LIMIT,
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    let ended = false;
    const timer = setTimeout(() => child.kill('SIGKILL'), limit);
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString('latin1');
      if (ended || !END.test(output)) return;
      ended = true;
      if (machine === 'el3' || machine === 'el23') child.kill('SIGTERM');
    });
    child.stderr.on('data', (data: Buffer) => (errors += data.toString('latin1')));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (!ended) return reject(new Error(`no end (${String(code ?? signal)}): ${errors}\n${output.slice(-2000)}`));
      const lines = output.replaceAll('\r', '').split('\n');
      const stopped = signal !== null || (code ?? 0) > 128;
      resolve({ lines: lines.slice(0, lines.indexOf('end') + 1), status: stopped ? undefined : (code ?? undefined) });
    });
  });
}

/** What a program needs of its machine. */
export type Needs = Pick<Program, 'pes' | 'resets'>;

/** @param options more options of `ulna boot` */
export function runOnUlna(
  elf: string, machine: MachineName, cpu: CpuName, options: readonly string[] = [], needs: Needs = {},
): Promise<Run> {
  return runToEnd(process.execPath, [
    ULNA, 'boot', '--kernel', elf, '--machine', MACHINES[machine], '--cpu', cpuOption(cpu), '--memory', MEMORY,
    '--timeout', '100',
    ...(needs.pes === undefined ? [] : ['--smp', String(needs.pes)]),
    ...options,
  ], machine);
}

/** Without performance monitors; several PEs on a thread each. */
export function qemuArguments(machine: MachineName, cpu: CpuName, needs: Needs = {}): string[] {
  return [
    '-M', MACHINES[machine], '-cpu', `${cpuOption(cpu)},pmu=off`,
    ...(needs.pes === undefined ? [] : ['-smp', String(needs.pes), '-accel', 'tcg,thread=multi']),
    '-m', MEMORY, '-nographic', '-nic', 'none', ...(needs.resets === true ? [] : ['-no-reboot']),
    '-monitor', 'none', '-serial', 'stdio',
  ];
}

export function runOnQemu(
  qemu: string, elf: string, machine: MachineName, cpu: CpuName, needs: Needs = {},
): Promise<Run> {
  return runToEnd(qemu, [...qemuArguments(machine, cpu, needs), '-kernel', elf], machine);
}
