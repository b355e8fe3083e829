/**
 * Prints what the litmus tests saw, as a table in Markdown: node tests/smp/litmus-table.mjs CPU [QEMU|none] [OPTION...]
 * QEMU is qemu-system-aarch64 where it is left out; options are those of ulna boot, and `--only-qemu` leaves Ulna out.
 */
import { litmusTests } from '../../guest/litmus.js';
import type { CpuName } from '../guest/programs.js';
import { litmusOnQemu, litmusOnUlna, type LitmusResult, outcomesText, wrong } from './litmus.js';

const [cpu = 'max', qemu = 'qemu-system-aarch64', ...options] = process.argv.slice(2);
const tests = litmusTests();
const columns: [string, Map<string, LitmusResult>][] = [];
const ulnaOptions = options.filter((option) => option !== '--only-qemu');
if (ulnaOptions.length === options.length) {
  columns.push(['Ulna', await litmusOnUlna(tests, cpu as CpuName, ulnaOptions)]);
}
if (qemu !== 'none') columns.push(['QEMU', await litmusOnQemu(qemu, tests, cpu as CpuName)]);

console.log(`| test | condition | verdict | ${columns.map(([name]) => `${name}: held of`).join(' | ')} | outcomes |`);
console.log(`| --- | --- | --- | ${columns.map(() => '---').join(' | ')} | --- |`);
for (const test of tests) {
  const condition = test.alternatives
    .map((values) => [...values].map(([at, value]) => `${test.terms[at].text}=${value}`).join(' '))
    .join(' or ');
  const cells = columns.map(([, results]) => {
    const result = results.get(test.name);
    if (result === undefined || result.absent) return '-';
    return `${result.held} of ${result.instances}${wrong(test, result) === undefined ? '' : ' **wrong**'}`;
  });
  const first = columns[0][1].get(test.name);
  console.log(`| ${[test.name, condition, test.verdict, ...cells, first ? outcomesText(test, first) : ''].join(' | ')} |`);
}
