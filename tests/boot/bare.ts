/** Small bare-metal programs that run on Ulna and on QEMU with the same arguments, and what they print on the PL011. */
import { type AssembledProgram, assembleProgram } from '../../guest/assemble.js';
import { type Finished, UlnaProcess, runUlna } from '../harness/ulna-process.js';

/**
 * Position-independent routines: `puts` (X0: text), `putx` (X0: 16 hexadecimal digits and a line feed), `off` and
 * `reset` (PSCI by HVC). They use X0 to X17 and no stack; the caller keeps what it needs in X19 and on.
 */
const ROUTINES = `
puts:
  mov x15, #0x09000000
1:ldrb w14, [x0], #1
  cbz w14, 2f
  str w14, [x15]
  b 1b
2:ret
putx:
  mov x15, #0x09000000
  mov x13, #60
1:lsr x14, x0, x13
  and x14, x14, #15
  cmp x14, #10
  add x12, x14, #'0'
  add x11, x14, #('a' - 10)
  csel x14, x12, x11, lo
  str w14, [x15]
  subs x13, x13, #4
  b.ge 1b
  mov w14, #10
  str w14, [x15]
  ret
off:
  mov w0, #0x0008
  movk w0, #0x8400, lsl #16
  hvc #0
  b .
reset:
  mov w0, #0x0009
  movk w0, #0x8400, lsl #16
  hvc #0
  b .
.macro print text
  adr x0, 97f
  bl puts
  b 98f
97: .asciz "\\text"
  .balign 4
98:
.endm
`;

/** Assembles a program: `body` runs first, with the UART enabled and X0 as it was in X19, and ends with `off`. */
export function bareProgram(body: string, address?: number): Promise<AssembledProgram> {
  const source = `
  .global _start
  .text
_start:
  mov x19, x0
  mov x15, #0x09000000
  mov w14, #0x301
  str w14, [x15, #0x30]
  b main
${ROUTINES}
main:
${body}
  b off
`;
  return assembleProgram({ source, ...(address === undefined ? {} : { address }) });
}

/** Arguments of both machines; --name is -name for QEMU. */
const MACHINE = ['--cpu', 'cortex-a57'];

/** Runs Ulna on the arguments until it ends. */
export function onUlna(args: readonly string[]): Promise<Finished> {
  return runUlna(['boot', ...MACHINE, '--timeout', '100', ...args]);
}

/** QEMU's own name for an option of Ulna. */
const QEMU_NAMES: Readonly<Record<string, string>> = { '--firmware': '-bios', '--memory': '-m', '--machine': '-M' };

/** Runs QEMU on the same arguments until it ends. */
export async function onQemu(args: readonly string[]): Promise<Finished> {
  const machine = ['-M', 'virt,gic-version=3', '-m', '1G', '-display', 'none', '-serial', 'stdio', '-monitor', 'none'];
  const translated = args.map((text) => QEMU_NAMES[text] ?? text.replace(/^--/, '-'));
  const cpu = MACHINE.map((text) => text.replace(/^--/, '-'));
  const run = new UlnaProcess(['-nodefaults', ...machine, ...cpu, ...translated], { program: 'qemu-system-aarch64' });
  run.child.stdin!.end();
  return run.finished;
}
