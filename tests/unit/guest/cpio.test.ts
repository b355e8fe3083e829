import { describe, expect, it } from 'vitest';
import { type CpioEntry, readCpio, writeCpio } from '../../../guest/cpio.js';

const text = (value: string) => new TextEncoder().encode(value);

const ENTRIES: CpioEntry[] = [
  { path: 'bin', kind: 'directory', mode: 0o755 },
  { path: 'bin/a', kind: 'file', mode: 0o4755, content: text('x') },
  { path: 'bin/empty', kind: 'file', mode: 0o644, content: text('') },
  { path: 'bin/link', kind: 'link', target: 'a' },
  { path: 'dev', kind: 'directory', mode: 0o755 },
  { path: 'dev/console', kind: 'character', mode: 0o600, major: 5, minor: 1 },
  { path: 'dev/vda', kind: 'block', mode: 0o660, major: 254, minor: 300 },
  { path: 'é', kind: 'file', mode: 0o600, content: text('0123456789') },
];

describe('cpio', () => {
  it('reads back what it writes', () => {
    expect(readCpio(writeCpio(ENTRIES))).toEqual(ENTRIES);
  });

  it('has the header that the kernel documents', () => {
    const archive = writeCpio([{ path: 'ab', kind: 'file', mode: 0o644, content: text('hello') }]);
    const header = new TextDecoder().decode(archive.subarray(0, 110));
    expect(header).toBe(
      '070701' + // magic
        '00000001' + // ino
        '000081a4' + // mode
        '00000000' + // uid
        '00000000' + // gid
        '00000001' + // nlink
        '00000000' + // mtime
        '00000005' + // filesize
        '00000000'.repeat(4) + // devices
        '00000003' + // namesize with NUL
        '00000000', // check
    );
    expect(new TextDecoder().decode(archive.subarray(110, 113))).toBe('ab\0');
    // 110 + 3 padded to 116, then 5 bytes padded to 124.
    expect(new TextDecoder().decode(archive.subarray(116, 121))).toBe('hello');
    expect(new TextDecoder().decode(archive.subarray(124, 130))).toBe('070701');
    expect(archive.length % 4).toBe(0);
  });

  it('does not depend on anything but its entries', () => {
    expect(writeCpio(ENTRIES)).toEqual(writeCpio(ENTRIES));
  });

  it('refuses to read what is not an archive', () => {
    expect(() => readCpio(text('070707'))).toThrow(RangeError);
    expect(() => readCpio(writeCpio(ENTRIES).subarray(0, 200))).toThrow(RangeError);
    expect(() => readCpio(new Uint8Array(0))).toThrow(RangeError);
  });
});
