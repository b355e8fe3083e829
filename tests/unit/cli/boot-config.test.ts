import { describe, expect, it } from 'vitest';
import type { Guest, GuestOptions } from '../../../guest/index.js';
import { bootConfig, restoreConfig } from '../../../src/cli/boot-config.js';
import { optionValues } from '../../../src/cli/options/command.js';
import { bootOptions } from '../../../src/cli/options/tables.js';
import { silentProgress } from '../../../guest/progress.js';
import { resolveMachineConfig } from '../../../src/config/machine-config.js';
import { savedConfig } from '../../../src/machine/snapshot/machine-description.js';
import { ConfigurationError } from '../../../src/support/errors.js';

const GUEST: Guest = { kernel: '/cache/vmlinuz', initrd: '/cache/initrd', release: '6.12', append: 'console=ttyAMA0' };

/** The configuration of a command line's raw options, and what was fetched for it. */
async function configure(raw: Record<string, unknown>, guest: Guest = GUEST) {
  const fetched: GuestOptions[] = [];
  const config = await bootConfig(optionValues(bootOptions, raw), silentProgress, (options) => {
    fetched.push(options);
    return Promise.resolve(guest);
  });
  return { config, fetched };
}

describe('without a kernel', () => {
  it('the default guest is booted', async () => {
    const { config, fetched } = await configure({});
    expect(config).toMatchObject({ kernel: '/cache/vmlinuz', initrd: '/cache/initrd', append: 'console=ttyAMA0' });
    expect(fetched).toMatchObject([{ suite: 'trixie', kernelPackage: 'linux-image-cloud-arm64', modules: [] }]);
  });

  it('more of the command line, the initrd, suite and modules may be given', async () => {
    const raw = { append: 'quiet', initrd: 'mine', suite: 'sid', module: ['ext4'], kernelPackage: 'linux-image-arm64' };
    const { config, fetched } = await configure(raw);
    expect(config).toMatchObject({ initrd: 'mine', append: 'console=ttyAMA0 quiet' });
    expect(fetched).toMatchObject([{ suite: 'sid', kernelPackage: 'linux-image-arm64', modules: ['ext4'] }]);
  });

  it('packages are put into its initramfs, which needs memory', async () => {
    const raw = { package: ['openssl', 'python3'], memory: '512M' };
    expect((await configure(raw)).fetched).toMatchObject([{ packages: ['openssl', 'python3'] }]);
    await configure(raw, { ...GUEST, minimumMemory: 512 * 2 ** 20 });
    await expect(configure(raw, { ...GUEST, minimumMemory: 576 * 2 ** 20 })).rejects.toThrow(
      '--package: these packages need --memory 576M or more',
    );
    await expect(configure({ ...raw, initrd: 'mine' })).rejects.toThrow('not with --initrd');
    await expect(configure({ ...raw, kernel: 'Image' })).rejects.toThrow('--package: is for the default guest');
  });

  it('a disk brings its driver', async () => {
    const { fetched } = await configure({ drive: ['file=disk,format=raw'], module: ['virtio_blk'] });
    expect(fetched[0]!.modules).toEqual(['virtio_blk', 'virtio_mmio']);
  });

  it('a console brings its driver, and the guest talks to the one on the terminal', async () => {
    const { config, fetched } = await configure({ console: ['null', 'stdio'], append: 'quiet' });
    expect(fetched[0]!.modules).toEqual(['virtio_mmio', 'virtio_console']);
    expect(config).toMatchObject({
      append: 'console=ttyAMA0 console=hvc1 quiet', serial: [{ kind: 'null' }],
      consoles: [{ kind: 'null' }, { kind: 'stdio' }],
    });
    const both = await configure({ console: ['file:log'] });
    expect(both.config).toMatchObject({ append: 'console=ttyAMA0', serial: [{ kind: 'stdio' }] });
    await expect(configure({ console: ['stdio'], serial: ['stdio'] })).rejects.toThrow('serves one line only');
  });

  it.each([
    { firmware: 'u-boot.bin' },
    { dumpdtb: 'virt.dtb' },
    { device: ['loader,file=a.elf'] },
    { drive: ['file=flash,if=pflash,format=raw'] },
  ])('but with %j nothing is fetched', async (raw) => {
    const { config, fetched } = await configure(raw);
    expect(fetched).toEqual([]);
    expect(config.kernel).toBeUndefined();
  });

  it('nothing is fetched when an option is wrong', async () => {
    await expect(configure({ memory: '8G' })).rejects.toThrow(ConfigurationError);
    await expect(configure({ firmware: 'x', initrd: 'y' })).rejects.toThrow('--initrd: needs --kernel');
  });
});

describe('with a kernel', () => {
  it('everything is as given', async () => {
    const { config, fetched } = await configure({ kernel: 'Image', initrd: 'initrd', append: 'x' });
    expect(fetched).toEqual([]);
    expect(config).toMatchObject({ kernel: 'Image', initrd: 'initrd', append: 'x' });
    expect((await configure({ kernel: 'Image' })).config.append).toBe('');
  });
});

describe('with --restore', () => {
  const saved = savedConfig(resolveMachineConfig({
    machine: 'virt,virtualization=on', cpu: 'cortex-a57', smp: 4, memory: '256M', drive: ['file=disk,snapshot=on'], console: ['stdio'],
  }));
  const configure = (raw: Record<string, unknown>) =>
    restoreConfig(optionValues(bootOptions, { restore: 'file', ...raw }), new Set(Object.keys(raw)), saved);

  it('the machine is the one that was saved', () => {
    expect(configure({ kernel: 'none', initrd: 'none', append: 'none' })).toMatchObject({ ...saved, restore: 'file' });
  });

  it('what is given counts, drives and devices together', () => {
    expect(configure({ memory: '1G', smp: '2' })).toMatchObject({ ...saved, memoryBytes: 2 ** 30, smp: 2 });
    expect(configure({ cpu: 'max', machine: 'virt' })).toMatchObject({ cpu: { model: 'max' }, virtualization: false, smp: 4 });
    expect(configure({ drive: ['file=other'] })).toMatchObject({ drives: [{ file: 'other' }], consoles: [], serial: [{ kind: 'stdio' }] });
    expect(configure({ serial: ['null'] })).toMatchObject({ drives: saved.drives, serial: [{ kind: 'null' }] });
  });
});
