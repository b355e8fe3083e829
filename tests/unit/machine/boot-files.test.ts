import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveMachineConfig } from '../../../src/config/machine-config.js';
import { planMachineBoot, readInput } from '../../../src/machine/boot-files.js';
import { ConfigurationError } from '../../../src/support/errors.js';
import { arm64Image, bytesOf } from './helpers/images.js';

let directory: string;
const path = (name: string): string => join(directory, name);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'ulna-boot-'));
  writeFileSync(path('Image'), arm64Image());
  writeFileSync(path('initrd'), bytesOf(1000, 1));
  writeFileSync(path('vars'), bytesOf(100, 2));
  execFileSync('mkfifo', [path('pipe')]);
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('files of a boot', () => {
  test('from a configuration to a plan', () => {
    const config = resolveMachineConfig({
      kernel: path('Image'), initrd: path('initrd'), append: 'quiet', smp: 2, memory: '256M',
      machine: 'virt,virtualization=on',
      drive: [`file=${path('vars')},if=pflash,unit=1`, 'file=not-read-here'],
      device: [`loader,file=${path('vars')},addr=0x4f000000`], seed: 1,
    });
    const plan = planMachineBoot(config);
    expect(plan).toMatchObject({ linux: true, startEl: 2, conduit: 'smc', dtbAddress: 0x4820_0000 });
    expect(plan.segments.map(({ address }) => address)).toEqual([0x4020_0000, 0x4800_0000, 0x4820_0000, 0x4f00_0000]);
    expect(plan.flash[0]).toBeUndefined();
    expect(plan.flash[1]?.length).toBe(100);
    expect(Buffer.compare(planMachineBoot(config).dtb, plan.dtb)).toBe(0);
  });

  test.each([
    ['a file that is not there', 'none', /--kernel: .*none does not exist$/],
    ['a directory', '', /--kernel: .* is a directory$/],
    ['a file as a directory', 'Image/x', /--kernel: .*Image\/x cannot be read \(ENOTDIR/],
  ])('%s', (_name, file, message) => {
    const read = (): unknown => readInput(path(file), '--kernel');
    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(message);
  });

  test('a pipe is read to its end', () => {
    const writer = `head -c 3000000 /dev/zero > '${path('pipe')}' &`;
    execFileSync('sh', ['-c', writer], { stdio: 'ignore' });
    expect(readInput(path('pipe'), '--kernel').bytes.length).toBe(3_000_000);
  });
});
