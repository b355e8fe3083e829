import { describe, expect, test } from 'vitest';
import { type MachineOptions, resolveMachineConfig } from '../../../src/config/machine-config.js';
import { ConfigurationError } from '../../../src/support/errors.js';

/** What lies in the slots in use. */
function slots(options: MachineOptions): Record<number, string> {
  const entries = resolveMachineConfig(options).virtio.map((device, slot) => {
    if (device?.kind === 'block') return [slot, device.drive.file + (device.drive.serial ?? '')];
    return [slot, device?.kind === 'console' ? `console ${device.index}` : device?.kind];
  });
  return Object.fromEntries(entries.filter(([, what]) => what !== undefined)) as Record<number, string>;
}

describe('virtio slots', () => {
  test('without options hold an entropy device, where QEMU puts its first device', () => {
    expect(slots({})).toEqual({ 31: 'entropy' });
  });

  test('are taken from the top by --device, in its order: info qtree of QEMU 7.2 for the same arguments', () => {
    expect(slots({
      drive: ['file=a,if=none,id=a', 'file=b,if=none,id=b'],
      device: [
        'virtio-blk-device,drive=a', 'virtio-rng-device', 'loader,addr=0,cpu-num=0', 'virtio-blk-device,drive=b',
      ],
    })).toEqual({ 31: 'a', 30: 'entropy', 29: 'b' });
  });

  test('are taken from the bottom by drives and then consoles, so that Linux counts as the user does', () => {
    expect(slots({ drive: ['file=a', 'file=b'], console: ['null', 'null'] })).toEqual({
      0: 'a', 1: 'b', 2: 'console 0', 3: 'console 1', 31: 'entropy',
    });
  });

  test('follow the units of drives', () => {
    expect(slots({ drive: ['file=c', 'file=b,index=4', 'file=a,unit=1', 'file=flash,if=pflash'] })).toEqual({
      0: 'a', 1: 'b', 2: 'c', 31: 'entropy',
    });
  });

  test('a device may name the serial number of its drive', () => {
    const drive = ['file=a,if=none,id=x,serial=old'];
    expect(slots({ drive, device: ['virtio-blk-device,drive=x,serial=new'] })).toMatchObject({ 31: 'anew' });
    expect(slots({ drive, device: ['virtio-blk-device,drive=x'] })).toMatchObject({ 31: 'aold', 30: 'entropy' });
  });

  const cases: readonly (readonly [string, MachineOptions, RegExp])[] = [
    ['a drive that nothing uses', { drive: ['file=a,if=none,id=x'] }, /if=none is for a device/],
    ['a drive that is not there', { device: ['virtio-blk-device,drive=x'] }, /there is no drive 'x'/],
    ['a drive used twice',
      { drive: ['file=a,if=none,id=x'], device: Array<string>(2).fill('virtio-blk-device,drive=x') }, /used already/],
    ['a drive of the board', { drive: ['file=a,id=x'], device: ['virtio-blk-device,drive=x'] }, /not if=none/],
    ['a device without its drive', { device: ['virtio-blk-device'] }, /needs 'drive='/],
    ['a drive of an entropy device', { device: ['virtio-rng-device,drive=x'] }, /no drive/],
    ['a device on PCI', { device: ['virtio-blk-pci,drive=x'] }, /one of virtio-blk-device, virtio-rng-device/],
    ['more than there are', { drive: Array<string>(32).fill('file=a') }, /32 virtio slots/],
  ];
  test.each(cases)('%s is refused', (_name, options, message) => {
    const resolve = (): unknown => resolveMachineConfig(options);
    expect(resolve).toThrow(ConfigurationError);
    expect(resolve).toThrow(message);
  });
});
