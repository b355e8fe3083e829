import { describe, expect, it } from 'vitest';
import type { VirtioDeviceType } from '../../../devices/virtio/device-type.js';
import { VirtioMmioTransport } from '../../../devices/virtio/mmio-transport.js';
import { VirtioFeature, VirtioMmioRegister as R } from '../../../devices/virtio/registers.js';
import { deviceMemory, TestLine } from './fixtures.js';
import { MINIMUM, offeredFeatures, startDevice } from './virtio-driver.js';

const type: VirtioDeviceType = {
  name: 'test', deviceId: 42, features: 1n << 3n, queueSizes: [16, 8], config: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  writeConfig(config, offset, value) {
    config[offset] = value;
  },
};

function setUp(packed = false) {
  const line = new TestLine();
  const kicks: [number, number][] = [];
  const memory = deviceMemory(VirtioMmioTransport.BYTES);
  const wiring = { line, kick: (slot: number, queue: number) => void kicks.push([slot, queue]) };
  const transport = new VirtioMmioTransport(7, memory, wiring, type, { packed });
  transport.reset();
  const other = new VirtioMmioTransport(7, memory, wiring, type, { packed });
  return { transport, other, line, kicks };
}

describe('virtio-mmio transport', () => {
  it('offers the device features and the common ones', () => {
    const common = VirtioFeature.VERSION_1 | VirtioFeature.INDIRECT_DESC | VirtioFeature.EVENT_IDX |
      VirtioFeature.RING_RESET;
    expect(offeredFeatures(setUp().transport)).toBe(common | 8n);
    expect(offeredFeatures(setUp(true).transport)).toBe(common | 8n | VirtioFeature.RING_PACKED);
  });

  it.each([
    ['nothing (legacy driver)', 0n, false],
    ['version 1', MINIMUM, true],
    ['a subset', MINIMUM | 8n, true],
    ['a feature that was not offered', MINIMUM | 16n, false],
    ['a high feature that was not offered', MINIMUM | (1n << 63n), false],
  ])('FEATURES_OK after %s', (_what, features, accepted) => {
    const { transport } = setUp();
    const status = startDevice(transport, features);
    expect((status & 8) !== 0).toBe(accepted);
    expect(transport.running).toBe(accepted);
  });

  it('keeps the features that were settled', () => {
    const { transport } = setUp();
    startDevice(transport, MINIMUM | 8n);
    transport.write(R.DRIVER_FEATURES_SEL, 4, 0);
    transport.write(R.DRIVER_FEATURES, 4, 0);
    expect(transport.negotiated).toBe(MINIMUM | 8n);
  });

  it('is the same device from every thread', () => {
    const { transport, other } = setUp();
    startDevice(transport, MINIMUM);
    expect(other.read(R.STATUS, 4)).toBe(0xf);
    other.write(R.STATUS, 4, 0);
    expect(transport.running).toBe(false);
  });

  it('takes queue parameters only while the queue is not in use', () => {
    const { transport } = setUp();
    transport.write(R.QUEUE_SEL, 4, 1);
    expect(transport.read(R.QUEUE_NUM_MAX, 4)).toBe(8);
    transport.write(R.QUEUE_NUM, 4, 4);
    transport.write(R.QUEUE_READY, 4, 1);
    transport.write(R.QUEUE_NUM, 4, 8);
    expect(transport.read(R.QUEUE_READY, 4)).toBe(1);
    transport.write(R.QUEUE_SEL, 4, 0);
    expect(transport.read(R.QUEUE_READY, 4)).toBe(0);
    transport.write(R.QUEUE_SEL, 4, 2);
    expect(transport.read(R.QUEUE_NUM_MAX, 4)).toBe(0);
    transport.write(R.QUEUE_READY, 4, 1);
    expect(transport.read(R.QUEUE_READY, 4)).toBe(0);
    transport.write(R.QUEUE_SEL, 4, 0xffffffff);
    expect(transport.read(R.QUEUE_NUM_MAX, 4)).toBe(0);
  });

  it('kicks for existing queues, and at DRIVER_OK for those enabled', () => {
    const { transport, kicks } = setUp();
    startDevice(transport, MINIMUM, () => {
      transport.write(R.QUEUE_SEL, 4, 1);
      transport.write(R.QUEUE_READY, 4, 1);
    });
    expect(kicks).toEqual([[7, 1]]);
    transport.write(R.QUEUE_NOTIFY, 4, 0);
    transport.write(R.QUEUE_NOTIFY, 4, 2);
    transport.write(R.QUEUE_NOTIFY, 4, 0xffffffff);
    expect(kicks).toEqual([[7, 1], [7, 0]]);
    expect(transport.takePending()).toBe(3);
    expect(transport.takePending()).toBe(0);
  });

  it('holds the interrupt until all of its causes are acknowledged', () => {
    const { transport, line } = setUp();
    startDevice(transport, MINIMUM);
    transport.signalUsed();
    transport.changeConfig((config) => (config[0] = 99));
    expect([line.level, transport.read(R.INTERRUPT_STATUS, 4)]).toEqual([true, 3]);
    transport.write(R.INTERRUPT_ACK, 4, 1);
    expect([line.level, transport.read(R.INTERRUPT_STATUS, 4)]).toEqual([true, 2]);
    transport.write(R.INTERRUPT_ACK, 4, 2);
    expect([line.level, transport.read(R.INTERRUPT_STATUS, 4)]).toEqual([false, 0]);
  });

  it('counts changes of the configuration space and interrupts only a running driver', () => {
    const { transport, line } = setUp();
    const before = transport.read(R.CONFIG_GENERATION, 4);
    transport.changeConfig((config) => (config[0] = 9));
    expect(line.level).toBe(false);
    expect(transport.read(R.CONFIG_GENERATION, 4)).not.toBe(before);
    expect(transport.read(R.CONFIG, 4)).toBe(0x04030209);
  });

  it('reads and writes configuration space in all widths', () => {
    const { transport } = setUp();
    expect(transport.read(R.CONFIG + 1, 1)).toBe(2);
    expect(transport.read(R.CONFIG + 2, 2)).toBe(0x0403);
    expect(transport.read(R.CONFIG + 4, 4)).toBe(0x08070605);
    transport.write(R.CONFIG + 5, 1, 0xaa);
    expect(transport.read(R.CONFIG + 4, 4)).toBe(0x0807aa05);
    expect(transport.read(0x1fe, 4)).toBe(0);
  });

  it('answers only 32-bit accesses to registers', () => {
    const { transport } = setUp();
    expect([transport.read(0, 1), transport.read(0, 2), transport.read(0, 4)]).toEqual([0, 0, 0x74726976]);
    transport.write(R.STATUS, 1, 1);
    expect(transport.read(R.STATUS, 4)).toBe(0);
  });

  it('stays in need of a reset until it gets one', () => {
    const { transport, line } = setUp();
    startDevice(transport, MINIMUM);
    transport.needsReset();
    expect([transport.read(R.STATUS, 4), line.level, transport.running]).toEqual([0x4f, true, false]);
    transport.write(R.STATUS, 4, 0xf);
    expect(transport.read(R.STATUS, 4)).toBe(0x4f);
    transport.write(R.STATUS, 4, 0);
    expect([transport.read(R.STATUS, 4), line.level, transport.read(R.INTERRUPT_STATUS, 4)]).toEqual([0, false, 0]);
  });

  it('forgets queues and features on reset but keeps the configuration', () => {
    const { transport } = setUp();
    startDevice(transport, MINIMUM, () => {
      transport.write(R.QUEUE_SEL, 4, 0);
      transport.write(R.QUEUE_READY, 4, 1);
    });
    transport.changeConfig((config) => (config[0] = 77));
    transport.write(R.STATUS, 4, 0);
    expect(transport.read(R.QUEUE_READY, 4)).toBe(0);
    expect(transport.negotiated).toBe(0n);
    expect(transport.read(R.CONFIG, 1)).toBe(77);
    transport.reset();
    expect(transport.read(R.CONFIG, 1)).toBe(1);
  });

  it.each([[true, 0], [false, 1]])('resets one queue when that was negotiated (%s)', (negotiated, ready) => {
    const { transport } = setUp();
    startDevice(transport, negotiated ? MINIMUM | VirtioFeature.RING_RESET : MINIMUM, () => {
      transport.write(R.QUEUE_SEL, 4, 1);
      transport.write(R.QUEUE_READY, 4, 1);
      transport.write(R.QUEUE_SEL, 4, 0);
      transport.write(R.QUEUE_READY, 4, 1);
    });
    transport.write(R.QUEUE_RESET, 4, 1);
    expect(transport.read(R.QUEUE_RESET, 4)).toBe(0);
    expect(transport.read(R.QUEUE_READY, 4)).toBe(ready);
    transport.write(R.QUEUE_SEL, 4, 1);
    expect(transport.read(R.QUEUE_READY, 4)).toBe(1);
  });

  it('refuses a type that does not fit the block', () => {
    const big = { ...type, config: new Uint8Array(300) };
    const memory = deviceMemory(VirtioMmioTransport.BYTES);
    const wiring = { line: new TestLine(), kick() {} };
    expect(() => new VirtioMmioTransport(0, memory, wiring, big)).toThrow(RangeError);
  });
});
