/**
 * TLB maintenance by core.wasm beside that by TypeScript: two vCPUs with equal memory make the same accesses and invalidate the
 * same addresses, one of them without core.wasm. Their TLBs are the same, bit for bit.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileModule } from '../../../jit/interpreter/compile.js';
import { CORE_WASM, type CoreImports } from '../../../jit/interpreter/core.js';
import { REGION_SLOTS } from '../../../jit/wasm/region-slots.js';
import { HeaderLayout, memoryLayout } from '../../../runtime/layout/memory-layout.js';
import { controlFieldOffset, VcpuLayout } from '../../../runtime/layout/vcpu-layout.js';
import { BroadcastLog } from '../../../runtime/mmu/broadcast-log.js';
import type { SharedPages } from '../../../runtime/mmu/interfaces.js';
import { VcpuMmu } from '../../../runtime/mmu/memory-access.js';
import { ALL_SPACES, PhysicalMap } from '../../../runtime/mmu/physical-map.js';
import { WriterPages } from '../../../runtime/mmu/writer-pages.js';
import { VcpuGroup } from '../../../runtime/vcpu/vcpu-group.js';
import { CpuState } from '../../../src/arch/cpu-state.js';
import { D, TableBuilder, type DescriptorStore } from './table-builder.js';
import { Bus, Code, R, vaOperand, W } from './vcpu-fixture.js';
import { FULL_ID, MAIR, tcr } from './walk-fixture.js';

const RAM = 0x4000_0000n;
const RAM_BYTES = 0x200_0000;
const core = compileModule(readFileSync(CORE_WASM));

let random = 1;
const next = (below: number): number => {
  // xorshift
  random ^= random << 13;
  random ^= random >>> 17;
  random ^= random << 5;
  return (random >>> 0) % below;
};
const maybe = (bit: bigint, oneIn: number): bigint => (next(oneIn) === 0 ? bit : 0n);

interface Settings {
  readonly granule: 12 | 14 | 16;
  readonly vcpus: number;
}

/** TG0, and a size of address that all granules have. */
const TG = { 12: 0, 14: 2, 16: 1 } as const;
const INPUT_BITS = 47;

class Machine {
  readonly layout;
  readonly memory: WebAssembly.Memory;
  readonly words: Int32Array;
  readonly cpu: CpuState;
  readonly mmu: VcpuMmu;
  readonly code = new Code();
  readonly low: TableBuilder;
  readonly high: TableBuilder;
  readonly log: BroadcastLog;
  /** Invalidations that core.wasm did. */
  inline = 0;
  private readonly exports: {
    invalidatePage(vcpu: number, value: bigint, broadcast: number): number;
    completeMaintenance(vcpu: number): number;
  } | undefined;

  constructor(readonly settings: Settings, inline: boolean) {
    const { vcpus, granule } = settings;
    this.layout = memoryLayout(vcpus, RAM_BYTES);
    this.memory = new WebAssembly.Memory({ initial: this.layout.totalBytes >> 16, maximum: 65536, shared: true });
    this.words = new Int32Array(this.memory.buffer);
    this.words[(this.layout.header + HeaderLayout.offset.vcpuCount) >> 2] = vcpus;
    const { layout, memory } = this;
    const view = new DataView(memory.buffer);
    const at = (pa: bigint): number => layout.ram + Number(pa - RAM);
    const store: DescriptorStore = {
      get: (_space, pa) => view.getBigUint64(at(pa), true),
      set: (_space, pa, value) => view.setBigUint64(at(pa), BigInt.asUintN(64, value), true),
    };
    this.low = new TableBuilder(store, { granule, inputBits: INPUT_BITS }, RAM + 0x100_0000n);
    this.high = new TableBuilder(store, { granule, inputBits: INPUT_BITS }, RAM + 0x180_0000n);
    const cpu = new CpuState(memory.buffer, layout.vcpus);
    for (const [name, value] of Object.entries({ ...FULL_ID, ID_AA64MMFR0_EL1: 0x0000_0000_1020_0025n })) cpu.setSysreg(name, value);
    cpu.setSysreg('MAIR_EL1', MAIR);
    cpu.setSysreg('TCR_EL1', tcr({ t0sz: 64 - INPUT_BITS, t1sz: 64 - INPUT_BITS, tg: TG[granule] }));
    cpu.setSysreg('SCTLR_EL1', 1n);
    cpu.setSysreg('TTBR0_EL1', this.low.root | (1n << 48n));
    cpu.setSysreg('TTBR1_EL1', this.high.root);
    cpu.setField('el', 1);
    const map = new PhysicalMap([
      { name: 'ram', base: Number(RAM), size: RAM_BYTES, spaces: ALL_SPACES, kind: 'ram', wasmOffset: layout.ram },
    ], layout.ram);
    const group = vcpus > 1 ? new VcpuGroup(memory, layout, 0, vcpus) : undefined;
    const shared: SharedPages | undefined = group && new WriterPages(memory, layout, group);
    this.cpu = cpu;
    this.log = new BroadcastLog(memory, layout);
    this.mmu = new VcpuMmu({
      cpu, vcpuBase: layout.vcpus, map, bus: new Bus(), code: this.code, ...(group && { broadcaster: group, shared }),
    });
    if (!inline) return;
    const nothing = (): number => 0;
    const imports: CoreImports = {
      access: nothing, commit: nothing, exit: nothing, service: nothing, compute: () => undefined, fp: () => undefined, decode: () => undefined,
    };
    const regions = new WebAssembly.Table({ element: 'anyfunc', initial: REGION_SLOTS, maximum: REGION_SLOTS });
    this.exports = new WebAssembly.Instance(core, { env: { memory, regions, ...imports } }).exports as unknown as typeof this.exports;
  }

  /** Reads a byte, and writes it if it may. */
  touch(va: bigint): void {
    const [high, low] = [Number(BigInt.asIntN(32, va >> 32n)), Number(BigInt.asIntN(32, va))];
    if (this.mmu.access(high, low, 1, R) !== 0) this.mmu.access(high, low, 1, W);
  }

  fetch(va: bigint): void {
    this.mmu.fetch(Number(BigInt.asIntN(32, va >> 32n)), Number(BigInt.asIntN(32, va)));
  }

  /** @returns whether core.wasm did it */
  tlbiInline(name: string, va: bigint): boolean {
    return this.exports?.invalidatePage(this.layout.vcpus, vaOperand(va), Number(name.endsWith('IS'))) === 1;
  }

  tlbi(name: string, va: bigint): void {
    if (this.tlbiInline(name, va)) {
      this.inline++;
      return;
    }
    const value = vaOperand(va);
    this.mmu.maintenance.tlbi(name, Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value)));
  }

  /** DSB: @returns whether nobody has to be waited for */
  complete(): boolean {
    return this.exports!.completeMaintenance(this.layout.vcpus) !== 0;
  }

  /** All of the TLBs, with what is known of blocks and of other vCPUs. */
  get tlbs(): Buffer {
    const { layout, memory } = this;
    const part = (from: number, bytes: number): Buffer => Buffer.from(memory.buffer, from, bytes);
    return part(layout.vcpus + VcpuLayout.dataTlb, VcpuLayout.size - VcpuLayout.dataTlb);
  }
}

/** Offsets of what is mapped by blocks of each size, behind what pages map. */
const BLOCKS = { 12: [0x20_0000n, 0x4000_0000n], 14: [0x200_0000n], 16: [0x2000_0000n] } as const;

function place(granule: Settings['granule']): { va: bigint; offset: bigint; level: number; upper: boolean } {
  const upper = next(2) === 0;
  const kind = next(6);
  const size = kind > 1 ? 0n : BLOCKS[granule][kind] ?? BLOCKS[granule][0];
  const offset = BigInt(next(24)) * 0x1000n + size * BigInt(1 + next(2));
  const level = size === 0n ? 3 : size === 0x4000_0000n ? 1 : 2;
  return { va: upper ? (1n << 64n) - (1n << BigInt(INPUT_BITS)) + offset : offset, offset, level, upper };
}

describe('TLBI by address in core.wasm', () => {
  it.each([12, 14, 16] as const)('takes away what TypeScript does, pages of 2^%i bytes', (granule) => {
    random = 5;
    const machines = [false, true].map((inline) => new Machine({ granule, vcpus: 1 }, inline));
    const [plain, inline] = machines;
    for (let i = 0; i < 6000; i++) {
      const { va, offset, level, upper } = place(granule);
      const pa = RAM + BigInt(next(0x1000)) * 0x1000n;
      const bits = D.AF | maybe(D.RO, 4) | maybe(D.NG, upper ? 40 : 2) | maybe(D.CONT, 100);
      const [asid, action] = [BigInt(1 + next(3)), next(10)];
      for (const machine of machines) {
        const { cpu, mmu, low, high } = machine;
        const size = 1n << BigInt(low.shift(level));
        if (action < 2) (upper ? high : low).map(offset, pa & -size, level, bits);
        else if (action < 4) machine.fetch(va);
        else if (action < 7) machine.touch(va);
        else if (action < 9) machine.tlbi(action === 7 ? 'VAE1' : 'VALE1IS', va);
        else {
          cpu.setSysreg('TTBR0_EL1', low.root | (asid << 48n));
          mmu.tablesChanged();
        }
      }
      if (i % 32 === 0 && !inline.tlbs.equals(plain.tlbs)) throw new Error(`the TLBs differ behind ${i} at ${va.toString(16)}`);
    }
    expect(inline.tlbs.equals(plain.tlbs)).toBe(true);
    expect(inline.inline).toBeGreaterThan(granule === 12 ? 200 : 5);
  });

  it('is told to the other vCPUs as TypeScript tells it, and completed when they have acted on it', () => {
    const [plain, inline] = [false, true].map((with_) => new Machine({ granule: 12, vcpus: 3 }, with_));
    for (const machine of [plain, inline]) machine.tlbi('VAE1IS', 0xffff_8000_1234_5000n);
    expect(inline.log.head).toBe(1);
    expect(inline.log.read(0, 1)).toEqual(plain.log.read(0, 1));
    expect(inline.log.read(0, 0)!.messages).toEqual([]);
    const control = (cpu: number, name: keyof typeof controlFieldOffset): number =>
      (inline.layout.vcpus + cpu * VcpuLayout.size + controlFieldOffset[name]) >> 2;
    expect(inline.words[control(0, 'broadcastPending')]).toBe(1);
    inline.words[control(1, 'running')] = 1;
    expect(inline.complete()).toBe(false);
    inline.words[control(1, 'applied')] = 1;
    expect(inline.complete()).toBe(true);
    expect(inline.words[control(0, 'broadcastPending')]).toBe(0);
  });

  it('is left to TypeScript where there may be pages of a block, or the log is in use', () => {
    const inline = new Machine({ granule: 12, vcpus: 2 }, true);
    inline.low.map(0x20_0000n, RAM, 2, D.AF);
    inline.touch(0x20_1000n);
    expect(inline.tlbiInline('VAE1', 0x3f_f000n)).toBe(false);
    expect(inline.tlbiInline('VAE1', 0x40_0000n)).toBe(true);
    inline.tlbi('VAE1', 0x3f_f000n);
    expect(inline.tlbiInline('VAE1', 0x20_1000n)).toBe(true);
    inline.words[HeaderLayout.offset.broadcastLock >> 2] = 1;
    expect(inline.tlbiInline('VAE1IS', 0x20_1000n)).toBe(false);
    expect(inline.log.head).toBe(0);
    expect(inline.tlbiInline('VAE1', 0x20_1000n)).toBe(true);
  });
});
