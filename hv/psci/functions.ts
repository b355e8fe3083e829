/**
 * Function identifiers of the SMC Calling Convention (Arm DEN 0028, v1.1) and of PSCI (Arm DEN 0022, v1.1). An
 * identifier with bit 30 set follows the SMC64 convention, without it SMC32.
 */

export const SmcccFunction = {
  VERSION: 0x8000_0000,
  ARCH_FEATURES: 0x8000_0001,
  ARCH_SOC_ID: 0x8000_0002,
  ARCH_WORKAROUND_3: 0x8000_3fff,
  ARCH_WORKAROUND_2: 0x8000_7fff,
  ARCH_WORKAROUND_1: 0x8000_8000,
} as const;

export const PsciFunction = {
  VERSION: 0x8400_0000,
  CPU_SUSPEND: 0x8400_0001,
  CPU_OFF: 0x8400_0002,
  CPU_ON: 0x8400_0003,
  AFFINITY_INFO: 0x8400_0004,
  MIGRATE: 0x8400_0005,
  MIGRATE_INFO_TYPE: 0x8400_0006,
  MIGRATE_INFO_UP_CPU: 0x8400_0007,
  SYSTEM_OFF: 0x8400_0008,
  SYSTEM_RESET: 0x8400_0009,
  FEATURES: 0x8400_000a,
  CPU_FREEZE: 0x8400_000b,
  CPU_DEFAULT_SUSPEND: 0x8400_000c,
  NODE_HW_STATE: 0x8400_000d,
  SYSTEM_SUSPEND: 0x8400_000e,
  SET_SUSPEND_MODE: 0x8400_000f,
  STAT_RESIDENCY: 0x8400_0010,
  STAT_COUNT: 0x8400_0011,
  SYSTEM_RESET2: 0x8400_0012,
  MEM_PROTECT: 0x8400_0013,
  MEM_PROTECT_CHECK_RANGE: 0x8400_0014,
} as const;

/** Identifiers QEMU gives the functions of PSCI 0.1, which left them to the platform. */
export const Psci01Function = {
  CPU_SUSPEND: 0x95c1_ba5e,
  CPU_OFF: 0x95c1_ba5f,
  CPU_ON: 0x95c1_ba60,
  MIGRATE: 0x95c1_ba61,
} as const;

/** Bit 30: the SMC64 variant. */
export const SMC64 = 0x4000_0000;

export const PsciStatus = {
  SUCCESS: 0,
  NOT_SUPPORTED: -1,
  INVALID_PARAMETERS: -2,
  DENIED: -3,
  ALREADY_ON: -4,
  ON_PENDING: -5,
  INTERNAL_FAILURE: -6,
  NOT_PRESENT: -7,
  DISABLED: -8,
  INVALID_ADDRESS: -9,
} as const;
export type PsciStatus = (typeof PsciStatus)[keyof typeof PsciStatus];

/** SMCCC_ARCH_FEATURES: the workaround exists, and this PE does not need it. */
export const SMCCC_NOT_REQUIRED = 1;

/** Answers of AFFINITY_INFO for a PE. */
export const AffinityState = { ON: 0, OFF: 1, ON_PENDING: 2 } as const;
export type AffinityState = (typeof AffinityState)[keyof typeof AffinityState];

/** MIGRATE_INFO_TYPE: no Trusted OS that would have to migrate. */
export const TRUSTED_OS_NOT_PRESENT = 2;

export const PSCI_VERSION_1_1 = 0x0001_0001;
export const SMCCC_VERSION_1_1 = 0x0001_0001;
