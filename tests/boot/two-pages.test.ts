/** Stack frames and structures that lie in two pages, by a small guest on the built program: the same with and without the translator. */
import { expect, it } from 'vitest';
import { runUlna } from '../harness/ulna-process.js';
import { bareProgram } from './bare.js';

/** Calls a function 200,000 times whose frame begins 16 bytes before a page's end, and which fills a structure across one. */
const CALLS = `
  movz x0, #0x4100, lsl #16
  add x0, x0, #1, lsl #12
  add x20, x0, #3, lsl #12
  add x0, x0, #32
  mov sp, x0
  mov x19, #0
  movz x21, #3, lsl #16
1:mov x0, x21
  mov x1, x20
  bl f
  eor x19, x0, x19, ror #3
  subs x21, x21, #1
  b.ne 1b
  mov x0, x19
  bl putx
  b off
f:nop
  stp x29, x30, [sp, #-64]!
  mov x29, sp
  stp x19, x20, [sp, #16]
  str x21, [sp, #32]
  mov x19, x0
  mov x20, x1
  mov x21, #5
  stp x0, x21, [x20, #-24]
  str w19, [x20, #-4]
  strb w21, [x20, #1]
  str x0, [x20, #8]
  bl g
  ldur x1, [x20, #-16]
  ldrb w2, [x20, #1]
  ldr x3, [x20, #8]
  add x0, x0, x1
  add x0, x0, x2, lsl #8
  eor x0, x0, x3
  ldr x21, [sp, #32]
  ldp x19, x20, [sp, #16]
  ldp x29, x30, [sp], #64
  ret
g:nop
  stp x29, x30, [sp, #-32]!
  stp x19, x20, [sp, #16]
  add x19, x0, x21
  mov x20, #7
  madd x0, x19, x20, x0
  ldp x19, x20, [sp, #16]
  ldp x29, x30, [sp], #32
  ret
`;

it('accesses that are looked up together may lie in two pages', async () => {
  const { elf } = await bareProgram(CALLS);
  const run = (...options: string[]): Promise<{ output: string; status: number | null }> =>
    runUlna(['boot', '--kernel', elf, '--cpu', 'cortex-a57', '--memory', '64M', '--timeout', '100', ...options]);
  const expected = await run('--jit=off');
  expect(expected).toMatchObject({ status: 0, output: expect.stringMatching(/^[0-9a-f]{16}\r?\n$/) as string });
  expect(await run()).toMatchObject({ status: 0, output: expected.output });
  expect(await run('--without', 'access-groups')).toMatchObject({ status: 0, output: expected.output });
});
