import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AccessType, encodePar, RegimeKind, translationFeatures } from '../../../src/arch/translation/index.js';
import { encodeScenarios, ScenarioSource, type Scenario } from './qemu-at/scenario.js';
import { join } from './table-builder.js';
import { WalkFixture } from './walk-fixture.js';

const SEED = 2024;
const COUNT = 3000;
const RECORDED = new URL('./qemu-at/qemu-7.2-max.txt', import.meta.url);

const source = new ScenarioSource(SEED);
const scenarios = Array.from({ length: COUNT }, () => source.next());

// Input for a new recording; see guest.c.
if (process.env.QEMU_AT_RECORD !== undefined) writeFileSync(process.env.QEMU_AT_RECORD, encodeScenarios(scenarios));

/** Status bits of PAR_EL1 that QEMU 7.2 fills with stage 1's level when stage 2 of a table address faults. */
const FST = 0x7en;
const SH = 0x180n;
const S1PTW_FAULT = 0x301n;

/** RAM of the recording machine. */
const inRam = (address: bigint): boolean => address >= 0x4000_0000n && address < 0xc000_0000n;

function run(scenario: Scenario, features: ReturnType<typeof translationFeatures>): { par: bigint; external: boolean } {
  const f = new WalkFixture(scenario.registers, RegimeKind.El10, features);
  for (const tables of [f.regime.low, f.regime.high, f.regime.stage2.tables]) {
    // QEMU 7.2 takes block descriptors at every level, and looks at address bits 51..48 of a descriptor only when the
    // output size is 52 bits. The architecture has translation and address size faults there.
    tables.blockLevels = 15;
    if (tables.outputBits < 52) {
      tables.wide64K = false;
      if (tables.ds) tables.outputHigh = (_low, high) => high & 0x3ffff;
    }
  }
  for (const [at, value] of scenario.writes) f.memory.set(0, at, value);
  const read = f.memory.read.bind(f.memory);
  f.memory.read = (space, high, low) => inRam(join(high, low)) && read(space, high, low);
  f.walk(scenario.va, (scenario.operation & 1) !== 0 ? AccessType.Write : AccessType.Read, {
    privileged: (scenario.operation & 2) === 0,
    update: false,
    stage1Only: scenario.operation < 4,
  });
  const { fault } = f.result;
  return { par: encodePar(fault === -1, f.result, features.rme), external: fault >= 0x13 && fault <= 0x17 };
}

/** Bits of PAR_EL1 to compare. */
function comparable(ours: bigint, theirs: bigint, scenario: Scenario): bigint {
  let ignored = 0n;
  if ((theirs & 1n) === 0n) {
    const attribute = Number(theirs >> 56n);
    // QEMU 7.2 leaves the descriptor's shareability there for Device and Non-cacheable memory.
    if ((attribute & 0xf0) === 0 || attribute === 0x44) ignored |= SH;
    // It also mixes the type of stage 1 Device memory with the inner cacheability of stage 2 Normal memory.
    if (scenario.operation >= 4 && (attribute & 0xf0) === 0 && ((ours >> 56n) & 0xf0n) === 0n) ignored |= 15n << 56n;
  } else if ((ours & theirs & S1PTW_FAULT) === S1PTW_FAULT) ignored |= FST;
  return ~ignored;
}

describe('address translation as QEMU 7.2 has it (-cpu max, EL2)', () => {
  it('gives the same PAR_EL1 over random registers and tables, of one and two stages', () => {
    const lines = readFileSync(RECORDED, 'utf8').trim().split(/\s+/).map((line) => BigInt(`0x${line}`));
    const [pfr0, mmfr0, mmfr1, mmfr2] = lines;
    const features = translationFeatures({
      ID_AA64PFR0_EL1: pfr0, ID_AA64MMFR0_EL1: mmfr0, ID_AA64MMFR1_EL1: mmfr1, ID_AA64MMFR2_EL1: mmfr2,
    });
    const recorded = lines.slice(4);
    expect(recorded.length).toBe(COUNT);
    let translated = 0;
    let compared = 0;
    const different: string[] = [];
    scenarios.forEach((scenario, i) => {
      const theirs = recorded[i];
      const { par, external } = run(scenario, features);
      // External aborts depend on what else lies in the recording machine's memory map.
      if (external || theirs >> 62n === 1n) return;
      compared++;
      if ((theirs & 1n) === 0n) translated++;
      const bits = comparable(par, theirs, scenario);
      if ((par & bits) !== (theirs & bits)) {
        different.push(`#${i} ${scenario.va.toString(16)}: ${par.toString(16)}, QEMU ${theirs.toString(16)}`);
      }
    });
    expect(different).toEqual([]);
    expect(compared).toBeGreaterThan(COUNT * 0.85);
    expect(translated).toBeGreaterThan(COUNT * 0.15);
  });
});
