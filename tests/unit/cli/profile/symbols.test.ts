/** Files of --symbols: what they name, and which are refused. */
import { describe, expect, it } from 'vitest';
import { kernelSlide } from '../../../../src/cli/profile/kernel-slide.js';
import { parseSymbols, readSymbols } from '../../../../src/cli/profile/symbol-file.js';
import { SymbolTable } from '../../../../src/cli/profile/symbol-table.js';
import { ConfigurationError } from '../../../../src/support/errors.js';
import { type ElfSymbol, symbolElf } from './symbol-elf.js';

const text = (...lines: string[]): SymbolTable => parseSymbols({ name: 'F', bytes: Buffer.from(lines.join('\n')) });
const elf = (...symbols: ElfSymbol[]): SymbolTable => parseSymbols({ name: 'F', bytes: symbolElf(symbols) });

/** One line, with the option and the file. */
function refuses(body: () => unknown, message: RegExp): void {
  expect(body).toThrow(ConfigurationError);
  expect(body).toThrow(/^--symbols:? F[^\n]*$/);
  expect(body).toThrow(message);
}

describe('a symbol', () => {
  const MiB = 1n << 20n;

  it('covers what lies up to the next one, at most 1 MiB', () => {
    const table = text('1000 T a', '1010 t b', '400000 T c');
    expect([0xfffn, 0x1000n, 0x100fn, 0x1010n, 0x1010n + MiB - 1n, 0x1010n + MiB, 0x3fffffn, 0x400000n, 0x400000n + MiB]
      .map((address) => table.nameOf(address))).toEqual([undefined, 'a', 'a', 'b', 'b', undefined, undefined, 'c', undefined]);
  });

  it('covers its size where that is known', () => {
    const table = elf({ name: 'a', value: 0x1000n, size: 8n }, { name: 'b', value: 0x1010n }, { name: 'c', value: 0x1020n, size: 2n * MiB });
    expect([0x1007n, 0x1008n, 0x101fn, 0x1020n + MiB - 1n, 0x1020n + MiB].map((address) => table.nameOf(address)))
      .toEqual(['a', undefined, 'b', 'c', undefined]);
  });

  it('at the end of all addresses is one too', () => {
    expect(text('fffffffffffffff0 T end').nameOf(0xffff_ffff_ffff_fff4n)).toBe('end');
  });

  it('of several at an address is the plainest', () => {
    const table = text('1000 T __pi_memset', '1000 W memset', '1000 T __memset', '2000 t zb', '2000 t za');
    expect(table.nameOf(0x1000n)).toBe('memset');
    expect(table.nameOf(0x2000n)).toBe('za');
    expect(table.length).toBe(2);
  });
});

describe("text in nm's format", () => {
  it('gives functions and weak ones in any order, with their modules', () => {
    const table = text(
      'ffff800080012000 T second', 'ffff800080010000 t first', 'ffff800080010800 T $x', 'ffff800080010900 t .Llabel',
      'ffff800080011000 D data', 'ffff800080011100 r constant', '                 U elsewhere', '',
      'ffff80007a001000 t init\t[virtio_blk]', 'FFFF80007A001010 w foo(int, char)\r', '');
    expect(table.nameOf(0xffff_8000_8001_1200n)).toBe('first');
    expect(table.nameOf(0xffff_8000_8001_2004n)).toBe('second');
    expect(table.nameOf(0xffff_8000_7a00_1004n)).toBe('init [virtio_blk]');
    expect(table.nameOf(0xffff_8000_7a00_1010n)).toBe('foo(int, char)');
    expect(table.length).toBe(4);
  });

  it.each([
    [['1000 T a', 'ffff8000'], /line 2 is not 'address type name'/],
    [['1000 T'], /line 1/], [['T a'], /line 1/], [['1000 T a', '', '0x2000 T b'], /line 3/], [['1000 TT a'], /line 1/],
    [['11112222333344445 T a'], /line 1/], [['\0\0\0'], /neither an ELF file nor symbols/],
    [[''], /has no functions/], [['1000 D a'], /has no functions/], [['1000 t $x'], /has no functions/],
    [['0000000000000000 T _text', '0000000000000000 t b'], /all addresses are 0; only root/],
  ])('%j is refused', (lines, message) => refuses(() => text(...lines), message));
});

describe('an ELF file', () => {
  it('gives functions, and labels in executable sections', () => {
    const table = elf(
      { name: '', value: 0n, section: 0, type: 0 }, { name: 'f', value: 0x1000n }, { name: 'label', value: 0x2000n, type: 0 },
      { name: '$x', value: 0x1004n, type: 0 }, { name: 'object', value: 0x1100n, type: 1 },
      { name: 'data', value: 0x1200n, type: 0, section: 2 }, { name: 'elsewhere', value: 0x1300n, section: 0 },
      { name: 'absolute', value: 0x1400n, type: 0, section: 0xfff1 }, { name: 'größe', value: 0x3000n });
    expect(table.length).toBe(3);
    expect([0x1fffn, 0x2000n, 0x3000n].map((address) => table.nameOf(address))).toEqual(['f', 'label', 'größe']);
  });

  it('may have .dynsym alone, and be shared', () => {
    const bytes = symbolElf([{ name: 'f', value: 0x1000n }], { table: 11, type: 3 });
    expect(parseSymbols({ name: 'F', bytes }).nameOf(0x1000n)).toBe('f');
  });

  it.each([
    ['another machine', { machine: 62 }, /for another machine/],
    ['an object file', { type: 1 }, /not linked/],
    ['a file without a table', { table: 1 }, /without a symbol table/],
  ])('of the wrong kind is refused: %s', (_, options, message) => {
    refuses(() => parseSymbols({ name: 'F', bytes: symbolElf([{ name: 'f', value: 1n }], options) }), message);
  });

  it('without functions is refused', () => refuses(() => elf({ name: 'd', value: 1n, type: 1 }), /has no functions/));

  it('cut off anywhere is refused', () => {
    const bytes = symbolElf([{ name: 'f', value: 0x1000n }, { name: 'g', value: 0x2000n }]);
    for (let length = 0; length < bytes.length; length++) {
      refuses(() => parseSymbols({ name: 'F', bytes: bytes.subarray(0, length) }), /truncated|neither|no functions/);
    }
  });

  it('that is damaged gives names or is refused', () => {
    const good = symbolElf([{ name: 'f', value: 0x1000n }]);
    for (let at = 4; at < good.length; at++) {
      const bytes = good.slice();
      bytes[at] ^= 0xff;
      try {
        parseSymbols({ name: 'F', bytes });
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigurationError);
      }
    }
  });
});

it('a file that cannot be read is refused', () => {
  expect(() => readSymbols('/nonexistent/F')).toThrow(new ConfigurationError('--symbols: /nonexistent/F does not exist'));
  expect(() => readSymbols('/')).toThrow(new ConfigurationError('--symbols: / is a directory'));
});

describe("the kernel's slide", () => {
  const VECTORS = 0xffff_8000_8001_0800n;
  const kernel = text('ffff800080010800 T vectors', 'ffff800080020000 T f');

  it('is told by VBAR, up or down', () => {
    expect(kernelSlide(kernel, new Map([[VECTORS + 0x2a40_0000n, 9]]))).toBe(0x2a40_0000n);
    expect(kernelSlide(kernel, new Map([[VECTORS - 0x1_0000n, 9]]))).toBe(-0x1_0000n);
  });

  it("is not told by others' vectors, nor by what is no multiple of 64 KiB", () => {
    expect(kernelSlide(kernel, new Map([[VECTORS + 0x20_1000n, 99], [VECTORS + 0x20_0000n, 1]]))).toBe(0x20_0000n);
    expect(kernelSlide(kernel, new Map([[VECTORS + 0x20_1000n, 99]]))).toBe(0n);
    expect(kernelSlide(kernel, new Map())).toBe(0n);
    expect(kernelSlide(text('1000 T main'), new Map([[VECTORS, 9]]))).toBe(0n);
  });

  it('is 0 where it may be, else the one that was there most', () => {
    expect(kernelSlide(kernel, new Map([[VECTORS + 0x10_0000n, 99], [VECTORS, 1]]))).toBe(0n);
    expect(kernelSlide(kernel, new Map([[VECTORS + 0x10_0000n, 1], [VECTORS + 0x20_0000n, 2]]))).toBe(0x20_0000n);
  });
});
