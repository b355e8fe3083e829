/** Runs single instructions on core.wasm, from the same cases and with the same results as qemu-user.ts. */
import { readFileSync } from 'node:fs';
import { compileModule } from '../../jit/interpreter/compile.js';
import { CORE_WASM, type CoreExports } from '../../jit/interpreter/core.js';
import { interpreterInput } from '../../jit/interpreter/input.js';
import { PseudoOperation } from '../../jit/interpreter/pseudo-operation.js';
import { RecordWriter } from '../../jit/interpreter/records.js';
import { ExitReason, Status } from '../../jit/emitter/services.js';
import { FpUnit } from '../../jit/softfloat/index.js';
import { buildInterpreter } from '../../jit/wasm/interpreter-module.js';
import { REGION_SLOTS } from '../../jit/wasm/region-slots.js';
import { memoryLayout } from '../../runtime/layout/memory-layout.js';
import {
  archOffset, CODE_TLB_ENTRIES, CodeTlbEntry, controlFieldOffset, DATA_TLB_ENTRIES, DataTlbEntry, VcpuLayout,
} from '../../runtime/layout/vcpu-layout.js';
import { XSlot } from '../../src/arch/state-layout.js';
import {
  CODE_ADDRESS, MEMORY_ADDRESS, MEMORY_SIZE, type InstructionCase, type InstructionResult, type ResultKind,
} from './qemu-user.js';

const SIGILL = 4;
const SIGTRAP = 5;
const SIGBUS = 7;
const SIGSEGV = 11;
const PAGE = 4096;
const CODE = Number(CODE_ADDRESS);
const MEMORY = Number(MEMORY_ADDRESS);
const NEVER = 0xffffffffffffffffn;

/** `run` goes through the main loop, `step` through each operation's own function. */
export type EngineMode = 'run' | 'step';

export interface InterpreterEngineOptions {
  /** The module's bytes, or the path of its file; default: the core.wasm that `npm run build` writes. */
  readonly wasm?: string | Uint8Array;
}

/** core.wasm of the sources as they are now, whatever has been built before; takes a few seconds. */
export const buildCore = (): Uint8Array =>
  buildInterpreter(interpreterInput);

export class InterpreterEngine {
  private readonly layout = memoryLayout(1, 1 << 16);
  private readonly memory = new WebAssembly.Memory({
    initial: this.layout.totalBytes >> 16, maximum: 65536, shared: true,
  });
  private readonly bytes = new Uint8Array(this.memory.buffer);
  private readonly view = new DataView(this.memory.buffer);
  private readonly words = new Int32Array(this.memory.buffer);
  private readonly exports: CoreExports;
  private readonly writer = new RecordWriter({
    hasFeature: () => true,
    onUnimplemented: (encoding) => this.unimplemented.add(encoding.name),
  });
  private faultAddress = 0n;
  private faultSignal = SIGSEGV;
  /** Encodings that were asked for and have no semantics. */
  readonly unimplemented = new Set<string>();

  /** Why the main loop was left. */
  private reason: number = ExitReason.Slice;

  constructor(options: InterpreterEngineOptions = {}) {
    const { vcpus, codePages } = this.layout;
    const fp = new FpUnit(this.memory.buffer, {
      fpcr: vcpus + archOffset.fpcr, fpsr: vcpus + archOffset.fpsr, nzcv: vcpus + archOffset.nzcv,
    });
    const { wasm = CORE_WASM } = options;
    const module = compileModule(typeof wasm === 'string' ? readFileSync(wasm) : wasm);
    const instance = new WebAssembly.Instance(module, {
      env: {
        memory: this.memory,
        regions: new WebAssembly.Table({ element: 'anyfunc', initial: 1, maximum: REGION_SLOTS }),
        access: (high: number, low: number, bytes: number, flags: number) => this.access(high, low, bytes, flags),
        commit: () => 0,
        exit: (reason: number) => {
          this.reason = reason;
          return 0;
        },
        decode: () => undefined,
        service: () => Status.Exit,
        compute: () => undefined,
        fp: (code: number, d: number, n: number, m: number, a: number) => fp.execute(code, d, n, m, a),
      },
    });
    this.exports = instance.exports as unknown as CoreExports;
    for (let i = 0; i < DATA_TLB_ENTRIES; i++) this.setDataTlb(i, NEVER, 0);
    for (let i = 0; i < CODE_TLB_ENTRIES; i++) {
      this.view.setBigUint64(vcpus + VcpuLayout.codeTlb + i * CodeTlbEntry.size, NEVER, true);
    }
    const entry = vcpus + VcpuLayout.codeTlb + ((CODE >>> 12) % CODE_TLB_ENTRIES) * CodeTlbEntry.size;
    this.view.setBigUint64(entry + CodeTlbEntry.offset.tag, CODE_ADDRESS, true);
    this.view.setUint32(entry + CodeTlbEntry.offset.records, codePages, true);
  }

  private setDataTlb(index: number, tag: bigint, addend: number): void {
    const at = this.layout.vcpus + VcpuLayout.dataTlb + index * DataTlbEntry.size;
    this.view.setBigUint64(at + DataTlbEntry.offset.readTag, tag, true);
    this.view.setBigUint64(at + DataTlbEntry.offset.writeTag, tag, true);
    this.view.setUint32(at + DataTlbEntry.offset.addend, addend >>> 0, true);
  }

  /** Accesses that missed the TLB: the memory page, misaligned or at its edge, and everything else. */
  private access(high: number, low: number, bytes: number, flags: number): number {
    const address = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
    const align = flags & 8 ? 1 << (((flags >> 4) & 7) - 1) : 1;
    const at = Number(address) - MEMORY;
    if (at >= 0 && at + bytes <= MEMORY_SIZE && at % align === 0) {
      this.setDataTlb((MEMORY >>> 12) % DATA_TLB_ENTRIES, MEMORY_ADDRESS, this.layout.ram + PAGE - MEMORY);
      return this.layout.ram + PAGE + at;
    }
    this.faultAddress = address;
    this.faultSignal = at % align === 0 ? SIGSEGV : SIGBUS;
    this.view.setUint32(this.layout.vcpus + controlFieldOffset.exitReason, ExitReason.DataAbort, true);
    return 0;
  }

  /** Whether FP and AdvSIMD instructions trap, as CPACR_EL1 can have it; they then give the kind 'refused'. */
  setFpTrapped(trapped: boolean): void {
    this.view.setUint32(this.layout.vcpus + controlFieldOffset.fpTrapped, trapped ? 1 : 0, true);
  }

  /** Runs cases in order; one result for each. */
  runCases(cases: readonly InstructionCase[], mode: EngineMode = 'run'): InstructionResult[] {
    return cases.map((c) => this.runCase(c, mode));
  }

  runCase(input: InstructionCase, mode: EngineMode = 'run'): InstructionResult {
    const { view, bytes, layout } = this;
    const v = layout.vcpus;
    const ram = layout.ram + PAGE;
    const x = (slot: number): number => v + archOffset.x + 8 * slot;
    const xSlot = (register: number): number => (register === 31 ? XSlot.SP : register);
    bytes.fill(0, v + archOffset.x, v + archOffset.x + 34 * 8);
    bytes.fill(0, v + archOffset.v, v + archOffset.v + 32 * 16);
    bytes.fill(0, ram, ram + PAGE);
    view.setBigUint64(x(XSlot.SP), MEMORY_ADDRESS + BigInt(MEMORY_SIZE), true);
    for (const [register, value] of input.x ?? []) {
      view.setBigUint64(x(xSlot(register)), BigInt.asUintN(64, value), true);
    }
    for (const [register, value] of input.v ?? []) {
      view.setBigUint64(v + archOffset.v + 16 * register, BigInt.asUintN(64, value), true);
      view.setBigUint64(v + archOffset.v + 16 * register + 8, BigInt.asUintN(64, value >> 64n), true);
    }
    if (input.memory) bytes.set(input.memory, ram);
    view.setUint32(v + archOffset.nzcv, input.nzcv ?? 0, true);
    view.setUint32(v + archOffset.fpcr, input.fpcr ?? 0, true);
    view.setUint32(v + archOffset.fpsr, input.fpsr ?? 0, true);
    view.setUint32(v + archOffset.btype, 0, true);
    view.setBigUint64(v + archOffset.pc, CODE_ADDRESS, true);
    const before = bytes.slice(v + archOffset.x, v + archOffset.v + 32 * 16);
    const beforeMemory = bytes.slice(ram, ram + PAGE);

    const at = layout.codePages >> 2;
    this.writer.write(input.word | 0, 0, this.words, at);
    this.words[at + 4] = PseudoOperation.Undefined;
    this.faultAddress = 0n;
    let reason: number;
    if (mode === 'run') {
      this.reason = ExitReason.Slice;
      this.exports.run(v, 1 << 10);
      reason = this.reason;
    } else {
      const status = this.exports.step(v, layout.codePages);
      reason = ExitReason.Undefined;
      if (status === Status.Next) view.setBigUint64(v + archOffset.pc, CODE_ADDRESS + 4n, true);
      else if (status === Status.Exit) reason = view.getUint32(v + controlFieldOffset.exitReason, true);
    }
    const pc = view.getBigUint64(v + archOffset.pc, true);
    const { kind, signal } = this.outcome(reason, pc);

    const old = new DataView(before.buffer);
    const changedX: [number, bigint][] = [];
    const changedV: [number, bigint][] = [];
    for (let r = 0; r < 32; r++) {
      const value = view.getBigUint64(x(xSlot(r)), true);
      if (value !== old.getBigUint64(8 * xSlot(r), true)) changedX.push([r, value]);
    }
    const vBase = archOffset.v - archOffset.x;
    for (let r = 0; r < 32; r++) {
      const low = view.getBigUint64(v + archOffset.v + 16 * r, true);
      const high = view.getBigUint64(v + archOffset.v + 16 * r + 8, true);
      if (low !== old.getBigUint64(vBase + 16 * r, true) || high !== old.getBigUint64(vBase + 16 * r + 8, true)) {
        changedV.push([r, low | (high << 64n)]);
      }
    }
    const changedMemory: [number, Uint8Array][] = [];
    for (let offset = 0; offset < PAGE && input.memory !== undefined; offset += 16) {
      const piece = bytes.slice(ram + offset, ram + offset + 16);
      if (piece.some((b, i) => b !== beforeMemory[offset + i])) changedMemory.push([offset, piece]);
    }
    return {
      kind,
      signal,
      pc,
      address: signal === SIGSEGV || signal === SIGBUS ? this.faultAddress : 0n,
      x: changedX,
      v: changedV,
      nzcv: view.getUint32(v + archOffset.nzcv, true),
      fpcr: view.getUint32(v + archOffset.fpcr, true),
      fpsr: view.getUint32(v + archOffset.fpsr, true),
      memory: changedMemory,
    };
  }

  private outcome(reason: number, pc: bigint): { kind: ResultKind; signal: number } {
    if (reason === ExitReason.Undefined && pc === CODE_ADDRESS + 4n) return { kind: 'completed', signal: 0 };
    if (reason === ExitReason.Undefined) return { kind: 'signal', signal: SIGILL };
    if (reason === ExitReason.DataAbort) return { kind: 'signal', signal: this.faultSignal };
    if (reason === ExitReason.Fetch) return { kind: 'signal', signal: SIGSEGV };
    if (reason === ExitReason.Breakpoint) return { kind: 'signal', signal: SIGTRAP };
    return { kind: 'refused', signal: 0 };
  }
}

/** What differs between two results, in words; undefined when nothing does. */
export function difference(expected: InstructionResult, actual: InstructionResult): string | undefined {
  const text = (value: unknown): string =>
    JSON.stringify(value, (_key, item: unknown) => {
      if (typeof item === 'bigint') return `0x${item.toString(16)}`;
      return item instanceof Uint8Array ? Buffer.from(item).toString('hex') : item;
    });
  const fields = ['kind', 'signal', 'x', 'v', 'nzcv', 'fpcr', 'fpsr', 'memory'] as const;
  const different = fields.filter((field) => text(expected[field]) !== text(actual[field]));
  if (different.length === 0) return undefined;
  return different.map((field) => `${field}: ${text(expected[field])} expected, got ${text(actual[field])}`).join('; ');
}
