/**
 * What regions are translated to, as text, beside the disassembly of their code. A change of the translator shows here as what
 * it changes; `npm run golden` writes the files anew.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import wabtModule from 'wabt';
import { disassemble } from '../../../jit/a64/disassembler/disassembler.js';
import { Selector } from '../../../jit/interpreter/selector.js';
import { Describer } from '../../../jit/region/instruction.js';
import { translate, wholePage } from '../../../jit/region/translator.js';
import { createCpuModel } from '../../../src/arch/features/cpu-model.js';
import { type GoldenRegion, goldenRegions } from './golden-regions.js';

const FOLDER = fileURLToPath(new URL('./goldens/', import.meta.url));
const model = createCpuModel('max');
const selector = new Selector({ hasFeature: (name) => model.has(name as never) });
const describers = { own: new Describer(selector), fused: new Describer(selector, true) };
const FEATURES = { relaxed_simd: true, threads: true, simd: true, tail_call: true, bulk_memory: true, sign_extension: true };

/** The function alone, its indentation halved; types of locals by count, for their order means nothing. */
function normalized(text: string): string {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => /^ {2}\(func \$r0/.test(line));
  const end = lines.findIndex((line) => /^ {2}\(export /.test(line));
  const types = new Map<string, number>();
  const code = lines.slice(start, end).map((line) => {
    if (!/^ {4}\(local /.test(line)) return line;
    for (const [, type] of line.matchAll(/\(local \S+ (\w+)\)/g)) types.set(type, (types.get(type) ?? 0) + 1);
    return `    ;; locals: ${[...types].map(([type, n]) => `${n} ${type}`).join(', ')}`;
  });
  return code.map((line) => line.replace(/^ +/, (spaces) => ' '.repeat(spaces.length / 2))).join('\n');
}

describe('regions', () => {
  let wabt: Awaited<ReturnType<typeof wabtModule>>;
  beforeAll(async () => {
    wabt = await wabtModule();
  });

  function golden({ shows, words, hostFused, severalVcpus }: GoldenRegion): string {
    const page = new Int32Array(1024);
    page.set(words.map((word) => word | 0));
    const without = new Set(severalVcpus ? ['unasked-loops' as const] : []);
    const { bytes } = translate(hostFused ? describers.fused : describers.own, [{ page: wholePage(page), entry: 0 }], { without });
    const module = wabt.readWasm(bytes, { readDebugNames: true, ...FEATURES });
    module.generateNames();
    module.applyNames();
    const text = module.toText({ foldExprs: false, inlineExport: false });
    module.destroy();
    const listing = words.map((word, i) => `;; ${(4 * i).toString(16).padStart(3)}  ${disassemble(word, BigInt(4 * i))}`);
    return `;; ${shows}\n${listing.join('\n')}\n${normalized(text)}\n`;
  }

  it.each(goldenRegions.map((region) => [region.name, region] as const))('%s', async (name, region) => {
    await expect(golden(region)).toMatchFileSnapshot(`${FOLDER}${name}.wat`);
  });

  it('have no goldens beyond those listed', () => {
    expect(readdirSync(FOLDER).sort()).toEqual(goldenRegions.map(({ name }) => `${name}.wat`).sort());
  });
});
