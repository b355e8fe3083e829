import { CpuState } from '../../../src/arch/cpu-state.js';
import { createCpuModel, type CpuModel, type CpuOptions } from '../../../src/arch/features/cpu-model.js';
import { setExceptionLevelAndStack } from '../../../src/arch/pstate.js';
import { affinityOf, resetCpu } from '../../../src/arch/reset.js';
import { ArchState } from '../../../src/arch/state-layout.js';
import { isTrap, type SystemTrap } from '../../../src/arch/sysreg/access.js';
import type { SysregHost } from '../../../src/arch/sysreg/host.js';
import { SystemRegisters } from '../../../src/arch/sysreg/system-registers.js';
import { SYSREG_BY_NAME } from '../../../src/arch/sysreg/table/index.js';

/** One PE with everything around it under the test's control. */
export class TestCpu {
  readonly model: CpuModel;
  readonly state = new CpuState(new ArrayBuffer(ArchState.size), 0);
  readonly registers: SystemRegisters;
  count = 0n;
  cycles = 0n;
  instructions = 0n;
  lines = 0;
  pmuInterrupt = false;
  timerChanges = 0;
  randomValue: bigint | undefined = 0x1234n;
  readonly gic = new Map<string, bigint>([['ICC_SRE_EL1', 7n], ['ICC_SRE_EL2', 15n], ['ICC_SRE_EL3', 15n]]);

  constructor(name: string, options: CpuOptions = {}) {
    this.model = createCpuModel(name, options);
    resetCpu(this.state, this.model, { affinity: affinityOf(0) });
    this.registers = new SystemRegisters(this.state, this.model, this.host());
  }

  private host(): SysregHost {
    return {
      gic: { read: (name) => this.gic.get(name) ?? 0n, write: (name, value) => void this.gic.set(name, value) },
      timer: { count: () => this.count, changed: () => void this.timerChanges++ },
      performance: {
        cycles: () => this.cycles,
        instructions: () => this.instructions,
        setInterrupt: (level) => {
          this.pmuInterrupt = level;
        },
      },
      interruptLines: () => this.lines,
      random: () => this.randomValue,
    };
  }

  /** Moves to an EL with its own stack pointer (EL0: SP_EL0). */
  at(el: number): this {
    setExceptionLevelAndStack(this.state, el, el === 0 ? 0 : 1);
    return this;
  }
  read(name: string): bigint | SystemTrap {
    return this.registers.read(encodingOf(name));
  }
  write(name: string, value: bigint): number | SystemTrap {
    return this.registers.write(encodingOf(name), value);
  }
  /** Reads, failing the test on a trap. */
  value(name: string): bigint {
    const result = this.read(name);
    if (isTrap(result)) throw new Error(`MRS ${name} trapped to EL${result.targetEl}, EC ${result.ec}`);
    return result;
  }
  /** "ok", "undefined" or "ELn" for EC 0x18, "ELn fp" for EC 0x07. */
  verdict(name: string, access: 'r' | 'w' = 'r'): string {
    return describe(access === 'r' ? this.read(name) : this.write(name, 0n));
  }
}

export function encodingOf(name: string): number {
  const definition = SYSREG_BY_NAME.get(name);
  if (definition === undefined) throw new Error(`no register ${name}`);
  return definition.encoding;
}

export function describe(result: bigint | number | SystemTrap): string {
  if (!isTrap(result)) return 'ok';
  if (result.ec === 0) return 'undefined';
  return result.ec === 0x07 ? `EL${result.targetEl} fp` : `EL${result.targetEl}`;
}
