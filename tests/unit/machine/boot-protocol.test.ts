import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type BootFiles, type BootOptions, planBoot } from '../../../src/machine/boot-protocol.js';
import { parseDeviceTree, writeDeviceTree } from '../../../src/machine/device-tree/flattened.js';
import { cells } from '../../../src/machine/device-tree/node.js';
import { buildVirtTree } from '../../../src/machine/device-tree/virt-tree.js';
import { ConfigurationError } from '../../../src/support/errors.js';
import { expectOneLine, generator } from './helpers/fuzz.js';
import { MiB, arm64Image, bytesOf, elfImage, legacyImage, named } from './helpers/images.js';

const RAM = 0x4000_0000;
const image = (imageSize: number, textOffset = 0) => named('Image', arm64Image({ imageSize, textOffset }));
const initrd = named('initrd', bytesOf(5_000_000, 1));
const program = Uint8Array.of(0, 0, 0, 0x14);

function plan(files: BootFiles, options: Partial<BootOptions> = {}) {
  return planBoot({
    levels: { el2: false, el3: false }, cpuCount: 1, cpuModel: 'cortex-a57', ramBytes: 1024 * MiB, commandLine: '',
    seed: 'test', files, ...options,
  });
}
const place = (boot: ReturnType<typeof plan>, name: string): number | undefined =>
  boot.segments.find((segment) => segment.name === name)?.address;
const chosen = (boot: ReturnType<typeof plan>) => parseDeviceTree(boot.dtb).root.child('chosen');

describe('Linux image', () => {
  // Addresses as QEMU 7.2's `info roms` shows them for the same files.
  type Case = readonly [
    name: string, mebibytes: number, kernel: ReturnType<typeof image>, withInitrd: boolean,
    kernelAt: number, initrdAt: number | undefined, dtbAt: number,
  ];
  const cases: readonly Case[] = [
    ['64 MiB', 64, image(2 * MiB), true, 0x4020_0000, 0x4200_0000, 0x4260_0000],
    ['200 MiB kernel', 1024, image(200 * MiB), true, 0x4020_0000, 0x4ca0_0000, 0x4d00_0000],
    ['text offset, odd end', 1024, image(0x7fff001, 0x80000), false, 0x4008_0000, undefined, 0x4820_0000],
    ['no size in the header', 128, image(0), false, 0x4008_0000, undefined, 0x4400_0000],
    ['16 MiB', 16, image(2 * MiB), true, 0x4020_0000, 0x4080_0000, 0x40e0_0000],
    ['13 MiB', 13, image(2 * MiB), true, 0x4020_0000, 0x4068_0000, 0x40c0_0000],
  ];
  test.each(cases)('lies where QEMU puts it: %s', (_name, ram, kernel, withInitrd, kernelAt, initrdAt, dtbAt) => {
    const boot = plan({ kernel, ...(withInitrd ? { initrd } : {}) }, { ramBytes: ram * MiB });
    expect(place(boot, 'Image')).toBe(kernelAt);
    expect(place(boot, 'initrd')).toBe(initrdAt);
    expect(boot.dtbAddress).toBe(dtbAt);
    expect(place(boot, 'the device tree')).toBe(dtbAt);
    expect(boot.entry).toEqual({ pc: BigInt(kernelAt), x0: BigInt(dtbAt) });
    expect(boot.dtb.length).toBe(MiB);
    expect(boot).toMatchObject({ linux: true, conduit: 'hvc', startEl: 1, secure: false, fwCfgItems: [] });
  });

  test('tells the kernel of its command line and initrd', () => {
    const boot = plan({ kernel: image(2 * MiB), initrd }, { commandLine: 'quiet' });
    expect(chosen(boot)?.text('bootargs')).toBe('quiet');
    expect(chosen(boot)?.cell('linux,initrd-start')).toBe(0x4800_0000);
    expect(chosen(boot)?.cell('linux,initrd-end')).toBe(0x4800_0000 + 5_000_000);
    expect(chosen(plan({ kernel: image(2 * MiB) }))?.properties.has('bootargs')).toBe(false);
  });

  test('starts in EL2 where there is one, never in EL3', () => {
    const files = { kernel: image(2 * MiB) };
    const start = (el2: boolean, el3: boolean) => plan(files, { levels: { el2, el3 } });
    expect(start(true, false)).toMatchObject({ startEl: 2, conduit: 'smc', secure: false });
    expect(start(true, true)).toMatchObject({ startEl: 2, conduit: 'smc', secure: false });
    expect(start(false, true)).toMatchObject({ startEl: 1, conduit: 'hvc', secure: false });
  });

  test('U-Boot images of a kernel and an initrd', () => {
    const header = { type: 2, load: RAM + 0x80000, entry: RAM + 0x80040 };
    const kernel = named('uImage', legacyImage(header, bytesOf(0x1000, 1)));
    const boot = plan({ kernel, initrd: named('uInitrd', legacyImage({ type: 3 }, initrd.bytes)) });
    expect(boot.entry.pc).toBe(BigInt(RAM + 0x80040));
    expect(boot.segments.find(({ name }) => name === 'uInitrd')?.bytes.length).toBe(initrd.bytes.length);
    const noload = plan({ kernel: named('uImage', legacyImage({ type: 14 }, bytesOf(0x1000, 1))) });
    expect(noload.entry.pc).toBe(BigInt(RAM + 32 * MiB));
  });
});

describe('ELF program', () => {
  const elf = (address: number, size = 16) =>
    named('elf', elfImage(address, [{ virtual: address, physical: address, bytes: bytesOf(size, 1) }]));

  test('starts at the highest level, with the tree at the start of RAM where there is room', () => {
    const boot = plan({ kernel: elf(RAM + 4 * MiB), initrd }, { commandLine: 'x', levels: { el2: true, el3: true } });
    expect(boot).toMatchObject({ linux: false, startEl: 3, secure: true, conduit: 'none', dtbAddress: RAM });
    expect(boot.entry).toEqual({ pc: BigInt(RAM + 4 * MiB), x0: 0n });
    expect(chosen(boot)?.text('bootargs')).toBe('x');
    expect(chosen(boot)?.properties.has('linux,initrd-start')).toBe(false);
  });

  test('the tree gives up its spare room, and is left out where it does not fit', () => {
    expect(plan({ kernel: elf(RAM + 0x80000) })).toMatchObject({ dtbAddress: RAM, dtb: { length: 0x80000 } });
    const boot = plan({ kernel: elf(RAM) });
    expect(boot.dtbAddress).toBeUndefined();
    expect(boot.segments.map(({ address }) => address)).toEqual([RAM]);
    expect(plan({ kernel: elf(RAM + 0x100) }).dtbAddress).toBeUndefined();
  });

  test('file headers that a linker puts below RAM are dropped', () => {
    const kernel = elf(RAM - 0x10000, 0x10004);
    const boot = plan({ kernel });
    expect(boot.segments).toMatchObject([{ address: RAM, size: 4, bytes: bytesOf(4, 1) }]);
    expect(() => plan({ kernel: elf(0x3000_0000) })).toThrow(/not within the machine's memory/);
  });
});

describe('firmware', () => {
  const firmware = named('QEMU_EFI.fd', bytesOf(2 * MiB, 0x5a));

  test('goes to flash, the tree to the start of RAM, the rest to fw_cfg', () => {
    const kernel = named('Image.gz', gzipSync(image(2 * MiB).bytes));
    const boot = plan({ firmware, kernel, initrd }, { commandLine: 'a b' });
    expect(boot.entry).toEqual({ pc: 0n, x0: 0n });
    expect(boot.flash[0]).toBe(firmware.bytes);
    expect(boot.dtbAddress).toBe(RAM);
    expect(boot.segments.map(({ name }) => name)).toEqual(['the device tree']);
    const items = new Map(boot.fwCfgItems.map(({ key, bytes }) => [key, bytes]));
    expect([...items.keys()]).toEqual([0x08, 0x11, 0x0b, 0x12, 0x14, 0x15]);
    expect(items.get(0x08)).toEqual(Uint8Array.of(64, 0, 0, 0));
    expect(items.get(0x11)).toEqual(image(2 * MiB).bytes);
    expect(items.get(0x12)).toBe(initrd.bytes);
    expect(items.get(0x15)).toEqual(new TextEncoder().encode('a b\0'));
    expect(chosen(boot)?.properties.has('linux,initrd-start')).toBe(false);
  });

  test('brings its own PSCI when there is an EL3', () => {
    const boot = plan({ firmware }, { levels: { el2: true, el3: true }, cpuCount: 2 });
    expect(boot).toMatchObject({ conduit: 'none', startEl: 3, secure: true, fwCfgItems: [] });
    expect(plan({ firmware }, { levels: { el2: true, el3: false } })).toMatchObject({ conduit: 'smc', startEl: 2 });
    expect(plan({ firmware })).toMatchObject({ conduit: 'hvc', startEl: 1 });
  });

  test('as flash drives', () => {
    const variables = named('VARS.fd', bytesOf(64 * MiB));
    const boot = plan({ flash: [firmware, variables] });
    expect(boot.flash[0]).toBe(firmware.bytes);
    expect(boot.flash[1]).toBe(variables.bytes);
    const big = named('big', bytesOf(64 * MiB + 1));
    expect(() => plan({ flash: [big, undefined] })).toThrow(/big: 67108865 bytes do not fit/);
  });
});

describe('loader devices', () => {
  const file = named('prog.bin', program);

  test('place files and values, and set where PEs start', () => {
    const boot = plan({
      loaders: [
        { kind: 'file', file, address: 0x4100_0000n, forceRaw: true, cpu: 0 },
        { kind: 'data', address: 0x4100_0002n, bytes: Uint8Array.of(9, 8) },
        { kind: 'entry', address: 0x4100_0000n, cpu: 1 },
      ],
    }, { cpuCount: 2 });
    expect(boot.segments.map(({ address }) => address)).toEqual([0x4100_0002, RAM, 0x4100_0000]);
    expect([...boot.cpuEntry]).toEqual([[0, 0x4100_0000n], [1, 0x4100_0000n]]);
  });

  test('write into flash and, with EL3, into secure memory', () => {
    const boot = plan({
      loaders: [
        { kind: 'file', file, address: 0x100n, forceRaw: true, cpu: 0 },
        { kind: 'file', file, address: 0x0e00_0000n, forceRaw: true },
      ],
    }, { levels: { el2: false, el3: true } });
    expect(boot.flash[0]?.slice(0xfe, 0x104)).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0x14));
    expect(boot.segments.map(({ address }) => address)).toEqual([RAM, 0x0e00_0000]);
  });
});

describe('wrong input is one line', () => {
  const kernel = image(2 * MiB);
  const raw = (address: bigint, length = 4) =>
    ({ kind: 'file', file: named('f', bytesOf(length, 1)), address, forceRaw: true, cpu: 0 }) as const;
  const cases: readonly (readonly [string, () => unknown, RegExp])[] = [
    ['nothing to run', () => plan({}), /nothing to run/],
    ['only a loader without CPU', () => plan({ loaders: [{ kind: 'data', address: 0n, bytes: program }] }),
      /nothing to run/],
    ['kernel larger than RAM', () => plan({ kernel: image(200 * MiB) }, { ramBytes: 128 * MiB }),
      /needs 200 MiB at 0x40200000.*128 MiB/],
    ['initrd larger than RAM',
      () => plan({ kernel, initrd: named('initrd', bytesOf(64 * MiB)) }, { ramBytes: 64 * MiB }),
      /initrd of 64 MiB does not fit into the 32 MiB/],
    ['empty initrd', () => plan({ kernel, initrd: named('i', bytesOf(0)) }), /i: the initrd file is empty/],
    ['no room for the tree', () => plan({ kernel, initrd }, { ramBytes: 12 * MiB }), /no room for the device tree/],
    ['empty firmware', () => plan({ firmware: named('fw', bytesOf(0)) }), /fw: the firmware file is empty/],
    ['loader over the tree', () => plan({ loaders: [raw(0x4000_0000n)] }), /overlap/],
    ['loader over the kernel', () => plan({ kernel, loaders: [raw(0x4020_0000n)] }), /Image .* and f .* overlap/],
    ['loader beyond RAM', () => plan({ loaders: [raw(0x7fff_fffen)] }), /f: 4 bytes at 0x7ffffffe are not within/],
    ['loader in a device', () => plan({ loaders: [raw(0x0900_0000n)] }), /not within/],
    ['loader across the flash banks', () => plan({ loaders: [raw(0x03ff_fffen)] }), /not within/],
    ['secure memory without EL3', () => plan({ loaders: [raw(0x0e00_0000n)] }), /not within/],
    ['a CPU that is not there', () => plan({ kernel, loaders: [{ kind: 'entry', address: 0n, cpu: 1 }] }),
      /CPU 1; there are 1/],
    ['a broken tree', () => plan({ kernel, dtb: named('my.dtb', bytesOf(100)) }), /my\.dtb: not a valid device tree/],
  ];
  test.each(cases)('%s', (_name, body, message) => {
    expect(body).toThrow(ConfigurationError);
    expect(body).toThrow(message);
    expectOneLine(body);
  });
});

describe("the user's tree", () => {
  const minimal = () => {
    const tree = buildVirtTree({
      cpuCount: 1, cpuModel: 'cortex-a57', levels: { el2: false, el3: false }, psciEnable: true,
    });
    return tree;
  };
  const kernel = image(2 * MiB);

  test('gets memory, command line, initrd and PSCI, and keeps the rest', () => {
    const tree = minimal();
    tree.root.add('memory').set('reg', bytesOf(16));
    tree.root.add('memory@80000000').set('reg', bytesOf(16));
    tree.root.add('mine').set('x', Uint8Array.of(1));
    const blob = writeDeviceTree(tree);
    const boot = plan({ kernel, initrd, dtb: named('my.dtb', blob) }, { commandLine: 'c', ramBytes: 512 * MiB });
    const { root } = parseDeviceTree(boot.dtb);
    const memory = root.children.filter(({ name }) => name.startsWith('memory'));
    expect(memory.map(({ name }) => name)).toEqual(['memory@40000000']);
    expect(memory[0].properties.get('reg')).toEqual(cells(0, 0x4000_0000, 0, 0x2000_0000));
    expect(root.find('/chosen')?.text('bootargs')).toBe('c');
    expect(root.find('/chosen')?.properties.has('rng-seed')).toBe(false);
    expect(root.find('/psci')?.text('method')).toBe('hvc');
    expect(root.find('/mine')?.properties.get('x')).toEqual(Uint8Array.of(1));
    expect(boot.dtb.length).toBe(Math.ceil(((blob.length + 10000) * 2) / 8) * 8);
  });

  test('keeps its own PSCI node; may lack /chosen', () => {
    const tree = minimal();
    tree.root.children.splice(tree.root.children.findIndex(({ name }) => name === 'chosen'), 1);
    tree.root.add('psci').set('method', new TextEncoder().encode('smc\0'));
    const boot = plan({ kernel, dtb: named('d', writeDeviceTree(tree)) }, { commandLine: 'c' });
    const { root } = parseDeviceTree(boot.dtb);
    expect(root.find('/psci')?.text('method')).toBe('smc');
    expect(root.find('/chosen')?.text('bootargs')).toBe('c');
  });

  test('with cells that cannot describe the machine is refused', () => {
    const tree = minimal();
    tree.root.set('#address-cells', bytesOf(4));
    expect(() => plan({ kernel, dtb: named('d', writeDeviceTree(tree)) })).toThrow(/#address-cells/);
    tree.root.set('#address-cells', Uint8Array.of(0, 0, 0, 1)).set('#size-cells', Uint8Array.of(0, 0, 0, 1));
    const dtb = named('d', writeDeviceTree(tree));
    expect(() => plan({ kernel, dtb }, { ramBytes: 3400 * MiB })).toThrow(/32-bit addresses/);
    expect(plan({ kernel, dtb }).dtbAddress).toBe(0x4800_0000);
  });
});

test('random machines and files give a plan within memory or one line', () => {
  const next = generator(11);
  const space = bytesOf(64 * MiB);
  for (let round = 0; round < 400; round++) {
    const ramBytes = (8 + (next() % 300)) * MiB;
    const kernel = image(next() % (300 * MiB), next() % 2 === 0 ? 0 : next() % (4 * MiB));
    const size = next() % (64 * MiB);
    expectOneLine(() => {
      const files = size % 2 === 0 ? { kernel } : { kernel, initrd: named('i', space.subarray(0, size)) };
      const boot = plan(files, { ramBytes });
      const parts = [...boot.segments].sort((a, b) => a.address - b.address);
      parts.forEach((part, i) => {
        expect(part.address).toBeGreaterThanOrEqual(RAM);
        expect(part.address + part.size).toBeLessThanOrEqual(RAM + ramBytes);
        if (i > 0) expect(parts[i - 1].address + parts[i - 1].size).toBeLessThanOrEqual(part.address);
      });
      expect((boot.dtbAddress ?? 0) % (2 * MiB)).toBe(0);
    });
  }
});
