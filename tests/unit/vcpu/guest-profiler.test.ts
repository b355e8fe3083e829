/** Samples of a vCPU whose memory is a map: when they are taken, which stack they have, and where it ends. */
import { describe, expect, it } from 'vitest';
import { GuestProfiler, type GuestProfile, type ProfileLimits } from '../../../runtime/vcpu/guest-profiler.js';
import { CpuState } from '../../../src/arch/cpu-state.js';
import { createCpuModel } from '../../../src/arch/features/cpu-model.js';
import { resetCpu } from '../../../src/arch/reset.js';
import { ArchState, XSlot } from '../../../src/arch/state-layout.js';

const MODEL = createCpuModel('max', { el2: true, el3: false });
const STACK = 0xffff_8000_8100_0000n;
const TEXT = 0xffff_8000_8001_0000n;

class FakeCpu {
  readonly state = new CpuState(new ArrayBuffer(ArchState.size), 0);
  readonly model = MODEL;
  instructions = 0;
  /** Doublewords by address. */
  readonly memory = new Map<bigint, bigint>();
  readonly reads: bigint[] = [];
  readonly mmu = {
    readVirtual: (address: bigint, into: Uint8Array): boolean => {
      this.reads.push(address);
      const values = [this.memory.get(address), this.memory.get(address + 8n)];
      if (values.includes(undefined)) return false;
      expect(into.length).toBe(16);
      values.forEach((value, i) => new DataView(into.buffer).setBigUint64(8 * i, value!, true));
      return true;
    },
  };

  constructor(
    readonly profiler: GuestProfiler,
    el = 1,
  ) {
    resetCpu(this.state, MODEL, { affinity: 0n });
    this.state.setField('el', el);
    // 48 bits of address in both halves
    this.state.setSysreg('TCR_EL1', (16n << 16n) | 16n);
    this.state.setSysreg('VBAR_EL1', TEXT + 0x800n);
    this.state.pc = TEXT;
    this.state.setX(XSlot.SP, STACK);
  }

  /** Frame records at these addresses, the innermost first, with return addresses of their own; X29 points to the first. */
  frames(at: readonly bigint[], returns: readonly bigint[], last = 0n): this {
    at.forEach((address, i) => {
      this.memory.set(address, at[i + 1] ?? last);
      this.memory.set(address + 8n, returns[i]);
    });
    this.state.setX(29, at[0] ?? last);
    return this;
  }

  run(instructions: number): void {
    this.instructions += instructions;
    this.profiler.passed(this);
  }

  /** Takes one sample and gives its addresses, the outermost first. */
  stack(): bigint[] {
    this.instructions += 1;
    const profile = this.profiler.take(this);
    return stackOf(profile, profile.sampleNodes.length - 1);
  }
}

function stackOf({ parents, addresses, sampleNodes }: GuestProfile, sample: number): bigint[] {
  const found: bigint[] = [];
  for (let node = sampleNodes[sample]; node !== 0; node = parents[node]) found.unshift(addresses[node]);
  return found;
}

const cpu = (el?: number, limits?: ProfileLimits): FakeCpu => new FakeCpu(new GuestProfiler(limits), el);

describe('samples', () => {
  it('come at the first look after 100,000 instructions, and count for all since the one before', () => {
    const fake = cpu();
    for (const count of [50_000, 49_999, 1, 99_999, 40_000, 5]) fake.run(count);
    const profile = fake.profiler.take(fake);
    expect([...profile.sampleWeights]).toEqual([100_000, 139_999, 5]);
    expect([...profile.sampleNodes]).toEqual([1, 1, 1]);
    expect(profile.levels[1]).toBe(1);
    expect(profile.vectorBases).toEqual(new Map([[TEXT + 0x800n, 3]]));
  });

  it('begin anew after they were taken, and there are none without instructions', () => {
    const fake = cpu();
    expect(fake.profiler.take(fake).sampleNodes.length).toBe(0);
    fake.run(150_000);
    expect(fake.profiler.take(fake).sampleWeights).toEqual(Float64Array.of(150_000));
    expect(fake.reads.length).toBe(0);
    fake.run(99_999);
    fake.state.pc += 4n;
    const profile = fake.profiler.take(fake);
    expect(profile.sampleWeights).toEqual(Float64Array.of(99_999));
    expect(stackOf(profile, 0)).toEqual([TEXT + 4n]);
    expect(profile.parents.length).toBe(2);
  });

  it('become half as many where there would be too many, with the same sum', () => {
    const fake = cpu(1, { samples: 4 });
    for (let i = 0; i < 6; i++) {
      fake.state.pc = TEXT + BigInt(4 * i);
      fake.run(100_000 + i);
    }
    const profile = fake.profiler.take(fake);
    // the fifth is taken before the interval has become twice as long, the sixth comes with what is left
    expect([...profile.sampleWeights]).toEqual([200_001, 200_005, 100_004, 100_005]);
    expect([0, 1, 2, 3].map((i) => stackOf(profile, i))).toEqual([[TEXT + 4n], [TEXT + 12n], [TEXT + 16n], [TEXT + 20n]]);
  });

  it('end at a caller that is known where there would be too many calls', () => {
    const fake = cpu(1, { nodes: 2 }).frames([STACK], [TEXT + 0x104n]);
    expect(fake.stack()).toEqual([TEXT + 0x100n]);
  });

  it('note the vectors of EL1 and of EL2, not those that are not of the level', () => {
    const fake = cpu(2);
    fake.state.setSysreg('VBAR_EL2', 0x4000_0800n);
    fake.run(100_000);
    fake.state.setField('el', 0);
    fake.run(100_000);
    expect(fake.profiler.take(fake).vectorBases).toEqual(new Map([[0x4000_0800n, 1]]));
  });
});

describe('a stack', () => {
  it('has the calls, not where they return to', () => {
    const fake = cpu().frames([STACK, STACK + 0x40n, STACK + 0x90n], [TEXT + 0x104n, TEXT + 0x204n, TEXT + 0x304n]);
    expect(fake.stack()).toEqual([TEXT + 0x300n, TEXT + 0x200n, TEXT + 0x100n, TEXT]);
    expect(fake.reads).toEqual([STACK, STACK + 0x40n, STACK + 0x90n]);
  });

  it('has addresses without authentication codes', () => {
    const fake = cpu().frames([STACK, STACK + 16n], [0xab5c_8000_8001_0104n | (1n << 55n), 0x7f35_aaaa_bbbb_c004n]);
    expect(fake.stack()).toEqual([0xaaaa_bbbb_c000n, TEXT + 0x100n, TEXT]);
  });

  it('of EL0 is of EL0 alone', () => {
    const at = 0xffff_c0de_0010n & 0xffff_ffff_ffffn;
    const fake = cpu(0).frames([at], [0x40_0104n]);
    fake.state.setX(XSlot.SP, at - 16n);
    fake.state.pc = 0x40_0200n;
    fake.instructions = 1;
    const profile = fake.profiler.take(fake);
    expect(stackOf(profile, 0)).toEqual([0x40_0100n, 0x40_0200n]);
    expect([...profile.levels]).toEqual([0, 0, 0]);
  });

  it('has 48 frames at most', () => {
    const at = Array.from({ length: 100 }, (_, i) => STACK + BigInt(16 * i));
    expect(cpu().frames(at, at.map((_, i) => TEXT + BigInt(4 * i + 4))).stack().length).toBe(49);
  });

  it.each([
    ['a frame pointer that is null', 0n],
    ['one that is not aligned', STACK + 0x44n],
    ['one that does not increase', STACK],
    ['one that decreases', STACK - 0x40n],
    ['one that cannot be read', STACK + 0x1000n],
    ['a record without a return address', STACK + 0x2000n],
  ])('ends at %s', (_, last) => {
    const fake = cpu();
    for (const address of [STACK + 0x44n, STACK - 0x40n]) {
      fake.memory.set(address, 0n).set(address + 8n, TEXT + 0x404n);
    }
    fake.memory.set(STACK + 0x2000n, STACK + 0x3000n).set(STACK + 0x2008n, 0n);
    fake.frames([STACK], [TEXT + 0x104n], last);
    expect(fake.stack()).toEqual([TEXT + 0x100n, TEXT]);
  });

  it('does not begin below the stack pointer: X29 is the user\'s when an exception has just been taken', () => {
    const user = 0xffff_c0de_0010n;
    const fake = cpu().frames([user], [0x40_0104n]);
    expect(fake.stack()).toEqual([TEXT]);
    expect(fake.reads).toEqual([]);
  });
});
