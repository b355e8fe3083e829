/** Runs single instructions with the interpreter's two forms of each operation, without translation of addresses. */
import { buildInterpreter } from '../../../jit/wasm/interpreter-module.js';
import { REGION_SLOTS } from '../../../jit/wasm/region-slots.js';
import { ComputeId } from '../../../jit/emitter/compute.js';
import { ExitReason, serviceNames, Status } from '../../../jit/emitter/services.js';
import { interpreterInput } from '../../../jit/interpreter/input.js';
import { PseudoOperation } from '../../../jit/interpreter/pseudo-operation.js';
import { RecordWriter } from '../../../jit/interpreter/records.js';
import { CpuState } from '../../../src/arch/cpu-state.js';
import { createCpuModel, type CpuOptions } from '../../../src/arch/features/cpu-model.js';
import { InstructionControls } from '../../../runtime/vcpu/instruction-controls.js';
import { memoryLayout } from '../../../runtime/layout/memory-layout.js';
import { CodeTlbEntry, controlFieldOffset, VcpuLayout } from '../../../runtime/layout/vcpu-layout.js';

const ENCODINGS = /^(PAC|AUT|XPAC|BL?RA[AB]|RETA|LDRA|CPY|SET[PME]$)/;
const VCPU = 65536;
const RECORDS = VCPU + VcpuLayout.size;
export const RAM = RECORDS + 65536;
export const PC = 0x1000n;

let module: WebAssembly.Module | undefined;
function core(): WebAssembly.Module {
  module ??= new WebAssembly.Module(
    buildInterpreter({
      ...interpreterInput,
      operations: interpreterInput.operations.filter((o) => ENCODINGS.test(o.semantics.encoding)),
      fused: [],
      layoutHash: 0,
    }) as BufferSource,
  );
  return module;
}

/** Options that leave the first version of pointer authentication: with the error codes of failed authentications. */
export const FIRST_VERSION: CpuOptions = { without: ['FEAT_EPAC', 'FEAT_PAuth2'] };

export interface Outcome {
  readonly pc: bigint;
  readonly btype: number;
  /** Services called: name and word. */
  readonly services: readonly string[];
  readonly undefined: boolean;
}

export class Engine {
  readonly memory = new WebAssembly.Memory({ initial: memoryLayout(1, 65536).totalBytes >> 16, maximum: 65536, shared: true });
  readonly cpu = new CpuState(this.memory.buffer, VCPU);
  readonly model;
  readonly controls: InstructionControls;
  private readonly exports: { run(vcpu: number, budget: number): void; step(vcpu: number, record: number): number };
  private readonly writer = new RecordWriter({ hasFeature: () => true });
  private services: string[] = [];
  /** Why the main loop was left. */
  private reason: number = ExitReason.Slice;

  constructor(options: CpuOptions = {}) {
    this.model = createCpuModel('max', options);
    for (const [name, value] of this.model.idRegisters) this.cpu.setSysreg(name, value);
    this.controls = new InstructionControls(this.cpu, VCPU, this.model);
    // imports that these instructions never call
    const unused = WebAssembly.Module.imports(core()).map(({ name }) => [name, () => 0]);
    const env = {
      ...Object.fromEntries(unused),
      memory: this.memory,
      regions: new WebAssembly.Table({ element: 'anyfunc', initial: 1, maximum: REGION_SLOTS }),
      access: (_high: number, low: number): number => RAM + (low & 0xffff),
      commit: () => 0,
      exit: (reason: number): number => {
        this.reason = reason;
        return 0;
      },
      decode: () => undefined,
      service: (id: number, word: number): number => {
        this.services.push(`${serviceNames[id]} ${(word >>> 0).toString(16)}`);
        return Status.Exit;
      },
      compute: (id: number): void => {
        if (id === ComputeId.pointerAuthenticationCode) this.controls.computePac();
      },
    };
    const instance = new WebAssembly.Instance(core(), { env });
    this.exports = instance.exports as unknown as typeof this.exports;
    const data = new DataView(this.memory.buffer);
    const all = new BigUint64Array(this.memory.buffer, VCPU + VcpuLayout.dataTlb);
    all.fill(~0n, 0, (VcpuLayout.size - VcpuLayout.dataTlb) / 8);
    // PC's page
    const entry = VCPU + VcpuLayout.codeTlb + (Number(PC >> 12n) & 1023) * CodeTlbEntry.size;
    data.setBigUint64(entry + CodeTlbEntry.offset.tag, PC, true);
    data.setUint32(entry + CodeTlbEntry.offset.records, RECORDS, true);
    data.setUint32(entry + CodeTlbEntry.offset.flags, 0, true);
  }

  /** Executes one instruction at PC, in the function form or in the main loop. */
  execute(word: number, form: 'function' | 'loop'): Outcome {
    const { cpu } = this;
    const words = new Int32Array(this.memory.buffer, RECORDS, 8);
    words.fill(0);
    this.writer.write(word | 0, 0, words, 0);
    words[4] = PseudoOperation.Undefined;
    cpu.pc = PC;
    cpu.setField('btype', 0);
    this.services = [];
    this.controls.update();
    let reason: number;
    if (form === 'loop') {
      this.reason = ExitReason.Slice;
      this.exports.run(VCPU, 100);
      reason = this.reason;
    } else {
      const status = this.exports.step(VCPU, RECORDS);
      reason = new DataView(this.memory.buffer).getUint32(VCPU + controlFieldOffset.exitReason, true);
      if (status === Status.Next) cpu.pc = PC + 4n;
      if (status !== Status.Exit) reason = -1;
    }
    const undefinedHere = reason === ExitReason.Undefined && cpu.pc === PC;
    return { pc: cpu.pc, btype: cpu.field('btype'), services: this.services, undefined: undefinedHere };
  }
}
