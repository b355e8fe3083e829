/** Real code to decode: instructions of one of our programs with the C library in it. */
import { readFileSync } from 'node:fs';
import { buildProgram } from '../../guest/programs.js';
import { ConfigurationError } from '../../src/support/errors.js';

/** Offsets in an ELF64 file header and program header (System V ABI, "ELF Header" and "Program Header"). */
const PHOFF = 32;
const PHENTSIZE = 54;
const PHNUM = 56;
const PT_LOAD = 1;
const PF_X = 1;

/** The words of an ELF64 file's executable segment. */
export function executableWords(elf: Uint8Array): Int32Array {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  const first = Number(view.getBigUint64(PHOFF, true));
  for (let i = 0; i < view.getUint16(PHNUM, true); i++) {
    const at = first + i * view.getUint16(PHENTSIZE, true);
    if (view.getUint32(at, true) !== PT_LOAD || (view.getUint32(at + 4, true) & PF_X) === 0) continue;
    const offset = Number(view.getBigUint64(at + 8, true));
    const size = Number(view.getBigUint64(at + 32, true));
    return Int32Array.from({ length: size >> 2 }, (_, word) => view.getInt32(offset + 4 * word, true));
  }
  throw new ConfigurationError('an ELF file has no executable segment');
}

/** `count` words from the middle of a static program, where its code is. */
export async function codeWords(count: number): Promise<Int32Array> {
  const words = executableWords(readFileSync(await buildProgram({ source: 'sort' })));
  const from = Math.max(0, (words.length - count) >> 2);
  return words.slice(from, from + count);
}
