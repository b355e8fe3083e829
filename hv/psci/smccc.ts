import {
  PSCI_VERSION_1_1, Psci01Function, PsciFunction, PsciStatus, SMC64, SMCCC_NOT_REQUIRED, SMCCC_VERSION_1_1,
  SmcccFunction, TRUSTED_OS_NOT_PRESENT,
} from './functions.js';
import type { PsciHost, SmcccCall, SmcccResult } from './host.js';

type Handler = (args: readonly bigint[], host: PsciHost) => SmcccResult;

/** One function: what it does, whether it has an SMC64 variant, whether PSCI_FEATURES shows it. */
interface FunctionEntry {
  readonly handle: Handler;
  readonly smc64?: boolean;
  /** Not offered by every machine. */
  readonly offered?: (host: PsciHost) => boolean;
  /** Answer of PSCI_FEATURES where it is not 0. */
  readonly features?: number;
}

/** A value in X0: 32-bit results are sign-extended, as QEMU does. */
const value = (result: number): SmcccResult => ({ x: [BigInt.asUintN(64, BigInt(result))], then: 'continue' });
const notSupported = value(PsciStatus.NOT_SUPPORTED);
const stop: SmcccResult = { x: [], then: 'stop' };

/** Affinity fields of MPIDR: Aff3 in bits 39..32, Aff2..Aff0 in 23..0. */
const AFFINITY_MASK = 0xff_00ff_ffffn;
/** Bits of CPU_SUSPEND's power_state that QEMU refuses: power levels and reserved bits of the original format. */
const POWER_STATE_RESERVED = 0xfffe_0000n;
/** SYSTEM_RESET2's architectural warm reset, and the flag of vendor types. */
const RESET2_WARM = 0;
const RESET2_VENDOR = 0x8000_0000n;
const HIGHEST_AFFINITY_LEVEL = 3n;

const cpuOff: Handler = (_args, host) => {
  host.cpuOff();
  return stop;
};

const cpuOn: Handler = ([target, entry, contextId], host) => {
  if ((target & ~AFFINITY_MASK) !== 0n) return value(PsciStatus.INVALID_PARAMETERS);
  // QEMU answers INVALID_PARAMETERS, not INVALID_ADDRESS, for an entry point that is no instruction's address.
  if ((entry & 3n) !== 0n) return value(PsciStatus.INVALID_PARAMETERS);
  return value(host.cpuOn(target, entry, contextId));
};

/** Every power state is a standby state: the PE waits for an interrupt and then goes on with SUCCESS. */
const cpuSuspend: Handler = ([powerState]) =>
  (powerState & POWER_STATE_RESERVED) !== 0n
    ? value(PsciStatus.INVALID_PARAMETERS)
    : { x: [BigInt(PsciStatus.SUCCESS)], then: 'wait-for-interrupt' };

/** The deepest state the platform has, here standby. */
const cpuDefaultSuspend: Handler = () => ({ x: [BigInt(PsciStatus.SUCCESS)], then: 'wait-for-interrupt' });

const affinityInfo: Handler = ([target, level], host) => {
  if (level > HIGHEST_AFFINITY_LEVEL) return value(PsciStatus.INVALID_PARAMETERS);
  // Nodes above the PEs are always on.
  if (level > 0n) return value(0);
  const state = (target & ~AFFINITY_MASK) === 0n ? host.affinityInfo(target) : undefined;
  return value(state ?? PsciStatus.INVALID_PARAMETERS);
};

const systemOff: Handler = (_args, host) => {
  host.systemOff();
  return stop;
};

const systemReset: Handler = (_args, host) => {
  host.systemReset({ kind: 'cold' });
  return stop;
};

const systemReset2: Handler = ([type, cookie], host) => {
  if (type !== BigInt(RESET2_WARM) && (type & RESET2_VENDOR) === 0n) return value(PsciStatus.INVALID_PARAMETERS);
  host.systemReset({ kind: 'warm', type: Number(type & 0xffff_ffffn), cookie });
  return stop;
};

const systemSuspend: Handler = ([entry, contextId], host) => {
  if (host.isLastCpu?.() !== true) return value(PsciStatus.DENIED);
  if ((entry & 3n) !== 0n) return value(PsciStatus.INVALID_ADDRESS);
  return { x: [], then: 'suspend', resume: { entry, contextId } };
};

const psciFeatures: Handler = ([wanted], host) => {
  const id = Number(wanted & 0xffff_ffffn);
  // The convention's version is the one function outside PSCI that may be asked for.
  if (id === SmcccFunction.VERSION) return value(offersSmccc11(host) ? PsciStatus.SUCCESS : PsciStatus.NOT_SUPPORTED);
  const entry = lookUp(id, host);
  return value(entry === undefined || !isPsci(id) ? PsciStatus.NOT_SUPPORTED : (entry.features ?? 0));
};

const archFeatures: Handler = ([wanted], host) => {
  const id = Number(wanted & 0xffff_ffffn);
  if (id === SmcccFunction.VERSION || id === SmcccFunction.ARCH_FEATURES) return value(PsciStatus.SUCCESS);
  return value(isWorkaround(id) && offersWorkarounds(host) ? SMCCC_NOT_REQUIRED : PsciStatus.NOT_SUPPORTED);
};

const offersSmccc11 = (host: PsciHost): boolean => (host.smcccVersion ?? '1.1') === '1.1';
const offersSuspend = (host: PsciHost): boolean => host.isLastCpu !== undefined;
const offersWorkarounds = (host: PsciHost): boolean => offersSmccc11(host) && host.workarounds === 'not-required';
const WORKAROUNDS: readonly number[] = [
  SmcccFunction.ARCH_WORKAROUND_1, SmcccFunction.ARCH_WORKAROUND_2, SmcccFunction.ARCH_WORKAROUND_3,
];
const isWorkaround = (id: number): boolean => WORKAROUNDS.includes(id);

const FUNCTIONS: ReadonlyMap<number, FunctionEntry> = new Map<number, FunctionEntry>([
  [PsciFunction.VERSION, { handle: () => value(PSCI_VERSION_1_1) }],
  [PsciFunction.CPU_SUSPEND, { handle: cpuSuspend, smc64: true }],
  [PsciFunction.CPU_OFF, { handle: cpuOff }],
  [PsciFunction.CPU_ON, { handle: cpuOn, smc64: true }],
  [PsciFunction.AFFINITY_INFO, { handle: affinityInfo, smc64: true }],
  [PsciFunction.MIGRATE_INFO_TYPE, { handle: () => value(TRUSTED_OS_NOT_PRESENT) }],
  [PsciFunction.SYSTEM_OFF, { handle: systemOff }],
  [PsciFunction.SYSTEM_RESET, { handle: systemReset }],
  [PsciFunction.FEATURES, { handle: psciFeatures }],
  [PsciFunction.CPU_DEFAULT_SUSPEND, { handle: cpuDefaultSuspend, smc64: true, offered: offersSuspend }],
  [PsciFunction.SYSTEM_SUSPEND, { handle: systemSuspend, smc64: true, offered: offersSuspend }],
  [PsciFunction.SYSTEM_RESET2, { handle: systemReset2, smc64: true, offered: (host) => host.systemReset2 === true }],
  [Psci01Function.CPU_SUSPEND, { handle: cpuSuspend }],
  [Psci01Function.CPU_OFF, { handle: cpuOff }],
  [Psci01Function.CPU_ON, { handle: cpuOn }],
  [SmcccFunction.VERSION, { handle: () => value(SMCCC_VERSION_1_1), offered: offersSmccc11 }],
  [SmcccFunction.ARCH_FEATURES, { handle: archFeatures, offered: offersSmccc11 }],
  // The workarounds themselves do nothing and return nothing.
  ...WORKAROUNDS.map((id): [number, FunctionEntry] => [
    id, { handle: () => ({ x: [], then: 'continue' }), offered: offersWorkarounds },
  ]),
]);

const isPsci01 = (id: number): boolean => id >= Psci01Function.CPU_SUSPEND && id <= Psci01Function.MIGRATE;
const isPsci = (id: number): boolean => isPsci01(id) || ((id & ~SMC64) >>> 0) >>> 8 === PsciFunction.VERSION >>> 8;

/** The function `id` names, in the variant it names. */
function lookUp(id: number, host: PsciHost): FunctionEntry | undefined {
  const plain = isPsci01(id) ? id : (id & ~SMC64) >>> 0;
  const entry = FUNCTIONS.get(plain);
  if (entry === undefined || (plain !== id && entry.smc64 !== true)) return undefined;
  return entry.offered === undefined || entry.offered(host) ? entry : undefined;
}

/** Whether arguments of `id` are 64 bits wide. PSCI 0.1's functions take registers as they are. */
const isWide = (id: number): boolean => (id & SMC64) !== 0 || isPsci01(id);

/**
 * Answers a call that came by the built-in firmware's conduit. Every HVC or SMC of the conduit ends here, as in QEMU;
 * functions that are not there give NOT_SUPPORTED.
 */
export function handleSmccc(call: SmcccCall, host: PsciHost): SmcccResult {
  const id = Number((call.x[0] ?? 0n) & 0xffff_ffffn);
  const entry = lookUp(id, host);
  if (entry === undefined) return notSupported;
  const width = isWide(id) ? 64 : 32;
  const args = [1, 2, 3, 4, 5, 6, 7].map((i) => BigInt.asUintN(width, call.x[i] ?? 0n));
  return entry.handle(args, host);
}
