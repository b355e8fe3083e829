/**
 * What the QEMU of a run has of what our CPU model advertises: read off QEMU's identification registers, and confirmed
 * by executing words. What it lacks, or has in another version, is left out by name and said in one line.
 */
import { disassemble } from '../../jit/a64/disassembler/disassembler.js';
import type { Encoding } from '../../jit/a64/encoding.js';
import type { CpuModel } from '../../src/arch/features/cpu-model.js';
import { FEATURES, PAUTH_FIELDS, PAUTH_LEVELS, type FeatureName } from '../../src/arch/features/feature-list.js';
import { ID_REGISTER_NAMES, idField, type IdRegisterName } from '../../src/arch/features/id-registers.js';
import { qarma64 } from '../../src/arch/qarma.js';
import { packEncoding } from '../../src/arch/sysreg/encoding.js';
import { Batch, type BatchResult, type FuzzCase, Signal } from './batch.js';
import type { FuzzEngine } from './engine.js';
import { AUTHENTICATION, type Exclusion, ExclusionSet } from './exclusions.js';
import { GuestRandom } from './guest-random.js';
import { SINGLE_SLOT } from './layout.js';
import { Random } from './random.js';
import { SingleGenerator } from './single.js';
import { ALL_MAINTENANCE, DC_ZVA } from './system.js';
import { ValuePool } from './values.js';
import { coveredEncodings } from './words.js';

/** What two engines have in common. */
export interface Agreement {
  readonly exclusions: ExclusionSet;
  /** Whether both have a feature. */
  readonly both: (feature: string) => boolean;
  /** Cache maintenance and DC ZVA that both carry out, as bits 19..5 of SYS. */
  readonly maintenance: readonly number[];
  /** What differs, one line each. */
  readonly notes: readonly string[];
}

/** Pointer authentication keys: low and high half of IA, IB, DA, DB and GA. */
export type PauthKeys = readonly bigint[];

const CRM_OP2: Readonly<Record<IdRegisterName, readonly [number, number]>> = {
  ID_AA64PFR0_EL1: [4, 0], ID_AA64PFR1_EL1: [4, 1], ID_AA64DFR0_EL1: [5, 0], ID_AA64DFR1_EL1: [5, 1],
  ID_AA64ISAR0_EL1: [6, 0], ID_AA64ISAR1_EL1: [6, 1], ID_AA64ISAR2_EL1: [6, 2],
  ID_AA64ISAR3_EL1: [6, 3], ID_AA64MMFR0_EL1: [7, 0],
  ID_AA64MMFR1_EL1: [7, 1], ID_AA64MMFR2_EL1: [7, 2], ID_AA64MMFR3_EL1: [7, 3],
};
const mrs = (op1: number, crn: number, crm: number, op2: number): number =>
  (0xd5300000 | (packEncoding(3, op1, crn, crm, op2) << 5)) >>> 0;
const DCZID_EL0 = mrs(3, 0, 0, 7);
/** PACGA X0, X0, X1 and what it is tried with. */
const PACGA = 0x9ac13000;
const PACGA_OPERANDS = [0x0123_4567_89ab_cdefn, 42n] as const;

const zeros = (): bigint[] => new Array<bigint>(32).fill(0n);

async function execute(engine: FuzzEngine, words: readonly number[], x0 = 0n, x1 = 0n): Promise<BatchResult> {
  const batch = new Batch(words.length);
  words.forEach((word, i) => {
    const x = zeros();
    [x[0], x[1]] = [x0, x1];
    const one: FuzzCase = {
      words: [word], entry: i * SINGLE_SLOT, slot: SINGLE_SLOT, x, v: zeros(), nzcv: 0, fpcr: 0, fpsr: 0, tpidr: 0n,
      memory: 0, flags: 0,
    };
    batch.add(one);
  });
  return engine.run(batch);
}

/** X0 after each word; zero where it is UNDEFINED. */
async function valuesOf(engine: FuzzEngine, words: readonly number[], x0 = 0n, x1 = 0n): Promise<bigint[]> {
  const result = await execute(engine, words, x0, x1);
  return words.map((_, i) => (result.signal(i) === 0 ? result.long(i, 0) : 0n));
}

/** Value of "ISAR0.AES" in identification registers; -1 for one that says by 15 that nothing is there. */
function fieldValue(registers: ReadonlyMap<IdRegisterName, bigint>, path: string): number {
  const field = idField(path);
  const value = Number(((registers.get(field.register) ?? 0n) >> BigInt(field.shift)) & 15n);
  return field.absent === 15 && value === 15 ? -1 : value;
}

/** Level of pointer authentication, 0 for none, and its algorithm's feature. */
function pauthOf(
  registers: ReadonlyMap<IdRegisterName, bigint>,
): { level: number; algorithm: FeatureName | undefined } {
  for (const [algorithm, path] of PAUTH_FIELDS) {
    const level = fieldValue(registers, path);
    if (level > 0) return { level, algorithm };
  }
  return { level: 0, algorithm: undefined };
}

const levelName = (level: number): string =>
  level === 0 ? 'no pointer authentication' : PAUTH_LEVELS.find(([, n]) => n === level)?.[0] ?? `level ${level}`;

/** Encodings of the list of which every word that was tried is UNDEFINED. */
async function undefinedOn(engine: FuzzEngine, list: readonly Encoding[]): Promise<Set<Encoding>> {
  const defined = new Set<Encoding>();
  const batch = new Batch(32);
  for (const encoding of list) {
    batch.clear();
    const random = new Random(encoding.id, 1);
    const generator = new SingleGenerator(batch, random, new ValuePool(random), {
      qemu: true, exclusions: new ExclusionSet(true), maintenance: ALL_MAINTENANCE, both: () => true,
    });
    const image = batch.image(1);
    for (let n = 0; n < 6; n++) generator.make(encoding, image);
    const result = await engine.run(batch);
    for (let i = 0; i < batch.count; i++) if (result.signal(i) !== Signal.Ill) defined.add(encoding);
  }
  return new Set(list.filter((e) => !defined.has(e)));
}

/** The keys of a process that QEMU started with `-seed`; undefined when its answers do not follow from them. */
function findKeys(seed: number, rounds: 3 | 5, answer: bigint): PauthKeys | undefined {
  const random = new GuestRandom(seed);
  const words = Array.from({ length: 128 }, () => BigInt(random.u32()));
  const long = (at: number): bigint => words[at] | (words[at + 1] << 32n);
  for (let at = 0; at + 20 <= words.length; at++) {
    const keys = Array.from({ length: 10 }, (_, i) => long(at + 2 * i));
    const [data, modifier] = PACGA_OPERANDS;
    if (qarma64(rounds, data, modifier, keys[9], keys[8]) >> 32n === answer >> 32n) return keys;
  }
  return undefined;
}

/** Pointer authentication is compared when both have the same algorithm and level, and the keys are known. */
async function pauthDifference(
  engine: FuzzEngine, seed: number, model: CpuModel, registers: ReadonlyMap<IdRegisterName, bigint>,
  setKeys: (keys: PauthKeys) => void,
): Promise<string | undefined> {
  const ours = pauthOf(model.idRegisters);
  const theirs = pauthOf(registers);
  if (ours.level === 0 && theirs.level === 0) return undefined;
  if (ours.level !== theirs.level) {
    return `QEMU has ${levelName(theirs.level)}, the CPU model ${levelName(ours.level)}`;
  }
  if (theirs.algorithm === 'FEAT_PACIMP' || theirs.algorithm !== ours.algorithm) {
    return 'QEMU and the CPU model use hashes of their own';
  }
  const [answer] = await valuesOf(engine, [PACGA], ...PACGA_OPERANDS);
  const keys = findKeys(seed, theirs.algorithm === 'FEAT_PACQARMA3' ? 3 : 5, answer);
  if (keys === undefined) return 'the keys that QEMU chose are not known';
  setKeys(keys);
  return undefined;
}

/** SYS with X0. */
const sysWord = (number: number): number => (0xd5080000 | (number << 5)) >>> 0;

/** Maintenance instructions that QEMU makes UNDEFINED and our engine does not. */
async function refusedMaintenance(qemu: FuzzEngine, actual: FuzzEngine): Promise<number[]> {
  const words = ALL_MAINTENANCE.map(sysWord);
  const [theirs, ours] = [await execute(qemu, words), await execute(actual, words)];
  return ALL_MAINTENANCE.filter((_, i) => theirs.signal(i) === Signal.Ill && ours.signal(i) !== Signal.Ill);
}

/** Our engine, as much of it as is asked. */
export interface ComparedEngine extends FuzzEngine {
  readonly model: CpuModel;
  setKeys(keys: PauthKeys): void;
}

/**
 * Compares QEMU with our engine, which gets the keys of QEMU's process.
 * @param seed that QEMU was started with
 */
export async function agreeWithQemu(qemu: FuzzEngine, seed: number, actual: ComparedEngine): Promise<Agreement> {
  const { model } = actual;
  const names = ID_REGISTER_NAMES.map((name) => mrs(0, 0, ...CRM_OP2[name]));
  const values = await valuesOf(qemu, [...names, DCZID_EL0]);
  const registers = new Map(ID_REGISTER_NAMES.map((name, i) => [name, values[i]]));

  const covered = coveredEncodings((feature) => model.has(feature as FeatureName));
  const hidden = new Set<string>(FEATURES.filter((f) => model.has(f.name) && f.fields.length > 0 &&
    f.fields.some(({ path, value }) => fieldValue(registers, path) < value)).map((f) => f.name));
  const suspects = covered.filter((e) => e.feature !== undefined && hidden.has(e.feature));
  const absent = await undefinedOn(qemu, suspects);
  const lacks = [...new Set([...absent].map((e) => e.feature as string))].sort();
  // Known only by fields of words: told by the registers alone.
  if (hidden.has('FEAT_FP16')) lacks.push('FEAT_FP16');
  const lacking = new Set(lacks);

  const extra: Exclusion[] = [];
  const notes: string[] = [];
  if (lacking.size > 0) {
    const reason = `QEMU lacks ${[...lacking].map((f) => f.replace('FEAT_', '')).join(', ')}`;
    notes.push(`${reason}: their encodings are left out`);
    const wholly = new Set(covered.filter((e) => e.feature !== undefined && lacking.has(e.feature)).map((e) => e.name));
    extra.push({
      name: 'features that QEMU lacks', reason, against: 'qemu',
      encodings: new RegExp([...wholly, '-'].join('|')),
    });
    extra.push({
      name: 'features that QEMU lacks, by field', reason, against: 'qemu', encodings: /.*/,
      fields: (f, e) => {
        const needed = e.needs?.(f);
        return needed !== undefined && lacking.has(needed);
      },
    });
  }
  const pauth = await pauthDifference(qemu, seed, model, registers, (keys) => actual.setKeys(keys));
  if (pauth !== undefined) {
    notes.push(`pointer authentication codes are left out: ${pauth}`);
    extra.push({
      name: 'pointer authentication codes', reason: pauth, against: 'qemu', encodings: AUTHENTICATION,
    });
  }
  let maintenance = ALL_MAINTENANCE;
  if (Number(values[ID_REGISTER_NAMES.length] & 31n) !== model.definition.dczid) {
    maintenance = maintenance.filter((word) => word !== DC_ZVA);
    notes.push('DC ZVA is left out: QEMU clears blocks of another size');
  }
  const refused = await refusedMaintenance(qemu, actual);
  if (refused.length > 0) {
    maintenance = maintenance.filter((word) => !refused.includes(word));
    const names = refused.map((word) => disassemble(sysWord(word), 0n).replace(/,.*/, ''));
    notes.push(`${names.join(', ')} left out: UNDEFINED in QEMU`);
  }
  // System registers of these are not shown to a process by every version; words of theirs were tried above.
  const both = (feature: string): boolean => model.has(feature as FeatureName) && !lacking.has(feature) &&
    !(NOT_BY_WORDS.has(feature) && hidden.has(feature));
  return { exclusions: new ExclusionSet(true, extra), both, maintenance, notes };
}

/** Features without words of their own that generation depends on. */
const NOT_BY_WORDS = new Set(['FEAT_BTI', 'FEAT_AFP', 'FEAT_FP16', 'FEAT_DIT', 'FEAT_SSBS2']);

/** Two engines of ours agree by construction. */
export function agreeAmongOurselves(model: CpuModel): Agreement {
  return {
    exclusions: new ExclusionSet(false), both: (feature) => model.has(feature as FeatureName),
    maintenance: ALL_MAINTENANCE, notes: [],
  };
}
