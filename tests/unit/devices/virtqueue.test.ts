import { describe, expect, it } from 'vitest';
import type { VirtioDeviceType } from '../../../devices/virtio/device-type.js';
import { VirtioMmioTransport } from '../../../devices/virtio/mmio-transport.js';
import { VirtioFeature, VirtioMmioRegister as R } from '../../../devices/virtio/registers.js';
import { gather, scatter, segmentBytes } from '../../../devices/virtio/segments.js';
import { VirtioService, type VirtioHandler } from '../../../devices/virtio/service.js';
import { passesEvent } from '../../../devices/virtio/virtqueue.js';
import { deviceMemory, TestLine, TestRam, testRandom } from './fixtures.js';
import { MINIMUM, PackedDriver, SplitDriver, startDevice } from './virtio-driver.js';

const BASE = 0x4000_0000;
const RING = BASE;
const TABLE = BASE + 0x8000;
const DATA = BASE + 0x10000;
const type: VirtioDeviceType = {
  name: 'echo', deviceId: 42, features: 0n, queueSizes: [256], config: new Uint8Array(0),
};

/** Copies what it reads, plus one, to where it may write. */
const echo: VirtioHandler = {
  process(queue) {
    for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
      const bytes = new Uint8Array(chain.readableBytes);
      gather(chain.readable, bytes);
      queue.push(chain, scatter(chain.writable, bytes.map((b) => b + 1)));
    }
  },
};

function setUp(format: 'split' | 'packed', size = 16, extra = 0n, handler: VirtioHandler = echo) {
  const ram = new TestRam(BASE, 0x40000);
  const line = new TestLine();
  const wiring = { line, kick: () => void service.service() };
  const packed = format === 'packed';
  const transport = new VirtioMmioTransport(0, deviceMemory(VirtioMmioTransport.BYTES), wiring, type, { packed });
  transport.reset();
  const service: VirtioService = new VirtioService(transport, ram, handler);
  const features = MINIMUM | extra | (packed ? VirtioFeature.RING_PACKED : 0n);
  const driver = new (packed ? PackedDriver : SplitDriver)(transport, ram, 0, size, RING);
  const start = (): number => startDevice(transport, features, () => driver.enable());
  return { ram, line, transport, service, driver, start };
}

const acknowledge = (transport: VirtioMmioTransport): void => transport.write(R.INTERRUPT_ACK, 4, 3);

describe.each(['split', 'packed'] as const)('%s ring', (format) => {
  const sizes = format === 'split' ? [1, 2, 16, 256] : [1, 2, 7, 16, 256];

  it.each(sizes)('returns buffers in order, many times round a ring of %i', (size) => {
    const { ram, driver, transport, start } = setUp(format, size);
    expect(start()).toBe(0xf);
    const random = testRandom(size);
    for (let round = 0; round < 300; round++) {
      const ids: number[] = [];
      const sent: Uint8Array[] = [];
      let room = size;
      for (let n = 0; n < 5; n++) {
        const parts = Math.min(room, 1 + (random() % 4));
        if (parts < 2) break;
        room -= parts;
        const length = 1 + (random() % 50);
        const input = DATA + n * 0x1000;
        const output = input + 0x800;
        const bytes = Uint8Array.from({ length }, () => random());
        ram.bytes.set(bytes, input - BASE);
        sent.push(bytes);
        const pieces = [{ address: input, length }, { address: output, length: 64, write: true }];
        for (let i = 2; i < parts; i++) pieces.push({ address: output + 64 * i, length: 64, write: true });
        ids.push(driver.add(pieces));
      }
      driver.kick();
      for (let n = 0; n < ids.length; n++) {
        expect(driver.take()).toEqual({ id: ids[n], length: sent[n].length });
        const at = DATA + n * 0x1000 + 0x800 - BASE;
        expect(ram.bytes.slice(at, at + sent[n].length)).toEqual(sent[n].map((b) => b + 1));
      }
      expect(driver.take()).toBeUndefined();
    }
    expect(transport.read(R.STATUS, 4)).toBe(0xf);
  });

  it('takes indirect buffers when that was negotiated', () => {
    const { ram, driver, transport, start } = setUp(format, 16, VirtioFeature.INDIRECT_DESC);
    start();
    ram.bytes.set([1, 2, 3, 4, 5, 6], DATA - BASE);
    const pieces = [
      { address: DATA, length: 2 }, { address: DATA + 2, length: 4 },
      { address: DATA + 0x100, length: 3, write: true }, { address: DATA + 0x200, length: 16, write: true },
    ];
    const id = driver.add(pieces, TABLE);
    driver.kick();
    expect(driver.take()).toEqual({ id, length: 6 });
    expect([...ram.bytes.slice(DATA + 0x100 - BASE, DATA + 0x103 - BASE)]).toEqual([2, 3, 4]);
    expect([...ram.bytes.slice(DATA + 0x200 - BASE, DATA + 0x203 - BASE)]).toEqual([5, 6, 7]);
    expect(transport.running).toBe(true);
  });

  it('refuses indirect buffers otherwise', () => {
    const { driver, transport, start } = setUp(format);
    start();
    driver.add([{ address: DATA, length: 4 }], TABLE);
    driver.kick();
    expect(transport.read(R.STATUS, 4)).toBe(0x4f);
  });

  it('says which memory it has written', () => {
    const { ram, driver, start } = setUp(format);
    start();
    ram.writes = [];
    driver.add([{ address: DATA, length: 4 }, { address: DATA + 0x1000, length: 8, write: true }]);
    driver.kick();
    expect(ram.writes).toContainEqual({ address: DATA + 0x1000, length: 8 });
  });

  it('interrupts once for a batch, and not when told not to', () => {
    const { driver, line, transport, start } = setUp(format);
    start();
    driver.add([{ address: DATA, length: 4 }]);
    driver.add([{ address: DATA, length: 4 }]);
    driver.kick();
    expect(line.rises).toBe(1);
    acknowledge(transport);
    if (driver instanceof SplitDriver) driver.availFlags = 1;
    else driver.interruptWhen(1);
    driver.add([{ address: DATA, length: 4 }]);
    driver.kick();
    expect(line.level).toBe(false);
  });

  it('does not interrupt when nothing was returned', () => {
    const { driver, line, start } = setUp(format);
    start();
    driver.kick();
    expect(line.level).toBe(false);
  });

  it('stops at once when the driver resets the device in the middle', () => {
    const context = setUp(format, 16, 0n, {
      process(queue) {
        const chain = queue.pop();
        if (chain === undefined) return;
        // Another thread's reset: its status write has happened, and waits for this to end.
        context.transport.release();
        context.transport.write(R.STATUS, 4, 0);
        expect(queue.current).toBe(false);
        expect(queue.pop()).toBeUndefined();
        queue.push(chain, 4);
        queue.signal();
      },
    });
    context.start();
    context.driver.add([{ address: DATA, length: 4, write: true }]);
    context.driver.add([{ address: DATA, length: 4, write: true }]);
    context.driver.kick();
    expect(context.driver.take()).toBeUndefined();
    expect(context.line.level).toBe(false);
    expect(context.transport.read(R.STATUS, 4)).toBe(0);
  });

  it('works again after a reset', () => {
    const { ram, transport, driver, start } = setUp(format);
    start();
    driver.add([{ address: 0, length: 1 }]);
    driver.kick();
    expect(transport.read(R.STATUS, 4)).toBe(0x4f);
    ram.bytes.fill(0);
    const again = new (format === 'packed' ? PackedDriver : SplitDriver)(transport, ram, 0, 8, RING);
    const features = MINIMUM | (format === 'packed' ? VirtioFeature.RING_PACKED : 0n);
    expect(startDevice(transport, features, () => again.enable())).toBe(0xf);
    const id = again.add([{ address: DATA, length: 4 }, { address: DATA, length: 4, write: true }]);
    again.kick();
    expect(again.take()).toEqual({ id, length: 4 });
  });

  it.each([
    ['outside RAM', [{ address: 0x1000, length: 4 }]],
    ['across the end of RAM', [{ address: BASE + 0x40000 - 2, length: 4 }]],
    ['above 2^52', [{ address: 2 ** 53 - 4096, length: 4 }]],
    ['huge', [{ address: DATA, length: 0xffffffff }]],
    ['empty', [{ address: DATA, length: 0 }]],
    ['readable after writable', [{ address: DATA, length: 4, write: true }, { address: DATA, length: 4 }]],
  ])('a buffer that is %s stops the device', (_what, pieces) => {
    for (const table of [undefined, TABLE]) {
      const { driver, transport, line, start } = setUp(format, 16, VirtioFeature.INDIRECT_DESC);
      start();
      driver.add(pieces, table);
      driver.kick();
      expect([transport.read(R.STATUS, 4), line.level, driver.take()]).toEqual([0x4f, true, undefined]);
    }
  });
});

describe('split ring', () => {
  it('uses event indices both ways', () => {
    const { driver, line, transport, start } = setUp('split', 16, VirtioFeature.EVENT_IDX);
    start();
    const split = driver as SplitDriver;
    split.usedEvent = 1;
    split.add([{ address: DATA, length: 4 }]);
    split.kick();
    expect([line.level, split.availEvent]).toEqual([false, 1]);
    split.add([{ address: DATA, length: 4 }]);
    split.kick();
    expect([line.level, split.availEvent]).toEqual([true, 2]);
    acknowledge(transport);
    split.add([{ address: DATA, length: 4 }]);
    split.kick();
    expect([line.level, split.availEvent]).toEqual([false, 3]);
  });

  it.each<[string, (driver: SplitDriver) => void]>([
    ['a loop of two', (d) => {
      d.descriptor(0, { address: DATA, length: 1 }, 1, 1);
      d.descriptor(1, { address: DATA, length: 1 }, 1, 0);
      d.offer(0);
    }],
    ['a loop onto itself', (d) => {
      d.descriptor(3, { address: DATA, length: 1 }, 3, 3);
      d.offer(3);
    }],
    ['a next beyond the table', (d) => {
      d.descriptor(0, { address: DATA, length: 1 }, 1, 16);
      d.offer(0);
    }],
    ['a head beyond the table', (d) => d.offer(16)],
    ['an index that ran ahead', (d) => (d.availIndex = 17)],
    ['an indirect table of odd length', (d) => {
      d.descriptor(0, { address: TABLE, length: 17 }, 4, 0);
      d.offer(0);
    }],
    ['an empty indirect table', (d) => {
      d.descriptor(0, { address: TABLE, length: 0 }, 4, 0);
      d.offer(0);
    }],
    ['an indirect table outside RAM', (d) => {
      d.descriptor(0, { address: 64, length: 16 }, 4, 0);
      d.offer(0);
    }],
    ['an indirect descriptor in an indirect table', (d) => d.add([{ address: DATA, length: 4 }], TABLE)],
    ['an indirect descriptor in a chain', (d) => {
      d.descriptor(0, { address: DATA, length: 1 }, 1, 1);
      d.descriptor(1, { address: TABLE, length: 16 }, 4, 0);
      d.offer(0);
    }],
  ])('%s stops the device', (what, spoil) => {
    const { driver, ram, transport, start } = setUp('split', 16, VirtioFeature.INDIRECT_DESC);
    start();
    spoil(driver as SplitDriver);
    if (what.includes('in an indirect table')) ram.view.setUint16(TABLE - BASE + 12, 4, true);
    driver.kick();
    expect(transport.read(R.STATUS, 4)).toBe(0x4f);
  });

  it.each([
    ['size 0', R.QUEUE_NUM, 0], ['a size that is no power of two', R.QUEUE_NUM, 12],
    ['too large a size', R.QUEUE_NUM, 512],
    ['a negative size', R.QUEUE_NUM, 0x80000000], ['descriptors misaligned', R.QUEUE_DESC_LOW, BASE + 8],
    ['descriptors outside RAM', R.QUEUE_DESC_LOW, 0], ['available ring misaligned', R.QUEUE_DRIVER_LOW, BASE + 1],
    ['used ring misaligned', R.QUEUE_DEVICE_LOW, BASE + 2], ['used ring outside RAM', R.QUEUE_DEVICE_HIGH, 1],
    ['addresses above 2^52', R.QUEUE_DESC_HIGH, 0xffffffff],
  ])('%s stops the device', (_what, register, value) => {
    const { driver, transport, start } = setUp('split');
    start();
    transport.write(R.QUEUE_READY, 4, 0);
    transport.write(register, 4, value);
    transport.write(R.QUEUE_READY, 4, 1);
    driver.kick();
    expect(transport.read(R.STATUS, 4)).toBe(0x4f);
  });

  it('gives others a turn when the driver keeps on adding', () => {
    let handled = 0;
    const context = setUp('split', 16, 0n, {
      process(queue) {
        for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
          handled++;
          queue.push(chain, 0);
          (context.driver as SplitDriver).offer(0);
        }
      },
    });
    (context.driver as SplitDriver).descriptor(0, { address: DATA, length: 1 }, 0, 0);
    (context.driver as SplitDriver).offer(0);
    context.start();
    expect(handled).toBe(512);
    expect(context.service.service()).toBe(true);
    expect(handled).toBe(1024);
  });

  it('counts buffers in no more pieces than there may be', () => {
    const { driver, transport, start } = setUp('split', 16, VirtioFeature.INDIRECT_DESC);
    start();
    driver.add(Array.from({ length: 1024 }, () => ({ address: DATA, length: 1 })), TABLE);
    driver.kick();
    expect(transport.running).toBe(true);
    driver.add(Array.from({ length: 1025 }, () => ({ address: DATA, length: 1 })), TABLE);
    driver.kick();
    expect(transport.running).toBe(false);
  });
});

describe('packed ring', () => {
  it('uses event suppression both ways, across the wrap', () => {
    const { driver, line, transport, start } = setUp('packed', 4, VirtioFeature.EVENT_IDX);
    start();
    const packed = driver as PackedDriver;
    const step = (): { level: boolean; where: number; flags: number } => {
      packed.add([{ address: DATA, length: 4 }]);
      packed.kick();
      packed.take();
      const result = { level: line.level, ...packed.deviceEvent };
      acknowledge(transport);
      return result;
    };
    packed.interruptWhen(2, 0x8001);
    expect(step()).toEqual({ level: false, where: 0x8001, flags: 2 });
    expect(step()).toEqual({ level: true, where: 0x8002, flags: 2 });
    packed.interruptWhen(2, 0x0001);
    expect(step()).toEqual({ level: false, where: 0x8003, flags: 2 });
    // The used position wraps here, which always interrupts.
    expect(step()).toEqual({ level: true, where: 0x0000, flags: 2 });
    expect(step()).toEqual({ level: false, where: 0x0001, flags: 2 });
    expect(step()).toEqual({ level: true, where: 0x0002, flags: 2 });
  });

  it('a chain without an end stops the device', () => {
    const { driver, ram, transport, start } = setUp('packed', 4);
    start();
    for (let i = 0; i < 4; i++) driver.add([{ address: DATA, length: 4 }]);
    for (let i = 0; i < 4; i++) ram.view.setUint16(RING - BASE + 16 * i + 14, 0x81, true);
    driver.kick();
    expect(transport.read(R.STATUS, 4)).toBe(0x4f);
  });
});

describe('event index arithmetic', () => {
  it.each([
    [0, 1, 0, true], [1, 1, 0, false], [5, 8, 4, true], [3, 8, 4, false], [8, 8, 4, false], [7, 8, 4, true],
    [0xffff, 0, 0xffff, true], [0, 0, 0xffff, false], [0xfffe, 2, 0xfffd, true],
  ])('event %i, from %3$i to %2$i', (event, now, old, passes) => {
    expect(passesEvent(event, now, old)).toBe(passes);
  });

  it('adds segments up', () => {
    expect(segmentBytes([new Uint8Array(3), new Uint8Array(4)])).toBe(7);
  });
});
