/** The slow side of memory: table walks, TLB fills, accesses that miss the inline probe. */
import { CodeTlbEntry, VcpuLayout } from '../../runtime/layout/vcpu-layout.js';
import { VcpuMmu } from '../../runtime/mmu/memory-access.js';
import { ALL_SPACES, PhysicalMap } from '../../runtime/mmu/physical-map.js';
import { RamDescriptorMemory } from '../../runtime/mmu/ram-descriptor-memory.js';
import type { WasmOffset } from '../../src/arch/address.js';
import { CpuState } from '../../src/arch/cpu-state.js';
import {
  AccessType, RegimeKind, translationFeatures, TranslationRegime, TranslationResult, TranslationWalker,
} from '../../src/arch/translation/index.js';
import type { MicroTask } from './task.js';

const PAGE = 4096;
const RAM = 0x4000_0000;
const RAM_BYTES = 0x40_0000;
const VCPU = 0x1_0000;
const BACKING = Math.ceil((VCPU + VcpuLayout.size) / 0x1_0000) * 0x1_0000;
/** Where the tables are in RAM: one of each level. */
const TABLES = RAM + 0x30_0000;
/** Pages mapped at PAGES_AT (high and low word), to RAM from its start. */
const PAGES = 512;
const PAGES_AT = { high: 0x7f00, low: 0 };
/** Arm ARM, D8.3: a table; a page with attribute 0, EL0 access, AF, nG. */
const TABLE = 3n;
const LEAF = 3n | (1n << 6n) | (1n << 10n) | (1n << 11n);
/** 48-bit addresses both ways, 4 KiB granule, 40-bit output. */
const TCR = 16n | (16n << 16n) | (2n << 30n) | (2n << 32n);

const ID = {
  ID_AA64PFR0_EL1: 0x1111n,
  ID_AA64MMFR0_EL1: 0x0000_1122n,
  ID_AA64MMFR1_EL1: 0n,
  ID_AA64MMFR2_EL1: 0n,
} as const;

/** A vCPU's memory side with one 4-level table. */
class MmuBench {
  readonly buffer = new SharedArrayBuffer(BACKING + RAM_BYTES);
  readonly cpu = new CpuState(this.buffer, VCPU);
  readonly words = new Int32Array(this.buffer);
  readonly map = new PhysicalMap(
    [{ name: 'ram', base: RAM, size: RAM_BYTES, spaces: ALL_SPACES, kind: 'ram', wasmOffset: BACKING }], BACKING,
  );
  readonly mmu: VcpuMmu;

  constructor() {
    const view = new DataView(this.buffer);
    const entry = (table: number, index: number, value: bigint): void =>
      view.setBigUint64(BACKING + TABLES - RAM + PAGE * table + 8 * index, value, true);
    const tableAt = (table: number): bigint => BigInt(TABLES + PAGE * table) | TABLE;
    entry(0, PAGES_AT.high >> 7, tableAt(1)); // bits 47..39
    entry(1, (PAGES_AT.high << 2) & 511, tableAt(2)); // bits 38..30
    entry(2, 0, tableAt(3));
    for (let i = 0; i < PAGES; i++) entry(3, i, BigInt(RAM + PAGE * i) | LEAF);
    const { cpu } = this;
    for (const [name, value] of Object.entries(ID)) cpu.setSysreg(name, value);
    cpu.setSysreg('MAIR_EL1', 0xffn);
    cpu.setSysreg('TCR_EL1', TCR);
    cpu.setSysreg('TTBR0_EL1', BigInt(TABLES));
    cpu.setSysreg('SCTLR_EL1', 1n);
    cpu.setField('el', 0);
    this.mmu = new VcpuMmu({
      cpu, vcpuBase: VCPU, map: this.map,
      bus: { read: () => 0, write: () => undefined },
      code: {
        recordsFor: (page) => (0x100_0000 + page * 0x4000) as WasmOffset, hasCode: () => false,
        written: () => 0, isWatched: () => true, watch: () => true, recycle: () => undefined,
      },
    });
  }
}

/** Operations of one call. */
const BATCH = 1024;
const page = (i: number): number => PAGES_AT.low + PAGE * (i % PAGES);

export const mmuTasks: readonly MicroTask[] = [
  {
    name: 'mmu: walk of four levels',
    operations: BATCH,
    prepare: () => {
      const bench = new MmuBench();
      const regime = new TranslationRegime(RegimeKind.El10, 0);
      regime.decode((name) => bench.cpu.sysreg(name), translationFeatures(ID));
      const walker = new TranslationWalker(new RamDescriptorMemory(bench.buffer, bench.map));
      const result = new TranslationResult();
      const options = { access: AccessType.Read, privileged: false, pan: false, update: true, stage1Only: false };
      return () => {
        for (let i = 0; i < BATCH; i++) walker.translate(regime, PAGES_AT.high, page(i), options, result);
      };
    },
  },
  {
    name: 'mmu: data access, walk and TLB fill',
    operations: BATCH,
    prepare: () => {
      const { mmu, words } = new MmuBench();
      return () => {
        for (let i = 0; i < BATCH; i++) {
          words[mmu.tlb.dataEntry(page(i))] = -1;
          if (mmu.access(PAGES_AT.high, page(i), 8, 0) === 0) throw new Error('a mapped page faults');
        }
      };
    },
  },
  {
    name: 'mmu: data access that the TLB knows',
    operations: BATCH,
    prepare: () => {
      const { mmu } = new MmuBench();
      return () => {
        for (let i = 0; i < BATCH; i++) mmu.access(PAGES_AT.high, page(0), 8, 0);
      };
    },
  },
  {
    name: 'mmu: code fetch, walk and TLB fill',
    operations: BATCH,
    prepare: () => {
      const { mmu, words } = new MmuBench();
      return () => {
        for (let i = 0; i < BATCH; i++) {
          words[(VCPU + VcpuLayout.codeTlb + (i % PAGES) * CodeTlbEntry.size) >> 2] = -1;
          mmu.fetch(PAGES_AT.high, page(i));
        }
      };
    },
  },
  {
    name: 'mmu: change of Exception level',
    operations: BATCH,
    prepare: () => {
      const { mmu, cpu } = new MmuBench();
      return () => {
        for (let i = 0; i < BATCH; i++) {
          cpu.setField('el', i & 1);
          mmu.stateChanged();
        }
      };
    },
  },
];
