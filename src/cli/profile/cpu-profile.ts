/** A guest's profile as the .cpuprofile JSON of V8's inspector protocol (Profiler.Profile), which many viewers open. */
import type { GuestProfile } from '../../machine/machine-api.js';
import { kernelSlide } from './kernel-slide.js';
import type { SymbolTable } from './symbol-table.js';

/** The format has microseconds only: so many instructions are shown as one. */
const INSTRUCTIONS_PER_MICROSECOND = 1000;
/** Addresses that have no name are put together by so much, at EL0 and above it. */
const USER_STEP = 4096n;
const STEP = 256n;

export interface CpuProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly scriptId: string;
    /** The Exception level, `EL0` to `EL3`; empty for the root. */
    readonly url: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
  /** Samples whose innermost function this is. */
  hitCount: number;
  readonly children: number[];
}

export interface CpuProfile {
  readonly nodes: readonly CpuProfileNode[];
  /** Microseconds, as are the others: thousands of instructions since the machine was started. */
  readonly startTime: number;
  readonly endTime: number;
  /** Identifiers of nodes. A sample is in force until the next one. */
  readonly samples: readonly number[];
  /** From one sample to the next; the first is from startTime. */
  readonly timeDeltas: readonly number[];
}

/** Names of addresses. */
class Namer {
  private readonly known = [0, 1, 2, 3].map(() => new Map<bigint, string>());
  private readonly tables: readonly { readonly table: SymbolTable; readonly slide: bigint }[];

  constructor(symbols: readonly SymbolTable[], vectorBases: ReadonlyMap<bigint, number>) {
    this.tables = symbols.map((table) => ({ table, slide: kernelSlide(table, vectorBases) }));
  }

  /** @param level Exception level, 0..3 */
  nameOf(address: bigint, level: number): string {
    const known = this.known[level];
    let name = known.get(address);
    if (name === undefined) {
      name = this.lookUp(address) ?? unnamed(address, level);
      known.set(address, name);
    }
    return name;
  }

  private lookUp(address: bigint): string | undefined {
    for (const { table, slide } of this.tables) {
      const name = table.nameOf(BigInt.asUintN(64, address - slide));
      if (name !== undefined) return name;
    }
    return undefined;
  }
}

function unnamed(address: bigint, level: number): string {
  const step = level === 0 ? USER_STEP : STEP;
  return `${level === 0 ? 'user' : `el${level}`} 0x${(address - (address % step)).toString(16)}`;
}

function total(parts: readonly GuestProfile[]): ReadonlyMap<bigint, number> {
  const sum = new Map<bigint, number>();
  for (const { vectorBases } of parts) {
    for (const [base, samples] of vectorBases) sum.set(base, (sum.get(base) ?? 0) + samples);
  }
  return sum;
}

/** The calls as a tree of functions: what one function calls directly is there once by name and Exception level. */
class FunctionTree {
  readonly nodes: CpuProfileNode[] = [];
  private readonly children: Map<string, number>[] = [];

  constructor() {
    this.add('(root)', '');
  }

  /** Index of the node for a function below that of its caller. */
  child(parent: number, name: string, level: number): number {
    const children = this.children[parent];
    const key = `${level} ${name}`;
    let node = children.get(key);
    if (node === undefined) {
      node = this.add(name, `EL${level}`);
      children.set(key, node);
      this.nodes[parent].children.push(this.nodes[node].id);
    }
    return node;
  }

  private add(functionName: string, url: string): number {
    const callFrame = { functionName, scriptId: '0', url, lineNumber: -1, columnNumber: -1 };
    this.children.push(new Map());
    return this.nodes.push({ id: this.nodes.length + 1, callFrame, hitCount: 0, children: [] }) - 1;
  }
}

/**
 * @param parts what was gathered, in order
 * @param symbols where names are looked for, in this order
 */
export function cpuProfile(parts: readonly GuestProfile[], symbols: readonly SymbolTable[]): CpuProfile {
  const namer = new Namer(symbols, total(parts));
  const tree = new FunctionTree();
  const samples: number[] = [];
  const timeDeltas: number[] = [];
  let instructions = 0;
  let time = 0;
  // A sample stands for what came before it, in the format for what comes after it.
  let delta = 0;
  for (const { parents, addresses, levels, sampleNodes, sampleWeights } of parts) {
    const merged = new Uint32Array(parents.length);
    for (let i = 1; i < parents.length; i++) {
      merged[i] = tree.child(merged[parents[i]], namer.nameOf(addresses[i], levels[i]), levels[i]);
    }
    sampleNodes.forEach((node, i) => {
      const place = tree.nodes[merged[node]];
      place.hitCount++;
      samples.push(place.id);
      timeDeltas.push(delta);
      instructions += sampleWeights[i];
      // Rounding the sums keeps what is lost below one microsecond.
      delta = Math.round(instructions / INSTRUCTIONS_PER_MICROSECOND) - time;
      time += delta;
    });
  }
  if (samples.length > 0) {
    // The last one once more, to say how long it lasts.
    samples.push(samples[samples.length - 1]);
    timeDeltas.push(delta);
  }
  return { nodes: tree.nodes, startTime: 0, endTime: time, samples, timeDeltas };
}
