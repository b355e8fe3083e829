import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembleProgram } from '../../../guest/assemble.js';
import { runProgram } from '../../../guest/process.js';

let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'ulna-assemble-test-'));
});
afterAll(() => rm(cache, { recursive: true, force: true }));

describe('a program of ours', () => {
  it('is assembled to an address', async () => {
    const source = '.global _start\n_start: adrp x0, _start\n nop\n b _start\n';
    const program = await assembleProgram({ source, address: 0x4010_0000, cache });
    const words = new DataView(program.binary.buffer, program.binary.byteOffset, program.binary.byteLength);
    expect([0, 4, 8].map((at) => words.getUint32(at, true))).toEqual([0x90000000, 0xd503201f, 0x17fffffe]);
    const symbols = await runProgram('aarch64-linux-gnu-nm', [program.elf]);
    expect(symbols.stdout.toString('utf8')).toMatch(/^0*40100000 T _start$/m);
    expect((await assembleProgram({ source, address: 0x4010_0000, cache })).elf).toBe(program.elf);
  });

  it('may be a Linux program in C', async () => {
    const source = '#include <stdio.h>\nint main(void) { return puts("hello") < 0; }\n';
    const { elf } = await assembleProgram({ source, language: 'c', kind: 'static', cache });
    expect((await runProgram('qemu-aarch64', [elf])).stdout.toString('utf8')).toBe('hello\n');
  });

  it('with a mistake is refused with the tool’s words', async () => {
    await expect(assembleProgram({ source: 'nonsense x0\n', cache })).rejects.toThrow(/nonsense/);
  });
});
