/** The PC and PSTATE.BTYPE behind branches, and what is checked when an instruction is fetched. */
import type { CpuState } from '../../src/arch/cpu-state.js';
import { branchAddress, isLandingPad, syndrome } from '../../src/arch/exceptions/index.js';
import { ArchState } from '../../src/arch/state-layout.js';
import type { CodeStore } from '../code/code-store.js';
import {
  CODE_TLB_ENTRIES, CODE_TLB_ENTRY_SHIFT, CodeTlbEntry, controlFieldOffset, VcpuLayout,
} from '../layout/vcpu-layout.js';
import type { VcpuMmu } from '../mmu/memory-access.js';
import type { Exceptions } from './exceptions.js';

const PC = ArchState.offset.pc >> 2;
const BTYPE = ArchState.offset.btype >> 2;
/** BTYPE of BR, while it is open whether it lies in a guarded page. */
const BTYPE_BR = 3;
/** BTI, whatever its targets. */
const BTI_MASK = 0xffffff3f | 0;
const BTI = 0xd503241f | 0;

export class Fetch {
  private readonly words: Int32Array;
  private readonly branchSource: number;

  constructor(
    private readonly state: CpuState,
    private readonly mmu: VcpuMmu,
    private readonly code: CodeStore,
    private readonly exceptions: Exceptions,
    private readonly hasBti: boolean,
  ) {
    this.words = new Int32Array(state.buffer);
    this.branchSource = (state.base + controlFieldOffset.branchSource) >> 2;
  }

  /** PC and BTYPE as a branch leaves them for good, its target being looked at. */
  settleBranch(): void {
    const { words, branchSource } = this;
    this.settleJump(words[branchSource], words[branchSource + 1]);
  }

  /** The same for a branch from the address with these halves. */
  settleJump(low: number, high: number): void {
    const { u32 } = this.state;
    this.settleTarget();
    if (!this.hasBti) u32[BTYPE] = 0;
    else if (u32[BTYPE] === BTYPE_BR) this.settleBranchType(low, high);
  }

  /**
   * For the engine, which had a branch to the PC: enters its page into the code TLB, and lets it go on at a landing pad.
   * @returns 0 when it takes more than that
   */
  refetch(): number {
    this.settleBranch();
    const { state, mmu, code } = this;
    const { u32 } = state;
    const low = u32[PC] | 0;
    if ((low & 3) !== 0) return 0;
    const records = mmu.fetch(u32[PC + 1] | 0, low);
    if (records === 0 || u32[BTYPE] === 0) return records;
    const word = code.wordAt(records + ((low & 0xffc) << 2));
    // others take exceptions, which report BTYPE
    if (this.guarded() && ((word & BTI_MASK) !== BTI || !isLandingPad(state, word, u32[BTYPE]))) return 0;
    u32[BTYPE] = 0;
    return records;
  }

  /** Record of the instruction at the PC, after the checks of a fetch; 0 when an exception was taken instead. */
  record(): number {
    const { state, mmu } = this;
    const pcLow = state.u32[PC] | 0;
    if (!this.hasBti) state.u32[BTYPE] = 0;
    if ((pcLow & 3) !== 0) {
      this.exceptions.synchronous(syndrome.pcAlignment(), state.pc);
      return 0;
    }
    const records = mmu.fetch(state.u32[PC + 1] | 0, pcLow);
    if (records === 0) {
      this.exceptions.instructionAbort();
      return 0;
    }
    return records + ((pcLow & 0xffc) << 2);
  }

  /** Word index of the code TLB entry that translates an address, by its lower half; that of the PC is the default. */
  private codeEntry(low = this.state.u32[PC]): number {
    const page = (low >>> 12) & (CODE_TLB_ENTRIES - 1);
    return (this.state.base + VcpuLayout.codeTlb + (page << CODE_TLB_ENTRY_SHIFT)) >> 2;
  }

  /** Is the page of the instruction that was fetched last a guarded one? @param low lower half of its address */
  guarded(low = this.state.u32[PC]): boolean {
    return (this.words[this.codeEntry(low) + (CodeTlbEntry.offset.flags >> 2)] & 1) !== 0;
  }

  /**
   * The PC after a branch has no tag where translation ignores tags (AArch64.BranchAddr). Code TLBs hold addresses without
   * tags only: a branch to another one comes here first.
   */
  private settleTarget(): void {
    const { state } = this;
    const top = (state.u32[PC + 1] | 0) >> 23;
    if (top !== 0 && top !== -1) state.pc = branchAddress(state, state.pc);
  }

  /** BR to a register other than X16 and X17 leaves BTYPE 3 in guarded pages only, else 1 (Arm ARM, BTypeNext of BR). */
  private settleBranchType(low: number, high: number): void {
    const { state, mmu } = this;
    if (mmu.fetch(high, low) !== 0 && !this.guarded(low)) state.u32[BTYPE] = 1;
  }

  /** Word of the instruction being executed. */
  currentWord(): number {
    const records = this.words[this.codeEntry() + (CodeTlbEntry.offset.records >> 2)];
    return this.code.wordAt(records + ((this.state.u32[PC] & 0xffc) << 2));
  }
}
