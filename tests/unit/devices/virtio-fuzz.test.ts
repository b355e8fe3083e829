import { describe, expect, it } from 'vitest';
import { MemoryImage } from '../../../devices/backends/memory-image.js';
import { SeededEntropy } from '../../../devices/backends/entropy-source.js';
import { BlockDevice, blockDeviceType } from '../../../devices/virtio/block.js';
import { ConsoleDevice, consoleDeviceType } from '../../../devices/virtio/console.js';
import type { VirtioDeviceType } from '../../../devices/virtio/device-type.js';
import { EntropyDevice, entropyDeviceType } from '../../../devices/virtio/entropy.js';
import { VirtioMmioTransport } from '../../../devices/virtio/mmio-transport.js';
import { VirtioFeature, VirtioMmioRegister as R } from '../../../devices/virtio/registers.js';
import { VirtioService, type VirtioHandler } from '../../../devices/virtio/service.js';
import { deviceMemory, testChannel, TestLine, TestRam, testRandom } from './fixtures.js';
import { MINIMUM, startDevice } from './virtio-driver.js';

const BASE = 0x4000_0000;
const SIZE = 0x10000;

type Create = (transport: () => VirtioMmioTransport) => { type: VirtioDeviceType; handler: () => VirtioHandler };

const devices: [string, Create][] = [
  ['block', (transport) => {
    const image = new MemoryImage(new Uint8Array(1 << 20));
    return { type: blockDeviceType(image), handler: () => new BlockDevice(transport(), image) };
  }],
  ['console', (transport) => {
    const { channel } = testChannel();
    channel.putInput(new Uint8Array(4000));
    return { type: consoleDeviceType(channel), handler: () => new ConsoleDevice(transport(), channel) };
  }],
  ['entropy', () => ({ type: entropyDeviceType, handler: () => new EntropyDevice(new SeededEntropy(1)) })],
];

/** Fills RAM with words that often look like descriptors, indices and requests, and often like nothing. */
function garbage(ram: TestRam, random: () => number): void {
  for (let at = 0; at < SIZE; at += 16) {
    const choice = random() % 8;
    if (choice < 5) {
      const far = choice === 0;
      ram.view.setUint32(at, far ? random() : BASE + (random() % SIZE), true);
      ram.view.setUint32(at + 4, far && random() % 2 === 0 ? random() : 0, true);
      ram.view.setUint32(at + 8, random() % 3 === 0 ? random() : random() % 2048, true);
      ram.view.setUint16(at + 12, random() % 2 === 0 ? random() % 8 : random(), true);
      ram.view.setUint16(at + 14, random() % 4 === 0 ? random() : random() % 16, true);
    } else {
      for (let i = 0; i < 16; i += 4) ram.view.setUint32(at + i, choice === 5 ? random() % 16 : random(), true);
    }
  }
}

describe.each(devices)('random rings on the %s device', (_name, create) => {
  it.each([['split', false], ['packed', true]] as const)('%s', (_format, packed) => {
    const random = testRandom(packed ? 77 : 42);
    const ram = new TestRam(BASE, SIZE);
    const { type, handler } = create(() => transport);
    const wiring = { line: new TestLine(), kick: () => void service.service() };
    const memory = deviceMemory(VirtioMmioTransport.BYTES);
    const transport: VirtioMmioTransport = new VirtioMmioTransport(0, memory, wiring, type, { packed });
    transport.reset();
    const service: VirtioService = new VirtioService(transport, ram, handler());
    let stopped = 0;
    for (let round = 0; round < 500; round++) {
      garbage(ram, random);
      const features =
        MINIMUM | (packed ? VirtioFeature.RING_PACKED : 0n) |
        (random() % 2 === 0 ? VirtioFeature.INDIRECT_DESC : 0n) | (random() % 2 === 0 ? VirtioFeature.EVENT_IDX : 0n);
      const size = 1 << (random() % 7);
      startDevice(transport, features, () => {
        type.queueSizes.forEach((_, queue) => {
          const at = BASE + (random() % 16) * 1024;
          const registers: [number, number][] = [
            [R.QUEUE_SEL, queue], [R.QUEUE_NUM, random() % 16 === 0 ? random() : size], [R.QUEUE_DESC_LOW, at],
            [R.QUEUE_DRIVER_LOW, at + 0x4000], [R.QUEUE_DEVICE_LOW, at + 0x8000],
            [R.QUEUE_DESC_HIGH, random() % 32 === 0 ? random() : 0], [R.QUEUE_READY, 1],
          ];
          for (const [register, value] of registers) transport.write(register, 4, value);
          const index = at + 0x4000 - BASE;
          if (random() % 4 !== 0) {
            // A believable available ring, so that descriptors are reached at all.
            ram.view.setUint16(index + 2, random() % (size + 1), true);
            for (let i = 0; i < size; i++) ram.view.setUint16(index + 4 + 2 * i, random() % size, true);
          }
          if (packed) for (let i = 0; i < size; i++) ram.bytes[at - BASE + 16 * i + 14] |= 0x80;
        });
      });
      for (let i = 0; i < 4; i++) transport.write(R.QUEUE_NOTIFY, 4, random() % 4);
      service.service();
      if ((transport.read(R.STATUS, 4) & 0x40) !== 0) stopped++;
    }
    // Both endings must have been seen for this to have tested anything.
    expect(stopped).toBeGreaterThan(50);
    expect(stopped).toBeLessThan(500);
  });
});

it('random register accesses do no harm', () => {
  const random = testRandom(5);
  const ram = new TestRam(BASE, SIZE);
  const image = new MemoryImage(new Uint8Array(1 << 16));
  const wiring = { line: new TestLine(), kick: () => void service.service() };
  const memory = deviceMemory(VirtioMmioTransport.BYTES);
  const transport = new VirtioMmioTransport(0, memory, wiring, blockDeviceType(image));
  transport.reset();
  const service: VirtioService = new VirtioService(transport, ram, new BlockDevice(transport, image));
  for (let i = 0; i < 50_000; i++) {
    const size = random() % 4 === 0 ? ([1, 2] as const)[random() % 2] : 4;
    const offset = (random() % 0x200) & -size;
    const value = random() % 2 === 0 ? random() : random() % 16;
    if (random() % 2 === 0) expect(transport.read(offset, size)).toBeGreaterThanOrEqual(0);
    else transport.write(offset, size, size === 4 ? value : value % 2 ** (8 * size));
  }
});
