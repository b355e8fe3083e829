/** The guest's kernel log in a witness's output: what it holds of trouble is the witness's. */
import { troubleIn } from '../boot/kernel-log.js';
import { REMARK } from './witness.js';

const PREFIX = `${REMARK}log `;

/** Shell command that prints the log and empties it; for the end of a witness's script. */
export const PRINT_KERNEL_LOG = `dmesg -c | sed "s/^/${PREFIX}/"`;

/** What is wrong with the log that was printed, in words; nothing if all is well. */
export function kernelLogProblems(lines: readonly string[]): string[] {
  const log = lines.filter((line) => line.startsWith(PREFIX)).map((line) => line.slice(PREFIX.length));
  return troubleIn(log.join('\n')).map((line) => `the kernel logged ${JSON.stringify(line)}`);
}
