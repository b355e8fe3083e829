/** A profile of what the guest runs: its call stack, once in so many executed instructions. */
import { PauthControlCache, stripPac, type PauthModel } from '../../src/arch/pauth.js';
import type { CpuState } from '../../src/arch/cpu-state.js';
import { ArchState, XSlot } from '../../src/arch/state-layout.js';
import { STACK_ROOT, StackTree, type StackNodes } from './stack-tree.js';

/** Instructions from one sample to the next, at least. */
const INTERVAL = 100_000;
/** Most frame records that are followed. */
const MAX_FRAMES = 48;
/** Samples kept, 12 bytes each, an even number; beyond it every second one is given up. */
const MAX_SAMPLES = 1 << 20;
/** Nodes kept, about 21 bytes each; beyond it stacks end where they leave the known ones. */
const MAX_NODES = 1 << 22;

const EL = ArchState.offset.el >> 2;
const FRAME_POINTER = 29;
/** Frame records are two doublewords, wherever a function puts them in its frame. */
const RECORD_ALIGNMENT_MASK = 7n;

/** What one vCPU's profiler gathered; arrays that can be transferred. */
export interface GuestProfile extends StackNodes {
  /**
   * Samples in order: the node of the PC, and the instructions since the sample before. A caller's address is that of the
   * branch, four bytes before where it returns to.
   */
  readonly sampleNodes: Uint32Array;
  readonly sampleWeights: Float64Array;
  /** Values that VBAR_EL1 had at samples at EL1, and VBAR_EL2 at EL2, with the number of those samples. */
  readonly vectorBases: ReadonlyMap<bigint, number>;
}

/** What is profiled: a vCPU. */
export interface ProfiledCpu {
  readonly state: CpuState;
  readonly model: PauthModel;
  /** Executed so far; never counted down. */
  readonly instructions: number;
  readonly mmu: { readVirtual(address: bigint, into: Uint8Array): boolean };
}

/** Limits, which tests make smaller. */
export interface ProfileLimits {
  readonly samples?: number;
  readonly nodes?: number;
}

/**
 * Samples come where the run loop happens to be asked, the first time after an interval: mostly at taken branches, and
 * where the guest waits. No clock is read, so what is sampled is the same whenever the guest runs the same.
 */
export class GuestProfiler {
  private readonly maxSamples: number;
  private readonly maxNodes: number;
  private interval = INTERVAL;
  /** Value of the instruction counter at the last sample. */
  private sampledAt = 0;
  private tree: StackTree;
  private nodes: Uint32Array<ArrayBuffer>;
  private weights: Float64Array<ArrayBuffer>;
  private used = 0;
  private vectorBases = new Map<bigint, number>();
  private pauth: PauthControlCache | undefined;
  /** Addresses of the stack, from the innermost. */
  private readonly stack = new BigUint64Array(1 + MAX_FRAMES);
  private readonly record = new BigUint64Array(2);
  private readonly recordBytes = new Uint8Array(this.record.buffer);

  constructor(limits: ProfileLimits = {}) {
    this.maxSamples = limits.samples ?? MAX_SAMPLES;
    this.maxNodes = limits.nodes ?? MAX_NODES;
    this.tree = new StackTree(this.maxNodes);
    this.nodes = new Uint32Array(Math.min(1024, this.maxSamples));
    this.weights = new Float64Array(this.nodes.length);
  }

  /** The vCPU stands between two instructions. */
  passed(cpu: ProfiledCpu): void {
    if (cpu.instructions - this.sampledAt >= this.interval) this.sample(cpu);
  }

  /** Gives what was gathered up to this instruction, and begins anew. */
  take(cpu: ProfiledCpu): GuestProfile {
    if (cpu.instructions > this.sampledAt) this.sample(cpu);
    const { used, vectorBases } = this;
    const profile = {
      ...this.tree.nodes(), vectorBases,
      sampleNodes: this.nodes.slice(0, used), sampleWeights: this.weights.slice(0, used),
    };
    this.used = 0;
    this.tree = new StackTree(this.maxNodes);
    this.vectorBases = new Map();
    return profile;
  }

  private sample(cpu: ProfiledCpu): void {
    const { stack, tree } = this;
    const level = cpu.state.u32[EL];
    let node = STACK_ROOT;
    for (let i = this.readStack(cpu) - 1; i >= 0; i--) node = tree.child(node, stack[i], level);
    if (level === 1 || level === 2) {
      const base = cpu.state.sysreg(`VBAR_EL${level}`);
      this.vectorBases.set(base, (this.vectorBases.get(base) ?? 0) + 1);
    }
    if (this.used === this.nodes.length) this.makeRoom();
    this.nodes[this.used] = node;
    this.weights[this.used++] = cpu.instructions - this.sampledAt;
    this.sampledAt = cpu.instructions;
  }

  /**
   * Reads the PC and the frame records of the current Exception level into `stack`: each has the previous record's address
   * and a return address. What is no chain of records upwards from the stack pointer ends it: at an exception's first
   * instructions X29 is still the other level's, and code without frame pointers has anything there.
   * @returns number of addresses
   */
  private readStack({ state, model, mmu }: ProfiledCpu): number {
    const { stack, record } = this;
    const pauth = (this.pauth ??= new PauthControlCache(state, model)).current();
    stack[0] = state.pc;
    let depth = 1;
    let least = state.x(XSlot.SP);
    let frame = state.x(FRAME_POINTER);
    while (depth < stack.length && frame !== 0n && frame >= least && (frame & RECORD_ALIGNMENT_MASK) === 0n) {
      if (!mmu.readVirtual(frame, this.recordBytes)) break;
      const address = stripPac(pauth, false, record[1]);
      if (address === 0n) break;
      stack[depth++] = address - 4n;
      least = frame + 1n;
      frame = record[0];
    }
    return depth;
  }

  private makeRoom(): void {
    if (this.used < this.maxSamples) {
      const capacity = Math.min(2 * this.used, this.maxSamples);
      const { nodes, weights } = this;
      this.nodes = new Uint32Array(capacity);
      this.nodes.set(nodes);
      this.weights = new Float64Array(capacity);
      this.weights.set(weights);
      return;
    }
    // As if the interval had been twice as long from the beginning.
    const half = this.used >> 1;
    for (let i = 0; i < half; i++) {
      this.nodes[i] = this.nodes[2 * i + 1];
      this.weights[i] = this.weights[2 * i] + this.weights[2 * i + 1];
    }
    this.used = half;
    this.interval *= 2;
  }
}
