/** What is counted of each vCPU, from its block and its thread, and of all together. */
import { INTERPRETED_BECAUSE, REGION_LEFT } from '../../runtime/layout/engine-counters.js';
import { controlFieldOffset } from '../../runtime/layout/vcpu-layout.js';
import type { VcpuStatistics } from './machine-api.js';
import type { EngineCounters, VcpuCounters } from './vcpu-messages.js';

type Field = keyof typeof controlFieldOffset;

const reader = (memory: WebAssembly.Memory, base: number) => {
  const words = new BigUint64Array(memory.buffer);
  return (field: Field, index = 0): number => Number(words[((base + controlFieldOffset[field]) >> 3) + index]);
};

/** Instructions retired by the vCPU whose block lies at `base`. */
export const vcpuInstructions = (memory: WebAssembly.Memory, base: number): number => reader(memory, base)('instructions');

export function vcpuStatistics(memory: WebAssembly.Memory, base: number, counted: VcpuCounters & EngineCounters): VcpuStatistics {
  const count = reader(memory, base);
  const counts = (field: Field, names: readonly string[]): Record<string, number> =>
    Object.fromEntries(names.map((name, i) => [name, count(field, i)]));
  const instructions = count('instructions');
  const translated = count('instructionsTranslated');
  const { exits, regions, tlb, code, translations } = counted;
  return {
    instructions, instructionsInterpreted: instructions - translated, instructionsTranslated: translated, exits,
    tlb: { ...tlb, codeMisses: tlb.codeMisses + count('codeRecalls') },
    regions: {
      ...regions, entries: count('regionEntries'), interprets: count('regionInterprets'), left: counts('regionLeft', REGION_LEFT),
    },
    interpreted: { ...counts('interpreted', INTERPRETED_BECAUSE), functionForms: count('functionForms') },
    code, translations,
  };
}

/** Sums of counters in objects and arrays of one shape. Where one of them has no entry it counts as 0. */
export function sumOf<T extends object>(all: readonly T[]): T {
  return all.reduce((a, b) => sum(a, b) as T, {} as T);
}

function sum(a: unknown, b: unknown, name = ''): unknown {
  if (typeof a === 'number' || typeof b === 'number') {
    const [x, y] = [(a as number | undefined) ?? 0, (b as number | undefined) ?? 0];
    return name.startsWith('longest') ? Math.max(x, y) : x + y;
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => sum(a[i] as unknown, b[i] as unknown));
  }
  const [left, right] = [(a ?? {}) as Record<string, unknown>, (b ?? {}) as Record<string, unknown>];
  return Object.fromEntries([...new Set([...Object.keys(left), ...Object.keys(right)])].map(
    (key) => [key, sum(left[key], right[key], key)]));
}
