/** The functions that an ELF file's symbol table names (ELF-64 object file format; ELF for the Arm 64-bit architecture). */
import { ConfigurationError } from '../../support/errors.js';
import { viewOf, type NamedFile } from '../../machine/loaders/file.js';
import type { GuestSymbol } from './symbol-table.js';

const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const MACHINE_AARCH64 = 183;
const TYPE_EXECUTABLE = 2;
const TYPE_SHARED = 3;
const HEADER_BYTES = 64;
const SECTION_BYTES = 64;
const SYMBOL_BYTES = 24;
const SHT_SYMTAB = 2;
const SHT_STRTAB = 3;
const SHT_NOBITS = 8;
const SHT_DYNSYM = 11;
const SHF_EXECINSTR = 4n;
const STT_NOTYPE = 0;
const STT_FUNC = 2;

interface Section {
  readonly type: number;
  readonly executable: boolean;
  readonly offset: bigint;
  readonly size: bigint;
  readonly link: number;
  readonly entryBytes: bigint;
}

/** Functions and labels in executable sections, from .symtab, or from .dynsym where there is none. */
export function readElfSymbols(file: NamedFile): GuestSymbol[] {
  const { bytes, name } = file;
  const fail = (reason: string): never => {
    throw new ConfigurationError(`--symbols ${name}: ${reason}`);
  };
  if (bytes.length < HEADER_BYTES) fail('truncated ELF file (its header is cut off)');
  const view = viewOf(bytes);
  if (bytes[4] !== CLASS_64 || bytes[5] !== LITTLE_ENDIAN || view.getUint16(18, true) !== MACHINE_AARCH64) {
    fail('an ELF file for another machine; 64-bit little-endian AArch64 is supported');
  }
  const type = view.getUint16(16, true);
  if (type !== TYPE_EXECUTABLE && type !== TYPE_SHARED) fail('an ELF file that is not linked: its symbols have no addresses');

  const sections = readSections(view, fail);
  const contents = ({ offset, size }: Section, what: string): Uint8Array => {
    if (offset + size > BigInt(bytes.length)) fail(`truncated ELF file (its ${what} is cut off)`);
    return bytes.subarray(Number(offset), Number(offset + size));
  };
  const table = [SHT_SYMTAB, SHT_DYNSYM].map((wanted) => sections.find((section) => section.type === wanted)).find((s) => s);
  if (table === undefined) return fail('an ELF file without a symbol table (it may be stripped)');
  const strings = sections[table.link];
  if (table.entryBytes !== BigInt(SYMBOL_BYTES) || strings?.type !== SHT_STRTAB) fail('a damaged ELF file (symbol table)');
  const symbols = viewOf(contents(table, 'symbol table'));
  const text = contents(strings, 'string table');

  const found: GuestSymbol[] = [];
  for (let at = 0; at + SYMBOL_BYTES <= symbols.byteLength; at += SYMBOL_BYTES) {
    const kind = symbols.getUint8(at + 4) & 15;
    const section = symbols.getUint16(at + 6, true);
    if ((kind !== STT_FUNC && kind !== STT_NOTYPE) || section === 0 || !sections[section]?.executable) continue;
    const start = symbols.getUint32(at, true);
    const end = start < text.length ? text.indexOf(0, start) : -1;
    if (end < 0) fail('a damaged ELF file (the name of a symbol)');
    found.push({
      name: Buffer.from(text.buffer, text.byteOffset + start, end - start).toString('utf8'),
      address: symbols.getBigUint64(at + 8, true),
      size: symbols.getBigUint64(at + 16, true),
    });
  }
  return found;
}

function readSections(view: DataView, fail: (reason: string) => never): Section[] {
  const tableAt = view.getBigUint64(40, true);
  if (tableAt === 0n) return [];
  const length = BigInt(view.byteLength);
  if (view.getUint16(58, true) !== SECTION_BYTES) fail('a damaged ELF file (section header size)');
  const cutOff = 'truncated ELF file (its section headers are cut off)';
  if (tableAt + BigInt(SECTION_BYTES) > length) fail(cutOff);
  const at = Number(tableAt);
  // A number that does not fit is in the first section's size.
  const count = BigInt(view.getUint16(60, true)) || view.getBigUint64(at + 32, true);
  if (tableAt + count * BigInt(SECTION_BYTES) > length) fail(cutOff);
  return Array.from({ length: Number(count) }, (_, i) => readSection(view, at + i * SECTION_BYTES));
}

function readSection(view: DataView, at: number): Section {
  const type = view.getUint32(at + 4, true);
  return {
    type,
    executable: (view.getBigUint64(at + 8, true) & SHF_EXECINSTR) !== 0n,
    offset: view.getBigUint64(at + 24, true),
    // Files with debug information alone keep the headers of what they lack.
    size: type === SHT_NOBITS ? 0n : view.getBigUint64(at + 32, true),
    link: view.getUint32(at + 40, true),
    entryBytes: view.getBigUint64(at + 56, true),
  };
}
