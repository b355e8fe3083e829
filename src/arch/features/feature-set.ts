import { FEATURES, PAUTH_FIELDS, PAUTH_LEVELS, type Feature, type FeatureName } from './feature-list.js';
import { ID_FIELDS, ID_REGISTER_NAMES, idField, type IdRegisterName } from './id-registers.js';

/** A closed set of features: one whose prerequisites are missing is dropped. */
export class FeatureSet {
  private readonly members: ReadonlySet<FeatureName>;

  constructor(names: Iterable<FeatureName>) {
    const members = new Set(names);
    for (let changed = true; changed; ) {
      changed = false;
      for (const name of members) {
        if ((REQUIRES.get(name) ?? []).every((needed) => members.has(needed))) continue;
        members.delete(name);
        changed = true;
      }
    }
    this.members = members;
  }

  has(name: FeatureName): boolean {
    return this.members.has(name);
  }
  /** Members in the order of FEATURES. */
  names(): FeatureName[] {
    return FEATURES.map((feature) => feature.name).filter((name) => this.members.has(name));
  }

  /**
   * Values of the identification registers.
   * @param constants values of fields that count or size something, by "MMFR0.PARange"; they give way to features.
   */
  idRegisters(constants: Readonly<Record<string, number>>): Map<IdRegisterName, bigint> {
    const values = new Map(ID_FIELDS.map((field) => [field, field.absent]));
    for (const [path, value] of Object.entries(constants)) values.set(idField(path), value);
    for (const [field, level] of this.levels()) values.set(field, level);
    const registers = new Map<IdRegisterName, bigint>(ID_REGISTER_NAMES.map((name) => [name, 0n]));
    for (const [field, value] of values) {
      registers.set(field.register, registers.get(field.register)! | (BigInt(value) << BigInt(field.shift)));
    }
    return registers;
  }

  private levels(): Map<ReturnType<typeof idField>, number> {
    const levels = new Map<ReturnType<typeof idField>, number>();
    const raise = (path: string, value: number): void => {
      const field = idField(path);
      levels.set(field, Math.max(levels.get(field) ?? 0, value));
    };
    for (const feature of FEATURES) {
      if (this.has(feature.name)) feature.fields.forEach(({ path, value }) => raise(path, value));
    }
    for (const [algorithm, path] of PAUTH_FIELDS) {
      if (!this.has(algorithm)) continue;
      for (const [name, value] of PAUTH_LEVELS) if (this.has(name)) raise(path, value);
    }
    return levels;
  }
}

/** Prerequisites: those named in the list, and the features of lower values in the same field. */
const REQUIRES: ReadonlyMap<FeatureName, readonly FeatureName[]> = new Map(
  FEATURES.map((feature) => {
    const isLower = (theirs: Feature['fields'][number]): boolean =>
      feature.fields.some((ours) => ours.path === theirs.path && theirs.value < ours.value);
    const lower = FEATURES.filter((other) => other.fields.some(isLower));
    return [feature.name, [...feature.requires, ...lower.map((other) => other.name)]];
  }),
);
