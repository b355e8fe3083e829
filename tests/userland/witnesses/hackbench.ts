/** hackbench: tasks that send each other messages, 40 in each of two groups; it counts every byte that arrives. */
import { kernelLogProblems, PRINT_KERNEL_LOG } from '../kernel-log.js';
import type { Witness } from '../witness.js';

/** Kinds of tasks and of what is between them, with hackbench's options. */
const FORMS: Readonly<Record<string, string>> = {
  'processes sockets': '--process', 'processes pipes': '--process --pipe',
  'threads sockets': '--threads', 'threads pipes': '--threads --pipe',
};

export const hackbench: Witness = {
  name: 'hackbench',
  packages: ['rt-tests'],
  script: [
    'status=0',
    'loops=$((20 * ${stress_seconds:-5}))',
    ...Object.entries(FORMS).flatMap(([form, options]) => [
      `hackbench ${options} --groups 2 --fds 20 --loops $loops >out 2>&1`,
      'result=$?',
      `sed "s/^/~${form}: /" out`,
      `echo "${form} $result"`,
      '[ $result = 0 ] || status=1',
    ]),
    PRINT_KERNEL_LOG,
    'exit $status',
    '',
  ].join('\n'),
  expected: Object.keys(FORMS).map((form) => `${form} 0`),
  check: (lines) => [
    ...Object.keys(FORMS).flatMap((form) =>
      lines.some((line) => line.startsWith(`~${form}: Time: `)) ? [] : [`hackbench tells no time for ${form}`]),
    ...kernelLogProblems(lines),
  ],
};
