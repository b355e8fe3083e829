/** The engines by name, and which two a run compares. */
import type { CpuModelName } from '../../src/arch/features/cpu-models.js';
import { ConfigurationError } from '../../src/support/errors.js';
import type { FuzzEngine } from './engine.js';
import { QemuEngine } from './qemu-engine.js';
import { VcpuEngine } from './vcpu-engine.js';

export const AGAINST = ['qemu', 'interpreter', 'jit'] as const;
export type Against = (typeof AGAINST)[number];

/** Two engines, the first of which is right when they disagree. */
export interface EnginePair {
  readonly expected: FuzzEngine;
  readonly actual: FuzzEngine;
  /** QEMU is one of them. */
  readonly qemu: boolean;
  /** Whether the CPU under test has a feature. */
  readonly has: (feature: string) => boolean;
  /** CPU model of both. */
  readonly cpu: CpuModelName;
  /** Both report TPIDR_EL0. */
  readonly tpidr: boolean;
}

/**
 * `qemu`: the interpreter's main loop against QEMU. `interpreter`: its main loop against its single operations. `jit`:
 * translated code against the interpreter.
 */
export function makeEngines(against: Against, wasm: Uint8Array, cpu: CpuModelName = 'max'): EnginePair {
  if (against === 'jit') throw new ConfigurationError('no translator yet');
  const actual = new VcpuEngine(wasm, 'run', cpu);
  const expected = against === 'qemu' ? new QemuEngine({ cpu }) : new VcpuEngine(wasm, 'step', cpu);
  const qemu = against === 'qemu';
  const has = (feature: string): boolean => actual.model.has(feature as never);
  return { expected, actual, qemu, cpu, tpidr: !qemu || cpu === 'max', has };
}
