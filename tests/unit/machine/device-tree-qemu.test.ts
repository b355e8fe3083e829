import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { planBoot, planReset, type BootOptions } from '../../../src/machine/boot-protocol.js';
import { parseDeviceTree } from '../../../src/machine/device-tree/flattened.js';
import { arm64Image, bytesOf, MiB, named } from './helpers/images.js';
import { describeTree, parseDts } from './helpers/dts.js';

// The recordings come from data/record.sh, with the same kernel, initrd and firmware as here.
const recorded = (name: string) => parseDts(readFileSync(new URL(`data/${name}.dts`, import.meta.url), 'utf8'));

const boot = {
  files: { kernel: named('Image', arm64Image()), initrd: named('initrd', bytesOf(5_000_000)) },
  commandLine: 'console=ttyAMA0 panic=-1',
};
// Without a kernel QEMU starts at address 0; here a loader says so.
const noKernel = { files: { loaders: [{ kind: 'entry', address: 0n, cpu: 0 } as const] }, commandLine: '' };
const firmware = { ...boot, files: { ...boot.files, firmware: named('firmware', bytesOf(65536)) } };
const all = { its: true, pcie: true, pmu: true };
const none = { el2: false, el3: false };
const el2 = { el2: true, el3: false };
const el3 = { el2: false, el3: true };
const both = { el2: true, el3: true };

const cases: readonly (readonly [string, BootOptions])[] = [
  ['plain', { ...noKernel, levels: none, cpuModel: 'cortex-a57', cpuCount: 1, ramBytes: 1024 * MiB,
    optionalDevices: all }],
  ['kernel', { ...boot, levels: none, cpuModel: 'cortex-a76', cpuCount: 1, ramBytes: 2048 * MiB,
    optionalDevices: all }],
  ['kernel-smp4', { ...boot, levels: none, cpuModel: 'max', cpuCount: 4, ramBytes: 1024 * MiB, optionalDevices: all }],
  ['smp20', { ...noKernel, levels: none, cpuModel: 'neoverse-n1', cpuCount: 20, ramBytes: 128 * MiB,
    optionalDevices: all }],
  ['el2-kernel', { ...boot, levels: el2, cpuModel: 'max', cpuCount: 2, ramBytes: 3072 * MiB, optionalDevices: all }],
  ['el3', { ...noKernel, levels: both, cpuModel: 'max', cpuCount: 2, ramBytes: 1024 * MiB, optionalDevices: all }],
  ['el3-kernel', { ...boot, levels: el3, cpuModel: 'max', cpuCount: 2, ramBytes: 1024 * MiB, optionalDevices: all }],
  ['el3-firmware', { ...firmware, levels: both, cpuModel: 'max', cpuCount: 2, ramBytes: 1024 * MiB,
    optionalDevices: all }],
  ['no-devices', {
    ...boot, levels: none, cpuModel: 'cortex-a57', cpuCount: 1, ramBytes: 64 * MiB, dtbRandomness: false,
    optionalDevices: { pcie: true },
  }],
];

/** Seeds differ by nature; their length must not. */
function withoutEntropy(lines: string[]): string[] {
  const seed = /((?:kaslr|rng)-seed = )([0-9a-f]+)$/;
  return lines.map((line) => line.replace(seed, (_all, name, hex) => `${name}${hex.length / 2} bytes`));
}

describe('generated tree', () => {
  test.each(cases)("is QEMU's: %s", (name, options) => {
    const ours = parseDeviceTree(planBoot(options).dtb).root;
    expect(withoutEntropy(describeTree(ours))).toEqual(withoutEntropy(describeTree(recorded(name))));
  });

  test('differs from QEMU by what this machine lacks, and by nothing else', () => {
    const ours = describeTree(parseDeviceTree(planBoot({ ...cases[1][1], optionalDevices: { its: true } }).dtb).root);
    const theirs = describeTree(recorded('kernel'));
    const absent: readonly (readonly [RegExp, string])[] = [
      [/^\/pcie@10000000/, 'there is no PCIe host bridge'],
      [/^\/pmu/, 'there is no performance monitor'],
    ];
    const expected = theirs.filter((line) => !absent.some(([pattern]) => pattern.test(line)));
    expect(withoutEntropy(ours)).toEqual(withoutEntropy(expected));
  });

  test('has one megabyte of room, as in QEMU', () => {
    expect(planBoot(cases[1][1]).dtb.length).toBe(MiB);
  });

  test('a further reset changes the seeds alone, and only seeds that are there', () => {
    const before = planBoot({ ...cases[6][1], seed: 'a' });
    const after = planReset(before, 'b');
    const lines = (dtb: Uint8Array): string[] => describeTree(parseDeviceTree(dtb).root);
    const changed = lines(before.dtb).filter((line,
      i) => line !== lines(after.dtb)[i]).map((line) => line.split(' = ')[0]);
    expect(changed).toEqual([
      '/secure-chosen kaslr-seed', '/secure-chosen rng-seed', '/chosen kaslr-seed', '/chosen rng-seed',
    ]);
    expect(after.dtb.length).toBe(before.dtb.length);
    expect(after.segments.find(({ address }) => address === after.dtbAddress)?.bytes).toBe(after.dtb);
    const without = planBoot({ ...cases[8][1] });
    expect(lines(planReset(without, 'b').dtb)).toEqual(lines(without.dtb));
  });

  test('seeds follow the given seed, and differ by world and by boot without one', () => {
    const seedOf = (seed: string | undefined, path: string): string => {
      const { root } = parseDeviceTree(planBoot({ ...cases[6][1], ...(seed === undefined ? {} : { seed }) }).dtb);
      return String(root.find(path)?.properties.get('rng-seed'));
    };
    expect(seedOf('a', '/chosen')).toBe(seedOf('a', '/chosen'));
    expect(seedOf('a', '/chosen')).not.toBe(seedOf('b', '/chosen'));
    expect(seedOf('a', '/chosen')).not.toBe(seedOf('a', '/secure-chosen'));
    expect(seedOf(undefined, '/chosen')).not.toBe(seedOf(undefined, '/chosen'));
  });
});
