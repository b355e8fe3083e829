/** Litmus tests: reads the table in guest/litmus, makes a bare-metal program of it that runs them on several PEs. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { assembleProgram } from './assemble.js';

const PLACES = [new URL('./', import.meta.url), new URL('../../guest/', import.meta.url)];
const GUEST = PLACES.find((url) => existsSync(new URL('litmus/harness.c', url))) ?? PLACES[0];
const LITMUS = new URL('litmus/', GUEST);
const BARE_METAL = new URL('bare-metal/', GUEST);

export const VERDICTS = ['forbidden', 'required', 'allowed'] as const;
export type Verdict = (typeof VERDICTS)[number];
export const FEATURES = ['lse', 'rcpc', 'lse2'] as const;
export type Feature = (typeof FEATURES)[number];

/** A doubleword that a condition speaks of: a thread's register, or memory. */
export interface Term {
  /** As the table has it: 1:x0, x, x+8. */
  readonly text: string;
  readonly thread?: number;
  /** Register number, or with memory the location's number. */
  readonly index: number;
  /** Bytes behind the location. */
  readonly offset: number;
}

/** Values of some of a test's terms, by their place in `terms`. */
export type Conjunction = ReadonlyMap<number, bigint>;

export interface LitmusTest {
  readonly name: string;
  readonly needs: readonly Feature[];
  /** Initial values by location. */
  readonly initial: ReadonlyMap<number, bigint>;
  /** Assembly of each thread. */
  readonly threads: readonly string[];
  readonly verdict: Verdict;
  readonly terms: readonly Term[];
  readonly alternatives: readonly Conjunction[];
}

const LOCATIONS = 'xyzw';
const MAX_THREADS = 4;
const MAX_TERMS = 6;
const MAX_ALTERNATIVES = 2;
/** Register that holds the address of location 0; the others follow. */
const FIRST_LOCATION_REGISTER = 10;

function parseTerm(text: string): Term {
  const register = /^([0-3]):x([0-7])$/.exec(text);
  if (register !== null) return { text, thread: Number(register[1]), index: Number(register[2]), offset: 0 };
  const memory = /^([xyzw])(?:\+(8))?$/.exec(text);
  if (memory === null) throw new Error(`not a register or location: ${text}`);
  return { text, index: LOCATIONS.indexOf(memory[1]), offset: Number(memory[2] ?? 0) };
}

function parseCondition(text: string): Pick<LitmusTest, 'terms' | 'alternatives'> {
  const terms: Term[] = [];
  const alternatives = text.split('|').map((part) => {
    const values = new Map<number, bigint>();
    for (const equation of part.trim().split(/\s+/)) {
      const [name, value, more] = equation.split('=');
      if (value === undefined || more !== undefined) throw new Error(`not TERM=VALUE: ${equation}`);
      let at = terms.findIndex((term) => term.text === name);
      if (at < 0) at = terms.push(parseTerm(name)) - 1;
      values.set(at, BigInt(value));
    }
    return values;
  });
  if (terms.length > MAX_TERMS || alternatives.length > MAX_ALTERNATIVES) throw new Error(`too long: ${text}`);
  return { terms, alternatives };
}

function parseInitial(text: string): Map<number, bigint> {
  return new Map(text.split(/\s+/).map((equation) => {
    const [name, value] = equation.split('=');
    return [parseTerm(name).index, BigInt(value)];
  }));
}

function parseTest(name: string, lines: readonly string[]): LitmusTest {
  const needs: Feature[] = [];
  const threads: string[] = [];
  let initial = new Map<number, bigint>();
  let condition: Pick<LitmusTest, 'verdict' | 'terms' | 'alternatives'> | undefined;
  for (const line of lines) {
    const [word, rest] = [line.split(' ')[0], line.slice(line.indexOf(' ') + 1).trim()];
    const verdict = VERDICTS.find((one) => one === word);
    if (word === `${threads.length}:`) threads.push(rest);
    else if (word === 'needs') needs.push(...rest.split(' ').map((feature) => FEATURES[indexOf(FEATURES, feature)]));
    else if (word === 'init') initial = parseInitial(rest);
    else if (verdict !== undefined && condition === undefined) condition = { verdict, ...parseCondition(rest) };
    else throw new Error(`${name}: not understood: ${line}`);
  }
  if (condition === undefined) throw new Error(`${name}: no condition`);
  if (threads.length < 1 || threads.length > MAX_THREADS) throw new Error(`${name}: ${threads.length} threads`);
  return { name, needs, initial, threads, ...condition };
}

function indexOf(list: readonly string[], name: string): number {
  const index = list.indexOf(name);
  if (index < 0) throw new Error(`no such feature: ${name}`);
  return index;
}

/** Tests of a table; an Error names the one that cannot be read. */
export function parseLitmus(text: string): LitmusTest[] {
  const tests: LitmusTest[] = [];
  const blocks = text.replace(/^#.*$/gm, '').split(/\n(?=\S)/);
  for (const block of blocks) {
    const [name, ...lines] = block.split('\n').map((line) => line.trim()).filter((line) => line !== '');
    if (name === undefined) continue;
    if (tests.some((test) => test.name === name)) throw new Error(`${name}: there are two`);
    tests.push(parseTest(name, lines));
  }
  return tests;
}

/** The project's own tests. */
export function litmusTests(): LitmusTest[] {
  const files = readdirSync(LITMUS).filter((name) => name.endsWith('.litmus')).sort();
  return parseLitmus(files.map((name) => readFileSync(new URL(name, LITMUS), 'utf8')).join('\n'));
}

const functionName = (test: number, thread: number): string => `litmus_${test}_${thread}`;

/**
 * The loop of one thread over the instances of a run (struct run in harness.h, in X0): at each it waits for the other
 * threads for so many looks at most, executes the thread's line, and stores X0..X7.
 */
function threadText(test: LitmusTest, number: number, thread: number): string {
  const name = functionName(number, thread);
  const body = test.threads[thread].replace(
    /\b[xyzw]\b/g, (location) => `x${FIRST_LOCATION_REGISTER + LOCATIONS.indexOf(location)}`,
  );
  const others = test.threads.map((_, i) => i).filter((i) => i !== thread);
  const look = others.map((i, n) => ` ldr w${n === 0 ? 2 : 3}, [x16, #${i * 64}]\n${n === 0 ? '' : ' and w2, w2, w3\n'}`);
  return `
.balign 64
.global ${name}
${name}:
 ldp x10, x11, [x0]
 ldp x12, x13, [x0, #16]
 ldp x17, x14, [x0, #32]
 ldp x16, x9, [x0, #48]
 ldr x15, [x0, #64]
 add x14, x14, #${thread * 64}
.L${name}_next:
 cbz x9, .L${name}_go
 mov w1, #1
 str w1, [x16, #${thread * 64}]
 mov x0, x9
.L${name}_look:
${look.join('')}${others.length === 0 ? '' : ` cbnz w2, .L${name}_go\n`} subs x0, x0, #1
 b.ne .L${name}_look
.L${name}_go:
 ${body}
 stp x0, x1, [x14]
 stp x2, x3, [x14, #16]
 stp x4, x5, [x14, #32]
 stp x6, x7, [x14, #48]
 add x10, x10, x17
 add x11, x11, x17
 add x12, x12, x17
 add x13, x13, x17
 add x14, x14, #256
 add x16, x16, #256
 subs x15, x15, #1
 b.ne .L${name}_next
 ret
`;
}

/** Assembly with the loops of all threads. */
export const litmusBodies = (tests: readonly LitmusTest[]): string =>
  `.arch armv8.4-a\n.text\n${tests.flatMap((test, i) => test.threads.map((_, t) => threadText(test, i, t))).join('')}`;

const hex = (value: bigint): string => `0x${BigInt.asUintN(64, value).toString(16)}ul`;

/** C text with the tests as data. */
export function litmusTable(tests: readonly LitmusTest[]): string {
  const functions = tests.map((test, i) => test.threads.map((_, t) => functionName(i, t)));
  const rows = tests.map((test, i) => {
    const terms = test.terms.map(({ thread, index, offset }) => `{${thread ?? MAX_THREADS}, ${index}, ${offset}}`);
    const alternatives = test.alternatives.map((values) => {
      const mask = [...values.keys()].reduce((bits, at) => bits | (1 << at), 0);
      return `{${mask}, {${test.terms.map((_, at) => hex(values.get(at) ?? 0n)).join(', ')}}}`;
    });
    const initial = [...LOCATIONS].map((_, at) => hex(test.initial.get(at) ?? 0n));
    const needs = test.needs.reduce((bits, feature) => bits | (1 << FEATURES.indexOf(feature)), 0);
    return `  {"${test.name}", ${VERDICTS.indexOf(test.verdict)}, ${needs}, ${test.threads.length}, ${terms.length}, ` +
      `${alternatives.length}, {${terms.join(', ')}}, {${alternatives.join(', ')}}, {${initial.join(', ')}}, ` +
      `{${functions[i].join(', ')}}},`;
  });
  return [
    '#include "harness.h"',
    ...functions.flat().map((name) => `void ${name}(struct run *);`),
    'const struct test tests[] = {', ...rows, '};', `const unsigned test_count = ${tests.length};`, '',
  ].join('\n');
}

export interface LitmusOptions {
  /** Instances of a test at most, in groups of 128; 10240 without it. */
  readonly instances?: number;
  /** Guest time after which a test ends with fewer, but 2048 at least, in milliseconds; 1000 without it. */
  readonly milliseconds?: number;
  readonly cache?: string;
}

/** Path of the program's ELF file, in the cache. It runs at EL1 on four PEs. */
export async function buildLitmus(tests: readonly LitmusTest[], options: LitmusOptions = {}): Promise<string> {
  const shared = readdirSync(BARE_METAL).filter((name) => /^(start|frame|runtime|tables|pes|secondary|link)\./.test(name));
  const read = (folder: URL, name: string): string => readFileSync(new URL(name, folder), 'utf8');
  const files = {
    ...Object.fromEntries(shared.map((name) => [name, read(BARE_METAL, name)])),
    'harness.h': read(LITMUS, 'harness.h'), 'bodies.S': litmusBodies(tests), 'table.c': litmusTable(tests),
  };
  const program = await assembleProgram({
    source: read(LITMUS, 'harness.c'),
    language: 'c',
    architecture: 'armv8.3-a',
    files,
    flags: [
      ...Object.keys(files).filter((file) => /\.[cS]$/.test(file)), '-Wl,-e,pes_entry', '-I.', '-Wl,-T,link.ld', '-O1',
      '-Wall', '-Werror', '-Wno-main', '-mgeneral-regs-only', '-mstrict-align', '-fno-builtin', '-fomit-frame-pointer',
      '-fno-stack-protector', `-DINSTANCES=${options.instances ?? 10240}`,
      `-DLIMIT=${(options.milliseconds ?? 1000) * 1000}`,
    ],
    ...(options.cache === undefined ? {} : { cache: options.cache }),
  });
  return program.elf;
}
