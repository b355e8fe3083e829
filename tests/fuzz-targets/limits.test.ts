/** Inputs that made readers take time or stack out of proportion; they are too large to keep as files. */
import { describe, expect, it } from 'vitest';
import type { BlockBackend } from '../../devices/backends/block-backend.js';
import { BlockDevice, blockDeviceType } from '../../devices/virtio/block.js';
import { VirtioMmioTransport } from '../../devices/virtio/mmio-transport.js';
import { VirtioService } from '../../devices/virtio/service.js';
import { writeDeviceTree, parseDeviceTree } from '../../src/machine/device-tree/flattened.js';
import { newDeviceTree } from '../../src/machine/device-tree/node.js';
import { planBoot } from '../../src/machine/boot-protocol.js';
import { readIntelHex } from '../../src/machine/loaders/intel-hex.js';
import { ConfigurationError } from '../../src/support/errors.js';
import { deviceMemory, TestLine, TestRam } from '../unit/devices/fixtures.js';
import { offeredFeatures, SplitDriver, startDevice } from '../unit/devices/virtio-driver.js';
import { elfImage, named } from '../unit/machine/helpers/images.js';

describe('effort in proportion to the input', () => {
  it('an ELF file with 65,535 segments in flash', () => {
    const segment = { bytes: Uint8Array.of(1, 2, 3, 4) };
    const segments = Array.from({ length: 65535 }, (_, i) => ({ ...segment, virtual: 1024 * i, physical: 1024 * i }));
    const plan = planBoot({
      levels: { el2: false, el3: false }, cpuCount: 1, cpuModel: 'max', ramBytes: 8 << 20, commandLine: '',
      files: { kernel: named('kernel', elfImage(0, segments)) },
    });
    expect(plan.flash[0]?.[1024 * 65534]).toBe(1);
    expect(plan.segments.map((part) => part.name)).toEqual(['the device tree']);
  });

  it('a HEX file with a line of 64 MiB', () => {
    const bytes = new Uint8Array(64 << 20).fill(0x30);
    bytes[0] = 0x3a;
    const refusal = new ConfigurationError('file: line 1 of the HEX file is no record');
    expect(() => readIntelHex(named('file', bytes))).toThrow(refusal);
  });

  it('a device tree whose properties all name one long string', () => {
    const tree = newDeviceTree();
    const name = 'p'.repeat(1 << 20);
    tree.root.set(name, new Uint8Array(0));
    const blob = writeDeviceTree(tree);
    const view = new DataView(blob.buffer);
    const [structure, strings, stringBytes] = [view.getUint32(8), view.getUint32(12), view.getUint32(32)];
    // The string as it is, and in place of the structure one with 100,000 properties.
    const properties = 100_000;
    const bytes = new Uint8Array(structure + 8 + 12 * properties + 8 + stringBytes);
    bytes.set(blob.subarray(0, structure));
    const out = new DataView(bytes.buffer);
    let at = structure;
    for (const word of [1, 0]) at += put(out, at, word);
    for (let i = 0; i < properties; i++) for (const word of [3, 0, i]) at += put(out, at, word);
    for (const word of [2, 9]) at += put(out, at, word);
    bytes.set(blob.subarray(strings, strings + stringBytes), at);
    for (const [index, value] of [[1, bytes.length], [3, at], [9, at - structure]]) out.setUint32(4 * index, value);
    expect(() => parseDeviceTree(bytes, 'tree')).toThrow('a name is too long');
  });

  it('a disk request of more than 2 GiB, made of the same memory over and over', () => {
    const ram = new TestRam(0x4000_0000, 8 << 20);
    const reads: number[] = [];
    const disk: BlockBackend = {
      bytes: 2 ** 40, readOnly: false, read: (_, target) => void reads.push(target.length), write: () => undefined,
      flush: () => undefined, discard: () => undefined, writeZeroes: () => undefined, close: () => undefined,
    };
    const wiring = { line: new TestLine(), kick: () => undefined };
    const state = deviceMemory(VirtioMmioTransport.BYTES);
    const transport = new VirtioMmioTransport(0, state, wiring, blockDeviceType(disk));
    transport.reset();
    const service = new VirtioService(transport, ram, new BlockDevice(transport, disk));
    const queue = new SplitDriver(transport, ram, 0, 16, ram.base);
    startDevice(transport, offeredFeatures(transport), () => queue.enable());
    const [header, status, data, table] = [0x1000, 0x1100, 0x10_0000, 0x8000].map((offset) => ram.base + offset);
    const request = (pieces: number): number => {
      const buffers = Array.from({ length: pieces }, () => ({ address: data, length: 4 << 20, write: true }));
      queue.add([{ address: header, length: 16 }, ...buffers, { address: status, length: 1, write: true }], table);
      queue.kick();
      service.service();
      return ram.bytes[status - ram.base];
    };
    expect(request(512)).toBe(1);
    expect(reads).toEqual([]);
    expect(request(511)).toBe(0);
    expect(reads.length).toBe(511);
  });
});

function put(view: DataView, at: number, word: number): number {
  view.setUint32(at, word);
  return 4;
}
