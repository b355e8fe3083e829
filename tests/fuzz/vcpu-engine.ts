/**
 * Runs batches on the real vCPU (runtime/vcpu/vcpu.ts): its run loop, translation tables, TLBs, decoded code and system
 * registers. Cases run at EL0; what ends one is an exception taken to EL1, from which the outcome is read.
 */
import { DeviceMemory } from '../../devices/bus/device-memory.js';
import { Gic } from '../../devices/gic/gic.js';
import { compileModule } from '../../jit/interpreter/compile.js';
import { ExitReason } from '../../jit/emitter/services.js';
import { RecordWriter } from '../../jit/interpreter/records.js';
import { Selector } from '../../jit/interpreter/selector.js';
import { ImmediateTranslations } from '../../runtime/code/immediate-translations.js';
import { CodeStore } from '../../runtime/code/code-store.js';
import { RecordMemo } from '../../runtime/code/record-memo.js';
import { HostClock } from '../../runtime/clock.js';
import { memoryLayout } from '../../runtime/layout/memory-layout.js';
import { controlFieldOffset } from '../../runtime/layout/vcpu-layout.js';
import { ALL_SPACES, PhysicalMap } from '../../runtime/mmu/physical-map.js';
import { Engine } from '../../runtime/vcpu/engine.js';
import { Vcpu } from '../../runtime/vcpu/vcpu.js';
import { createCpuModel, type CpuModel } from '../../src/arch/features/cpu-model.js';
import { updateSecurity } from '../../src/arch/pstate.js';
import { ArchState, XSlot } from '../../src/arch/state-layout.js';
import { sysregWord } from '../../src/arch/sysreg/storage.js';
import { type Batch, BatchResult, OutcomeKind, SegvCode, Signal } from './batch.js';
import type { FuzzEngine } from './engine.js';
import type { FuzzCpu } from './engines.js';
import {
  CaseFlag, CODE_ADDRESS, CODE_BYTES, GUARDED_OFFSET, LEAVE_ADDRESS, LINK_ADDRESS, MEMORY_ADDRESS, MEMORY_BYTES,
  PAGE, PIECE_BYTES, StateOffset, WRITABLE_BYTES,
} from './layout.js';

/** `run`: the main loop; `step`: every instruction by its own function; `jit`: translated code from the start. */
export type VcpuMode = 'run' | 'step' | 'jit';

const RAM = 0x4000_0000;
/** In RAM: translation tables, the page to leave by, scratch memory, code. */
const TABLES = 0;
const LEAVE = 0x1_0000;
const MEMORY = 0x2_0000;
const CODE = 0x4_0000;
const LINK = CODE + CODE_BYTES;
const RAM_BYTES = LINK + 0x1_0000;

/** SVC #0xffff is how a case leaves. */
const LEAVE_WORD = 0xd41fffe1;
const LEAVE_IMMEDIATE = 0xffff;
/** Instructions, turns of the run loop, or single steps after which a case has timed out. */
const INSTRUCTIONS = 400_000n;
const TURNS = 4000;
const STEPS = 100_000;

const Sctlr = {
  M: 1n, C: 1n << 2n, I: 1n << 12n, EnDB: 1n << 13n, DZE: 1n << 14n, UCT: 1n << 15n, EIS: 1n << 22n, SPAN: 1n << 23n,
  UCI: 1n << 26n, EnDA: 1n << 27n, nTLSMD: 1n << 28n, LSMAOE: 1n << 29n, EnIB: 1n << 30n, EnIA: 1n << 31n,
  MSCEn: 1n << 33n, BT0: 1n << 35n,
} as const;
/** T0SZ 16, 4 KiB granule, TTBR1 off, 48-bit output, TBI0. */
const TCR = 16n | (1n << 23n) | (5n << 32n) | (1n << 37n);

/** Descriptor bits of a page for EL0. */
const VALID_PAGE = 3n | (3n << 8n) | (1n << 10n) | (1n << 53n);
const Access = { ReadWrite: 1n << 6n, ReadOnly: 3n << 6n, NoExecute: 1n << 54n, Guarded: 1n << 50n } as const;

/** Exception classes, and fault status codes. */
const Ec = { Unknown: 0, Wfx: 1, Bti: 0x0d, Svc: 0x15, SystemRegister: 0x18, Fpac: 0x1c, InstructionAbort: 0x20,
  PcAlignment: 0x22, DataAbort: 0x24, SpAlignment: 0x26, MemoryCopy: 0x27, Brk: 0x3c } as const;
const ALIGNMENT_FAULT = 0x21;

/** Keys of pointer authentication unless others are given. */
const DEFAULT_KEYS: readonly bigint[] = Array.from({ length: 10 }, (_, i) =>
  (i & 1 ? 0xec2802d4e0a488e9n : 0x84be85ce9804e94bn) ^ BigInt(i >> 1));
const DEFAULT_CPU: FuzzCpu = { model: 'max', pauth: 'impdef' };

export class VcpuEngine implements FuzzEngine {
  readonly name: string;
  readonly version = 'ulna';
  readonly model: CpuModel;
  cpu: FuzzCpu;
  /** Encodings that were met and have no semantics. */
  readonly unimplemented = new Set<string>();
  private readonly layout = memoryLayout(1, RAM_BYTES);
  private readonly memory = new WebAssembly.Memory({
    initial: this.layout.totalBytes >> 16, maximum: 65536, shared: true,
  });
  private readonly bytes = new Uint8Array(this.memory.buffer);
  private readonly words = new Int32Array(this.memory.buffer);
  private readonly longs = new BigUint64Array(this.memory.buffer);
  private readonly code: CodeStore;
  private readonly vcpu: Vcpu;
  private turns = 0;
  /** The vCPU's count of retired instructions, as an index of `longs`, and where it times out. */
  private readonly retired = (this.layout.vcpus + controlFieldOffset.instructions) >> 3;
  private limit = 0n;
  /** The case has reached the instruction to leave by, and is still at EL0. */
  private left = false;
  /** PSTATE or a control register may differ from what a case starts with. */
  private stale = true;
  /** What the scratch memory holds, while it is known. */
  private shown: Uint8Array | undefined;

  constructor(wasm: Uint8Array, private readonly mode: VcpuMode = 'run', cpu: FuzzCpu = DEFAULT_CPU) {
    this.name = `ulna (${{ run: 'main loop', step: 'single operations', jit: 'translated' }[mode]})`;
    const { layout, memory } = this;
    const noPauth = !createCpuModel(cpu.model).has('FEAT_PAuth');
    this.model = createCpuModel(cpu.model, noPauth ? {} : { pauth: cpu.pauth });
    this.cpu = cpu;
    const model = this.model;
    const writer = new RecordWriter({
      hasFeature: (name) => model.has(name as never),
      onUnimplemented: (encoding) => this.unimplemented.add(encoding.name),
    });
    this.code = new CodeStore(
      memory, layout, writer, () => this.vcpu.mmu.tlb.flushAll(), true, mode === 'jit' ? 1 : 0, true, undefined,
      new RecordMemo(memory),
    );
    const selector = new Selector({ hasFeature: (name) => model.has(name as never) });
    const translations = mode === 'jit' ? new ImmediateTranslations(memory, layout, selector) : undefined;
    const config = { cpus: 1, spis: 32, el3: false, el2: false };
    const gicBytes = Gic.bytes(config);
    const gic = new Gic(
      new DeviceMemory(new SharedArrayBuffer((gicBytes + 7) & ~7), 0, (gicBytes + 7) & ~7), config,
      { update: () => undefined },
    );
    gic.reset();
    const ram = {
      name: 'ram', base: RAM, size: RAM_BYTES, spaces: ALL_SPACES, kind: 'ram', wasmOffset: layout.ram,
    } as const;
    this.vcpu = new Vcpu({
      index: 0, memory, base: layout.vcpus, model, affinity: 0n, map: new PhysicalMap([ram], layout.ram),
      bus: { read: () => 0, write: () => undefined }, gic, clock: new HostClock(), code: this.code,
      engine: new Engine({ memory, layout, core: compileModule(wasm), translations }),
      host: { firmwareCall: () => 'other', stopRequested: () => this.stopRequested() },
    });
    new Uint32Array(memory.buffer)[0] = 0;
    this.vcpu.reset();
    this.writeTables();
    this.words[(layout.ram + LEAVE) >> 2] = LEAVE_WORD | 0;
    const { state } = this.vcpu;
    const sctlr = Object.values(Sctlr).reduce((all, bit) => all | bit, 0n);
    for (const [name, value] of Object.entries({
      SCTLR_EL1: sctlr, TCR_EL1: TCR, MAIR_EL1: 0xffn, TTBR0_EL1: BigInt(RAM + TABLES), CPACR_EL1: 3n << 20n,
    })) state.setSysreg(name, value);
    this.setKeys(cpu.keys ?? DEFAULT_KEYS);
    this.vcpu.powered = true;
    this.enterEl0();
    this.vcpu.mmu.reset();
    updateSecurity(state);
    this.vcpu.modeChanged();
    this.interceptLeaving();
  }

  /** Instructions retired so far. */
  get instructions(): number {
    return Number(this.longs[this.retired]);
  }
  /** Of them, those that ran as translated code. */
  get translated(): number {
    return Number(this.longs[(this.layout.vcpus + controlFieldOffset.instructionsTranslated) >> 3]);
  }

  /** Pointer authentication keys: low and high half of IA, IB, DA, DB and GA. */
  setKeys(keys: readonly bigint[]): void {
    this.cpu = { ...this.cpu, keys };
    ['IA', 'IB', 'DA', 'DB', 'GA'].forEach((key, i) => {
      this.vcpu.state.setSysreg(`AP${key}KeyLo_EL1`, keys[2 * i]);
      this.vcpu.state.setSysreg(`AP${key}KeyHi_EL1`, keys[2 * i + 1]);
    });
  }

  private writeTables(): void {
    const { layout, longs } = this;
    let next = TABLES;
    const table = (): number => {
      const at = next;
      next += PAGE;
      return at;
    };
    const slot = (at: number, index: number): number => (layout.ram + at + 8 * index) >> 3;
    const levels = [table()];
    const page = (va: number, pa: number, bits: bigint): void => {
      let at = levels[0];
      for (const shift of [39, 30, 21]) {
        const index = Math.floor(va / 2 ** shift) & 511;
        const entry = slot(at, index);
        if (longs[entry] === 0n) longs[entry] = BigInt(RAM + table()) | 3n;
        at = Number(longs[entry] & ~3n) - RAM;
      }
      longs[slot(at, (va >>> 12) & 511)] = BigInt(RAM + pa) | VALID_PAGE | bits;
    };
    page(LEAVE_ADDRESS, LEAVE, Access.ReadWrite);
    for (let at = 0; at < CODE_BYTES; at += PAGE) {
      page(CODE_ADDRESS + at, CODE + at, Access.ReadWrite | (at >= GUARDED_OFFSET ? Access.Guarded : 0n));
    }
    page(LINK_ADDRESS, LINK, Access.ReadWrite | Access.NoExecute);
    for (let at = 0; at < MEMORY_BYTES; at += PAGE) {
      const bits = at < WRITABLE_BYTES ? Access.ReadWrite : Access.ReadOnly;
      page(MEMORY_ADDRESS + at, MEMORY + at, bits | Access.NoExecute);
    }
  }

  /** Asked by the run loop before every slice. */
  private stopRequested(): boolean {
    return this.left || this.vcpu.state.u32[EL] !== 0 || ++this.turns > TURNS || this.longs[this.retired] > this.limit;
  }

  /** The SVC of the way out ends the case where it is: an exception to EL1 and back would cost more than the case. */
  private interceptLeaving(): void {
    const { vcpu, words, layout } = this;
    const handleExit = vcpu['handleExit'].bind(vcpu);
    const info = (layout.vcpus + controlFieldOffset.exitInfo) >> 2;
    vcpu['handleExit'] = (reason: number): void => {
      const leaves = reason === ExitReason.SupervisorCall && (words[info] & 0xffff) === LEAVE_IMMEDIATE;
      if (leaves && vcpu.state.pc === BigInt(LEAVE_ADDRESS)) this.left = true;
      else handleExit(reason);
    };
  }

  private enterEl0(): void {
    const { u32 } = this.vcpu.state;
    u32.fill(0, ArchState.offset.nzcv >> 2, ArchState.offset.security >> 2);
    u32[ArchState.offset.daif >> 2] = 15;
  }

  run(batch: Batch): Promise<BatchResult> {
    const { bytes, layout, code } = this;
    const result = new BatchResult(batch.count);
    bytes.set(new Uint8Array(batch.code.buffer, 0, batch.codeBytes), layout.ram + CODE);
    code.invalidate(CODE, batch.codeBytes);
    this.shown = undefined;
    for (let i = 0; i < batch.count; i++) this.runCase(batch, i, result);
    return Promise.resolve(result);
  }

  private runCase(batch: Batch, index: number, result: BatchResult): void {
    const { bytes, longs, words, layout, vcpu } = this;
    const { state } = vcpu;
    const v = layout.vcpus;
    const to = v >> 2;
    const from = batch.stateAt(index) >> 2;
    const source = batch.caseWords;
    this.enterEl0();
    for (let i = 0; i < X_WORDS; i++) words[to + X_WORD + i] = source[from + i];
    for (let i = 0; i < V_WORDS; i++) words[to + V_WORD + i] = source[from + (StateOffset.v >> 2) + i];
    words[to + SP_WORD] = source[from + (StateOffset.sp >> 2)];
    words[to + SP_WORD + 1] = source[from + (StateOffset.sp >> 2) + 1];
    words[to + NZCV] = source[from + (StateOffset.nzcv >> 2)] >>> 28;
    words[to + FPCR] = source[from + (StateOffset.fpcr >> 2)];
    words[to + FPSR] = source[from + (StateOffset.fpsr >> 2)];
    words[to + TPIDR] = source[from + (StateOffset.tpidr >> 2)];
    words[to + TPIDR + 1] = source[from + (StateOffset.tpidr >> 2) + 1];
    words[(v + controlFieldOffset.monitorArmed) >> 2] = 0;
    const link = (layout.ram + LINK) >> 3;
    longs[link] = longs[(v >> 3) + X + 30];
    words[to + 2 * PC] = CODE_ADDRESS + batch.entry(index) + 4;
    words[to + 2 * PC + 1] = 0;
    const memory = layout.ram + MEMORY;
    const image = batch.usesMemory(index) ? batch.imageOf(index) : undefined;
    if (image !== undefined && this.shown !== image) {
      bytes.set(image, memory);
      this.shown = image;
    }
    if (this.stale) vcpu.modeChanged();
    this.stale = false;
    this.turns = 0;
    this.limit = longs[this.retired] + INSTRUCTIONS;
    this.left = false;
    for (;;) {
      if (this.mode !== 'step') vcpu.run();
      else this.step();
      if (this.left || state.u32[EL] === 0 || !this.emulated()) break;
    }
    this.record(index, result);
    // Exceptions change the mode; so may MSR, which such cases are marked for.
    this.stale = !this.left || (batch.flags(index) & CaseFlag.Pstate) !== 0;
    if (image !== undefined) this.recordMemory(index, image, result);
  }

  /** What Linux carries out for EL0: WFI and WFE do nothing. Back at EL0 then. */
  private emulated(): boolean {
    const { state } = this.vcpu;
    if (Number(state.sysreg('ESR_EL1') >> 26n) !== Ec.Wfx) return false;
    const pstate = Number(state.sysreg('SPSR_EL1') & 0xffff_ffffn);
    const sp = state.u64[SP_EL0];
    this.enterEl0();
    state.setField('nzcv', pstate >>> 28);
    state.setX(XSlot.SP, sp);
    state.pc = state.sysreg('ELR_EL1') + 4n;
    this.vcpu.modeChanged();
    return true;
  }

  /**
   * Fetches and executes one instruction after the other, each by its function, until EL1 or too many. The run loop has
   * no such mode of its own, so this uses what it uses.
   */
  private step(): void {
    const { vcpu, code } = this;
    const { u32 } = vcpu.state;
    for (let n = 0; n < STEPS && u32[EL] === 0 && !this.left; n++) {
      // behind an indirect branch: landing pads are looked at too
      if (u32[BTYPE] !== 0) {
        vcpu['beforeInstruction']();
        continue;
      }
      const record = vcpu['fetch'].record();
      if (record !== 0) vcpu['stepOne'](record, code.wordAt(record), false);
    }
  }

  private record(index: number, result: BatchResult): void {
    const { words, layout, left } = this;
    const { state } = this.vcpu;
    const from = layout.vcpus >> 2;
    const out = result.words;
    const to = result.stateAt(index) >> 2;
    for (let i = 0; i < X_WORDS; i++) out[to + i] = words[from + X_WORD + i];
    for (let i = 0; i < V_WORDS; i++) out[to + (StateOffset.v >> 2) + i] = words[from + V_WORD + i];
    if (!left && state.u32[EL] === 0) {
      result.set(index, OutcomeKind.TimedOut, 0, 0, state.pc, 0n);
      return;
    }
    const sp = from + (left ? SP_WORD : 2 * SP_EL0);
    out[to + (StateOffset.sp >> 2)] = words[sp];
    out[to + (StateOffset.sp >> 2) + 1] = words[sp + 1];
    out[to + (StateOffset.nzcv >> 2)] = left ? words[from + NZCV] << 28 : words[from + SPSR] & 0xf0000000;
    out[to + (StateOffset.fpcr >> 2)] = words[from + FPCR];
    out[to + (StateOffset.fpsr >> 2)] = words[from + FPSR];
    out[to + (StateOffset.tpidr >> 2)] = words[from + TPIDR];
    out[to + (StateOffset.tpidr >> 2) + 1] = words[from + TPIDR + 1];
    if (left) result.set(index, OutcomeKind.Left, 0, 0, BigInt(LEAVE_ADDRESS), 0n);
    else this.outcome(index, result);
  }

  /** The exception as Linux reports it to a process. */
  private outcome(index: number, result: BatchResult): void {
    const { state } = this.vcpu;
    const esr = Number(state.sysreg('ESR_EL1') & 0xffff_ffffn);
    const pc = state.sysreg('ELR_EL1');
    const signal = (number: number, code: number, address: bigint): void =>
      result.set(index, OutcomeKind.Signal, number, code, pc, address);
    const far = state.sysreg('FAR_EL1');
    switch (esr >>> 26) {
      case Ec.InstructionAbort:
      case Ec.DataAbort: {
        const status = esr & 63;
        if (status === ALIGNMENT_FAULT) signal(Signal.Bus, 1, far);
        else signal(Signal.Segv, status >= 12 && status < 16 ? SegvCode.Access : SegvCode.Map, far);
        return;
      }
      case Ec.PcAlignment:
      case Ec.SpAlignment:
        return signal(Signal.Bus, 1, esr >>> 26 === Ec.PcAlignment ? far : 0n);
      case Ec.Brk:
        return signal(Signal.Trap, 1, 0n);
      case Ec.Unknown:
      case Ec.Bti:
      case Ec.Fpac:
      case Ec.MemoryCopy:
      case Ec.SystemRegister:
        return signal(Signal.Ill, 1, 0n);
      default:
        signal(0, 0x1_0000 | (esr >>> 26), 0n);
    }
  }

  private recordMemory(index: number, image: Uint8Array, result: BatchResult): void {
    const { bytes, layout } = this;
    const memory = layout.ram + MEMORY;
    const now = bytes.subarray(memory, memory + WRITABLE_BYTES);
    if (Buffer.compare(now, image.subarray(0, WRITABLE_BYTES)) === 0) return;
    const after = new Uint32Array(this.memory.buffer, memory, WRITABLE_BYTES / 4);
    const before = new Uint32Array(image.buffer, image.byteOffset, WRITABLE_BYTES / 4);
    const changed: number[] = [];
    for (let i = 0; i < after.length; i += 4) {
      if (
        after[i] !== before[i] || after[i + 1] !== before[i + 1] || after[i + 2] !== before[i + 2] ||
        after[i + 3] !== before[i + 3]
      ) changed.push(4 * i);
    }
    const pieces = new Uint8Array(changed.length * PIECE_BYTES);
    changed.forEach((at, i) => {
      new DataView(pieces.buffer).setUint32(i * PIECE_BYTES, at, true);
      pieces.set(bytes.subarray(memory + at, memory + at + 16), i * PIECE_BYTES + 8);
      bytes.set(image.subarray(at, at + 16), memory + at);
    });
    result.setPieces(index, pieces);
  }

  close(): void {
    this.shown = undefined;
  }
}

/** 32-bit indexes in a vCPU's block. */
const word = (offset: number): number => offset >> 2;
const EL = word(ArchState.offset.el);
const BTYPE = word(ArchState.offset.btype);
const NZCV = word(ArchState.offset.nzcv);
const FPCR = word(ArchState.offset.fpcr);
const FPSR = word(ArchState.offset.fpsr);
const X_WORD = word(ArchState.offset.x);
const X_WORDS = 2 * 31;
const V_WORD = word(ArchState.offset.v);
const V_WORDS = 4 * 32;
const SP_WORD = X_WORD + 2 * XSlot.SP;
const TPIDR = sysregWord('TPIDR_EL0');
const SPSR = sysregWord('SPSR_EL1');
/** 64-bit indexes. */
const X = ArchState.offset.x >> 3;
const PC = ArchState.offset.pc >> 3;
const SP_EL0 = ArchState.offset.sp >> 3;
