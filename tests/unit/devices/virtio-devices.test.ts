import { describe, expect, it } from 'vitest';
import type { BlockBackend } from '../../../devices/backends/block-backend.js';
import { HostEntropy, SeededEntropy } from '../../../devices/backends/entropy-source.js';
import { MemoryImage } from '../../../devices/backends/memory-image.js';
import { BlockDevice, blockDeviceType } from '../../../devices/virtio/block.js';
import { ConsoleDevice, consoleDeviceType } from '../../../devices/virtio/console.js';
import type { VirtioDeviceType } from '../../../devices/virtio/device-type.js';
import { EntropyDevice, entropyDeviceType } from '../../../devices/virtio/entropy.js';
import { VirtioMmioTransport } from '../../../devices/virtio/mmio-transport.js';
import { VirtioMmioRegister as R } from '../../../devices/virtio/registers.js';
import { VirtioService, type VirtioHandler } from '../../../devices/virtio/service.js';
import { deviceMemory, testChannel, TestLine, TestRam } from './fixtures.js';
import { MINIMUM, offeredFeatures, SplitDriver, startDevice, type Piece } from './virtio-driver.js';

const BASE = 0x4000_0000;
const HEADER = BASE + 0x10000;
const DATA = BASE + 0x11000;
const STATUS = BASE + 0x1ffff;

function setUp(type: VirtioDeviceType, create: (transport: VirtioMmioTransport) => VirtioHandler, features?: bigint) {
  const ram = new TestRam(BASE, 0x20000);
  const line = new TestLine();
  const wiring = { line, kick: () => void service.service() };
  const transport = new VirtioMmioTransport(0, deviceMemory(VirtioMmioTransport.BYTES), wiring, type);
  transport.reset();
  const handler = create(transport);
  const service: VirtioService = new VirtioService(transport, ram, handler);
  const drivers = type.queueSizes.map((_, i) => new SplitDriver(transport, ram, i, 16, BASE + 0x4000 * i));
  const wanted = features ?? (offeredFeatures(transport) & ~(1n << 29n));
  startDevice(transport, MINIMUM | wanted, () => drivers.forEach((driver) => driver.enable()));
  return { ram, line, transport, service, drivers, driver: drivers[0] };
}

/** Counts what reaches it. */
class RecordingImage extends MemoryImage {
  log: string[] = [];
  override write(position: number, source: Uint8Array): void {
    this.log.push(`write ${position} ${source.length}`);
    super.write(position, source);
  }
  override flush(): void {
    this.log.push('flush');
  }
  override discard(position: number, length: number): void {
    this.log.push(`discard ${position} ${length}`);
  }
}

const FLUSH = 1n << 9n;
const CONFIG_WCE = 1n << 11n;

function blockSetUp(
  readOnly = false, features?: bigint, wrap: (image: RecordingImage) => BlockBackend = (i) => i,
  report: (message: string) => void = () => {}, writeThrough = false,
) {
  const contents = Uint8Array.from({ length: 64 * 512 }, (_, i) => (i >> 9) + 1);
  const image = new RecordingImage(contents, readOnly);
  const create = (t: VirtioMmioTransport): BlockDevice => new BlockDevice(t, wrap(image), 'disk-one', report);
  const context = setUp(blockDeviceType({ bytes: image.bytes, readOnly, writeThrough }), create, features);
  const request = (kind: number, sector: number, pieces: Piece[]): { status: number; length: number | undefined } => {
    const { ram, driver } = context;
    ram.view.setUint32(HEADER - BASE, kind, true);
    ram.view.setBigUint64(HEADER - BASE + 8, BigInt(sector), true);
    ram.bytes[STATUS - BASE] = 0xff;
    driver.add([{ address: HEADER, length: 16 }, ...pieces, { address: STATUS, length: 1, write: true }]);
    driver.kick();
    return { status: ram.bytes[STATUS - BASE], length: driver.take()?.length };
  };
  const range = (sector: number, count: number, flags: number): Piece[] => {
    context.ram.view.setBigUint64(DATA - BASE, BigInt(sector), true);
    context.ram.view.setUint32(DATA - BASE + 8, count, true);
    context.ram.view.setUint32(DATA - BASE + 12, flags, true);
    return [{ address: DATA, length: 16 }];
  };
  return { ...context, image, contents, request, range };
}

const read = (length: number): Piece[] => [{ address: DATA, length, write: true }];
const write = (length: number): Piece[] => [{ address: DATA, length }];

describe('virtio-blk', () => {
  it('reads', () => {
    const { ram, request, line } = blockSetUp();
    expect(request(0, 3, read(1024))).toEqual({ status: 0, length: 1025 });
    const at = DATA - BASE;
    expect([ram.bytes[at], ram.bytes[at + 511], ram.bytes[at + 512], ram.bytes[at + 1023]]).toEqual([4, 4, 5, 5]);
    expect(line.level).toBe(true);
  });

  it('writes', () => {
    const { ram, request, contents, image } = blockSetUp();
    ram.bytes.fill(0xaa, DATA - BASE, DATA - BASE + 512);
    expect(request(1, 63, write(512))).toEqual({ status: 0, length: 1 });
    expect(contents.subarray(63 * 512).every((b) => b === 0xaa)).toBe(true);
    expect(image.log).toEqual(['write 32256 512']);
  });

  it('does not mind how buffers are cut', () => {
    const { ram, driver, contents } = blockSetUp();
    ram.view.setUint32(HEADER - BASE, 1, true);
    ram.view.setBigUint64(HEADER - BASE + 8, 2n, true);
    ram.bytes.fill(0x55, DATA - BASE, DATA - BASE + 512);
    driver.add([
      { address: HEADER, length: 5 }, { address: HEADER + 5, length: 11 }, { address: DATA, length: 100 },
      { address: DATA + 100, length: 412 }, { address: STATUS, length: 1, write: true },
    ]);
    driver.kick();
    expect(ram.bytes[STATUS - BASE]).toBe(0);
    expect([contents[1023], contents[1024], contents[1535], contents[1536]]).toEqual([2, 0x55, 0x55, 4]);
    ram.view.setUint32(HEADER - BASE, 0, true);
    ram.bytes.fill(0, DATA - BASE, DATA - BASE + 513);
    driver.add([{ address: HEADER, length: 16 }, { address: DATA, length: 513, write: true }]);
    driver.kick();
    expect([ram.bytes[DATA - BASE + 511], ram.bytes[DATA - BASE + 512]]).toEqual([0x55, 0]);
  });

  it.each([
    ['past the end', 0, 64, read(512), 1], ['across the end', 0, 63, read(1024), 1],
    ['far away', 0, 2 ** 52, read(512), 1],
    ['of half a sector', 0, 0, read(256), 1], ['of an unknown type', 99, 0, read(512), 2],
    ['to write past the end', 1, 64, write(512), 1], ['of nothing', 0, 0, [], 0],
  ])('a request %s', (_what, kind, sector, pieces, status) => {
    const { request, transport } = blockSetUp();
    expect(request(kind, sector, pieces).status).toBe(status);
    expect(transport.running).toBe(true);
  });

  it('tells its serial number', () => {
    const { ram, request } = blockSetUp();
    ram.bytes.fill(0xff, DATA - BASE, DATA - BASE + 20);
    expect(request(8, 0, read(20))).toEqual({ status: 0, length: 21 });
    expect(Buffer.from(ram.bytes.slice(DATA - BASE, DATA - BASE + 20)).toString()).toBe('disk-one'.padEnd(20, '\0'));
  });

  it('flushes when asked, after what was written', () => {
    const { request, image } = blockSetUp();
    request(1, 0, write(512));
    expect(request(4, 0, []).status).toBe(0);
    expect(image.log).toEqual(['write 0 512', 'flush']);
  });

  it('discards and zeroes', () => {
    const { request, range, image, contents } = blockSetUp();
    expect(request(11, 0, range(2, 3, 0)).status).toBe(0);
    expect(request(13, 0, range(5, 2, 1)).status).toBe(0);
    expect(image.log).toEqual(['discard 1024 1536']);
    expect([contents[5 * 512 - 1], contents[5 * 512], contents[7 * 512 - 1], contents[7 * 512]]).toEqual([5, 0, 0, 8]);
  });

  it.each([
    ['discard with a flag', 11, 0, 1, 1, 2], ['zeroes with an unknown flag', 13, 0, 1, 2, 2],
    ['discard past the end', 11, 60, 5, 0, 1], ['zeroes past the end', 13, 64, 1, 0, 1],
    ['discard of too much', 11, 0, 0xffffffff, 0, 1],
  ])('%s fails', (_what, kind, sector, count, flags, status) => {
    const { request, range } = blockSetUp();
    expect(request(kind, 0, range(sector, count, flags)).status).toBe(status);
  });

  it('a read-only drive says so and stays as it is', () => {
    const { request, range, transport, image } = blockSetUp(true);
    expect(offeredFeatures(transport) & ((1n << 5n) | (1n << 13n) | (1n << 14n))).toBe(1n << 5n);
    for (const [kind, pieces] of [[1, write(512)], [11, range(0, 1, 0)], [13, range(0, 1, 0)]] as const) {
      expect(request(kind, 0, [...pieces]).status).toBe(1);
    }
    expect(image.log).toEqual([]);
    expect(request(0, 0, read(512)).status).toBe(0);
  });

  it.each([
    ['a driver that can flush', FLUSH, 1, ['write 0 512']],
    ['a driver that cannot flush', 0n, 1, ['write 0 512', 'flush']],
    ['the cache switched off', FLUSH | CONFIG_WCE, 0, ['write 0 512', 'flush']],
    ['the cache left on', FLUSH | CONFIG_WCE, 1, ['write 0 512']],
    ['the cache switched off by a driver that may not', FLUSH, 0, ['write 0 512']],
  ])('with %s', (_what, features, cache, log) => {
    const { request, transport, image } = blockSetUp(false, features);
    transport.write(R.CONFIG + 32, 1, cache);
    request(1, 0, write(512));
    expect(image.log).toEqual(log);
  });

  it.each([
    ['a short header', [{ address: HEADER, length: 15 }, { address: STATUS, length: 1, write: true }]],
    ['no room for the status', [{ address: HEADER, length: 16 }]],
  ])('%s stops the device', (_what, pieces) => {
    const { driver, transport } = blockSetUp();
    driver.add(pieces);
    driver.kick();
    expect(transport.read(R.STATUS, 4)).toBe(0x4f);
  });

  it('answers what fails on the host with an I/O error, and goes on', () => {
    const said: string[] = [];
    let full = true;
    const broken = (image: RecordingImage): BlockBackend => {
      const guarded = <A extends unknown[]>(name: string, body: (...args: A) => void) => (...args: A): void => {
        if (full) throw new Error(`${name}: no space left`);
        body(...args);
      };
      return {
        bytes: image.bytes, readOnly: false,
        read: guarded('read', (position: number, to: Uint8Array) => image.read(position, to)),
        write: guarded('write', (position: number, from: Uint8Array) => image.write(position, from)),
        flush: guarded('flush', () => image.flush()), discard: guarded('discard', () => {}),
        writeZeroes: guarded('writeZeroes', (position: number, length: number) => image.writeZeroes(position, length)),
        close() {},
      };
    };
    const { request, range, contents } = blockSetUp(false, undefined, broken, (message) => said.push(message));
    expect(request(0, 0, read(512)).status).toBe(1);
    expect(request(1, 0, write(512)).status).toBe(1);
    expect(request(4, 0, []).status).toBe(1);
    expect(request(11, 0, range(0, 8, 0)).status).toBe(1);
    expect(request(13, 0, range(0, 8, 0)).status).toBe(1);
    expect(said.map((text) => text.split(':')[0])).toEqual(['read', 'write', 'flush', 'discard', 'writeZeroes']);
    full = false;
    expect(request(1, 3, write(512)).status).toBe(0);
    expect(request(4, 0, []).status).toBe(0);
    expect(contents[3 * 512]).not.toBe(4);
  });

  it('without a write cache flushes before it answers a write', () => {
    const { image, request, transport } = blockSetUp(false, undefined, undefined, undefined, true);
    expect(transport.read(R.CONFIG + 32, 1)).toBe(0);
    request(1, 2, write(1024));
    expect(image.log).toEqual(['write 1024 1024', 'flush']);
    transport.write(R.CONFIG + 32, 1, 1);
    request(1, 0, write(512));
    expect(image.log).toEqual(['write 1024 1024', 'flush', 'write 0 512']);
  });
});

describe('virtio-console', () => {
  function consoleSetUp() {
    const { channel, kicks } = testChannel();
    let device: ConsoleDevice | undefined;
    const context = setUp(consoleDeviceType(channel, 100, 40), (t) => (device = new ConsoleDevice(t, channel)));
    const console = device as unknown as ConsoleDevice;
    console.connect((queue) => context.service.poke(queue));
    return { ...context, channel, console, kicks };
  }

  it('tells the size of the terminal and when it changes', () => {
    const { transport, console, line } = consoleSetUp();
    expect([transport.read(R.CONFIG, 2), transport.read(R.CONFIG + 2, 2), transport.read(R.CONFIG + 4, 4)])
      .toEqual([100, 40, 1]);
    console.resize(132, 50);
    expect([transport.read(R.CONFIG, 4), line.level]).toEqual([(50 << 16) | 132, true]);
  });

  it('transmits, and keeps what does not fit until it does', () => {
    const { ram, drivers, channel } = consoleSetUp();
    const [, transmit] = drivers;
    let sent = 0;
    let got = 0;
    for (let i = 0; i < 12; i++) {
      for (let j = 0; j < 0x2000; j++) ram.bytes[DATA - BASE + j] = i;
      transmit.add([{ address: DATA, length: 0x1800 }, { address: DATA + 0x1800, length: 0x800 }]);
      transmit.kick();
      if (transmit.take() === undefined) break;
      sent += 0x2000;
    }
    // The ring holds 64 KiB; the buffer that met it full stays with the device.
    expect(sent).toBe(0x10000);
    for (;;) {
      const bytes = channel.takeOutput(0x1001);
      if (bytes.length === 0) break;
      expect(bytes[0]).toBe(got >> 13);
      got += bytes.length;
    }
    transmit.kick();
    expect(transmit.take()).toBeDefined();
    expect(got + channel.outputAvailable).toBe(0x12000);
  });

  it('receives into as many buffers as it takes', () => {
    const { ram, drivers, channel, console } = consoleSetUp();
    const [receive] = drivers;
    for (let i = 0; i < 3; i++) receive.add([{ address: DATA + 16 * i, length: 10, write: true }]);
    receive.kick();
    expect(receive.take()).toBeUndefined();
    channel.putInput(Buffer.from('hello, virtio'));
    console.channelChanged();
    expect([receive.take()?.length, receive.take()?.length, receive.take()]).toEqual([10, 3, undefined]);
    expect(Buffer.from(ram.bytes.slice(DATA - BASE, DATA - BASE + 10)).toString()).toBe('hello, vir');
    channel.putInput(Buffer.from('x'.repeat(30)));
    console.channelChanged();
    expect(receive.take()?.length).toBe(10);
    expect(channel.inputAvailable).toBe(20);
    receive.add([{ address: DATA, length: 100, write: true }]);
    receive.kick();
    expect(receive.take()?.length).toBe(20);
  });

  it('takes an emergency write without any set-up', () => {
    const { channel } = testChannel();
    const transport = new VirtioMmioTransport(
      0, deviceMemory(VirtioMmioTransport.BYTES), { line: new TestLine(), kick() {} }, consoleDeviceType(channel),
    );
    transport.reset();
    for (const character of 'oops') transport.write(R.CONFIG + 8, 4, character.charCodeAt(0));
    expect(Buffer.from(channel.takeOutput(100)).toString()).toBe('oops');
  });
});

describe('virtio-rng', () => {
  it('fills buffers', () => {
    const { ram, driver } = setUp(entropyDeviceType, () => new EntropyDevice(new SeededEntropy(3)));
    driver.add([{ address: DATA, length: 10, write: true }, { address: DATA + 100, length: 54, write: true }]);
    driver.kick();
    expect(driver.take()?.length).toBe(64);
    const expected = new Uint8Array(12);
    new SeededEntropy(3).fill(expected);
    expect(ram.bytes.slice(DATA - BASE, DATA - BASE + 10)).toEqual(expected.slice(0, 10));
    expect(ram.bytes.slice(DATA - BASE + 100, DATA - BASE + 154).some((b) => b !== 0)).toBe(true);
  });

  it('seeded bytes repeat and look random; host bytes differ', () => {
    const bytes = (source: { fill(target: Uint8Array): void }, n: number): Uint8Array => {
      const target = new Uint8Array(new SharedArrayBuffer(n));
      source.fill(target);
      return target;
    };
    expect(bytes(new SeededEntropy(1), 100)).toEqual(bytes(new SeededEntropy(1), 100));
    expect(bytes(new SeededEntropy(1), 100)).not.toEqual(bytes(new SeededEntropy(2), 100));
    const ones = bytes(new SeededEntropy(9), 100_000).reduce((n, b) => n + (b & 1), 0);
    expect(Math.abs(ones - 50_000)).toBeLessThan(1000);
    expect(bytes(new HostEntropy(), 100_000)).not.toEqual(bytes(new HostEntropy(), 100_000));
  });
});
