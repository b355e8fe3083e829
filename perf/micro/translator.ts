/** The translator, step by step, and what V8 makes of its modules. */
import { compileModule } from '../../jit/interpreter/compile.js';
import { formRegion } from '../../jit/region/form-region.js';
import type { Describer } from '../../jit/region/instruction.js';
import type { CodePage, Region } from '../../jit/region/region.js';
import { REGION_LIMITS, wholePage } from '../../jit/region/translator.js';
import { Encoder, SELF, type Code, type EncodedFunction } from '../../jit/wasm/encoder.js';
import { buildRegionFunction } from '../../jit/wasm/region-function.js';
import { coreStandIn, encodeRegion, linkRegions } from '../../jit/wasm/region-module.js';
import type binaryen from 'binaryen';
import { describer } from './core-machine.js';
import type { MicroTask } from './task.js';

const PAGE_WORDS = 1024;
const NOTHING_LEFT_OUT: ReadonlySet<never> = new Set<never>();
/** Regions of a module, as the translator's thread makes them. */
const MODULE = 8;

interface Place {
  readonly page: CodePage;
  readonly entry: number;
}

/** Functions that the code calls within a page: where regions begin. */
function functionsIn(words: Int32Array): Place[] {
  const places: Place[] = [];
  for (let start = 0; start + PAGE_WORDS <= words.length; start += PAGE_WORDS) {
    const page = wholePage(words.slice(start, start + PAGE_WORDS));
    const entries = new Set<number>();
    for (let i = 0; i < PAGE_WORDS; i++) {
      const word = words[start + i];
      // BL: 100101, imm26
      const to = i + ((word << 6) >> 6);
      if (word >>> 26 === 0b100101 && to >= 0 && to < PAGE_WORDS) entries.add(4 * to);
    }
    for (const entry of entries) places.push({ page, entry });
  }
  return places;
}

const formAll = (using: Describer, places: readonly Place[]): Region[] =>
  places.map(({ page, entry }) => formRegion(using, page, entry, REGION_LIMITS));

interface Built {
  readonly encoder: Encoder;
  readonly locals: readonly binaryen.Type[];
  readonly body: Code;
}

function build(region: Region): Built {
  const encoder = new Encoder();
  const { locals, body } = buildRegionFunction(encoder as unknown as binaryen.Module, SELF, region, new Set(), NOTHING_LEFT_OUT);
  return { encoder, locals, body: body as unknown as Code };
}

/** Modules of the regions; no two have the same bytes, which V8 would know again. */
class Linker {
  private made = 0;
  private readonly codes: readonly EncodedFunction[];

  constructor(regions: readonly Region[]) {
    this.codes = regions.map((region) => encodeRegion(region, NOTHING_LEFT_OUT).code);
  }

  next(): Uint8Array {
    const first = (this.made * MODULE) % (this.codes.length - MODULE);
    const name = this.made++;
    return linkRegions(this.codes.slice(first, first + MODULE).map((code, i) => ({ name: `r${name}.${i}`, code }))).bytes;
  }
}

/** @param words real code */
export function translatorTasks(words: Int32Array): MicroTask[] {
  const places = functionsIn(words);
  const regions = formAll(describer(), places);
  const instructions = regions.reduce((sum, region) => sum + region.instructions, 0);
  return [
    {
      name: 'translator: form regions, words not seen before, an instruction',
      operations: instructions,
      prepare: () => () => formAll(describer(), places),
    },
    {
      name: 'translator: form regions, an instruction',
      operations: instructions,
      prepare: () => {
        const using = describer();
        return () => formAll(using, places);
      },
    },
    {
      name: 'translator: build, an instruction',
      operations: instructions,
      prepare: () => () => regions.map(build),
    },
    {
      name: 'translator: emit, an instruction',
      operations: instructions,
      prepare: () => {
        const built = regions.map(build);
        return () => built.map(({ encoder, locals, body }) => encoder.encode(locals, body));
      },
    },
    {
      name: `translator: link a module of ${MODULE} regions`,
      operations: 1,
      prepare: () => {
        const linker = new Linker(regions);
        return () => linker.next();
      },
    },
    {
      name: `V8: compile a module of ${MODULE} regions`,
      operations: 1,
      prepare: () => {
        const linker = new Linker(regions);
        return () => compileModule(linker.next());
      },
    },
    {
      name: `V8: instantiate a module of ${MODULE} regions`,
      operations: 1,
      prepare: () => {
        const module = compileModule(new Linker(regions).next());
        const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
        const core = new WebAssembly.Instance(compileModule(coreStandIn()), { env: { memory } }).exports as WebAssembly.ModuleImports;
        return () => new WebAssembly.Instance(module, { env: { memory }, core });
      },
    },
  ];
}
