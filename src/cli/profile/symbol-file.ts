/** The files of --symbols. */
import { readInput } from '../../machine/boot-files.js';
import { isElf } from '../../machine/loaders/elf.js';
import type { NamedFile } from '../../machine/loaders/file.js';
import { ConfigurationError } from '../../support/errors.js';
import { readElfSymbols } from './elf-symbols.js';
import { readNmSymbols } from './nm-symbols.js';
import { SymbolTable } from './symbol-table.js';

/** Functions of an ELF file or of text in nm's format; a ConfigurationError if it is neither, is damaged, or has none. */
export function parseSymbols(file: NamedFile): SymbolTable {
  const symbols = isElf(file.bytes) ? readElfSymbols(file) : readNmSymbols(file);
  // Assemblers mark code and data with $x and $d; to who may not see them, Linux shows all addresses as 0.
  const usable = symbols.filter(({ name, address }) => address !== 0n && !/^(?:\$|\.L|$)/.test(name));
  if (usable.length > 0) return new SymbolTable(usable);
  const hidden = symbols.length > 0 && symbols.every(({ address }) => address === 0n);
  throw new ConfigurationError(
    `--symbols ${file.name}: ${hidden ? 'all addresses are 0; only root can read them' : 'has no functions'}`);
}

/** Reads one file that the user named. */
export function readSymbols(path: string): SymbolTable {
  return parseSymbols(readInput(path, '--symbols'));
}
