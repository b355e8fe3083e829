import { describe, expect, test } from 'vitest';
import { AffinityState, Psci01Function, PsciFunction, PsciStatus, SMC64,
  SmcccFunction } from '../../../hv/psci/functions.js';
import type { PsciHost, ResetKind, SmcccResult } from '../../../hv/psci/host.js';
import { handleSmccc } from '../../../hv/psci/smccc.js';

interface Log {
  readonly on: (readonly bigint[])[];
  readonly resets: ResetKind[];
  off: number;
  systemOff: number;
}

/** Two PEs, 0 on and 1 off. */
function machine(extra: Partial<PsciHost> = {}): { host: PsciHost; log: Log } {
  const log: Log = { on: [], resets: [], off: 0, systemOff: 0 };
  const states = new Map<bigint, AffinityState>([[0n, AffinityState.ON], [1n, AffinityState.OFF]]);
  const host: PsciHost = {
    cpuOn(mpidr, entry, contextId) {
      const state = states.get(mpidr);
      if (state === undefined) return PsciStatus.INVALID_PARAMETERS;
      if (state === AffinityState.ON) return PsciStatus.ALREADY_ON;
      if (state === AffinityState.ON_PENDING) return PsciStatus.ON_PENDING;
      log.on.push([mpidr, entry, contextId]);
      states.set(mpidr, AffinityState.ON_PENDING);
      return PsciStatus.SUCCESS;
    },
    cpuOff: () => void log.off++,
    affinityInfo: (mpidr) => states.get(mpidr),
    systemOff: () => void log.systemOff++,
    systemReset: (reset) => void log.resets.push(reset),
    ...extra,
  };
  return { host, log };
}

const call = (host: PsciHost, id: number, ...args: (number | bigint)[]): SmcccResult =>
  handleSmccc({ x: [BigInt(id), ...args.map((arg) => BigInt.asUintN(64, BigInt(arg)))] }, host);
/** X0 as a signed number. */
const answer = (result: SmcccResult): number => Number(BigInt.asIntN(64, result.x[0]));
const on64 = PsciFunction.CPU_ON | SMC64;

describe('answers, as QEMU 7.2 gives them', () => {
  // Measured with a bare-metal program that makes these calls by HVC under qemu-system-aarch64 -M virt -smp 2.
  const { host } = machine({ smcccVersion: '1.0' });
  const cases: readonly (readonly [string, number, readonly number[], number])[] = [
    ['PSCI_VERSION', PsciFunction.VERSION, [], 0x10001],
    ['PSCI_VERSION has no SMC64 variant', PsciFunction.VERSION | SMC64, [], -1],
    ['MIGRATE_INFO_TYPE', PsciFunction.MIGRATE_INFO_TYPE, [], 2],
    ['MIGRATE', PsciFunction.MIGRATE, [], -1],
    ['MIGRATE, SMC64', PsciFunction.MIGRATE | SMC64, [], -1],
    ['MIGRATE_INFO_UP_CPU', PsciFunction.MIGRATE_INFO_UP_CPU, [], -1],
    ['AFFINITY_INFO of a PE that is on', PsciFunction.AFFINITY_INFO, [0, 0], 0],
    ['AFFINITY_INFO of a PE that is off', PsciFunction.AFFINITY_INFO | SMC64, [1, 0], 1],
    ['AFFINITY_INFO of no PE', PsciFunction.AFFINITY_INFO, [7, 0], -2],
    ['AFFINITY_INFO of a cluster', PsciFunction.AFFINITY_INFO, [0, 1], 0],
    ['CPU_ON of a PE that is on', on64, [0, 0x4000_0000, 0], -4],
    ['CPU_ON of no PE', on64, [9, 0x4000_0000, 0], -2],
    ['CPU_ON at an odd address', on64, [1, 0x4000_0002, 0], -2],
    ['CPU_SUSPEND with a level', PsciFunction.CPU_SUSPEND, [0x0100_0000], -2],
    ['CPU_FREEZE', PsciFunction.CPU_FREEZE, [], -1],
    ['CPU_DEFAULT_SUSPEND', PsciFunction.CPU_DEFAULT_SUSPEND, [], -1],
    ['NODE_HW_STATE', PsciFunction.NODE_HW_STATE, [], -1],
    ['SYSTEM_SUSPEND', PsciFunction.SYSTEM_SUSPEND, [], -1],
    ['SYSTEM_RESET2', PsciFunction.SYSTEM_RESET2, [], -1],
    ['MEM_PROTECT', PsciFunction.MEM_PROTECT, [], -1],
    ['FEATURES of PSCI_VERSION', PsciFunction.FEATURES, [PsciFunction.VERSION], 0],
    ['FEATURES of CPU_ON, SMC64', PsciFunction.FEATURES, [on64], 0],
    ['FEATURES of CPU_SUSPEND', PsciFunction.FEATURES, [PsciFunction.CPU_SUSPEND], 0],
    ['FEATURES of itself', PsciFunction.FEATURES, [PsciFunction.FEATURES], 0],
    ['FEATURES of PSCI 0.1 CPU_ON', PsciFunction.FEATURES, [Psci01Function.CPU_ON], 0],
    ['FEATURES of PSCI 0.1 MIGRATE', PsciFunction.FEATURES, [Psci01Function.MIGRATE], -1],
    ['FEATURES of MIGRATE', PsciFunction.FEATURES, [PsciFunction.MIGRATE], -1],
    ['FEATURES of SYSTEM_RESET2', PsciFunction.FEATURES, [PsciFunction.SYSTEM_RESET2], -1],
    ['FEATURES of SMCCC_VERSION', PsciFunction.FEATURES, [SmcccFunction.VERSION], -1],
    ['SMCCC_VERSION', SmcccFunction.VERSION, [], -1],
    ['SMCCC_ARCH_FEATURES', SmcccFunction.ARCH_FEATURES, [SmcccFunction.ARCH_WORKAROUND_1], -1],
    ['SMCCC_ARCH_WORKAROUND_1', SmcccFunction.ARCH_WORKAROUND_1, [], -1],
    ['UID of the standard service', 0x8400_ff01, [], -1],
    ['nonsense', 0x1234, [], -1],
  ];
  test.each(cases)('%s', (_name, id, args, expected) => {
    expect(answer(call(host, id, ...args))).toBe(expected);
    expect(call(host, id, ...args).then).toBe('continue');
  });

  test('errors are sign-extended to 64 bits', () => {
    expect(call(host, 0x1234).x).toEqual([0xffff_ffff_ffff_ffffn]);
  });
});

describe('SMCCC 1.1', () => {
  test('is announced and lists its functions', () => {
    const { host } = machine();
    expect(answer(call(host, PsciFunction.FEATURES, SmcccFunction.VERSION))).toBe(0);
    expect(answer(call(host, SmcccFunction.VERSION))).toBe(0x10001);
    expect(answer(call(host, SmcccFunction.ARCH_FEATURES, SmcccFunction.VERSION))).toBe(0);
    expect(answer(call(host, SmcccFunction.ARCH_FEATURES, SmcccFunction.ARCH_FEATURES))).toBe(0);
    expect(answer(call(host, SmcccFunction.ARCH_FEATURES, SmcccFunction.ARCH_SOC_ID))).toBe(-1);
  });

  test.each(['ARCH_WORKAROUND_1', 'ARCH_WORKAROUND_2', 'ARCH_WORKAROUND_3'] as const)('%s', (name) => {
    const id = SmcccFunction[name];
    expect(answer(call(machine().host, SmcccFunction.ARCH_FEATURES, id))).toBe(-1);
    expect(answer(call(machine().host, id))).toBe(-1);
    const { host } = machine({ workarounds: 'not-required' });
    expect(answer(call(host, SmcccFunction.ARCH_FEATURES, id))).toBe(1);
    expect(call(host, id)).toEqual({ x: [], then: 'continue' });
  });
});

describe('power', () => {
  test('CPU_ON gives the PE its address and context, once', () => {
    const { host, log } = machine();
    expect(answer(call(host, on64, 1, 0xffff_8000_4000_0000n, -1))).toBe(0);
    expect(log.on).toEqual([[1n, 0xffff_8000_4000_0000n, 0xffff_ffff_ffff_ffffn]]);
    expect(answer(call(host, on64, 1, 0x4000_0000, 0))).toBe(PsciStatus.ON_PENDING);
    expect(answer(call(host, PsciFunction.AFFINITY_INFO, 1, 0))).toBe(AffinityState.ON_PENDING);
  });

  test('SMC32 arguments are 32 bits, as is the function identifier', () => {
    const { host, log } = machine();
    expect(answer(call(host, PsciFunction.CPU_ON, 0x5_0000_0001n, 0x1_4000_0000n, 0x7_0000_0009n))).toBe(0);
    expect(log.on).toEqual([[1n, 0x4000_0000n, 9n]]);
    expect(answer(handleSmccc({ x: [0xabcd_0000_8400_0000n] }, host))).toBe(0x10001);
  });

  test('targets with bits outside the affinity fields do not exist', () => {
    const { host, log } = machine();
    expect(answer(call(host, on64, 0x8000_0001, 0, 0))).toBe(PsciStatus.INVALID_PARAMETERS);
    expect(answer(call(host, PsciFunction.AFFINITY_INFO | SMC64, 1n << 40n, 0))).toBe(PsciStatus.INVALID_PARAMETERS);
    expect(answer(call(host, PsciFunction.AFFINITY_INFO, 0, 4))).toBe(PsciStatus.INVALID_PARAMETERS);
    expect(log.on).toEqual([]);
  });

  test('PSCI 0.1 identifiers', () => {
    const { host, log } = machine();
    expect(answer(call(host, Psci01Function.CPU_ON, 1, 0x1_4000_0000n, 0))).toBe(0);
    expect(log.on).toEqual([[1n, 0x1_4000_0000n, 0n]]);
    expect(call(host, Psci01Function.CPU_OFF).then).toBe('stop');
    expect(answer(call(host, Psci01Function.MIGRATE))).toBe(-1);
  });

  test('CPU_OFF, SYSTEM_OFF and SYSTEM_RESET do not return', () => {
    const { host, log } = machine();
    for (const id of [PsciFunction.CPU_OFF, PsciFunction.SYSTEM_OFF, PsciFunction.SYSTEM_RESET]) {
      expect(call(host, id)).toEqual({ x: [], then: 'stop' });
    }
    expect(log).toEqual({ on: [], resets: [{ kind: 'cold' }], off: 1, systemOff: 1 });
  });

  test('CPU_SUSPEND waits for an interrupt and succeeds', () => {
    expect(call(machine().host, PsciFunction.CPU_SUSPEND | SMC64, 0)).toEqual({ x: [0n], then: 'wait-for-interrupt' });
    expect(call(machine().host, PsciFunction.CPU_SUSPEND, 0x0001_0000).then).toBe('wait-for-interrupt');
  });
});

describe('functions a machine may offer', () => {
  test('SYSTEM_RESET2', () => {
    const { host, log } = machine({ systemReset2: true });
    const reset2 = PsciFunction.SYSTEM_RESET2;
    expect(answer(call(host, PsciFunction.FEATURES, reset2))).toBe(0);
    expect(call(host, reset2, 0, 5).then).toBe('stop');
    expect(call(host, reset2 | SMC64, 0x8000_0001, 1n << 40n).then).toBe('stop');
    expect(answer(call(host, reset2, 1, 0))).toBe(PsciStatus.INVALID_PARAMETERS);
    expect(log.resets).toEqual([
      { kind: 'warm', type: 0, cookie: 5n }, { kind: 'warm', type: 0x8000_0001, cookie: 1n << 40n },
    ]);
  });

  test('SYSTEM_SUSPEND and CPU_DEFAULT_SUSPEND', () => {
    let last = false;
    const { host } = machine({ isLastCpu: () => last });
    const suspend = PsciFunction.SYSTEM_SUSPEND | SMC64;
    expect(answer(call(host, PsciFunction.FEATURES, suspend))).toBe(0);
    expect(answer(call(host, suspend, 0x4000_0000, 7))).toBe(PsciStatus.DENIED);
    last = true;
    expect(call(host, suspend, 0x4000_0000, 7)).toEqual({
      x: [], then: 'suspend', resume: { entry: 0x4000_0000n, contextId: 7n },
    });
    expect(answer(call(host, suspend, 0x4000_0001, 7))).toBe(PsciStatus.INVALID_ADDRESS);
    expect(call(host, PsciFunction.CPU_DEFAULT_SUSPEND, 0, 0).then).toBe('wait-for-interrupt');
  });
});

test('any call is answered', () => {
  const { host } = machine({ systemReset2: true, isLastCpu: () => true, workarounds: 'not-required' });
  let state = 1n;
  const next = (): bigint => (state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n));
  for (let i = 0; i < 20000; i++) {
    const id = i % 2 === 0 ? next() : 0x8400_0000n + (next() >> 40n) % 32n + (next() > 1n << 63n ? 0x4000_0000n : 0n);
    const result = handleSmccc({ x: [id, next(), next() >> (next() % 64n), next()].slice(0,
      1 + Number(next() >> 62n)) }, host);
    for (const value of result.x) expect(BigInt.asUintN(64, value)).toBe(value);
  }
  expect(handleSmccc({ x: [] }, host).x).toEqual([0xffff_ffff_ffff_ffffn]);
});
