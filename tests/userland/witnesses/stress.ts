/** stress-ng: each stressor on all CPUs at once, checking its own results; and what the kernel thought of it. */
import { kernelLogProblems, PRINT_KERNEL_LOG } from '../kernel-log.js';
import type { Witness } from '../witness.js';

/** Stressors, with options that keep them within the machine's memory. */
const STRESSORS: Readonly<Record<string, string>> = {
  'cpu': '', 'matrix': '', 'switch': '', 'futex': '', 'mutex': '', 'vm': '--vm-bytes 128m', 'fork': '', 'tlb-shootdown': '',
  'membarrier': '',
};
const NAMES = Object.keys(STRESSORS);

/** What is wrong with what stress-ng printed about a stressor. */
function stressorProblems(name: string, lines: readonly string[]): string[] {
  const about = lines.filter((line) => line.startsWith(`~${name}: `));
  const problems = about.filter((line) => / (?:fail|error|warn): /.test(line)).map((line) => `stress-ng says ${line.slice(1)}`);
  const passed = about.some((line) => new RegExp(` passed: \\d+: ${name} `).test(line));
  if (!passed) problems.push(`stress-ng does not say that ${name} passed`);
  // stressor, bogo ops, real, user and system seconds, ...
  const metrics = about.map((line) => new RegExp(` metrc: .*\\] ${name} +(\\d+) `).exec(line)).find((match) => match !== null);
  if (!(Number(metrics?.[1]) > 0)) problems.push(`${name} did nothing`);
  return problems;
}

export const stress: Witness = {
  name: 'stress',
  packages: ['stress-ng'],
  script: [
    'status=0',
    'cpus=$(nproc)',
    ...NAMES.flatMap((name) => [
      `stress-ng --${name} "$cpus" ${STRESSORS[name]} --verify --metrics-brief --timeout "\${stress_seconds:-5}" >out 2>&1`,
      'result=$?',
      `sed "s/^/~${name}: /" out`,
      `echo "${name} $result"`,
      '[ $result = 0 ] || status=1',
    ]),
    PRINT_KERNEL_LOG,
    'exit $status',
    '',
  ].join('\n'),
  expected: NAMES.map((name) => `${name} 0`),
  check: (lines) => [...NAMES.flatMap((name) => stressorProblems(name, lines)), ...kernelLogProblems(lines)],
};
