import type { CpuState } from '../../src/arch/cpu-state.js';
import type { CpuModel } from '../../src/arch/features/cpu-model.js';
import { authenticate, computePac, PauthControl, PauthControlCache, PauthKey } from '../../src/arch/pauth.js';
import type { SystemTrap } from '../../src/arch/sysreg/access.js';
import { mopsEnabled, pauthInstructionTrap } from '../../src/arch/sysreg/instruction-traps.js';
import { controlFieldOffset } from '../layout/vcpu-layout.js';

/** Words of pauthInstruction and pauthData. */
const LAYOUT_WORDS = 12;

/**
 * Keeps the fields of ControlState that say how pointer authentication and memory copy instructions behave at the current
 * Exception level.
 */
export class InstructionControls {
  private readonly words: Uint32Array;
  private readonly scratch: BigUint64Array;
  private readonly pauth: PauthControlCache;
  /** What the layout fields hold now. */
  private written: Uint32Array | undefined;
  private readonly hasPauth: boolean;
  private readonly hasMemoryCopy: boolean;

  /** @param vcpuBase WasmOffset of the vCPU block */
  constructor(
    private readonly cpu: CpuState,
    vcpuBase: number,
    model: CpuModel,
  ) {
    this.words = new Uint32Array(cpu.buffer, vcpuBase + controlFieldOffset.pauthControl, 2 + LAYOUT_WORDS);
    this.scratch = new BigUint64Array(cpu.buffer, vcpuBase + controlFieldOffset.scratch, 4);
    this.pauth = new PauthControlCache(cpu, model);
    this.hasPauth = model.has('FEAT_PAuth');
    this.hasMemoryCopy = model.has('FEAT_MOPS');
  }

  /**
   * Call after reset, after every change of Exception level, and after writes to SCTLR_ELx, TCR_ELx, HCR_EL2, HCRX_EL2
   * and SCR_EL3.
   */
  update(): void {
    const { words } = this;
    if (this.hasPauth) {
      const controls = this.pauth.current();
      words[0] = controls.control;
      if (controls.words !== this.written) {
        this.written = controls.words;
        words.set(controls.words, 2);
      }
    }
    words[1] = this.hasMemoryCopy && mopsEnabled(this.cpu) ? 1 : 0;
  }

  /** As update, when ControlState was cleared or replaced, or was written by another thread. */
  reset(): void {
    this.written = undefined;
    this.update();
  }

  /** ComputeId.pointerAuthenticationCode. */
  computePac(): void {
    const { scratch } = this;
    const algorithm = this.words[0] >>> PauthControl.ALGORITHM_SHIFT;
    scratch[0] = computePac(algorithm, scratch[0], scratch[1], scratch[3], scratch[2]);
  }

  /**
   * AuthIA or AuthIB as ERETAA and ERETAB use it: the return address to go to (`pointer` itself when the key is
   * disabled), AUTHENTICATION_FAILED, or the trap to take.
   */
  authenticateReturn(key: 'IA' | 'IB', pointer: bigint, modifier: bigint): bigint | SystemTrap {
    const controls = this.pauth.current();
    const bit = (shift: number): boolean => ((controls.control >>> (shift + PauthKey[key])) & 1) !== 0;
    if (bit(PauthControl.TRAPPED_SHIFT)) return pauthInstructionTrap(this.cpu) ?? pointer;
    if (!bit(PauthControl.ENABLED_SHIFT)) return pointer;
    return authenticate(this.cpu, controls, PauthKey[key], pointer, modifier, true);
  }
}
