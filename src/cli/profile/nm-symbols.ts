/** Functions from text: one symbol a line, as nm, System.map and Linux's /proc/kallsyms have them. */
import { ConfigurationError } from '../../support/errors.js';
import type { NamedFile } from '../../machine/loaders/file.js';
import type { GuestSymbol } from './symbol-table.js';

/** More is no list of symbols. Kernels have about 10 MiB of them. */
const MAX_BYTES = 256 * 2 ** 20;
/** Symbols that are not defined have no address. */
const LINE = /^(?:([0-9a-f]{1,16})| +) ([a-z?-]) (\S.*)$/i;
/** Functions, and weak ones. */
const TEXT_TYPES = 'tTwW';

/** Functions with their names; those of a kernel module have its name behind them, in brackets. */
export function readNmSymbols({ bytes, name: path }: NamedFile): GuestSymbol[] {
  if (bytes.length > MAX_BYTES) throw new ConfigurationError(`--symbols ${path}: too large for a list of symbols`);
  const found: GuestSymbol[] = [];
  new TextDecoder().decode(bytes).split('\n').forEach((text, i) => {
    const line = text.trimEnd();
    if (line === '') return;
    const [, address, type, name] = LINE.exec(line) ?? [];
    if (type === undefined) {
      throw new ConfigurationError(`--symbols ${path}: neither an ELF file nor symbols: line ${i + 1} is not 'address type name'`);
    }
    if (address === undefined || !TEXT_TYPES.includes(type)) return;
    found.push({ name: name.replace(/\s+/g, ' '), address: BigInt(`0x${address}`), size: 0n });
  });
  return found;
}
