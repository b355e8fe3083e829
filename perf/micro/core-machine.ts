/** core.wasm and a vCPU, without a machine around them: pages of code, and of data. */
import { readFileSync } from 'node:fs';
import { Status } from '../../jit/emitter/services.js';
import { compileModule } from '../../jit/interpreter/compile.js';
import { CORE_WASM, type CoreExports, type CoreImports } from '../../jit/interpreter/core.js';
import { RecordWriter } from '../../jit/interpreter/records.js';
import { Selector } from '../../jit/interpreter/selector.js';
import { Describer } from '../../jit/region/instruction.js';
import { mayFuse, translate, wholePage } from '../../jit/region/translator.js';
import type { CodeStore } from '../../runtime/code/code-store.js';
import { RegionStore } from '../../runtime/code/region-store.js';
import { CODE_PAGE_BYTES, memoryLayout } from '../../runtime/layout/memory-layout.js';
import {
  archOffset, CODE_TLB_ENTRIES, CodeTlbEntry, DATA_TLB_ENTRIES, DataTlbEntry, VcpuLayout,
} from '../../runtime/layout/vcpu-layout.js';
import type { Optimization } from '../../src/support/optimizations.js';

const PAGE = 4096;
/** Guest addresses of the first page of code and of data; those behind it follow. */
export const CODE = 0x10_0000;
export const DATA = 0x20_0000;
/** In RAM, data comes behind the code. */
const DATA_PAGE = 16;
const RAM_BYTES = 1 << 20;
const NEVER = 0xffff_ffff_ffff_ffffn;

const everything = { hasFeature: () => true };

/** A describer of all features' instructions. */
export const describer = (without: ReadonlySet<Optimization> = new Set()): Describer =>
  new Describer(new Selector(everything), mayFuse(without));

export interface CoreMachineOptions {
  /** Instructions at the start of each page of code. */
  readonly code: readonly (readonly number[])[];
  /** Pages of data that the data TLB knows. */
  readonly data?: number;
  /** Offsets in the pages where a region starts, by page; without them the interpreter executes all. */
  readonly regions?: readonly (readonly number[])[];
  readonly without?: ReadonlySet<Optimization>;
}

/** A vCPU at the first instruction of the first page. */
export class CoreMachine {
  private readonly exports: CoreExports;
  private readonly layout = memoryLayout(1, RAM_BYTES);
  private readonly memory = new WebAssembly.Memory({ initial: this.layout.totalBytes >> 16, maximum: 65536, shared: true });
  private readonly vcpu = this.layout.vcpus;
  private readonly view = new DataView(this.memory.buffer);
  private readonly words = new Int32Array(this.memory.buffer);
  private readonly store: RegionStore;

  constructor({ code, data = 1, regions, without = new Set() }: CoreMachineOptions) {
    const unexpected = (): number => {
      throw new Error('the loop left the engine');
    };
    let core: WebAssembly.ModuleImports = {};
    this.store = new RegionStore(this.memory, this.layout, () => ({
      lock: { locked: <T>(body: () => T) => body() }, dropAll: unexpected, decodeLocked: unexpected,
    }) as unknown as CodeStore, () => core);
    const env: CoreImports & { memory: WebAssembly.Memory; regions: WebAssembly.Table } = {
      memory: this.memory, regions: this.store.table,
      access: (_high, low) => this.layout.ram + DATA_PAGE * PAGE + low - DATA,
      commit: unexpected, exit: unexpected, decode: unexpected, service: () => Status.Exit, compute: unexpected, fp: unexpected,
    };
    const module = compileModule(readFileSync(CORE_WASM));
    const { exports } = new WebAssembly.Instance(module, { env: { ...env } });
    core = exports as WebAssembly.ModuleImports;
    this.exports = exports as unknown as CoreExports;
    for (let i = 0; i < DATA_TLB_ENTRIES; i++) this.dataTlb(i, NEVER, 0);
    for (let i = 0; i < CODE_TLB_ENTRIES; i++) this.codeTlb(i, NEVER, 0);
    for (let i = 0; i < data; i++) {
      this.dataTlb((DATA / PAGE + i) % DATA_TLB_ENTRIES, BigInt(DATA + i * PAGE), this.layout.ram + DATA_PAGE * PAGE - DATA);
    }
    const writer = new RecordWriter(everything);
    code.forEach((words, page) => {
      const records = this.layout.codePages + page * CODE_PAGE_BYTES;
      this.codeTlb((CODE / PAGE + page) % CODE_TLB_ENTRIES, BigInt(CODE + page * PAGE), records);
      this.words[(this.layout.codeMap >> 2) + page] = page + 1;
      words.forEach((word, i) => {
        writer.write(word | 0, 4 * i, this.words, (records >> 2) + 4 * i);
        this.words[((this.layout.ram + page * PAGE) >> 2) + i] = word | 0;
      });
    });
    regions?.forEach((entries, page) => {
      if (entries.length === 0) return;
      const words = Int32Array.from({ length: 1024 }, (_, i) => (code[page][i] ?? 0) | 0);
      const { bytes, regions: made } = translate(
        describer(without), entries.map((entry) => ({ page: wholePage(words), entry })), { without },
      );
      this.store.install({ module: compileModule(bytes), cached: 0, regions: made.map((region) => ({ ...region, ramPage: page })) });
    });
    this.register(0, 1n << 62n);
    this.register(4, BigInt(DATA));
    this.view.setBigUint64(this.vcpu + archOffset.pc, BigInt(CODE), true);
  }

  /** Regions that the engine can enter. */
  get regions(): number {
    return this.store.counters.regions;
  }

  /** Xn, which becomes `value` if that is given. */
  register(number: number, value?: bigint): bigint {
    const at = this.vcpu + archOffset.x + 8 * number;
    if (value !== undefined) this.view.setBigUint64(at, value, true);
    return this.view.getBigUint64(at, true);
  }

  private codeTlb(index: number, tag: bigint, records: number): void {
    const at = this.vcpu + VcpuLayout.codeTlb + index * CodeTlbEntry.size;
    this.view.setBigUint64(at + CodeTlbEntry.offset.tag, tag, true);
    this.view.setUint32(at + CodeTlbEntry.offset.records, records, true);
  }

  private dataTlb(index: number, tag: bigint, addend: number): void {
    const at = this.vcpu + VcpuLayout.dataTlb + index * DataTlbEntry.size;
    this.view.setBigUint64(at + DataTlbEntry.offset.readTag, tag, true);
    this.view.setBigUint64(at + DataTlbEntry.offset.writeTag, tag, true);
    this.view.setUint32(at + DataTlbEntry.offset.addend, addend >>> 0, true);
  }

  /** @param budget instructions, about */
  run(budget: number): void {
    this.exports.run(this.vcpu, budget);
  }
}
