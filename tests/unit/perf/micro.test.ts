import { describe, expect, it } from 'vitest';
import { codeWords } from '../../../perf/micro/code-words.js';
import { CoreMachine } from '../../../perf/micro/core-machine.js';
import { decodingTasks } from '../../../perf/micro/decoding.js';
import { interpreterTasks } from '../../../perf/micro/interpreter.js';
import { ARITHMETIC, BACK, CALL, LOAD, MEMORY, PAGES, THERE } from '../../../perf/micro/loops.js';
import { mmuTasks } from '../../../perf/micro/mmu.js';
import { regionTasks } from '../../../perf/micro/region.js';
import { translatorTasks } from '../../../perf/micro/translator.js';

const words = await codeWords(4096);
const all = [...decodingTasks(words), ...mmuTasks, ...interpreterTasks, ...translatorTasks(words), ...regionTasks];

describe('micro-benchmarks', () => {
  it('have names of their own', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  it.each(all.map((task) => [task.name, task] as const))('%s', (_, task) => {
    expect(task.operations).toBeGreaterThan(0);
    const run = task.prepare();
    run();
    run();
  });
});

describe('a vCPU without a machine', () => {
  const START = 1n << 62n;
  const loops = { ARITHMETIC: [ARITHMETIC], MEMORY: [MEMORY], PAGES: [PAGES], CALL: [CALL], LOAD: [LOAD], HOPS: [THERE, BACK] };

  it.each(Object.entries(loops))('runs %s, interpreted and translated', (_, code) => {
    for (const regions of [undefined, code.map(() => [0])]) {
      const core = new CoreMachine({ code, data: 16, ...(regions && { regions }) });
      core.run(20_000);
      expect(core.regions).toBe(regions === undefined ? 0 : code.length);
      const turns = START - core.register(0);
      const longest = Math.max(...code.map((words) => words.length));
      expect(turns).toBeGreaterThan(20_000n / BigInt(longest + 2));
    }
  });
});
