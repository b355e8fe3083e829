/** ELF files with a symbol table, made for tests. */

export interface ElfSymbol {
  readonly name: string;
  readonly value: bigint;
  readonly size?: bigint;
  /** STT_FUNC without it. */
  readonly type?: number;
  /** Number of its section: 0 undefined, 1 (without it) .text, 2 .data. */
  readonly section?: number;
}

export interface ElfOptions {
  /** Type of the table's section: SHT_SYMTAB without it. */
  readonly table?: number;
  readonly machine?: number;
  readonly type?: number;
}

/** Sections: none, .text, .data, symbols, strings; the headers come last. */
export function symbolElf(symbols: readonly ElfSymbol[], options: ElfOptions = {}): Uint8Array {
  const strings = new TextEncoder().encode(`\0${symbols.map(({ name }) => `${name}\0`).join('')}`);
  const symbolsAt = 64;
  const stringsAt = symbolsAt + symbols.length * 24;
  const headersAt = Math.ceil((stringsAt + strings.length) / 8) * 8;
  const bytes = new Uint8Array(headersAt + 5 * 64);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, options.type ?? 2, true);
  view.setUint16(18, options.machine ?? 183, true);
  view.setBigUint64(40, BigInt(headersAt), true);
  view.setUint16(58, 64, true);
  view.setUint16(60, 5, true);
  let name = 1;
  symbols.forEach((symbol, i) => {
    const at = symbolsAt + i * 24;
    view.setUint32(at, name, true);
    view.setUint8(at + 4, 0x10 | (symbol.type ?? 2));
    view.setUint16(at + 6, symbol.section ?? 1, true);
    view.setBigUint64(at + 8, symbol.value, true);
    view.setBigUint64(at + 16, symbol.size ?? 0n, true);
    name += new TextEncoder().encode(symbol.name).length + 1;
  });
  bytes.set(strings, stringsAt);
  const section = (index: number, type: number, flags: bigint, offset: number, size: number, link = 0, entry = 0): void => {
    const at = headersAt + index * 64;
    view.setUint32(at + 4, type, true);
    view.setBigUint64(at + 8, flags, true);
    view.setBigUint64(at + 24, BigInt(offset), true);
    view.setBigUint64(at + 32, BigInt(size), true);
    view.setUint32(at + 40, link, true);
    view.setBigUint64(at + 56, BigInt(entry), true);
  };
  section(1, 1, 6n, 0, 0);
  section(2, 1, 3n, 0, 0);
  section(3, options.table ?? 2, 0n, symbolsAt, symbols.length * 24, 4, 24);
  section(4, 3, 0n, stringsAt, strings.length);
  return bytes;
}
