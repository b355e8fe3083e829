import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Machine, type Op, REGISTERS, type Result } from './script.js';

const KINDS: readonly Op['kind'][] = ['read', 'write', 'readb', 'writeb', 'mrs', 'msr', 'wire'];
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Runs a script on QEMU's GICv3; needs aarch64-linux-gnu-gcc. @param qemu the emulator's program */
export function recordOnQemu(qemu: string, machine: Machine, ops: readonly Op[]): Result[] {
  const directory = mkdtempSync(join(tmpdir(), 'gic-record-'));
  try {
    const elf = join(directory, 'harness.elf');
    const script = join(directory, 'script.bin');
    writeFileSync(join(directory, 'registers.h'), registerSwitch());
    execFileSync('aarch64-linux-gnu-gcc', [
      '-march=armv8.2-a', '-ffreestanding', '-nostdlib', '-O1', '-mgeneral-regs-only', '-fno-pic', '-static',
      '-mstrict-align', '-Wl,-Ttext=0x40080000', '-Wl,--build-id=none', `-I${directory}`, '-o', elf,
      here('harness.S'), here('harness.c'),
    ]);
    writeFileSync(script, encode(machine, ops));
    const onOff = (on: boolean): string => (on ? 'on' : 'off');
    const levels = `secure=${onOff(machine.el3)},virtualization=${onOff(machine.el2)}`;
    const loader = `loader,file=${script},addr=0x42000000,force-raw=on`;
    const output = execFileSync(qemu, [
      '-M', `virt,gic-version=3,its=${onOff(machine.its === true)},${levels}`, '-cpu', 'cortex-a72', '-m', '256', '-smp', String(machine.cpus),
      '-accel', 'tcg,thread=single', '-display', 'none', '-serial', 'stdio', '-semihosting', '-kernel', elf, '-device', loader,
    ], { encoding: 'utf8', timeout: 60_000 });
    const lines = output.trim().split('\n');
    if (lines.pop() !== 'end' || lines.length !== ops.length) throw new Error(`the recording is incomplete: ${output}`);
    return lines.map((line) => {
      const [value, isr, trap] = line.split(' ');
      // ISR_EL1 has I in bit 7 and F in bit 6.
      return { value: BigInt(`0x${value}`), isr: Number(isr), trap: Number(trap) };
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function registerSwitch(): string {
  const names = Object.values(REGISTERS).map(([o0, o1, n, m, o2]) => `s${o0}_${o1}_c${n}_c${m}_${o2}`);
  const reads = names.map((r, i) => `case ${i}: asm volatile("mrs %0, ${r}" : "=r"(v)::"memory"); break;`);
  const writes = names.map((r, i) => `case ${i}: asm volatile("msr ${r}, %0; isb" ::"r"(v) : "memory"); break;`);
  return `static u64 read_register(int r) { u64 v = 0; switch (r) {\n${reads.join('\n')}\n} return v; }
static void write_register(int r, u64 v) { switch (r) {\n${writes.join('\n')}\n} }\n`;
}

function encode(machine: Machine, ops: readonly Op[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(16 + 40 * ops.length));
  const names = Object.keys(REGISTERS);
  view.setBigUint64(0, BigInt(ops.length), true);
  view.setBigUint64(8, BigInt(machine.cpus), true);
  ops.forEach((op, i) => {
    const at = 16 + 40 * i;
    view.setUint32(at, KINDS.indexOf(op.kind), true);
    view.setUint32(at + 4, op.el, true);
    const target = typeof op.target === 'string' ? names.indexOf(op.target) : op.target;
    view.setBigUint64(at + 8, BigInt(target), true);
    view.setBigUint64(at + 16, op.value, true);
    view.setUint32(at + 24, op.scr, true);
    view.setUint32(at + 28, op.cpu ?? 0, true);
    view.setBigUint64(at + 32, BigInt(op.hcr), true);
  });
  return new Uint8Array(view.buffer);
}
