/** Loader devices, --dtb and --firmware: one program on Ulna and on QEMU, with the same arguments. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bareProgram, onQemu, onUlna } from './bare.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ulna-loader-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, contents: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
}

/** Runs both; gives what they printed, which is the same. */
async function both(...args: string[]): Promise<string> {
  const [ulna, qemu] = await Promise.all([onUlna(args), onQemu(args)]);
  expect(ulna.errors).toBe('');
  expect(ulna.output).toBe(qemu.output);
  expect([ulna.status, qemu.status]).toEqual([0, 0]);
  return ulna.output;
}

/** Where it runs, what X0 was, and four doublewords at 0x44000000. */
const REPORT = `
  print "at "
  adr x0, _start
  bl putx
  mrs x0, CurrentEL
  bl putx
  mov x0, x19
  bl putx
  mov x20, #0x44000000
  .rept 4
  ldr x0, [x20], #8
  bl putx
  .endr
`;
const at = (address: number, ...words: string[]): string =>
  [`at ${address.toString(16).padStart(16, '0')}`, '0000000000000004', '0000000000000000', ...words].join('\n') + '\n';
const ZERO = '0'.repeat(16);

describe('loader devices', () => {
  it('an ELF file at its own addresses, started there', async () => {
    const { elf } = await bareProgram(REPORT, 0x4100_0000);
    expect(await both('--device', `loader,file=${elf},cpu-num=0`)).toBe(at(0x4100_0000, ZERO, ZERO, ZERO, ZERO));
  });

  it('a raw file at an address, started there, with a file beside it', async () => {
    const { binary } = await bareProgram(REPORT);
    const program = file('program.bin', binary);
    const data = file('data', 'sixteen bytes...and more');
    const output = await both(
      '--device', `loader,file=${program},addr=0x42000000,cpu-num=0`,
      '--device', `loader,file=${data},addr=0x44000000`);
    expect(output).toBe(at(0x4200_0000, '206e656574786973', '2e2e2e7365747962', '65726f6d20646e61', ZERO));
  });

  it('an ELF file taken raw with force-raw=on', async () => {
    const { elf, binary } = await bareProgram(REPORT);
    const program = file('forced.bin', binary);
    const output = await both(
      '--device', `loader,file=${program},addr=0x42000000,cpu-num=0`,
      '--device', `loader,file=${elf},addr=0x44000000,force-raw=on`);
    expect(output).toMatch(/\n00010102464c457f\n/);
  });

  it('values of every length, in both byte orders; where a file lies it stays', async () => {
    const { binary } = await bareProgram(REPORT);
    const program = file('values.bin', binary);
    const over = file('over', Buffer.alloc(8, 0xee));
    const value = (address: number, rest: string): string[] =>
      ['--device', `loader,addr=0x${address.toString(16)},${rest}`];
    const output = await both(
      '--device', `loader,file=${program},addr=0x42000000,cpu-num=0`,
      '--device', `loader,file=${over},addr=0x4400000c`,
      ...value(0x4400_0000, 'data=0x1122334455667788,data-len=8'), ...value(0x4400_0008, 'data=0xabcd,data-len=2'),
      ...value(0x4400_000a, 'data=0x7f,data-len=1'),
      ...value(0x4400_0010, 'data=0x1122334455667788,data-len=8,data-be=on'),
      ...value(0x4400_0018, 'data=16909060,data-len=4'));
    const words = ['1122334455667788', 'eeeeeeee007fabcd', '88776655eeeeeeee', '0000000001020304'];
    expect(output).toBe(at(0x4200_0000, ...words));
  });

  it('an address to start at, with the program loaded by another device', async () => {
    const { binary } = await bareProgram(REPORT);
    const program = file('apart.bin', Buffer.concat([Buffer.alloc(64), binary]));
    const output = await both(
      '--device', `loader,file=${program},addr=0x42000000`, '--device', 'loader,addr=0x42000040,cpu-num=0');
    expect(output).toMatch(/^at 0000000042000040\n/);
  });

  it('are there again after a reset, which leaves the rest of memory alone', async () => {
    const { elf } = await bareProgram(`
  mov x20, #0x44000000
  ldr x0, [x20]
  bl putx
  ldr x0, [x20, #64]
  bl putx
  ldr x21, [x20, #64]
  add x22, x21, #1
  str x22, [x20, #64]
  str x22, [x20]
  cmp x21, #2
  b.lo reset
  print "done"
`, 0x4100_0000);
    const output = await both(
      '--device', `loader,file=${elf},cpu-num=0`, '--device', 'loader,addr=0x44000000,data=0x55,data-len=8');
    const value = '0000000000000055';
    expect(output).toBe(`${[value, ZERO, value, `${ZERO.slice(1)}1`, value, `${ZERO.slice(1)}2`].join('\n')}\ndone`);
  });
});

it('time goes on over a reset: the counter and the real-time clock', async () => {
  const { elf } = await bareProgram(`
  isb
  mrs x21, cntvct_el0
  mov x22, #0x09010000
  ldr w22, [x22]
  mov x20, #0x44000000
  ldp x23, x24, [x20]
  stp x21, x22, [x20]
  cbz x23, reset
  cmp x21, x23
  b.ls 1f
  cmp x22, x24
  b.lo 1f
  print "later"
  b off
1:print "earlier"
`, 0x4100_0000);
  expect(await both('--device', `loader,file=${elf},cpu-num=0`)).toBe('later');
});

/** Prints X0, and from the tree at the start of RAM its magic number and the model. */
const TREE = `
  mov x0, x19
  bl putx
  mov x20, #0x40000000
  ldr w0, [x20]
  bl putx
  add x21, x20, #4096
1:ldr w0, [x20], #4
  ldr w1, =0x414e4c55
  cmp w0, w1
  b.eq 2f
  cmp x20, x21
  b.lo 1b
  print "no mark"
  b off
2:sub x0, x20, #4
  bl puts
`;

describe('--dtb', () => {
  const dts = `/dts-v1/;
/ {
  #address-cells = <2>; #size-cells = <2>; compatible = "linux,dummy-virt"; model = "ULNA of the test";
  chosen { }; memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x8000000>; };
};
`;
  it.each(['--kernel', 'a loader device'])('is put at the start of RAM, for %s', async (how) => {
    const { elf } = await bareProgram(TREE, 0x4200_0000);
    const source = file('tree.dts', dts);
    const tree = join(folder, 'tree.dtb');
    execFileSync('dtc', ['-q', '-O', 'dtb', '-o', tree, source]);
    const program = how === '--kernel' ? ['--kernel', elf] : ['--device', `loader,file=${elf},cpu-num=0`];
    expect(await both(...program, '--dtb', tree)).toBe(`${ZERO}\n00000000edfe0dd0\nULNA of the test`);
  });
});

describe('--firmware', () => {
  it('may be a loader device into flash, which is zero around it', async () => {
    const { binary } = await bareProgram(`
  ldr x0, =0x1000
  ldr x0, [x0]
  bl putx
  adr x0, _start
  bl putx
`);
    const output = await both('--device', `loader,file=${file('in-flash', binary)},addr=0x2000,cpu-num=0`);
    expect(output).toBe(`${ZERO}\n0000000000002000\n`);
  });

  it('runs from address 0, with zeroes behind it and the device tree at the start of RAM', async () => {
    const { binary } = await bareProgram(`
${REPORT}
  mov x20, #0x40000000
  ldr w0, [x20]
  bl putx
  mov x20, #0x3000000
  ldr x0, [x20]
  bl putx
  mov x20, #0x4000000
  ldr x0, [x20]
  bl putx
`);
    const output = await both('--firmware', file('firmware', binary));
    expect(output).toBe(`${at(0, ZERO, ZERO, ZERO, ZERO)}00000000edfe0dd0\n${ZERO}\n${ZERO}\n`);
  });
});
