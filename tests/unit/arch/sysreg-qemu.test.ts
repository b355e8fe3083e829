import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isTrap, type SystemTrap } from '../../../src/arch/sysreg/access.js';
import { genericName, SYSREG_ENCODINGS } from '../../../src/arch/sysreg/encoding.js';
import { SYSREG_TABLE } from '../../../src/arch/sysreg/table/index.js';
import { TestCpu } from './machine.js';

const recorded = JSON.parse(readFileSync(new URL('./fixtures/qemu-sysregs.json', import.meta.url), 'utf8')) as {
  source: string;
  runs: Record<string, { values: string; traps: string }>;
};
const nameOf = new Map(SYSREG_TABLE.map((row) => [row.encoding, row.name]));

/** Where Ulna differs from QEMU 7.2 and why; the value is matched against register names. */
const ABSENT_HERE: Readonly<Record<string, RegExp>> = {
  'SME and TPIDR2 are not advertised': /^S3_(0_C1_C2_4|1_C0_C0_6|3_C13_C0_5|4_C1_C2_5)$/,
  '_EL12 names exist only while HCR_EL2.E2H is 1': /_EL12$/,
  'MRS SSBS needs FEAT_SSBS2': /^SSBS$/,
};
const EXTRA_HERE: Readonly<Record<string, RegExp>> = {
  'debug registers that QEMU leaves out': /^(OSDTR[RT]X|OSECCR|DBGPRCR|DBGCLAIM(SET|CLR)|DBGAUTHSTATUS|DBGDTR(RX)?)_EL/,
  'RAS error records read as zero': /^ERX|^ERRSELR/,
  'registers of the cores that later versions of QEMU have': /^(A?V?ATCR|AVTCR|CPU|ERXPFG)/,
  'warm reset': /^RMR_/,
  'features that QEMU 7.2 lacks': /^(HD?FG.TR_EL2|HFGITR_EL2|CNT[PV]CTSS_EL0|TCO)$/,
  'timers of Secure EL2': /^CNTH[PV]S_/,
};
/** Values that time, the GIC, the probe itself or AArch32 decide. */
const OTHER_VALUE =
  /^(CNT.*|IC[CH]_.*|RNDR.*|NZCV|(ELR|SPSR|ESR|VBAR)_EL.*|ID_(PFR|DFR|MMFR|ISAR)\d_EL1|MVFR\d_EL1|SC(TL)?R_EL[23])$/;
/** Identification registers: what is compared is the part that the models share, after the masks below. */
const SHARED_BITS: Readonly<Record<string, bigint>> = {
  // ELn are AArch64 only; SVE is absent; Secure EL2 is shown only where EL2 and EL3 are.
  ID_AA64PFR0_EL1: ~0xff_0000_ffffn,
  // SME is absent; the instructions of FEAT_MTE are there, which QEMU 7.2 has only with tag storage.
  ID_AA64PFR1_EL1: ~0xf00_0f00n,
  // Mixed-endian support is absent.
  ID_AA64MMFR0_EL1: ~0xf00n,
  ID_AA64ZFR0_EL1: 0n,
  ID_AA64SMFR0_EL1: 0n,
  // INST_RETIRED is counted here.
  PMCEID0_EL0: ~0x100n,
};
/** max has more than QEMU 7.2's. */
const MORE_IN_MAX = /^ID_AA64(ISAR[1-3]|MMFR[0-3])_EL1$/;

const excused = (list: Readonly<Record<string, RegExp>>, name: string): boolean =>
  Object.values(list).some((pattern) => pattern.test(name));

function cpuFor(run: string): TestCpu {
  const [name, ...rest] = run.split('.');
  const el3 = rest[0] === 'full';
  const el2 = el3 || rest[0] === 'virt';
  const cpu = new TestCpu(name, { el2, el3 });
  const { state, model } = cpu;
  const pauth = model.has('FEAT_PAuth');
  if (el3) state.setSysreg('SCR_EL3', pauth ? 0x30531n : 0x531n);
  if (el2) {
    state.setSysreg('HCR_EL2', pauth ? 0x300_8000_0000n : 0x8000_0000n);
    state.setSysreg('CPTR_EL2', 0n);
  }
  state.setSysreg('CPACR_EL1', 0x300000n);
  return cpu.at(Number(run.slice(-1)));
}

describe(`MRS of all ${SYSREG_ENCODINGS} encodings as ${recorded.source} has it`, () => {
  for (const [run, { values, traps }] of Object.entries(recorded.runs)) {
    it(run, () => {
      const cpu = cpuFor(run);
      const theirs = new Map(values.split(' ').map((pair) => [parseInt(pair, 16), BigInt(`0x${pair.split('=')[1]}`)]));
      const trapPairs = traps.split(' ').filter(Boolean);
      const theirTraps = new Map(trapPairs.map((pair) => [parseInt(pair, 16), pair.split('=')[1]]));
      const differences: string[] = [];
      for (let encoding = 0; encoding < SYSREG_ENCODINGS; encoding++) {
        const ours = cpu.registers.read(encoding);
        const name = nameOf.get(encoding) ?? genericName(encoding);
        const value = theirs.get(encoding);
        if (value !== undefined && !excused(ABSENT_HERE, name)) {
          if (isTrap(ours)) differences.push(`${name} is not readable`);
          else if (!sameValue(cpu, name, ours, value)) differences.push(`${name}: ${ours}, not ${value}`);
        } else if (value === undefined && !excused(EXTRA_HERE, name)) {
          if (!isTrap(ours)) differences.push(`${name} is readable`);
          else if (!sameTrap(name, ours, theirTraps.get(encoding))) differences.push(`${name}: another trap`);
        }
      }
      expect(differences).toEqual([]);
    });
  }
});

function sameValue(cpu: TestCpu, name: string, ours: bigint, theirs: bigint): boolean {
  if (OTHER_VALUE.test(name) || (cpu.model.name === 'max' && MORE_IN_MAX.test(name))) return true;
  const mask = SHARED_BITS[name] ?? -1n;
  return (ours & mask) === (theirs & mask);
}

/** SVE and SME have trap classes of their own in QEMU; absent here, they are UNDEFINED. _EL02 needs HCR_EL2.E2H. */
function sameTrap(name: string, ours: SystemTrap, theirs: string | undefined): boolean {
  if (/^S3_._C1_C2_|^S3_3_C4_C2_2$|^S3_3_C13_C0_5$|_EL02$/.test(name)) return true;
  const esr = (((ours.ec << 26) | (1 << 25) | ours.iss) >>> 0).toString(16);
  return theirs === (ours.ec === 0 ? undefined : `${ours.targetEl}:${esr}`);
}
