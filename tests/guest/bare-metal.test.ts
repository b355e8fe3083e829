import { describe, expect, it } from 'vitest';
import { bareMetalPrograms, buildBareMetal } from '../../guest/bare-metal.js';
import { runOnUlna } from './engines.js';
import { OPTIMIZATIONS } from '../../src/support/optimizations.js';
import { compare, readGolden } from './golden.js';
import { DIFFERENCES, PROGRAMS, UNPREDICTABLE, type Difference } from './programs.js';

const used = new Set<Difference>();
let runs = 0;

describe('bare-metal programs print what they print on QEMU', () => {
  for (const { name, machines, cpus, ...needs } of PROGRAMS) {
    for (const machine of machines) {
      for (const cpu of cpus) {
        it(`${name} on ${machine}, ${cpu}`, async () => {
          runs++;
          const run = await runOnUlna(await buildBareMetal(name), machine, cpu, [], needs);
          const differences = DIFFERENCES.filter((d) => d.program === name && (d.cpu ?? cpu) === cpu);
          expect(compare(readGolden(name, machine, cpu), run.lines, differences, used)).toEqual([]);
          // without EL3 the program powers the machine off by PSCI
          if (machine === 'el1' || machine === 'el2') expect(run.status).toBe(0);
        });
      }
    }
  }

  for (const optimization of Object.keys(OPTIMIZATIONS)) {
    it.each(['code', 'exceptions', 'stage1'])(`%s without ${optimization}`, async (name) => {
      const run = await runOnUlna(await buildBareMetal(name), 'el1', 'max', ['--without', optimization]);
      const differences = DIFFERENCES.filter((d) => d.program === name && (d.cpu ?? 'max') === 'max');
      expect(compare(readGolden(name, 'el1', 'max'), run.lines, differences, new Set())).toEqual([]);
    });
  }

  // with --jit=on hardly anything in them gets hot enough
  for (const mode of ['off', 'strict']) {
    it.each(['code', 'exceptions', 'exclusives', 'tlb'])(`%s with --jit=${mode}`, async (name) => {
      const run = await runOnUlna(await buildBareMetal(name), 'el1', 'max', ['--jit', mode]);
      const differences = DIFFERENCES.filter((d) => d.program === name && (d.cpu ?? 'max') === 'max');
      expect(compare(readGolden(name, 'el1', 'max'), run.lines, differences, new Set())).toEqual([]);
    });
  }

  it('every explanation of a difference is needed', () => {
    // only a run of all programs can tell
    const all = PROGRAMS.reduce((n, p) => n + p.machines.length * p.cpus.length, 0);
    if (runs === all) expect(DIFFERENCES.filter((d) => !used.has(d)).map((d) => d.reason)).toEqual([]);
  });

  it('every program is in the table', () => {
    expect([...PROGRAMS.map((p) => p.name), ...UNPREDICTABLE].sort()).toEqual(bareMetalPrograms().sort());
  });
});
