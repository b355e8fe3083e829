/**
 * Random functions in the shape of a large region: many 64-bit variables, some of them set from 32-bit results, and exits out
 * of a loop that share the stores behind them. With an evaluator of its own.
 */
import binaryen from 'binaryen';
import { Random } from '../../fuzz/random.js';

const VARIABLES = 34;
const STEPS = 220;
const EXITS = 60;
const TURNS = 30;
/** Where results go in memory, and the number of the exit taken; 64-bit words. */
const STORED = 128;
const LEFT = 256;
const EXIT = 500;
export const MEMORY_LONGS = 512;

type Step =
  | { readonly kind: 'add32' | 'add64'; readonly to: number; readonly a: number; readonly b: number }
  | { readonly kind: 'store'; readonly from: number; readonly at: number }
  | { readonly kind: 'exit'; readonly tested: number; readonly bit: number; readonly exit: number; readonly code: number };

export interface ExitProgram {
  readonly steps: readonly Step[];
  /** For each exit the variables stored from there on. */
  readonly stores: readonly (readonly number[])[];
  readonly inputs: readonly (readonly bigint[])[];
}

export function makeProgram(seed: number): ExitProgram {
  const random = new Random(seed, 1);
  const variable = (): number => random.below(VARIABLES);
  const step = (): Step => {
    switch (random.below(6)) {
      case 0:
      case 1: return { kind: 'add32', to: variable(), a: variable(), b: variable() };
      case 2: return { kind: 'add64', to: variable(), a: variable(), b: variable() };
      case 3: return { kind: 'store', from: variable(), at: STORED + random.below(40) };
      default: return { kind: 'exit', tested: variable(), bit: 1 << random.below(8), exit: random.below(EXITS), code: random.below(1 << 16) };
    }
  };
  const long = (): bigint => (BigInt(random.u32()) << 32n) | BigInt(random.u32());
  return {
    steps: Array.from({ length: STEPS }, step),
    stores: Array.from({ length: EXITS }, () => Array.from({ length: 1 + random.below(3) }, variable)),
    inputs: Array.from({ length: 20 }, () => Array.from({ length: VARIABLES }, long)),
  };
}

/** What is in memory in the end. */
export function evaluate({ steps, stores }: ExitProgram, input: readonly bigint[]): BigUint64Array {
  const memory = new BigUint64Array(MEMORY_LONGS);
  input.forEach((value, i) => (memory[i] = value));
  const x = BigUint64Array.from(input);
  let code = 0;
  const finish = (exit: number): BigUint64Array => {
    for (const variable of stores.slice(exit).flat()) memory[LEFT + variable] = x[variable];
    memory[EXIT] = BigInt(code);
    return memory;
  };
  for (let turn = 0; turn < TURNS; turn++) {
    for (const s of steps) {
      if (s.kind === 'add32') x[s.to] = BigInt.asUintN(32, x[s.a] + x[s.b]);
      if (s.kind === 'add64') x[s.to] = x[s.a] + x[s.b];
      if (s.kind === 'store') memory[s.at] = x[s.from];
      if (s.kind !== 'exit') continue;
      ({ code } = s);
      if ((x[s.tested] & BigInt(s.bit)) !== 0n) return finish(s.exit);
    }
  }
  return finish(EXITS - 1);
}

export function assemble({ steps, stores }: ExitProgram): Uint8Array {
  const m = new binaryen.Module();
  const { i32, i64, none } = binaryen;
  const TURN = 0;
  const CODE = 1;
  const get = (variable: number): number => m.local.get(2 + variable, i64);
  const set = (variable: number, value: number): number => m.local.set(2 + variable, value);
  const low = (variable: number): number => m.i32.wrap(get(variable));
  const store = (at: number, value: number): number => m.i64.store(8 * at, 8, m.i32.const(0), value, '0');
  const emit = (s: Step): number[] => {
    switch (s.kind) {
      case 'add32': return [set(s.to, m.i64.extend_u(m.i32.add(low(s.a), low(s.b))))];
      case 'add64': return [set(s.to, m.i64.add(get(s.a), get(s.b)))];
      case 'store': return [store(s.at, get(s.from))];
      case 'exit': return [
        m.local.set(CODE, m.i32.const(s.code)), m.br(`exit${s.exit}`, m.i32.and(low(s.tested), m.i32.const(s.bit))),
      ];
    }
  };
  let body = m.block(null, [
    ...Array.from({ length: VARIABLES }, (_, i) => set(i, m.i64.load(8 * i, 8, m.i32.const(0), '0'))),
    m.loop('again', m.block(null, [
      ...steps.flatMap(emit),
      m.local.set(TURN, m.i32.sub(m.local.get(TURN, i32), m.i32.const(1))),
      m.br('again', m.local.get(TURN, i32)),
    ], none)),
    m.br(`exit${EXITS - 1}`),
  ], none);
  stores.forEach((variables, exit) => {
    body = m.block(null, [m.block(`exit${exit}`, [body], none), ...variables.map((v) => store(LEFT + v, get(v)))], none);
  });
  m.addFunction(
    'run', binaryen.createType([i32]), none, [i32, ...Array.from({ length: VARIABLES }, () => i64)],
    m.block(null, [body, store(EXIT, m.i64.extend_u(m.local.get(CODE, i32)))], none),
  );
  m.addFunctionExport('run', 'run');
  m.setMemory(1, 1, 'memory', [], false, false, '0');
  const bytes = m.emitBinary();
  m.dispose();
  return bytes;
}
