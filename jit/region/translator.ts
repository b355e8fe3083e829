/** Translates regions: code bytes and entry offsets in, a wasm module and what it depends on out. */
import type { Optimization } from '../../src/support/optimizations.js';
import { hostFuses } from '../interpreter/compile.js';
import type { EncodedFunction } from '../wasm/encoder.js';
import { encodeRegion, linkRegions } from '../wasm/region-module.js';
import type { Describer } from './instruction.js';
import { formRegion, loopAround } from './form-region.js';
import type { CodePage, Region, RegionLimits } from './region.js';
import { COPIED, sourceKey, type RegionSource, type RegisterMoves } from './region-source.js';

export interface TranslationInput {
  /** Not changed while it is translated. */
  readonly page: CodePage;
  /** Byte offset in the page of the region's entry. */
  readonly entry: number;
}

/** A region's translation, not yet in a module. */
export interface Translation extends RegionSource {
  readonly code: EncodedFunction;
  /** Not known of what an earlier run translated. */
  readonly moves?: RegisterMoves;
}

export interface TranslatedRegion extends RegionSource {
  /** Name of the module's export. */
  readonly name: string;
  readonly moves?: RegisterMoves;
}

export interface TranslatedModule {
  readonly bytes: Uint8Array;
  readonly regions: readonly TranslatedRegion[];
  /** Where the code of each begins in the module; not known of binaryen's. */
  readonly starts?: readonly number[];
}

/** A page all of whose instructions are taken for reached. @param words its 1024 words */
export const wholePage = (words: Int32Array): CodePage => ({
  word: (offset) => words[offset >> 2], reached: () => true, branchedTo: () => true,
});

/** Makes a module of regions, exported under their names. */
export type ModuleBuilder = (
  regions: readonly { readonly name: string; readonly region: Region }[], without: ReadonlySet<Optimization>,
) => Uint8Array;

export interface TranslatorOptions {
  /** Instead of the encoder; see moduleBuilder. */
  readonly build?: ModuleBuilder | undefined;
  readonly limits?: RegionLimits;
  /** Optimizations to leave out. */
  readonly without?: ReadonlySet<Optimization>;
  /** See encodeRegion. */
  readonly marked?: boolean;
}

/** Those of regions that nobody waits for. */
export const REGION_LIMITS: RegionLimits = { instructions: 400, callee: 48 };
const NONE: ReadonlySet<Optimization> = new Set();

function sourceOf(region: Region, { page, entry }: TranslationInput): RegionSource {
  const covered = new Uint16Array(1024).fill(0xffff);
  for (const { copied, instructions } of region.blocks) {
    for (const { offset } of instructions) covered[offset >> 2] &= (offset >> 2) | (copied ? COPIED : 0);
  }
  const count = covered.reduce((sum, one) => sum + (one === 0xffff ? 0 : 1), 0);
  const places = new Uint16Array(count);
  const words = new Int32Array(count);
  for (let at = 0, i = 0; i < count; at++) {
    if (covered[at] === 0xffff) continue;
    places[i] = covered[at];
    words[i++] = page.word(at << 2);
  }
  return { entry, key: sourceKey(entry, page.word(entry), entry < 4092 ? page.word(entry + 4) : 0), places, words };
}

const limitsFor = ({ limits = REGION_LIMITS, without = NONE }: TranslatorOptions): RegionLimits =>
  without.has('callees') ? { ...limits, callee: 0 } : limits;

/** The place to translate for that of `input`: the start of the loop that it lies in, or the place itself. */
export const placeToTranslate = (describer: Describer, { page, entry }: TranslationInput): number =>
  loopAround(describer, page, entry, REGION_LIMITS);

export function translateRegion(describer: Describer, input: TranslationInput, options: TranslatorOptions = {}): Translation {
  const { without = NONE, marked } = options;
  const region = formRegion(describer, input.page, input.entry, limitsFor(options));
  return { ...sourceOf(region, input), ...encodeRegion(region, without, marked) };
}

/** What the region is exported as that has a number in its module. */
export const regionName = (index: number, entry: number): string => `r${index}.${entry.toString(16)}`;

/** A module of regions that have been translated. */
export function moduleOf(translations: readonly Translation[]): TranslatedModule {
  const regions = translations.map(({ entry, key, places, words, moves }, i) => ({
    entry, key, places, words, name: regionName(i, entry), ...(moves && { moves }),
  }));
  return { ...linkRegions(translations.map(({ code }, i) => ({ name: regions[i].name, code }))), regions };
}

/** Translates regions into a module. */
export function translate(
  describer: Describer, inputs: readonly TranslationInput[], options: TranslatorOptions = {},
): TranslatedModule {
  const { without = NONE, build } = options;
  if (build === undefined) return moduleOf(inputs.map((input) => translateRegion(describer, input, options)));
  const formed = inputs.map((input) => formRegion(describer, input.page, input.entry, limitsFor(options)));
  const regions = inputs.map((input, i) => ({ ...sourceOf(formed[i], input), name: regionName(i, input.entry) }));
  return { bytes: build(formed.map((region, i) => ({ name: regions[i].name, region })), without), regions };
}

/** Whether regions may use the host's fused multiply-add. Binaryen's interface for JavaScript has no relaxed SIMD. */
export const mayFuse = (without: ReadonlySet<Optimization>): boolean =>
  !without.has('host-fused') && !without.has('direct-encoding') && hostFuses();

/** What builds modules; loads binaryen when the encoder is switched off. */
export async function moduleBuilder(without: ReadonlySet<Optimization>): Promise<ModuleBuilder | undefined> {
  return without.has('direct-encoding') ? (await import('../wasm/region-binaryen.js')).buildWithBinaryen : undefined;
}
