import { describe, expect, it } from 'vitest';
import { FwCfg } from '../../../devices/fw-cfg/fw-cfg.js';
import { FwCfgItems, FwCfgKey } from '../../../devices/fw-cfg/items.js';
import { deviceMemory, TestRam } from './fixtures.js';

const BASE = 0x4000_0000;
const ERROR = 1, READ = 2, SKIP = 4, SELECT = 8, WRITE = 16;
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function setUp() {
  const ram = new TestRam(BASE, 0x10000);
  const items = new FwCfgItems();
  const device = new FwCfg(deviceMemory(FwCfg.BYTES), items, ram);
  device.reset();
  /** The guest is little-endian, the selector big-endian. */
  const select = (key: number): void => device.write(8, 2, ((key & 0xff) << 8) | (key >> 8));
  const readBytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => device.read(0, 1));
  const dma = (control: number, length: number, address: number, at = BASE): number => {
    ram.view.setUint32(at - BASE, control);
    ram.view.setUint32(at - BASE + 4, length);
    ram.view.setBigUint64(at - BASE + 8, BigInt(address));
    const swapped = Buffer.alloc(8);
    swapped.writeBigUInt64BE(BigInt(at));
    device.write(16, 4, swapped.readUInt32LE(0));
    device.write(20, 4, swapped.readUInt32LE(4));
    return ram.view.getUint32(at - BASE);
  };
  const memory = (address: number, length: number): Uint8Array =>
    ram.bytes.slice(address - BASE, address - BASE + length);
  return { ram, items, device, select, readBytes, dma, memory };
}

describe('fw_cfg items', () => {
  it('lists files by name, whatever the order they came in', () => {
    const { items, select, readBytes } = setUp();
    items.addFile('opt/b', Buffer.from('second'));
    items.addFile('etc/a', Buffer.from('first'));
    items.addFile('opt/b', Buffer.from('replaced'));
    select(FwCfgKey.FILE_DIR);
    const directory = Buffer.from(readBytes(4 + 2 * 64));
    expect(directory.readUInt32BE(0)).toBe(2);
    const entry = (i: number): [number, number, string] => {
      const at = 4 + 64 * i;
      const name = directory.toString('latin1', at + 8, at + 13);
      return [directory.readUInt32BE(at), directory.readUInt16BE(at + 4), name];
    };
    expect([entry(0), entry(1)]).toEqual([[5, 0x20, 'etc/a'], [8, 0x21, 'opt/b']]);
    select(0x21);
    expect(text(readBytes(10))).toBe('replaced\0\0');
    expect(items.fileNames()).toEqual(['etc/a', 'opt/b']);
  });

  it('encodes integers and strings', () => {
    const { items, select, readBytes } = setUp();
    items.addInt16(FwCfgKey.NB_CPUS, 0x102);
    items.addInt32(FwCfgKey.KERNEL_SIZE, 0x01020304);
    items.addInt64(FwCfgKey.RAM_SIZE, 0x0102030405060708n);
    items.addString(FwCfgKey.CMDLINE_DATA, 'quiet');
    select(FwCfgKey.NB_CPUS);
    expect([...readBytes(3)]).toEqual([2, 1, 0]);
    select(FwCfgKey.KERNEL_SIZE);
    expect([...readBytes(4)]).toEqual([4, 3, 2, 1]);
    select(FwCfgKey.RAM_SIZE);
    expect([...readBytes(8)]).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    select(FwCfgKey.CMDLINE_DATA);
    expect(text(readBytes(6))).toBe('quiet\0');
  });

  it('refuses names that are too long and more files than there are slots', () => {
    const { items } = setUp();
    expect(() => items.addFile('x'.repeat(56), new Uint8Array(1))).toThrow(RangeError);
    for (let i = 0; i < 32; i++) items.addFile(`f${i}`, new Uint8Array(1));
    expect(() => items.addFile('one too many', new Uint8Array(1))).toThrow(RangeError);
  });
});

describe('fw_cfg DMA', () => {
  it('reads, padding with zeroes, and says what it wrote', () => {
    const { ram, items, dma, memory } = setUp();
    items.addFile('a', Buffer.from('0123456789'));
    ram.bytes.fill(0xee, 0x1000, 0x1020);
    ram.writes = [];
    expect(dma((0x20 << 16) | SELECT | READ, 12, BASE + 0x1000)).toBe(0);
    expect(text(memory(BASE + 0x1000, 13))).toBe('0123456789\0\0\xee');
    expect(ram.writes).toEqual([{ address: BASE + 0x1000, length: 12 }, { address: BASE, length: 4 }]);
  });

  it('goes on where it was and skips', () => {
    const { items, dma, memory, device } = setUp();
    items.addFile('a', Buffer.from('0123456789'));
    expect(dma((0x20 << 16) | SELECT, 99, 0)).toBe(0);
    expect(dma(READ, 2, BASE + 0x100)).toBe(0);
    expect(dma(SKIP, 3, 0)).toBe(0);
    expect(dma(READ, 2, BASE + 0x102)).toBe(0);
    expect(text(memory(BASE + 0x100, 4))).toBe('0156');
    expect(String.fromCharCode(device.read(0, 1))).toBe('7');
    expect(dma(SKIP, 99, 0)).toBe(0);
    expect(device.read(0, 4)).toBe(0);
  });

  it('reads an absent item as zeroes', () => {
    const { ram, dma, memory } = setUp();
    ram.bytes.fill(0xee, 0x100, 0x108);
    expect(dma((0x3fff << 16) | SELECT | READ, 4, BASE + 0x100)).toBe(0);
    expect([...memory(BASE + 0x100, 5)]).toEqual([0, 0, 0, 0, 0xee]);
  });

  it('writes only what is writable, as a whole', () => {
    const { ram, items, dma } = setUp();
    const writes: [number, number][] = [];
    const bytes = new Uint8Array(8);
    items.addFile('fixed', new Uint8Array(8));
    items.addFile('open', bytes, (offset, length) => writes.push([offset, length]));
    ram.bytes.set([1, 2, 3, 4], 0x100);
    expect(dma((0x20 << 16) | SELECT | WRITE, 4, BASE + 0x100)).toBe(ERROR);
    expect(dma((0x21 << 16) | SELECT | WRITE, 4, BASE + 0x100)).toBe(0);
    expect(dma(WRITE, 2, BASE + 0x102)).toBe(0);
    expect(dma(WRITE, 4, BASE + 0x100)).toBe(ERROR);
    expect([[...bytes], writes]).toEqual([[1, 2, 3, 4, 3, 4, 0, 0], [[0, 4], [4, 2]]]);
  });

  it.each([[READ, 0x1000], [READ, BASE + 0xffff], [READ, 2 ** 60]])('control %i to 0x%s fails', (control, address) => {
    const { items, dma } = setUp();
    items.addFile('a', new Uint8Array(4));
    expect(dma((0x20 << 16) | SELECT | control, 4, address)).toBe(ERROR);
  });

  it('ignores a request that is not in RAM', () => {
    const { device } = setUp();
    device.write(16, 4, 0xffffffff);
    device.write(20, 4, 0xffffffff);
    expect(device.read(16, 4)).toBe(0x554d4551);
  });
});
