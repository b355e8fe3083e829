import { describe, expect, it } from 'vitest';
import { buildBareMetal } from '../../guest/bare-metal.js';
import { runOnUlna } from '../guest/engines.js';
import { compare, readGolden } from '../guest/golden.js';
import { DIFFERENCES, PROGRAMS } from '../guest/programs.js';
import { VARIANTS } from './variants.js';

describe.each(VARIANTS)('$name', ({ options }) => {
  for (const { name, machines, cpus, ...needs } of PROGRAMS) {
    for (const machine of machines) {
      it.each(cpus)(`${name} on ${machine}, %s`, async (cpu) => {
        const run = await runOnUlna(await buildBareMetal(name), machine, cpu, options, needs);
        const differences = DIFFERENCES.filter((d) => d.program === name && (d.cpu ?? cpu) === cpu);
        expect(compare(readGolden(name, machine, cpu), run.lines, differences, new Set())).toEqual([]);
      });
    }
  }
});
