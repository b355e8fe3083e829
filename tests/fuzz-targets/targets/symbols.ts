/** Files of `--symbols`: ELF and text; then names of addresses. */
import { parseSymbols } from '../../../src/cli/profile/symbol-file.js';
import { named } from '../boot-plan.js';
import { Input } from '../input.js';
import { check, refusable } from '../outcome.js';

export function fuzz(data: Buffer): void {
  const input = new Input(data);
  const address = BigInt(input.lastU8()) << BigInt(input.lastU8() & 63);
  const symbols = refusable(() => parseSymbols(named('symbols', input.rest())));
  if (symbols === undefined) return;
  check(symbols.length > 0, () => 'a table without symbols');
  check(symbols.nameOf(address) !== '', () => `an empty name for ${address}`);
}
