import { describe, expect, it } from 'vitest';
import { litmusBodies, litmusTable, litmusTests, parseLitmus } from '../../../guest/litmus.js';
import { parseResults, wrong } from '../../smp/litmus.js';

const TEXT = `# a comment
MP
  needs lse rcpc
  init x=5 z=-1
  0: mov w7, #1; str w7, [x]; ldr x0, [y, #8]
  1: ldr w0, [y]
  forbidden 1:x0=1 y+8=0x10 | x=2

CoWW
  0: str w7, [x]
  allowed x=1
`;

describe('litmus tests', () => {
  it('are read', () => {
    const [first, second] = parseLitmus(TEXT);
    expect(first).toMatchObject({ name: 'MP', needs: ['lse', 'rcpc'], verdict: 'forbidden' });
    expect([...first.initial]).toEqual([[0, 5n], [2, -1n]]);
    expect(first.threads).toEqual(['mov w7, #1; str w7, [x]; ldr x0, [y, #8]', 'ldr w0, [y]']);
    expect(first.terms).toEqual([
      { text: '1:x0', thread: 1, index: 0, offset: 0 }, { text: 'y+8', index: 1, offset: 8 },
      { text: 'x', index: 0, offset: 0 },
    ]);
    expect(first.alternatives.map((values) => [...values])).toEqual([[[0, 1n], [1, 16n]], [[2, 2n]]]);
    expect(second).toMatchObject({ name: 'CoWW', verdict: 'allowed', needs: [] });
  });

  it.each([
    ['A\n  0: nop\n', 'A: no condition'],
    ['A\n  forbidden x=1\n', 'A: 0 threads'],
    ['A\n  1: nop\n  forbidden x=1\n', 'A: not understood: 1: nop'],
    ['A\n  0: nop\n  forbidden q=1\n', 'not a register or location: q'],
    ['A\n  0: nop\n  forbidden x\n', 'not TERM=VALUE: x'],
    ['A\n  0: nop\n  needs sve\n  forbidden x=1\n', 'no such feature: sve'],
    ['A\n  0: nop\n  forbidden x=1\nA\n  0: nop\n  forbidden x=1\n', 'A: there are two'],
  ])('that are wrong are refused: %j', (text, message) => {
    expect(() => parseLitmus(text)).toThrow(message);
  });

  it('become loops in which locations are registers, and a table in C', () => {
    const tests = parseLitmus(TEXT);
    expect(litmusBodies(tests)).toContain('\n mov w7, #1; str w7, [x10]; ldr x0, [x11, #8]\n');
    expect(litmusTable(tests)).toContain(
      '{"MP", 0, 3, 2, 3, 2, {{1, 0, 0}, {4, 1, 8}, {4, 0, 0}}, {{3, {0x1ul, 0x10ul, 0x0ul}}, {4, {0x0ul, 0x0ul, 0x2ul}}}, ' +
      '{0x5ul, 0x0ul, 0xfffffffffffffffful, 0x0ul}, {litmus_0_0, litmus_0_1}},',
    );
  });

  it('of the project: every shape, each with and without what orders it', () => {
    const names = new Map(litmusTests().map((test) => [test.name, test.verdict]));
    for (const shape of ['MP', 'SB', 'LB', 'S', 'R', '2+2W', 'IRIW', 'WRC', 'ISA2', 'RWC']) {
      const verdicts = [...names].filter(([name]) => name === shape || name.startsWith(`${shape}+`)).map(([, v]) => v);
      expect(new Set(verdicts), shape).toEqual(new Set(['allowed', 'forbidden']));
    }
  });
});

describe('results of litmus tests', () => {
  const [test] = parseLitmus('MP\n  0: nop\n  forbidden x=1 y=2\n');
  const [required] = parseLitmus('C\n  0: nop\n  required x=4\n');
  const judge = (...lines: string[]) => wrong(test, parseResults(lines).get('MP'));

  it('are read', () => {
    const lines = ['MP held=0 of=80', ' 1 0 times=7f', ' 0 ffffffffffffffff times=1', 'X absent', 'end'];
    const results = parseResults(lines);
    expect(results.get('MP')).toEqual({
      absent: false, held: 0, instances: 128,
      outcomes: [{ values: [1n, 0n], times: 127 }, { values: [0n, 0xffff_ffff_ffff_ffffn], times: 1 }],
    });
    expect(results.get('X')?.absent).toBe(true);
  });

  it('are wrong when a forbidden outcome was seen, a required one was not, or nothing ran', () => {
    expect(judge('MP held=0 of=80')).toBeUndefined();
    expect(judge('MP held=1 of=80')).toBe('MP: forbidden outcome 1 times of 128');
    expect(judge('MP held=0 of=0')).toBe('MP has no instances');
    expect(judge('MP absent')).toBe('MP did not run');
    expect(judge()).toBe('MP did not run');
    const results = parseResults(['C held=7f of=80', ' 3 times=1', ' 4 times=7f']);
    expect(wrong(required, results.get('C'))).toBe('C: required outcome 127 times of 128: x=4: 127, x=3: 1');
  });
});
