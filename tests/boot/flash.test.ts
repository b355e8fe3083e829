/** EDK2 in two banks of flash: what it programs into its variable store is in the file, for the next machine too. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fetchPackages } from '../../guest/index.js';
import { UlnaProcess, runUlna } from '../harness/ulna-process.js';
import { bareProgram, onQemu, onUlna } from './bare.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ulna-flash-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const GUID = '12345678-1234-1234-1234-123456789abc';

it('an EFI variable survives a reset, and the machine', async () => {
  const [efi] = await fetchPackages('trixie', 'arm64', ['qemu-efi-aarch64']);
  const [code, template] = ['CODE', 'VARS'].map((name) => join(efi.root, `usr/share/AAVMF/AAVMF_${name}.fd`));
  const vars = join(folder, 'vars.fd');
  copyFileSync(template, vars);
  const start = (): UlnaProcess => new UlnaProcess([
    'boot', '--cpu', 'cortex-a57', '--timeout', '300', '--drive', `if=pflash,format=raw,readonly=on,file=${code}`,
    '--drive', `if=pflash,format=raw,file=${vars}`,
  ]);
  const show = `setvar Ulna -guid ${GUID}\r`;
  const shown = /Ulna[\s\S]*75 00 6C 00 6E 00 61 00/i;

  const first = start();
  let at = await first.printed(/Shell> /);
  first.type(`setvar Ulna -guid ${GUID} -bs -rt -nv =L"ulna"\r`);
  at = await first.printed(/Shell> /, at);
  first.type('reset -c\r');
  at = await first.printed(/Shell> /, at);
  first.type(show);
  await first.printed(shown, at);
  first.child.kill('SIGTERM');
  await first.finished;
  expect(Buffer.compare(readFileSync(vars), readFileSync(template))).not.toBe(0);

  const second = start();
  at = await second.printed(/Shell> /);
  second.type(show);
  await second.printed(shown, at);
  second.type('reset -s\r');
  expect(await second.finished).toMatchObject({ status: 0, errors: '' });
}, 600_000);

/** Erases the first block of bank 1, programs a word into it, and prints the word and the status register. */
const PROGRAM = `
  mov x20, #0x04000000
  ldr w1, =0x00200020
  str w1, [x20]
  ldr w1, =0x00d000d0
  str w1, [x20]
  ldr w1, =0x00400040
  str w1, [x20]
  ldr w1, =0x616e6c75
  str w1, [x20]
  ldr w21, [x20]
  ldr w1, =0x00ff00ff
  str w1, [x20]
  ldr w0, [x20]
  bl putx
  mov w0, w21
  bl putx
`;

it.each([
  ['', 'ulna', '616e6c75', '00800080'],
  ['snapshot=on', 'old ', '616e6c75', '00800080'],
  ['readonly=on', 'old ', '20646c6f', '00b000b0'],
])('a bank with %s', async (option, kept, read, status) => {
  const file = join(folder, 'bank');
  const old = Buffer.alloc(64 << 20, 'old ');
  const { elf } = await bareProgram(PROGRAM, 0x4100_0000);
  writeFileSync(file, old);
  const drive = ['if=pflash,unit=1', `file=${file}`, option].filter((part) => part !== '').join(',');
  const run = await runUlna(['boot', '--device', `loader,file=${elf},cpu-num=0`, '--drive', drive, '--timeout', '100']);
  const output = `${read.padStart(16, '0')}\n${status.padStart(16, '0')}\n`;
  expect(run).toMatchObject({ status: 0, output, errors: '' });
  const bytes = readFileSync(file);
  expect(bytes.length).toBe(old.length);
  expect(bytes.toString('latin1', 0, 4)).toBe(kept);
  const erased = kept === 'ulna' ? Buffer.alloc((256 << 10) - 4, 0xff) : old.subarray(4, 256 << 10);
  expect(Buffer.compare(bytes.subarray(4, 256 << 10), erased)).toBe(0);
  expect(Buffer.compare(bytes.subarray(256 << 10), old.subarray(256 << 10))).toBe(0);
});

/** Resets the machine with bank 0, which it runs from, showing its status; says which run it is in. */
const FROM_FLASH = `
  mov x20, #0x41000000
  ldr w21, [x20]
  mov w0, w21
  bl putx
  cbnz w21, off
  mov w1, #1
  str w1, [x20]
  adr x1, 1f
  ldp x2, x3, [x1]
  ldr x4, [x1, #16]
  add x20, x20, #0x1000
  stp x2, x3, [x20]
  str x4, [x20, #16]
  ic iallu
  dsb sy
  isb
  mov x5, #0
  mov w6, #0x70
  mov w0, #0x0009
  movk w0, #0x8400, lsl #16
  br x20
1: str w6, [x5]
  hvc #0
  b .
  .balign 8
`;

it.each(['1', '2'])('a bank that was left showing its status is executed after a reset, %s CPUs', async (cpus) => {
  const { binary } = await bareProgram(FROM_FLASH, 0);
  const firmware = join(folder, 'firmware');
  writeFileSync(firmware, binary);
  const args = ['--firmware', firmware, '--smp', cpus];
  const [ulna, qemu] = await Promise.all([onUlna(args), onQemu(args)]);
  expect(ulna.output).toBe('0000000000000000\n0000000000000001\n');
  expect(qemu.output).toBe(ulna.output);
});
