import type { CpuModel } from '../../features/cpu-model.js';
import { bits, Effect, featureBits, internalSlot, register, type RegisterDefinition } from '../definition.js';
import { Traps } from '../trap-rules.js';

/** Largest number of event counters that the encodings allow. */
export const MAX_EVENT_COUNTERS = 31;

const pmu = { present: 'FEAT_PMUv3', rules: Traps.TPM, effects: Effect.Pmu | Effect.Interrupts } as const;
const view = { ...pmu, stored: false } as const;
/** One bit a counter, and bit 31 for the cycle counter. */
const counters = (model: CpuModel): bigint => bits(31) | ((1n << BigInt(model.eventCounters)) - 1n);
const typer = featureBits(bits([9, 0], [31, 25]), ['FEAT_PMUv3p1', bits([15, 10])]);

function eventCounters(): RegisterDefinition[] {
  const rows: RegisterDefinition[] = [];
  for (let n = 0; n < MAX_EVENT_COUNTERS; n++) {
    const present = ['FEAT_PMUv3' as const, (model: CpuModel) => n < model.eventCounters];
    const tail = `${n >> 3} ${n & 7}`;
    const [high, low] = tail.split(' ').map(Number);
    rows.push(
      register(`PMEVCNTR${n}_EL0`, `3 3 14 ${8 + high} ${low}`, 'rw0', { ...pmu, present }),
      register(`PMEVTYPER${n}_EL0`, `3 3 14 ${12 + high} ${low}`, 'rw0', { ...pmu, present, writable: typer }),
    );
  }
  return rows;
}

/** Performance monitors (Arm ARM, D13). */
export const PERFORMANCE: readonly RegisterDefinition[] = [
  register('PMCR_EL0', '3 3 9 12 0', 'rw0', {
    ...pmu,
    rules: Traps.TPMCR,
    reset: (model) => BigInt(model.definition.pmcr),
    writable: featureBits(bits(0, 3, 4, 5), ['FEAT_PMUv3p5', bits(6, 7)]),
  }),
  register('PMCNTENSET_EL0', '3 3 9 12 1', 'rw0', { ...pmu, writable: counters }),
  register('PMCNTENCLR_EL0', '3 3 9 12 2', 'rw0', view),
  register('PMOVSCLR_EL0', '3 3 9 12 3', 'rw0', view),
  register('PMSWINC_EL0', '3 3 9 12 4', 'w0', view),
  register('PMSELR_EL0', '3 3 9 12 5', 'rw0', { ...pmu, effects: Effect.None, writable: 0x1fn }),
  register('PMCEID0_EL0', '3 3 9 12 6', 'r0', view),
  register('PMCEID1_EL0', '3 3 9 12 7', 'r0', view),
  register('PMCCNTR_EL0', '3 3 9 13 0', 'rw0', pmu),
  register('PMXEVTYPER_EL0', '3 3 9 13 1', 'rw0', view),
  register('PMXEVCNTR_EL0', '3 3 9 13 2', 'rw0', view),
  register('PMUSERENR_EL0', '3 3 9 14 0', 'r0 w1', { ...pmu, effects: Effect.None, writable: 0xfn }),
  register('PMINTENSET_EL1', '3 0 9 14 1', 'rw1', { ...pmu, writable: counters }),
  register('PMINTENCLR_EL1', '3 0 9 14 2', 'rw1', view),
  register('PMOVSSET_EL0', '3 3 9 14 3', 'rw0', { ...pmu, writable: counters }),
  register('PMMIR_EL1', '3 0 9 14 6', 'r1', { present: 'FEAT_PMUv3p4', rules: Traps.TPM, stored: false }),
  register('PMCCFILTR_EL0', '3 3 14 15 7', 'rw0', { ...pmu, writable: bits([31, 26]) }),
  ...eventCounters(),
  internalSlot('PMU_CYCLES_SEEN'),
  internalSlot('PMU_INSTRUCTIONS_SEEN'),
];
