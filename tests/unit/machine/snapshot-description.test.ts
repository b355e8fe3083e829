/** What of a machine a snapshot asks for, and how a difference is told; and the boot images that it keeps. */
import { expect, test } from 'vitest';
import { type MachineOptions, resolveMachineConfig } from '../../../src/config/machine-config.js';
import type { BootPlan } from '../../../src/machine/boot-protocol.js';
import { restorePlan, savePlan } from '../../../src/machine/snapshot/boot-images.js';
import { describeMachine, difference, savedConfig } from '../../../src/machine/snapshot/machine-description.js';
import { RecentOutput } from '../../../src/machine/recent-output.js';

const describe = (options: MachineOptions) => describeMachine(savedConfig(resolveMachineConfig(options)));

test('a machine fits itself, wherever its lines go and whatever runs it', () => {
  const saved = describe({ drive: ['file=/a/disk,snapshot=on'], console: ['null'] });
  const same = describe({
    drive: ['file=/b/disk,snapshot=on,file.locking=off'], console: ['file:out'], serial: ['null'], jit: 'off', kernel: 'x', append: 'y',
  });
  expect(difference(saved, same)).toBeUndefined();
  expect(difference(JSON.parse(JSON.stringify(saved)) as typeof saved, same)).toBeUndefined();
});

test.each<[MachineOptions, string]>([
  [{ memory: '512M' }, '--memory was 1 GiB, here it is 512 MiB'],
  [{ cpu: 'cortex-a57' }, '--cpu was max, here it is cortex-a57'],
  [{ cpu: 'max,pauth=off' }, '--cpu pauth was impdef, here it is off'],
  [{ smp: 2 }, '--smp was 1, here it is 2'],
  [{ machine: 'virt,secure=on' }, '--machine secure was off, here it is on'],
  [{ machine: 'virt,its=off' }, '--machine its was on, here it is off'],
  [{ drive: ['file=disk'] }, 'virtio slot 0 was nothing, here it is the drive disk'],
  [{ drive: ['file=disk,snapshot=on,serial=A'] }, 'virtio slot 0 was nothing, here it is the drive disk,snapshot=on,serial=A'],
  [{ console: ['null'] }, 'virtio slot 0 was nothing, here it is a console'],
  [{ drive: ['file=code,if=pflash'] }, 'flash bank 0 was no drive, here it is the drive code'],
])('%j is told from the default machine', (options, text) => {
  expect(difference(describe({}), describe(options))).toBe(`does not fit this machine: ${text}`);
});

test('a plan comes back from its images, with the device tree still the one among the segments', () => {
  const dtb = Uint8Array.of(1, 2, 3);
  const plan: BootPlan = {
    segments: [
      { name: 'kernel', address: 0x4000_0000, size: 100, bytes: Uint8Array.of(9, 9) }, { name: 'tree', address: 0x4800_0000, size: 3, bytes: dtb },
    ],
    entry: { pc: 0xffff_0000_0000_0000n, x0: 5n }, cpuEntry: new Map([[1, 7n]]), startEl: 2, secure: false, conduit: 'smc', linux: true,
    flash: [undefined, Uint8Array.of(4)], fwCfgItems: [{ key: 8, bytes: Uint8Array.of(1) }], dtb, dtbAddress: 0x4800_0000,
  };
  const { saved, images } = savePlan(plan);
  expect(images).toHaveLength(4);
  const restored = restorePlan(JSON.parse(JSON.stringify(saved)) as typeof saved, (number) => images[number]);
  expect(restored).toEqual(plan);
  expect(restored.segments[1].bytes).toBe(restored.dtb);
});

test('the last screenful of a line begins with a line', () => {
  const recent = new RecentOutput();
  expect(Buffer.from(recent.screenful()).toString()).toBe('');
  recent.push(Buffer.from('\nprompt> '));
  expect(Buffer.from(recent.screenful()).toString()).toBe('\nprompt> ');
  for (let i = 0; i < 5000; i++) recent.push(Buffer.from(`line ${i}\r\n`));
  recent.push(Buffer.from('> '));
  const lines = Buffer.from(recent.screenful()).toString().split('\r\n');
  expect(lines).toHaveLength(24);
  expect(lines[0]).toBe('line 4977');
  expect(lines[23]).toBe('> ');
});
