/**
 * Everything a user can get wrong and only the machine notices: one line, status 2. The program is the one that was built: a
 * machine's threads load theirs from there.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImageLock } from '../../../devices/backends/image-lock.js';
import type { MachineModule } from '../../../src/machine/machine-api.js';
import { builtModule } from '../../harness/ulna-process.js';
import { arm64Image, elfImage, peImage, zbootImage } from '../machine/helpers/images.js';
import { fakeProcess } from './fake-process.js';

const { runCli } = await import(builtModule('src/cli/program')) as typeof import('../../../src/cli/program.js');

const MiB = 1024 * 1024;
let folder: string;
let server: Server;
let port: number;
const path = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ulna-errors-'));
  const files: Record<string, Uint8Array | string> = {
    Image: arm64Image(), large: arm64Image({ imageSize: 300 * MiB }), empty: '', text: 'hello, this is no kernel',
    'cut-image': peImage(5000).subarray(0, 3000), 'cut-header': peImage(5000).subarray(0, 40),
    'cut-gzip': gzipSync(peImage(5000)).subarray(0, 60),
    'cut-zboot': zbootImage('gzip', gzipSync(peImage(5000))).subarray(0, 0x410),
    'cut-elf': elfImage(0x4008_0000, [{ virtual: 0x4008_0000, physical: 0x4008_0000, bytes: new Uint8Array(64) }])
      .subarray(0, 150),
    'cut-dtb': Uint8Array.of(0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0x10, 0, 0, 0, 0, 0x38),
    x86: Buffer.concat([Buffer.alloc(0x202), Buffer.from('HdrS'), Buffer.alloc(64)]),
    disk: Buffer.alloc(4096), flash: Buffer.alloc(100), locked: Buffer.alloc(512),
  };
  for (const [name, contents] of Object.entries(files)) writeFileSync(path(name), contents);
  for (const [name, bytes] of [['huge', 2048 * MiB], ['bank', 64 * MiB], ['firmware65', 65 * MiB]] as const) {
    writeFileSync(path(name), '');
    truncateSync(path(name), bytes);
  }
  mkdirSync(path('folder'));
  server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  port = (server.address() as { port: number }).port;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs `ulna boot`; @NAME stands for a file's path, @@ for the port in use. */
async function boot(...args: string[]): Promise<{ status: number; output: string; errors: string }> {
  const fake = fakeProcess();
  const context = { ...fake.context, loadMachine: (): Promise<MachineModule> => import(builtModule('src/machine/start')) };
  const expanded = args.map((text) =>
    text.replaceAll('@@', String(port)).replace(/@([A-Za-z0-9-]+)/g, (_, name: string) => path(name)));
  const status = await runCli(['boot', ...expanded], context);
  return { status, output: fake.output.text, errors: fake.errors.text.replaceAll(folder, '') };
}

const image = ['--kernel', '@Image'];

describe('one line and status 2 for', () => {
  it.each([
    ['a kernel that is not there', ['--kernel', '@none'], '--kernel: /none does not exist'],
    ['a kernel that is a directory', ['--kernel', '@folder'], '--kernel: /folder is a directory'],
    ['an empty kernel', ['--kernel', '@empty'], '/empty: the kernel file is empty'],
    ['a kernel that is text', ['--kernel', '@text'],
      '/text: not an arm64 kernel (no Image, ELF, gzip or EFI zboot header, and no A64 code)'],
    ['an x86 kernel', ['--kernel', '@x86'], '/x86: not an arm64 kernel but an x86 kernel'],
    ['a truncated Image', ['--kernel', '@cut-image'],
      '/cut-image: truncated kernel (3000 bytes, its header says at least 9096)'],
    ['a kernel without its header', ['--kernel', '@cut-header'], '/cut-header: truncated kernel (40 bytes)'],
    ['a truncated Image.gz', ['--kernel', '@cut-gzip'], /^\/cut-gzip: truncated or damaged gzip/],
    ['a truncated zboot kernel', ['--kernel', '@cut-zboot'], /^\/cut-zboot: truncated kernel/],
    ['a truncated ELF file', ['--kernel', '@cut-elf'], /^\/cut-elf: truncated ELF file/],
    ['a kernel larger than RAM', ['--kernel', '@large', '--memory', '256M'],
      '/large: the kernel needs 300 MiB at 0x40200000, more than the 256 MiB of memory hold'],
    ['an initrd that is not there', [...image, '--initrd', '@none'], '--initrd: /none does not exist'],
    ['an empty initrd', [...image, '--initrd', '@empty'], '/empty: the initrd file is empty'],
    ['an initrd larger than RAM', [...image, '--initrd', '@huge'],
      '/huge: the initrd of 2 GiB does not fit into the 896 MiB of memory after the kernel'],
    ['a truncated device tree', [...image, '--dtb', '@cut-dtb'], /^\/cut-dtb: not a valid device tree blob/],
    ['an empty device tree', [...image, '--dtb', '@empty'], /^\/empty: not a valid device tree blob/],
    ['a device tree that is none', [...image, '--dtb', '@text'], /^\/text: not a valid device tree blob/],
    ['a device tree that is a directory', [...image, '--dtb', '@folder'], '--dtb: /folder is a directory'],
    ['an empty firmware', ['--firmware', '@empty'], '/empty: the firmware file is empty'],
    ['a firmware larger than its bank', ['--firmware', '@firmware65'],
      '/firmware65: 68157440 bytes do not fit into a flash bank of 64 MiB'],
    ['a firmware that is not there', ['--firmware', '@none'], '--firmware: /none does not exist'],
    ['a flash image of another size', ['--drive', 'if=pflash,format=raw,file=@flash'],
      'flash image /flash has 100 bytes, a bank of flash has 67108864'],
    ['three banks of flash', ['--drive', 'if=pflash,file=@bank', '--drive', 'if=pflash,file=@bank', '--drive',
      'if=pflash,file=@bank'], '--drive file=/bank: no free bank of flash for it'],
    ['a drive that is not there', [...image, '--drive', 'file=@none'],
      'cannot open drive /none: no such file or directory'],
    ['a drive that is a directory', [...image, '--drive', 'file=@folder'], 'cannot open drive /folder: is a directory'],
    ['a drive that is no file', [...image, '--drive', 'file=/dev/null'], 'cannot use drive /dev/null: not a file'],
    ['a drive given twice', [...image, '--drive', 'file=@disk', '--drive', 'file=@disk'],
      'drive /disk: another machine writes it (file.locking=off uses it nevertheless)'],
    ['a drive of another format', [...image, '--drive', 'file=@disk,format=qcow2'],
      "--drive 'file=/disk,format=qcow2': 'format' is one of raw, not 'qcow2'"],
    ['a loader without its file', ['--device', 'loader,file=@none,cpu-num=0'], '--device loader: /none does not exist'],
    ['an empty file to load', ['--device', 'loader,file=@empty,cpu-num=0'], '/empty: the file is empty'],
    ['a file to load outside of RAM', ['--device', 'loader,file=@disk,addr=0x100000000,cpu-num=0'],
      /^\/disk: 4 KiB at 0x100000000 are not within the machine's memory/],
    ['files that overlap', [...image, '--device', 'loader,file=@disk,addr=0x40200000'],
      '/Image (64 bytes at 0x40200000) and /disk (at 0x40200000) overlap in memory'],
    ['data to load without a CPU to start', ['--device', 'loader,addr=0x40000000,data=1,data-len=4'],
      'nothing to run: give a kernel, firmware, or a loader device with cpu-num=0'],
    ['a device that is not there', [...image, '--device', 'virtio-gpu-device'],
      "--device 'virtio-gpu-device': 'driver' is one of virtio-blk-device, virtio-rng-device, not 'virtio-gpu-device'"],
    ['a serial file that cannot be made', [...image, '--serial', 'file:@none/x'],
      'cannot open serial output /none/x: no such file or directory'],
    ['a serial socket without a server', [...image, '--serial', 'unix:@none'],
      'cannot use serial socket /none: no such file or directory'],
    ['a port without a server', [...image, '--serial', 'tcp:127.0.0.1:1'],
      'cannot use serial socket 127.0.0.1:1: connection refused'],
    ['a port in use', [...image, '--console', 'tcp:127.0.0.1:@@,server=on,wait=off'],
      /^cannot use serial socket 127\.0\.0\.1:\d+: address already in use$/],
    ['too many CPUs', [...image, '--smp', '17'], '--smp 17: there are 1 to 16 CPUs'],
  ] as const)('%s', async (_what, args, message) => {
    const { status, output, errors } = await boot(...args);
    expect(errors).toMatch(/^ulna: [^\n]+\n$/);
    const line = errors.slice('ulna: '.length, -1);
    if (typeof message === 'string') expect(line).toBe(message);
    else expect(line).toMatch(message);
    expect({ status, output }).toEqual({ status: 2, output: '' });
  });

});

it('an image that another machine has is left alone, unless told otherwise', async () => {
  const lock = await ImageLock.take(path('locked'), false);
  const { status, errors } = await boot(...image, '--drive', 'file=@locked', '--serial', 'file:@none/x');
  expect([status, errors]).toEqual([2,
    'ulna: drive /locked: another machine writes it (file.locking=off uses it nevertheless)\n']);
  const told = await boot(...image, '--drive', 'file=@locked,file.locking=off', '--serial', 'file:@none/x');
  expect(told.errors).toMatch(/^ulna: cannot open serial output/);
  lock.release();
});

it('what was opened before an error is closed: the image is free again', async () => {
  const { status } = await boot(...image, '--drive', 'file=@disk', '--serial', 'file:@none/x');
  expect(status).toBe(2);
  (await ImageLock.take(path('disk'), false)).release();
});

it('a recording that is there is not touched by one that cannot begin', async () => {
  writeFileSync(path('recording'), 'of yesterday');
  const run = await boot(...image, '--initrd', '@huge', '--record', '@recording');
  expect(run).toMatchObject({ status: 2, output: '' });
  expect(run.errors).toMatch(/^ulna: \S*huge[^\n]*\n$/);
  expect(readFileSync(path('recording'), 'utf8')).toBe('of yesterday');
});
