/**
 * Records the golden output again: node tests/guest/record.mjs [PROGRAM|all] [QEMU]
 * Without PROGRAM every program; QEMU is qemu-system-aarch64 where it is left out.
 */
import { execFileSync } from 'node:child_process';
import { buildBareMetal } from '../../guest/bare-metal.js';
import { qemuArguments, runOnQemu } from './engines.js';
import { writeGolden } from './golden.js';
import { PROGRAMS } from './programs.js';

const [only = 'all', qemu = 'qemu-system-aarch64'] = process.argv.slice(2);
const version = execFileSync(qemu, ['--version'], { encoding: 'utf8' }).split('\n')[0].replace('emulator version ', '');
for (const { name, machines, cpus, ...needs } of PROGRAMS) {
  if (only !== 'all' && only !== name) continue;
  const elf = await buildBareMetal(name);
  for (const machine of machines) {
    for (const cpu of cpus) {
      const { lines } = await runOnQemu(qemu, elf, machine, cpu, needs);
      if (lines.some((line) => /too many exceptions|no end$/.test(line))) throw new Error(`${name} went astray`);
      const command = `qemu-system-aarch64 ${qemuArguments(machine, cpu, needs).join(' ')} -kernel ${name}.elf`;
      writeGolden(name, machine, cpu, `${version}: ${command}`, lines);
      console.log(`${name} ${machine} ${cpu}: ${lines.length} lines`);
    }
  }
}
