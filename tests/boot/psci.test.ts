/** PSCI and events between PEs, beside QEMU; and which PEs a reset starts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembleProgram } from '../../guest/assemble.js';
import { runUlna } from '../harness/ulna-process.js';
import { bareProgram, onQemu, onUlna } from './bare.js';

/** Calls a PSCI function with up to three arguments and prints X0. */
const CALL = `
.macro call function, a=0, b=0, c=0
  ldr x1, =\\a
  ldr x2, =\\b
  ldr x3, =\\c
  ldr x0, =\\function
  hvc #0
  bl putx
.endm
.equ CPU_OFF, 0x84000002
.equ CPU_ON, 0xc4000003
.equ AFFINITY_INFO, 0xc4000004
.equ FEATURES, 0x8400000a
`;
/** Memory that the PEs share: X20. The other PE leaves what it started with, and waits for an event to go off. */
const PROGRAM = `${CALL}
  ldr x20, =0x44000000
  call 0x84000000
  call CPU_ON, 0, 0x41000000, 0
  call CPU_ON, 3, 0x41000000, 0
  call CPU_ON, 0x100, 0x41000000, 0
  call CPU_ON, 1, 0x41000002, 0
  call AFFINITY_INFO, 0, 0
  call AFFINITY_INFO, 1, 0
  call AFFINITY_INFO, 3, 0
  call AFFINITY_INFO, 1, 1
  call FEATURES, CPU_ON
  call FEATURES, 0xc400000e
  call FEATURES, 0xc4000012
  call FEATURES, 0xc4000001
  call 0xc400000e, 0x41000000
  call 0xc4000012
  mov x21, #2
  ldr x22, =0x123456789abcdef0
again:
  stlr xzr, [x20]
  mov x1, #1
  adr x2, other
  mov x3, x22
  ldr x0, =CPU_ON
  hvc #0
  bl putx
  // it runs
1:ldar x0, [x20]
  cbz x0, 1b
  call CPU_ON, 1, 0x41000000, 0
  call AFFINITY_INFO, 1, 0
  mov x23, #8
2:ldr x0, [x20, x23]
  bl putx
  add x23, x23, #8
  cmp x23, #56
  b.ne 2b
  // it goes off
  mov x0, #2
  stlr x0, [x20]
  dsb ish
  sev
3:mov x1, #1
  mov x2, #0
  ldr x0, =AFFINITY_INFO
  hvc #0
  cbz x0, 3b
  bl putx
  mvn x22, x22
  subs x21, x21, #1
  b.ne again
  ldr x0, =0x84000008
  hvc #0
other:
  ldr x20, =0x44000000
  str x0, [x20, #8]
  mrs x1, mpidr_el1
  str x1, [x20, #16]
  mrs x1, CurrentEL
  str x1, [x20, #24]
  mrs x1, daif
  str x1, [x20, #32]
  mrs x1, sctlr_el1
  str x1, [x20, #40]
  mov x1, sp
  str x1, [x20, #48]
  mov x1, #1
  stlr x1, [x20]
4:wfe
  ldar x1, [x20]
  cmp x1, #2
  b.ne 4b
  ldr x0, =CPU_OFF
  hvc #0
  b .
  .ltorg
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ulna-psci-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('PSCI with three PEs', () => {
  it.each([['hvc', 'virt'], ['smc', 'virt,virtualization=on']])('by %s, as on QEMU', async (conduit, machine) => {
    const body = PROGRAM.replaceAll('hvc #0', `${conduit} #0`);
    const { elf } = await bareProgram(body, 0x4100_0000);
    const args = ['--smp', '3', '--kernel', elf];
    const [ulna, qemu] = await Promise.all([
      onUlna(['--machine', machine, ...args]), onQemu(['--machine', `${machine},gic-version=3`, ...args]),
    ]);
    expect(ulna.output.split('\n')).toEqual(qemu.output.split('\n'));
    expect(ulna.output.split('\n').length).toBeGreaterThan(30);
    expect(ulna.status).toBe(0);
    const strict = await onUlna(['--machine', machine, '--jit', 'strict', ...args]);
    expect(strict).toEqual(ulna);
  });
});

describe('reset with firmware', () => {
  it.each([['off', '0'], ['on', '0123']])('secure=%s starts the PEs %s', async (secure, started) => {
    // each sends its number
    const { binary } = await assembleProgram({
      source: `
  .global _start
_start:
  mrs x0, mpidr_el1
  and x0, x0, #0xff
  add x0, x0, #'0'
  mov x1, #0x09000000
  str w0, [x1]
1:wfi
  b 1b
`, address: 0 });
    const firmware = join(folder, `${secure}.bin`);
    writeFileSync(firmware, binary);
    const run = await runUlna(['boot', '--machine', `virt,secure=${secure}`, '--smp', '4', '--firmware', firmware, '--timeout', '4']);
    expect([...run.output].sort().join('')).toBe(started);
    expect(run.status).toBe(4);
  });
});
