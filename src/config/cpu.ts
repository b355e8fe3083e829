import { ConfigurationError } from '../support/errors.js';
import { OptionList } from './option-list.js';

export const CPU_MODELS = ['cortex-a57', 'cortex-a76', 'neoverse-n1', 'max'] as const;
export type CpuModel = (typeof CPU_MODELS)[number];

/** A CPU model with the properties QEMU names alike. */
export interface CpuConfig {
  readonly model: CpuModel;
  /** Pointer authentication of `max`: the algorithm, or none. */
  readonly pauth: 'impdef' | 'qarma5' | 'qarma3' | 'off';
  /** 52-bit addresses with 4K and 16K granules, `max` only. */
  readonly lpa2: boolean;
}

const PAUTH = { 'pauth-impdef': 'impdef', 'pauth-qarma5': 'qarma5', 'pauth-qarma3': 'qarma3' } as const;
const KEYS = ['model', 'aarch64', 'pauth', ...Object.keys(PAUTH), 'lpa2', 'pmu', 'sve', 'sme', 'mte'];

/**
 * `MODEL[,pauth=off|,pauth-impdef=off|,pauth-qarma5=on|,pauth-qarma3=on][,lpa2=off]`; `pmu`, `sve`, `sme` and `mte` may
 * only be off.
 */
export function parseCpu(text: string): CpuConfig {
  const list = new OptionList(text, '--cpu', KEYS, 'model');
  const name = list.string('model');
  const model = CPU_MODELS.find((candidate) => candidate === name);
  if (model === undefined) {
    throw new ConfigurationError(`--cpu ${text}: unknown model '${name ?? ''}'; known are ${CPU_MODELS.join(', ')}`);
  }
  for (const absent of ['pmu', 'sve', 'sme', 'mte']) {
    if (list.boolean(absent, false)) list.fail(`'${absent}' is not there`);
  }
  if (!list.boolean('aarch64', true)) list.fail('AArch32 is not there');
  const isMax = model === 'max';
  for (const key of ['pauth', ...Object.keys(PAUTH), 'lpa2']) {
    if (list.has(key) && !isMax) list.fail(`'${key}' is a property of max`);
  }
  const chosen = Object.entries(PAUTH).filter(([key]) => list.boolean(key, false));
  if (chosen.length > 1) list.fail(`${chosen.map(([key]) => `'${key}'`).join(' and ')} exclude each other`);
  const algorithm = chosen[0]?.[1] ?? (list.boolean('pauth-impdef', true) ? 'impdef' : 'qarma5');
  const pauth = isMax && list.boolean('pauth', true) ? algorithm : 'off';
  return { model, pauth, lpa2: isMax && list.boolean('lpa2', true) };
}
