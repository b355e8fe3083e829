/** core.wasm by itself: slices of loops without a machine around them. */
import { readFileSync } from 'node:fs';
import { Status } from '../../jit/emitter/services.js';
import { compileModule } from '../../jit/interpreter/compile.js';
import { CORE_WASM, type CoreExports, type CoreImports } from '../../jit/interpreter/core.js';
import { RecordWriter } from '../../jit/interpreter/records.js';
import { memoryLayout } from '../../runtime/layout/memory-layout.js';
import {
  archOffset, CODE_TLB_ENTRIES, CodeTlbEntry, DATA_TLB_ENTRIES, DataTlbEntry, VcpuLayout,
} from '../../runtime/layout/vcpu-layout.js';
import type { MicroTask } from './task.js';

const PAGE = 4096;
const CODE = 0x10_0000;
const DATA = 0x20_0000;
const NEVER = 0xffff_ffff_ffff_ffffn;
/** Instructions of a slice, as a vCPU runs them. */
const SLICE = 20_000;

const ARITHMETIC = [
  0x8b020021, // add x1, x1, x2
  0xca411c63, // eor x3, x3, x1, lsr #7
  0xf1000400, // subs x0, x0, #1
  0x54ffffa1, // b.ne to the first
];
const MEMORY = [
  0xf8636881, // ldr x1, [x4, x3]
  0x8b020021, // add x1, x1, x2
  0xf8236881, // str x1, [x4, x3]
  0x91002063, // add x3, x3, #8
  0x927d2063, // and x3, x3, #0xff8
  0xf1000400, // subs x0, x0, #1
  0x54ffff41, // b.ne to the first
];

/** One vCPU whose code TLB knows a page of code, and whose data TLB a page of data. */
class Core {
  private readonly exports: CoreExports;
  private readonly vcpu: number;
  private readonly view: DataView;

  constructor(words: readonly number[]) {
    const layout = memoryLayout(1, 1 << 16);
    const memory = new WebAssembly.Memory({ initial: layout.totalBytes >> 16, maximum: 65536, shared: true });
    this.vcpu = layout.vcpus;
    this.view = new DataView(memory.buffer);
    const unexpected = (): number => {
      throw new Error('the loop left the interpreter');
    };
    const env: CoreImports & { memory: WebAssembly.Memory } = {
      memory, access: unexpected, commit: unexpected, exit: unexpected, decode: unexpected, service: () => Status.Exit,
      compute: unexpected, fp: unexpected,
    };
    const module = compileModule(readFileSync(CORE_WASM));
    this.exports = new WebAssembly.Instance(module, { env: { ...env } }).exports as unknown as CoreExports;
    for (let i = 0; i < DATA_TLB_ENTRIES; i++) this.dataTlb(i, NEVER, 0);
    for (let i = 0; i < CODE_TLB_ENTRIES; i++) this.codeTlb(i, NEVER, 0);
    this.codeTlb((CODE / PAGE) % CODE_TLB_ENTRIES, BigInt(CODE), layout.codePages);
    this.dataTlb((DATA / PAGE) % DATA_TLB_ENTRIES, BigInt(DATA), layout.ram - DATA);
    const writer = new RecordWriter({ hasFeature: () => true });
    const records = new Int32Array(memory.buffer);
    words.forEach((word, i) => writer.write(word | 0, 4 * i, records, (layout.codePages >> 2) + 4 * i));
    this.register(0, 1n << 62n);
    this.register(4, BigInt(DATA));
    this.view.setBigUint64(this.vcpu + archOffset.pc, BigInt(CODE), true);
  }

  private register(number: number, value: bigint): void {
    this.view.setBigUint64(this.vcpu + archOffset.x + 8 * number, value, true);
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

  run(budget: number): void {
    this.exports.run(this.vcpu, budget);
  }
}

const slices = (name: string, words: readonly number[]): MicroTask => ({
  name: `core.wasm: ${name}, an instruction`,
  operations: SLICE,
  prepare: () => {
    const core = new Core(words);
    return () => core.run(SLICE);
  },
});

/** Entries and exits of one call. */
const HOPS = 1000;

export const interpreterTasks: readonly MicroTask[] = [
  slices('arithmetic loop', ARITHMETIC),
  slices('load and store loop', MEMORY),
  {
    name: 'core.wasm: enter, one turn of a loop, leave',
    operations: HOPS,
    prepare: () => {
      const core = new Core(ARITHMETIC);
      return () => {
        for (let i = 0; i < HOPS; i++) core.run(1);
      };
    },
  },
];
