/**
 * Modules of translated code as files to look at: N.wasm, N.s with the guest instructions that it was made from, and N.wasm.map, a
 * source map (ECMA-426) that leads from the one to the other in debuggers that read it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode, type SourceMapSegment } from '@jridgewell/sourcemap-codec';
import { disassemble } from '../../jit/a64/disassembler/disassembler.js';
import { wordOf } from '../../jit/region/region-source.js';
import type { TranslatedModule, Translation } from '../../jit/region/translator.js';
import { unsigned } from '../../jit/wasm/encoder.js';

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0');

/** A custom section (WebAssembly Core, 5.5.3) of a name and a text. */
function customSection(name: string, text: string): Buffer {
  const [nameBytes, textBytes] = [Buffer.from(name), Buffer.from(text)];
  const body = Buffer.concat([
    Buffer.from(unsigned(nameBytes.length)), nameBytes, Buffer.from(unsigned(textBytes.length)), textBytes,
  ]);
  return Buffer.concat([Buffer.from([0, ...unsigned(body.length)]), body]);
}

export class ModuleDump {
  private written = 0;
  private failed = false;

  /**
   * @param folder made if it is not there
   * @param addressOf physical address of a page of RAM, flash or secure memory
   * @param report given one line when a file cannot be written; no other is then
   */
  constructor(
    private readonly folder: string, private readonly addressOf: (ramPage: number) => number, private readonly report: (line: string) => void,
  ) {}

  /** @param translations of the module's regions, marked, and their pages of RAM, in the same order */
  write(module: TranslatedModule, translations: readonly Translation[], ramPages: readonly number[]): void {
    if (this.failed) return;
    const name = `${this.written++}`.padStart(5, '0');
    const lines: string[] = [];
    const segments: SourceMapSegment[] = [];
    translations.forEach(({ places, words, code }, i) => {
      const page = this.addressOf(ramPages[i]);
      lines.push(`// ${module.regions[i].name}: region at ${hex(page + translations[i].entry, 8)}`);
      const lineOf = new Map<number, number>();
      places.forEach((place, n) => {
        const offset = 4 * wordOf(place);
        lineOf.set(offset, lines.length);
        lines.push(`${hex(page + offset, 8)}: ${hex(words[n] >>> 0, 8)}  ${disassemble(words[n], BigInt(page + offset))}`);
      });
      for (const [at, offset] of code.marks ?? []) segments.push([module.starts![i] + at, 0, lineOf.get(offset)!, 0]);
    });
    const map = { version: 3, file: `${name}.wasm`, sources: [`${name}.s`], names: [], mappings: encode([segments]) };
    this.put([
      [`${name}.wasm`, Buffer.concat([module.bytes, customSection('sourceMappingURL', `${name}.wasm.map`)])],
      [`${name}.wasm.map`, JSON.stringify(map)], [`${name}.s`, `${lines.join('\n')}\n`],
    ]);
  }

  private put(files: readonly (readonly [name: string, contents: string | Uint8Array])[]): void {
    try {
      mkdirSync(this.folder, { recursive: true });
      for (const [name, contents] of files) writeFileSync(join(this.folder, name), contents);
    } catch (error) {
      this.failed = true;
      this.report(error instanceof Error ? error.message : String(error));
    }
  }
}
