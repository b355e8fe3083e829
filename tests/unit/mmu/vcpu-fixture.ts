import { CpuState } from '../../../src/arch/cpu-state.js';
import type { WasmOffset } from '../../../src/arch/address.js';
import type { AccessSize } from '../../../devices/bus/device.js';
import {
  CODE_TLB_ENTRIES, CODE_TLB_ENTRY_SHIFT, CodeTlbEntry, controlFieldOffset, DATA_TLB_ENTRIES, DATA_TLB_ENTRY_SHIFT,
  DataTlbEntry, VcpuLayout,
} from '../../../runtime/layout/vcpu-layout.js';
import { VcpuMmu, type VcpuMmuOptions } from '../../../runtime/mmu/memory-access.js';
import { ALL_SPACES, PhysicalMap } from '../../../runtime/mmu/physical-map.js';
import { TableBuilder, type DescriptorStore, type TableFormat } from './table-builder.js';
import { FULL_ID, MAIR, tcr } from './walk-fixture.js';

export const RAM = 0x4000_0000n;
export const RAM_BYTES = 0x200_0000;
export const VCPU_BASE = 0x1_0000;
export const BACKING = Math.ceil((VCPU_BASE + VcpuLayout.size) / 0x1_0000) * 0x1_0000;
export const ROM_BYTES = 0x1_0000;
export const UART = 0x0900_0000n;

/** Access flags as the engines pass them. */
export const R = 0;
export const W = 1;
export const RMW = 3;
export const UNPRIVILEGED = 4;
export const ALIGNED = 8;

export class Bus {
  readonly log: string[] = [];
  value = 0;
  read(address: number, size: AccessSize): number {
    this.log.push(`r${size} ${address.toString(16)}`);
    return this.value >>> 0;
  }
  write(address: number, size: AccessSize, value: number): void {
    this.log.push(`w${size} ${address.toString(16)} ${value.toString(16)}`);
  }
}

const recordsOf = (page: number): WasmOffset => (0x100_0000 + page * 0x4000) as WasmOffset;

export class Code {
  readonly pages = new Set<number>();
  private readonly watched = new Set<number>();
  readonly log: string[] = [];
  /** Pages forget their code when written. */
  forget = false;
  recordsFor(page: number): WasmOffset {
    if (!this.pages.has(page)) this.watched.delete(recordsOf(page));
    this.pages.add(page);
    return recordsOf(page);
  }
  hasCode(page: number): boolean {
    return this.pages.has(page);
  }
  written(page: number, offset: number, length: number): WasmOffset | 0 {
    this.log.push(`${page}+${offset.toString(16)} ${length}`);
    if (!this.forget) return 0;
    this.pages.delete(page);
    this.watched.delete(recordsOf(page));
    return recordsOf(page);
  }
  isWatched(records: number): boolean {
    return this.watched.has(records);
  }
  watch(_page: number, records: number): boolean {
    this.watched.add(records);
    return true;
  }
  recycle(records: number, stamp: number): void {
    this.log.push(`recycle ${records.toString(16)} ${stamp}`);
  }
}

/** One vCPU with RAM at 0x4000_0000, ROM at 0 and two small devices, and page tables for both halves of EL1&0. */
export class VcpuFixture {
  readonly buffer = new SharedArrayBuffer(BACKING + RAM_BYTES + ROM_BYTES);
  readonly cpu = new CpuState(this.buffer, VCPU_BASE);
  readonly words = new Int32Array(this.buffer);
  readonly bytes = new Uint8Array(this.buffer);
  readonly bus = new Bus();
  readonly code = new Code();
  readonly map = new PhysicalMap(
    [
      { name: 'ram', base: Number(RAM), size: RAM_BYTES, spaces: ALL_SPACES, kind: 'ram', wasmOffset: BACKING },
      { name: 'flash', base: 0, size: ROM_BYTES, spaces: ALL_SPACES, kind: 'rom', wasmOffset: BACKING + RAM_BYTES },
      { name: 'uart', base: Number(UART), size: 0x1000, spaces: ALL_SPACES, kind: 'mmio', wasmOffset: 0 },
      { name: 'small', base: 0x0902_0000, size: 0x18, spaces: ALL_SPACES, kind: 'mmio', wasmOffset: 0 },
    ],
    BACKING,
  );
  readonly mmu: VcpuMmu;
  readonly store: DescriptorStore;
  readonly low: TableBuilder;
  readonly high: TableBuilder;
  private readonly view = new DataView(this.buffer);

  constructor(
    settings: {
      tcr?: bigint;
      sctlr?: bigint;
      options?: Partial<VcpuMmuOptions>;
      registers?: Record<string, bigint>;
    } = {},
    format: TableFormat = { granule: 12, inputBits: 48 },
  ) {
    const { cpu } = this;
    for (const [name, value] of Object.entries(FULL_ID)) cpu.setSysreg(name, value);
    this.store = {
      get: (_space, at) => this.view.getBigUint64(this.offsetOf(at), true),
      set: (_space, at, value) => this.view.setBigUint64(this.offsetOf(at), BigInt.asUintN(64, value), true),
    };
    this.low = new TableBuilder(this.store, format, RAM + 0x100_0000n);
    this.high = new TableBuilder(this.store, format, RAM + 0x180_0000n);
    cpu.setSysreg('MAIR_EL1', MAIR);
    cpu.setSysreg('TCR_EL1', settings.tcr ?? tcr({}));
    cpu.setSysreg('SCTLR_EL1', 1n | (settings.sctlr ?? 0n));
    cpu.setSysreg('TTBR0_EL1', this.low.root | (1n << 48n));
    cpu.setSysreg('TTBR1_EL1', this.high.root);
    for (const [name, value] of Object.entries(settings.registers ?? {})) cpu.setSysreg(name, value);
    cpu.setField('el', 1);
    this.mmu = new VcpuMmu({
      cpu, vcpuBase: VCPU_BASE, map: this.map, bus: this.bus, code: this.code, ...settings.options,
    });
  }

  /** WasmOffset of a physical address in RAM. */
  offsetOf(pa: bigint): number {
    return BACKING + Number(pa - RAM);
  }

  setEl(el: number, fields: { pan?: number; uao?: number } = {}): void {
    this.cpu.setField('el', el);
    if (fields.pan !== undefined) this.cpu.setField('pan', fields.pan);
    if (fields.uao !== undefined) this.cpu.setField('uao', fields.uao);
    this.mmu.stateChanged();
  }

  /** A context switch: another ASID (and table) in TTBR0. */
  switchTo(asid: number, table: TableBuilder = this.low): void {
    this.cpu.setSysreg('TTBR0_EL1', table.root | (BigInt(asid) << 48n));
    this.mmu.tablesChanged();
  }

  control(name: keyof typeof controlFieldOffset): number {
    return this.words[(VCPU_BASE + controlFieldOffset[name]) >> 2];
  }

  /** The inline probe of the engines: WasmOffset of the byte, or undefined for a miss. */
  probe(va: bigint, size = 1, flags = R): number | undefined {
    const { view } = this;
    const entry =
      VCPU_BASE + VcpuLayout.dataTlb + Number((va >> 12n) & BigInt(DATA_TLB_ENTRIES - 1)) * (1 << DATA_TLB_ENTRY_SHIFT);
    const tagField = (flags & W) !== 0 ? DataTlbEntry.offset.writeTag : DataTlbEntry.offset.readTag;
    const half = va >> 63n === 1n ? 'High' : 'Low';
    const field = ((flags & UNPRIVILEGED) !== 0 ? `unprivileged${half}` : `context${half}`) as 'contextLow';
    const context = view.getBigUint64(VCPU_BASE + controlFieldOffset[field], true);
    const wanted = BigInt.asUintN(64, ((va + BigInt(size) - 1n) & ~0xfffn) | context);
    if (view.getBigUint64(entry + tagField, true) !== wanted) return undefined;
    return (view.getUint32(entry + DataTlbEntry.offset.addend, true) + Number(va & 0xffff_ffffn)) >>> 0;
  }

  /** The inline probe of the code TLB: records and flags. */
  probeCode(va: bigint): { records: number; flags: number } | undefined {
    const { view } = this;
    const entry =
      VCPU_BASE + VcpuLayout.codeTlb + Number((va >> 12n) & BigInt(CODE_TLB_ENTRIES - 1)) * (1 << CODE_TLB_ENTRY_SHIFT);
    const field = va >> 63n === 1n ? 'fetchHigh' : 'fetchLow';
    const context = view.getBigUint64(VCPU_BASE + controlFieldOffset[field], true);
    if (view.getBigUint64(entry + CodeTlbEntry.offset.tag, true) !== ((va & ~0xfffn) | context)) return undefined;
    return {
      records: view.getUint32(entry + CodeTlbEntry.offset.records, true),
      flags: view.getUint32(entry + CodeTlbEntry.offset.flags, true),
    };
  }

  access(va: bigint, size = 1, flags = R): number {
    return this.mmu.access(Number(BigInt.asIntN(32, va >> 32n)), Number(BigInt.asIntN(32, va)), size, flags);
  }

  fetch(va: bigint): number {
    return this.mmu.fetch(Number(BigInt.asIntN(32, va >> 32n)), Number(BigInt.asIntN(32, va)));
  }

  /** A whole access as an engine makes it; `access` only on a miss. Returns whether the inline probe hit. */
  touch(va: bigint, flags = R): boolean {
    if (this.probe(va, 1, flags) !== undefined) return true;
    if (this.access(va, 1, flags) === 0) {
      throw new Error(`fault ${this.mmu.fault.status.toString(16)} at ${va.toString(16)}`);
    }
    this.mmu.commit();
    return false;
  }

  tlbi(name: string, value = 0n): void {
    this.mmu.maintenance.tlbi(name, Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value)));
  }
}

/** Operand of TLBI by VA. */
export function vaOperand(va: bigint, asid = 0): bigint {
  return ((va >> 12n) & 0xfff_ffff_ffffn) | (BigInt(asid) << 48n);
}
