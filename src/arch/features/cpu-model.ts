import { ConfigurationError } from '../../support/errors.js';
import { CPU_DEFINITIONS, type CpuDefinition, type CpuModelName } from './cpu-models.js';
import type { FeatureName } from './feature-list.js';
import { FeatureSet } from './feature-set.js';
import type { IdRegisterName } from './id-registers.js';
import { IMPLEMENTED_FEATURES } from './implemented.js';

/** Pointer authentication algorithm; 'impdef' is a fast hash of Ulna's own. */
export type PauthAlgorithm = 'impdef' | 'qarma5' | 'qarma3' | 'off';

export interface CpuOptions {
  /** Are EL2 and EL3 there? Both default to false. */
  readonly el2?: boolean;
  readonly el3?: boolean;
  readonly pauth?: PauthAlgorithm;
  /** Frequency of the system counter in Hz; default 62.5 MHz. */
  readonly counterFrequency?: number;
  /** Reset vector (RVBAR), default 0. */
  readonly resetVector?: bigint;
  /** Does the machine's GIC have a system-register CPU interface (GICv3)? Default true. */
  readonly gicSystemRegisters?: boolean;
  /** Priority bits and list registers of the GIC's CPU interface; QEMU's 5 and 4 by default. */
  readonly gicPriorityBits?: number;
  readonly gicListRegisters?: number;
  /** Does the machine have a PMU? Default true. */
  readonly pmu?: boolean;
  /** Physical address of the GIC, as CBAR_EL1 reports it. */
  readonly peripheralBase?: bigint;
  /** Features to leave out, for tests and for bisecting. */
  readonly without?: readonly FeatureName[];
  /** Replaces IMPLEMENTED_FEATURES, for tests. */
  readonly implemented?: ReadonlySet<FeatureName>;
}

/** A CPU as the guest sees it: definition, options and IMPLEMENTED_FEATURES combined. Immutable. */
export interface CpuModel {
  readonly name: CpuModelName;
  readonly definition: CpuDefinition;
  readonly features: FeatureSet;
  readonly idRegisters: ReadonlyMap<IdRegisterName, bigint>;
  readonly el2: boolean;
  readonly el3: boolean;
  readonly pauth: PauthAlgorithm;
  readonly counterFrequency: number;
  readonly resetVector: bigint;
  readonly gicSystemRegisters: boolean;
  readonly gicPriorityBits: number;
  readonly gicListRegisters: number;
  readonly peripheralBase: bigint;
  /** Number of breakpoints, watchpoints, context-aware breakpoints (the highest-numbered ones), event counters. */
  readonly breakpoints: number;
  readonly watchpoints: number;
  readonly contextBreakpoints: number;
  readonly eventCounters: number;
  /** Bits of a physical address, 32..52. */
  readonly physicalAddressBits: number;
  has(feature: FeatureName): boolean;
}

const PARANGE_BITS = [32, 36, 40, 42, 44, 48, 52];
const PAUTH: Record<PauthAlgorithm, FeatureName | undefined> = {
  impdef: 'FEAT_PACIMP',
  qarma5: 'FEAT_PACQARMA5',
  qarma3: 'FEAT_PACQARMA3',
  off: undefined,
};

export const CPU_MODEL_NAMES = Object.keys(CPU_DEFINITIONS) as CpuModelName[];

/** Builds a CPU model. Throws ConfigurationError for a name or an algorithm that does not exist. */
export function createCpuModel(name: string, options: CpuOptions = {}): CpuModel {
  if (!Object.hasOwn(CPU_DEFINITIONS, name)) {
    throw new ConfigurationError(`unknown CPU '${name}'; there are ${CPU_MODEL_NAMES.join(', ')}`);
  }
  const definition = CPU_DEFINITIONS[name as CpuModelName];
  const { el2 = false, el3 = false, pmu = true, gicSystemRegisters = true } = options;
  const features = new FeatureSet(selectFeatures(definition, options));
  const pauth = features.has('FEAT_PAuth') ? (options.pauth ?? 'impdef') : 'off';
  const constants: Record<string, number> = {
    ...definition.constants,
    'PFR0.EL2': el2 ? 1 : 0,
    'PFR0.EL3': el3 ? 1 : 0,
    'PFR0.GIC': gicSystemRegisters ? 1 : 0,
  };
  const idRegisters = features.idRegisters(constants);
  const parange = Number(idRegisters.get('ID_AA64MMFR0_EL1')! & 15n);
  return {
    name: definition.name,
    definition,
    features,
    idRegisters,
    el2,
    el3,
    pauth,
    counterFrequency: options.counterFrequency ?? 62_500_000,
    resetVector: options.resetVector ?? 0n,
    gicSystemRegisters,
    gicPriorityBits: options.gicPriorityBits ?? 5,
    gicListRegisters: options.gicListRegisters ?? 4,
    peripheralBase: options.peripheralBase ?? 0x0800_0000n,
    breakpoints: definition.constants['DFR0.BRPs'] + 1,
    watchpoints: definition.constants['DFR0.WRPs'] + 1,
    contextBreakpoints: definition.constants['DFR0.CTX_CMPs'] + 1,
    eventCounters: pmu ? (definition.pmcr >>> 11) & 31 : 0,
    physicalAddressBits: PARANGE_BITS[parange],
    has: (feature) => features.has(feature),
  };
}

function selectFeatures(definition: CpuDefinition, options: CpuOptions): Set<FeatureName> {
  const implemented = options.implemented ?? IMPLEMENTED_FEATURES;
  const wanted = new Set(definition.features.filter((feature) => implemented.has(feature)));
  const { pauth, without = [] } = options;
  if (pauth !== undefined && wanted.has('FEAT_PAuth')) {
    wanted.delete('FEAT_PACIMP');
    const algorithm = PAUTH[pauth];
    if (algorithm === undefined) wanted.delete('FEAT_PAuth');
    else if (implemented.has(algorithm)) wanted.add(algorithm);
    else throw new ConfigurationError(`pointer authentication by ${pauth} is not available`);
  }
  for (const feature of without) wanted.delete(feature);
  if (!options.el2 || !options.el3) wanted.delete('FEAT_SEL2');
  if (options.pmu === false) {
    for (const feature of [...wanted]) if (feature.startsWith('FEAT_PMUv3')) wanted.delete(feature);
  }
  return wanted;
}
