/** What QEMU printed: golden/, one file for each program, machine and CPU, its provenance in the first line. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { CpuName, Difference, MachineName } from './programs.js';

const path = (program: string, machine: MachineName, cpu: CpuName): URL =>
  new URL(`./golden/${program}.${machine}.${cpu}.txt`, import.meta.url);

export function readGolden(program: string, machine: MachineName, cpu: CpuName): string[] {
  const [provenance, ...lines] = readFileSync(path(program, machine, cpu), 'utf8').trimEnd().split('\n');
  if (!provenance.startsWith('# ')) throw new Error(`no provenance in ${path(program, machine, cpu).pathname}`);
  return lines;
}

export function writeGolden(
  program: string, machine: MachineName, cpu: CpuName, provenance: string, lines: readonly string[],
): void {
  writeFileSync(path(program, machine, cpu), `# ${provenance}\n${lines.join('\n')}\n`);
}

/** Lines that differ without an entry that explains it; entries that were needed go to `used`. */
export function compare(
  qemu: readonly string[], ulna: readonly string[], differences: readonly Difference[], used: Set<Difference>,
): string[] {
  const wrong: string[] = [];
  if (qemu.length !== ulna.length) wrong.push(`${qemu.length} lines from QEMU, ${ulna.length} from Ulna`);
  let section = '';
  for (let i = 0; i < Math.min(qemu.length, ulna.length); i++) {
    if (/^(--|==)/.test(qemu[i])) section = qemu[i];
    if (qemu[i] === ulna[i]) continue;
    const known = differences.find(
      (d) => (d.section?.test(section) ?? true) && d.qemu.test(qemu[i]) && d.ulna.test(ulna[i]),
    );
    if (known === undefined) wrong.push(`line ${i + 1}, ${section}\n  QEMU ${qemu[i]}\n  Ulna ${ulna[i]}`);
    else used.add(known);
  }
  return wrong;
}
