/** Translates regions: code bytes and entry offsets in, a wasm module and what it depends on out. */
import type { Optimization } from '../../src/support/optimizations.js';
import { buildRegions } from '../wasm/region-module.js';
import type { Describer } from './instruction.js';
import { formRegion, type CodePage, type RegionLimits } from './region.js';

export interface TranslationInput {
  /** Not changed while it is translated. */
  readonly page: CodePage;
  /** Byte offset in the page of the region's entry. */
  readonly entry: number;
}

/** A translated region: it stands for these words at these places, and is entered at the first. */
export interface TranslatedRegion {
  readonly entry: number;
  /** Name of the module's export. */
  readonly name: string;
  /** Word indexes in the page, ascending, and the words there. */
  readonly places: Uint16Array;
  readonly words: Int32Array;
}

export interface TranslatedModule {
  readonly bytes: Uint8Array;
  readonly regions: readonly TranslatedRegion[];
}

/** A page all of whose instructions are taken for reached. @param words its 1024 words */
export const wholePage = (words: Int32Array): CodePage => ({
  word: (offset) => words[offset >> 2], reached: () => true, branchedTo: () => true,
});

export interface TranslatorOptions {
  readonly limits?: RegionLimits;
  /** Optimizations to leave out. */
  readonly without?: ReadonlySet<Optimization>;
}

const LIMITS: RegionLimits = { instructions: 400 };
const NONE: ReadonlySet<Optimization> = new Set();

export function translate(
  describer: Describer, inputs: readonly TranslationInput[], { limits = LIMITS, without = NONE }: TranslatorOptions = {},
): TranslatedModule {
  const formed = inputs.map(({ page, entry }) => formRegion(describer, page, entry, limits));
  const names = inputs.map(({ entry }, i) => `r${i}.${entry.toString(16)}`);
  const bytes = buildRegions(formed.map((region, i) => ({ name: names[i], region })), without);
  const regions = formed.map((region, i): TranslatedRegion => {
    const places = new Set(region.blocks.flatMap((b) => b.instructions.map((instruction) => instruction.offset >> 2)));
    const sorted = Uint16Array.from(places).sort();
    return { entry: inputs[i].entry, name: names[i], places: sorted, words: Int32Array.from(sorted, (at) => inputs[i].page.word(at << 2)) };
  });
  return { bytes, regions };
}
