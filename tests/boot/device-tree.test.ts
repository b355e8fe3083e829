/** --dumpdtb against QEMU's -M dumpdtb for the same machine. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runUlna } from '../harness/ulna-process.js';
import { describeTree, parseDts } from '../unit/machine/helpers/dts.js';
import { arm64Image } from '../unit/machine/helpers/images.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ulna-tree-'));
  writeFileSync(join(folder, 'Image'), arm64Image());
  writeFileSync(join(folder, 'initrd'), Buffer.alloc(70_000, 1));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A tree in lines. */
function linesOf(path: string): string[] {
  const dts = execFileSync('dtc', ['-q', '-I', 'dtb', '-O', 'dts', path], { encoding: 'utf8' });
  return describeTree(parseDts(dts));
}

/** What QEMU 7.2 has and this board has not. */
const ABSENT = /^\/(pcie@10000000|pmu)/;
it.each([
  ['nothing to run', '', '512M', 'neoverse-n1', false],
  ['a kernel', '', '256M', 'cortex-a57', true],
  ['EL2', 'virtualization=on', '1G', 'cortex-a76', true],
  ['EL3', 'secure=on', '1G', 'cortex-a57', true],
  ['all levels', 'secure=on,virtualization=on', '3G', 'max', true],
])('a machine with %s', async (_what, properties, memory, cpu, hasKernel) => {
  const given = properties.split(',').filter((property) => property !== '');
  const machine = ['virt', 'gic-version=3', 'dtb-randomness=off', ...given].join(',');
  const [ours, theirs] = ['ours', 'theirs'].map((name) => join(folder, `${name}.dtb`));
  const boot = (dashes: string): string[] => !hasKernel ? [] : [
    `${dashes}kernel`, join(folder, 'Image'), `${dashes}initrd`, join(folder, 'initrd'),
    `${dashes}append`, 'quiet panic=-1',
  ];
  const run = await runUlna([
    'boot', '--machine', machine, '--memory', memory, '--cpu', cpu, ...boot('--'), '--dumpdtb', ours,
  ]);
  expect(run).toMatchObject({ status: 0, output: '', errors: '' });
  execFileSync('qemu-system-aarch64', [
    '-M', `${machine},dumpdtb=${theirs}`, '-m', memory, '-cpu', cpu, ...boot('-'), '-display', 'none', '-nic', 'none',
  ], { stdio: 'ignore' });
  expect(linesOf(ours)).toEqual(linesOf(theirs).filter((line) => !ABSENT.test(line)));
});
