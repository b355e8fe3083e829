import { describe, expect, it } from 'vitest';
import { Pl011 } from '../../../devices/serial/pl011.js';
import { deviceMemory, testChannel, TestLine } from './fixtures.js';

const DR = 0, RSR = 4, FR = 0x18, IBRD = 0x24, FBRD = 0x28, LCRH = 0x2c, CR = 0x30, IFLS = 0x34, IMSC = 0x38;
const RIS = 0x3c, MIS = 0x40, ICR = 0x44;
const RXFE = 0x10, TXFF = 0x20, RXFF = 0x40, TXFE = 0x80, BUSY = 8;
const RX = 0x10, TX = 0x20, RT = 0x40, BE = 0x200, OE = 0x400;
const FEN = 0x70;

function setUp(relieve?: () => void) {
  const { channel, kicks } = testChannel(relieve);
  const line = new TestLine();
  const memory = deviceMemory(Pl011.BYTES);
  const uart = new Pl011(memory, channel, line);
  uart.reset();
  const read = (offset: number): number => uart.read(offset, 4);
  const write = (offset: number, value: number): void => uart.write(offset, 4, value);
  const input = (text: string): void => {
    expect(channel.putInput(Buffer.from(text, 'latin1'))).toBe(text.length);
    uart.channelChanged();
  };
  return { uart, channel, kicks, line, memory, read, write, input };
}

describe('PL011 transmitter', () => {
  it('sends at once and never reports full while the line has room', () => {
    const { channel, read, write, kicks } = setUp();
    channel.arm();
    for (const c of 'hello') write(DR, c.charCodeAt(0));
    expect(Buffer.from(channel.takeOutput(99)).toString()).toBe('hello');
    expect(read(FR) & (TXFF | TXFE | BUSY)).toBe(TXFE);
    expect(kicks()).toBe(1);
  });

  it.each([[FEN, 16], [0x60, 1]])('with LCRH 0x%s the FIFO behind a full line holds %i', (lcrh, depth) => {
    const { uart, channel, read, write } = setUp();
    write(LCRH, lcrh);
    channel.sendBytes(new Uint8Array(65536));
    for (let i = 0; i < depth; i++) {
      expect(read(FR) & TXFF).toBe(0);
      write(DR, 65 + i);
      expect(read(FR) & (BUSY | TXFE)).toBe(BUSY);
    }
    expect(read(FR) & TXFF).toBe(TXFF);
    channel.takeOutput(65536);
    uart.channelChanged();
    expect(read(FR) & (TXFF | TXFE | BUSY)).toBe(TXFE);
    expect([...channel.takeOutput(99)]).toEqual(Array.from({ length: depth }, (_, i) => 65 + i));
  });

  it('loses nothing of a guest that does not look at TXFF', () => {
    let taken = 0;
    const context = setUp(() => {
      taken += context.channel.takeOutput(1 << 20).length;
    });
    for (let i = 0; i < 200_000; i++) context.write(DR, i & 0xff);
    context.uart.channelChanged();
    expect(taken + context.channel.takeOutput(1 << 20).length).toBe(200_000);
    expect(context.uart.dropped).toBe(0);
  });

  it('raises TX when the FIFO falls to its trigger level', () => {
    const { uart, channel, read, write, line } = setUp();
    write(LCRH, FEN);
    write(IFLS, 0);
    write(IMSC, TX);
    expect(line.level).toBe(false);
    channel.sendBytes(new Uint8Array(65536));
    for (let i = 0; i < 2; i++) write(DR, i);
    expect(read(RIS) & TX).toBe(TX);
    write(DR, 3);
    expect([read(RIS) & TX, line.level]).toEqual([0, false]);
    channel.takeOutput(1);
    uart.channelChanged();
    expect([read(RIS) & TX, line.level]).toEqual([TX, true]);
    write(ICR, TX);
    expect([read(RIS) & TX, line.level]).toEqual([0, false]);
  });
});

describe('PL011 receiver', () => {
  it('delivers characters in order and keeps the rest in the line', () => {
    const { channel, read, write, input } = setUp();
    write(LCRH, FEN);
    input('abcdefghijklmnopqrstuvwxyz');
    expect([read(FR) & (RXFF | RXFE), channel.inputAvailable]).toEqual([RXFF, 10]);
    let text = '';
    while ((read(FR) & RXFE) === 0) text += String.fromCharCode(read(DR));
    expect(text).toBe('abcdefghijklmnopqrstuvwxyz');
    expect(read(RIS) & (RX | RT)).toBe(0);
  });

  it.each([[0, 2], [1, 4], [2, 8], [3, 12], [4, 14]])('IFLS %i: RX comes with %i characters', (level, trigger) => {
    const { read, write, input } = setUp();
    write(LCRH, FEN);
    write(IFLS, level << 3);
    write(IMSC, RX | RT);
    input('x'.repeat(trigger - 1));
    expect(read(RIS) & (RX | RT)).toBe(RT);
    input('x');
    expect(read(RIS) & RX).toBe(RX);
    read(DR);
    expect(read(RIS) & (RX | RT)).toBe(RT);
  });

  it('times out when the line runs dry below the trigger, until the FIFO is empty', () => {
    const { read, write, input, line } = setUp();
    write(LCRH, FEN);
    write(IMSC, RX | RT);
    input('ab');
    expect([read(MIS), line.level]).toEqual([RT, true]);
    write(ICR, RT);
    expect(line.level).toBe(false);
    read(DR);
    expect([read(MIS), line.level]).toEqual([RT, true]);
    read(DR);
    expect([read(MIS), line.level]).toEqual([0, false]);
  });

  it('gives RX for a single character to a driver that knows no timeout', () => {
    const { read, write, input, line } = setUp();
    write(LCRH, FEN);
    input('a');
    expect(line.level).toBe(false);
    write(IMSC, RX);
    expect([read(MIS), line.level]).toEqual([RX, true]);
    read(DR);
    expect(line.level).toBe(false);
  });

  it('without FIFOs holds one character and interrupts for it', () => {
    const { channel, read, write, input, line } = setUp();
    write(IMSC, RX);
    input('ab');
    expect([read(FR) & RXFF, channel.inputAvailable, line.level]).toEqual([RXFF, 1, true]);
    expect([read(DR), line.level, read(DR), line.level, read(FR) & RXFE]).toEqual([97, true, 98, false, RXFE]);
  });

  it('leaves characters in the line while the receiver is off', () => {
    const { channel, read, write, input } = setUp();
    write(CR, 0x101);
    input('a');
    expect([read(FR) & RXFE, channel.inputAvailable]).toEqual([RXFE, 1]);
    write(CR, 0x301);
    expect(read(DR)).toBe(97);
  });

  it('empties the FIFO when FIFOs are switched', () => {
    const { read, write, input } = setUp();
    write(LCRH, FEN);
    input('abc');
    write(LCRH, 0x60);
    expect([read(FR) & RXFE, read(RIS) & (RX | RT)]).toEqual([RXFE, 0]);
  });

  it('reports a break with its character, in DR, RSR and RIS', () => {
    const { uart, channel, read, write, input } = setUp();
    write(LCRH, FEN);
    channel.sendBreak();
    uart.channelChanged();
    input('h');
    expect(read(RIS) & BE).toBe(BE);
    expect(read(DR)).toBe(0x400);
    expect(read(RSR)).toBe(4);
    expect([read(DR), read(RSR)]).toEqual([104, 0]);
    write(ICR, BE);
    expect(read(RIS) & BE).toBe(0);
  });

  it('tells the host when there is room in the line again', () => {
    const { channel, read, write, kicks, uart } = setUp();
    write(LCRH, FEN);
    expect(channel.putInput(new Uint8Array(5000))).toBe(4096);
    uart.channelChanged();
    expect(kicks()).toBe(1);
    read(DR);
    expect(kicks()).toBe(1);
  });
});

describe('PL011 loopback', () => {
  it('returns characters and overruns when they are not taken', () => {
    const { channel, read, write } = setUp();
    write(LCRH, FEN);
    write(CR, 0x381);
    for (let i = 0; i < 17; i++) write(DR, i);
    expect([read(RIS) & OE, read(RSR), channel.outputAvailable]).toEqual([OE, 8, 0]);
    for (let i = 0; i < 16; i++) expect(read(DR)).toBe(i);
    write(RSR, 0xff);
    expect([read(RSR), read(FR) & RXFE]).toEqual([0, RXFE]);
  });

  it.each([[0x400, 0x002, 8], [0x800, 0x001, 2], [0x1000, 0x004, 4], [0x2000, 0x100, 1]])(
    'feeds control 0x%s to flag 0x%s', (control, flag, interrupt) => {
      const { read, write } = setUp();
      write(CR, 0x381 | control);
      expect([read(FR) & 0x107, read(RIS) & 0xf]).toEqual([flag, interrupt]);
      write(ICR, 0xf);
      expect(read(RIS) & 0xf).toBe(0);
      write(CR, 0x301);
      expect([read(FR) & 0x107, read(RIS) & 0xf]).toEqual([0, interrupt]);
    },
  );

  it('returns a break', () => {
    const { read, write } = setUp();
    write(CR, 0x381);
    write(LCRH, FEN);
    write(LCRH, FEN | 1);
    expect(read(DR)).toBe(0x400);
  });
});

describe('PL011 registers', () => {
  it.each([
    [IBRD, 0xffff], [FBRD, 0x3f], [LCRH, 0xff], [CR, 0xff87], [IFLS, 0x3f], [IMSC, 0x7ff], [0x20, 0xff], [0x48, 7],
  ])('0x%s keeps the bits it has', (offset, mask) => {
    const { read, write } = setUp();
    write(offset, 0xffffffff);
    expect(read(offset)).toBe(mask);
    write(offset, 0);
    expect(read(offset)).toBe(0);
  });

  it('ignores writes to read-only registers and reads unallocated ones as zero', () => {
    const { read, write } = setUp();
    for (const offset of [FR, RIS, MIS, 0xfe0, 0x50, 0xffc]) {
      const before = read(offset);
      write(offset, 0xffffffff);
      expect(read(offset)).toBe(before);
    }
    expect(read(0x80)).toBe(0);
  });

  it('comes back from reset as at power-on', () => {
    const { uart, read, write, input, line } = setUp();
    write(LCRH, FEN);
    write(IMSC, RX | RT);
    input('a');
    expect(line.level).toBe(true);
    uart.reset();
    expect(line.level).toBe(false);
    expect([CR, IFLS, FR, IMSC, RIS].map(read)).toEqual([0x300, 0x12, 0x90, 0, 0]);
  });

  it('is the same device from every thread', () => {
    const { memory, channel, write, line } = setUp();
    write(IBRD, 77);
    expect(new Pl011(memory, channel, line).read(IBRD, 4)).toBe(77);
  });
});
