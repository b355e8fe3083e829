/** Runs a bare-metal program on Ulna or on QEMU and gives what it printed, up to its last line, "end". */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cpuOption, MACHINES, type CpuName, type MachineName } from './programs.js';

const ULNA = fileURLToPath(new URL('../../bin/ulna', import.meta.url));
/** A machine with EL3 has nothing that could power it off: the last line ends the run. */
const END = /(^|\n)end\r?\n/;
const LIMIT = 120_000;
const MEMORY = '512M';

export interface Run {
  readonly lines: readonly string[];
  /** Exit status, undefined when the run had to be ended. */
  readonly status: number | undefined;
}

function run(program: string, args: readonly string[], machine: MachineName): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    let ended = false;
    const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT);
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString('latin1');
      if (ended || !END.test(output)) return;
      ended = true;
      if (machine === 'el3' || machine === 'el23') child.kill('SIGTERM');
    });
    child.stderr.on('data', (data: Buffer) => (errors += data.toString('latin1')));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      if (!ended) return reject(new Error(`no end (${String(code ?? signal)}): ${errors}\n${output.slice(-2000)}`));
      const lines = output.replaceAll('\r', '').split('\n');
      const stopped = signal !== null || (code ?? 0) > 128;
      resolve({ lines: lines.slice(0, lines.indexOf('end') + 1), status: stopped ? undefined : (code ?? undefined) });
    });
  });
}

/** @param options more options of `ulna boot` */
export function runOnUlna(
  elf: string, machine: MachineName, cpu: CpuName, options: readonly string[] = [],
): Promise<Run> {
  return run(process.execPath, [
    ULNA, 'boot', '--kernel', elf, '--machine', MACHINES[machine], '--cpu', cpuOption(cpu), '--memory', MEMORY,
    '--timeout', '100',
    ...options,
  ], machine);
}

/** Without performance monitors. */
export function qemuArguments(machine: MachineName, cpu: CpuName): string[] {
  return [
    '-M', MACHINES[machine], '-cpu', `${cpuOption(cpu)},pmu=off`, '-m', MEMORY, '-nographic', '-nic', 'none',
    '-no-reboot', '-monitor', 'none', '-serial', 'stdio',
  ];
}

export function runOnQemu(qemu: string, elf: string, machine: MachineName, cpu: CpuName): Promise<Run> {
  return run(qemu, [...qemuArguments(machine, cpu), '-kernel', elf], machine);
}
