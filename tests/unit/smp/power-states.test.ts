/** CPU_ON, CPU_OFF and AFFINITY_INFO between PEs. */
import { beforeEach, describe, expect, it } from 'vitest';
import { AffinityState, PsciStatus } from '../../../hv/psci/functions.js';
import { PowerStates } from '../../../hv/psci/power.js';

describe('PowerStates', () => {
  const { ON, OFF, ON_PENDING } = AffinityState;
  let power: PowerStates;
  beforeEach(() => {
    const places = [0, 1].map((cpu) => ({ state: 8 * cpu, entry: 4 * cpu + 1, context: 4 * cpu + 2 }));
    power = new PowerStates(new SharedArrayBuffer(64), places);
    power.set(0, ON);
    power.set(1, OFF);
  });

  it('turns a PE on at the place and with the context that were asked for', () => {
    const request = { entry: 0xffff_8000_4000_0000n, contextId: 2n ** 64n - 1n };
    expect(power.takeTurnOn(1)).toBeUndefined();
    expect(power.turnOn(1, request)).toBe(PsciStatus.SUCCESS);
    expect(power.state(1)).toBe(ON_PENDING);
    expect(power.takeTurnOn(1)).toEqual(request);
    expect(power.state(1)).toBe(ON);
    expect(power.takeTurnOn(1)).toBeUndefined();
  });

  it('refuses what is on or about to be', () => {
    const request = { entry: 4n, contextId: 1n };
    expect(power.turnOn(0, request)).toBe(PsciStatus.ALREADY_ON);
    power.turnOn(1, request);
    expect(power.turnOn(1, { entry: 8n, contextId: 2n })).toBe(PsciStatus.ON_PENDING);
    expect(power.takeTurnOn(1)).toEqual(request);
    expect(power.turnOn(1, request)).toBe(PsciStatus.ALREADY_ON);
    power.set(1, OFF);
    expect(power.turnOn(1, request)).toBe(PsciStatus.SUCCESS);
  });
});
