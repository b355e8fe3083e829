/** The engines by name, and which two a run compares. */
import type { CpuModelName } from '../../src/arch/features/cpu-models.js';
import type { PauthAlgorithm } from '../../src/arch/features/cpu-model.js';
import { agreeAmongOurselves, type Agreement, agreeWithQemu } from './agreement.js';
import type { FuzzEngine } from './engine.js';
import { QemuEngine } from './qemu-engine.js';
import { VcpuEngine } from './vcpu-engine.js';

export const AGAINST = ['qemu', 'interpreter', 'jit'] as const;
export type Against = (typeof AGAINST)[number];

/** The CPU that both engines of a pair are. */
export interface FuzzCpu {
  readonly model: CpuModelName;
  readonly pauth: PauthAlgorithm;
  /** Keys of pointer authentication (agreement.ts); those of the engine when left out. */
  readonly keys?: readonly bigint[];
}

/** Two engines, the first of which is right when they disagree. */
export interface EnginePair extends Agreement {
  readonly expected: FuzzEngine;
  readonly actual: FuzzEngine;
  /** QEMU is one of them. */
  readonly qemu: boolean;
  readonly configuration: FuzzCpu;
  /** Its model. */
  readonly cpu: CpuModelName;
  /** Whether our CPU model has a feature. */
  readonly has: (feature: string) => boolean;
  /** Both report TPIDR_EL0. */
  readonly tpidr: boolean;
}

/**
 * `qemu`: the interpreter's main loop against QEMU. `interpreter`: its main loop against its single operations. `jit`:
 * translated code against the interpreter.
 */
export async function makeEngines(
  against: Against, wasm: Uint8Array, configuration: FuzzCpu = { model: 'max', pauth: 'qarma5' },
): Promise<EnginePair> {
  const cpu = configuration.model;
  const actual = new VcpuEngine(wasm, against === 'jit' ? 'jit' : 'run', configuration);
  const has = (feature: string): boolean => actual.model.has(feature as never);
  if (against !== 'qemu') {
    const expected = new VcpuEngine(wasm, against === 'jit' ? 'run' : 'step', configuration);
    return {
      ...agreeAmongOurselves(actual.model), expected, actual, qemu: false, configuration, cpu, has, tpidr: true,
    };
  }
  const expected = new QemuEngine({ cpu: configuration });
  try {
    const agreement = await agreeWithQemu(expected, expected.seed, actual);
    return { ...agreement, expected, actual, qemu: true, configuration: actual.cpu, cpu, has, tpidr: cpu === 'max' };
  } catch (error) {
    expected.close();
    throw error;
  }
}
