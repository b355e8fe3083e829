/** Fetching Debian packages of any suite and architecture into the user's cache, verified and unpacked. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256OfFile } from '../src/files/hash-file.js';
import { ConfigurationError } from '../src/support/errors.js';
import type { ControlParagraph } from './apt-sources.js';
import { cacheRoot, exists, publishDirectory, publishFile, withLock } from './cache.js';
import { NO_APT_MESSAGE, PrivateApt } from './private-apt.js';
import { ProgramMissingError, runProgram } from './process.js';
import { type Progress, silentProgress } from './progress.js';

/** A package in the cache. */
export interface FetchedPackage {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the .deb, from the suite's signed index, in hexadecimal. */
  readonly sha256: string;
  /** The .deb file. */
  readonly file: string;
  /** The folder that holds its files, as below `/` on an installed system. */
  readonly root: string;
}

export interface FetchOptions {
  /** Looks for newer packages even if some are in the cache. */
  readonly update?: boolean | undefined;
  /** Accepts a suite whose signature this machine's keyring cannot verify. */
  readonly unverified?: boolean | undefined;
  /** Archive URI to use instead of the one in the machine's sources. */
  readonly mirror?: string | undefined;
  readonly progress?: Progress | undefined;
  /** Cache folder instead of the user's. */
  readonly cache?: string | undefined;
  /** The machine's apt folder (tests). */
  readonly systemFolder?: string | undefined;
}

/** What is remembered of a name that was resolved: enough to use the cache without asking apt. */
interface PackageSet {
  readonly verified: boolean;
  /** Empty where a pocket is known not to have the name. */
  readonly packages: readonly { readonly name: string; readonly version: string; readonly sha256: string }[];
}

/** Kernel packages depend on the parts that hold the files: image (meta), then binary, modules and base (7.x). */
const KERNEL_PART = /^linux-(image|binary|modules|base)-/;

/** Names in a Depends field that begin alike with a kernel's parts; the first of every set of alternatives. */
export function kernelParts(depends: string): string[] {
  return depends
    .split(',')
    .map((clause) => /^\s*([a-z0-9][a-z0-9+.-]*)/.exec(clause)?.[1] ?? '')
    .filter((name) => KERNEL_PART.test(name));
}

/** `trixie` for `trixie-backports` (and -updates, -proposed-updates): the suite that such a pocket adds to. */
export function baseSuite(suite: string): string | undefined {
  return /^(.+?)-(backports|updates|proposed-updates)(-sloppy)?$/.exec(suite)?.[1];
}

/** Refuses what cannot be a suite's name, before it gets into a path or into apt's configuration. */
export function checkSuite(suite: string): string {
  if (!/^[a-z0-9][a-z0-9.+-]*$/.test(suite)) throw new ConfigurationError(`not a suite name: ${JSON.stringify(suite)}`);
  return suite;
}

/** Refuses what cannot be a package's name (Debian Policy, 5.6.1). */
function checkPackageName(name: string): void {
  if (!/^[a-z0-9][a-z0-9+.-]+$/.test(name)) {
    throw new ConfigurationError(`not a package name: ${JSON.stringify(name)}`);
  }
}

/** Name of a package's file and folder in the cache. Refuses what an index should not have, before it gets into a path. */
export function packageId(name: string, version: string, sha256: string): string {
  checkPackageName(name);
  if (!/^[0-9a-f]{64}$/.test(sha256)) {
    throw new ConfigurationError(`the package index has no valid SHA-256 for ${name}: ${JSON.stringify(sha256)}`);
  }
  return `${name}_${version.replace(/[^A-Za-z0-9.+~-]/g, '_')}-${sha256.slice(0, 16)}`;
}

function field(entry: ControlParagraph, name: string): string {
  const value = entry.get(name);
  if (value === undefined) throw new ConfigurationError(`the package index has no ${name} for ${entry.get('package')}`);
  return value;
}

/** The cached packages of one suite and architecture, and how more of them come. */
class PackageStore {
  private readonly cache: string;
  private readonly progress: Progress;
  private readonly unverified: boolean;

  constructor(
    private readonly suite: string,
    private readonly architecture: string,
    private readonly options: FetchOptions,
  ) {
    this.cache = options.cache ?? cacheRoot();
    this.progress = options.progress ?? silentProgress;
    this.unverified = options.unverified ?? false;
  }

  /** Where a package's file and its unpacked content are; the hash makes the place unique. */
  private locate(name: string, version: string, sha256: string): FetchedPackage {
    const id = packageId(name, version, sha256);
    return {
      name,
      version,
      sha256,
      file: join(this.cache, 'packages', `${id}.deb`),
      root: join(this.cache, 'unpacked', id),
    };
  }

  private setPath(name: string): string {
    return join(this.cache, 'sets', `${this.suite}-${this.architecture}`, `${name}.json`);
  }

  /** The packages that `name` stood for when last fetched (none: known to be absent), if all are still in the cache. */
  async cached(name: string): Promise<FetchedPackage[] | undefined> {
    return this.readSet(this.setPath(name));
  }

  /** What a set of names and their dependencies is remembered by; a package name has no `+` in front. */
  private static closureName(names: readonly string[]): string {
    const key = [...new Set(names)].sort().join(' ');
    return `+${createHash('sha256').update(key).digest('hex').slice(0, 24)}`;
  }

  /** The packages of `names` and all they depend on, from the cache if they were fetched before. */
  async closure(names: readonly string[]): Promise<FetchedPackage[]> {
    const path = this.setPath(PackageStore.closureName(names));
    const known = this.options.update ? undefined : await this.readSet(path);
    if (known !== undefined) return known;
    return this.withApt(baseSuite(this.suite), async (apt) => {
      // Another process may have fetched them while this one waited.
      const found = this.options.update ? undefined : await this.readSet(path);
      if (found !== undefined) return found;
      await this.freshen(apt);
      const packages = await this.obtainAll(apt, () => apt.closure(names));
      await this.writeSet(path, packages);
      return packages;
    });
  }

  private async readSet(path: string): Promise<FetchedPackage[] | undefined> {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    let set: PackageSet;
    try {
      set = JSON.parse(text) as PackageSet;
    } catch {
      return undefined;
    }
    if (!set.verified && !this.unverified) return undefined;
    const packages = set.packages.map((entry) => this.locate(entry.name, entry.version, entry.sha256));
    for (const entry of packages) if (!(await exists(entry.root))) return undefined;
    return packages;
  }

  private async writeSet(path: string, packages: readonly FetchedPackage[]): Promise<void> {
    const set: PackageSet = {
      verified: !this.unverified,
      packages: packages.map((entry) => ({ name: entry.name, version: entry.version, sha256: entry.sha256 })),
    };
    await publishFile(path, `${JSON.stringify(set, null, 2)}\n`);
  }

  /** Runs `work` with apt, whose state directory no other process uses meanwhile. */
  private async withApt<T>(base: string | undefined, work: (apt: PrivateApt) => Promise<T>): Promise<T> {
    const { suite, architecture, unverified, progress } = this;
    const { mirror, systemFolder } = this.options;
    const suites = base === undefined ? suite : `${suite}+${base}`;
    const state = join(this.cache, 'apt', `${suites}-${architecture}${unverified ? '-unverified' : ''}`);
    const open = () =>
      PrivateApt.open({
        suite, base, architecture, state, unverified, mirror, progress, ...(systemFolder ? { systemFolder } : {}),
      });
    const waiting = () => progress.update(`waiting for another process that uses ${suite}`);
    return withLock(`${state}.lock`, async () => work(await open()), waiting);
  }

  private async freshen(apt: PrivateApt): Promise<void> {
    if (this.options.update || !(await apt.isIndexFresh())) await apt.update();
  }

  /** Fetches what `names` stand for; a name that the suite does not have is empty in the answer, or absent. */
  async fetch(names: readonly string[]): Promise<Map<string, FetchedPackage[]>> {
    return this.withApt(undefined, async (apt) => {
      const found = new Map<string, FetchedPackage[]>();
      // Another process may have fetched them while this one waited.
      const missing: string[] = [];
      for (const name of names) {
        const packages = this.options.update ? undefined : await this.cached(name);
        if (packages) found.set(name, packages);
        else missing.push(name);
      }
      if (missing.length === 0) return found;
      await this.freshen(apt);
      for (const name of missing) {
        const packages = await this.obtainAll(apt, () => this.resolve(apt, name));
        // Remembered for a pocket, whose base suite is asked next; elsewhere an absent name is the user's mistake.
        if (packages.length === 0 && baseSuite(this.suite) === undefined) continue;
        await this.writeSet(this.setPath(name), packages);
        found.set(name, packages);
      }
      return found;
    });
  }

  /** All that `resolve` names. A file that is gone from the mirror means that the index is old. */
  private async obtainAll(apt: PrivateApt, resolve: () => Promise<ControlParagraph[]>): Promise<FetchedPackage[]> {
    for (let attempt = 0; ; attempt++) {
      const entries = await resolve();
      try {
        const packages: FetchedPackage[] = [];
        for (const entry of entries) packages.push(await this.obtain(apt, entry));
        return packages;
      } catch (error) {
        if (attempt > 0 || !(error instanceof ConfigurationError)) throw error;
        await apt.update();
      }
    }
  }

  /** One name and the kernel parts it depends on. */
  private async resolve(apt: PrivateApt, name: string): Promise<ControlParagraph[]> {
    const entries: ControlParagraph[] = [];
    const seen = new Set<string>();
    const queue = [name];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (seen.has(next)) continue;
      seen.add(next);
      const entry = await apt.show(next);
      if (!entry) {
        if (next === name) return [];
        throw new ConfigurationError(`suite ${this.suite}: ${name} depends on ${next}, which the suite does not have`);
      }
      entries.push(entry);
      if (KERNEL_PART.test(next)) queue.push(...kernelParts(entry.get('depends') ?? ''));
    }
    return entries;
  }

  private async obtain(apt: PrivateApt, entry: ControlParagraph): Promise<FetchedPackage> {
    const name = field(entry, 'package');
    const place = this.locate(name, field(entry, 'version'), field(entry, 'sha256'));
    if (!(await exists(place.file)) || (sha256OfFile(place.file)) !== place.sha256) {
      await this.download(apt, place, Number(entry.get('size') ?? 0));
    }
    await publishDirectory(place.root, async (directory) => {
      this.progress.update(`unpacking ${name}`);
      const result = await runProgram('dpkg-deb', ['-x', place.file, directory]).catch((error: unknown) => {
        throw error instanceof ProgramMissingError ? new ConfigurationError(NO_APT_MESSAGE) : error;
      });
      if (result.status !== 0) {
        throw new ConfigurationError(`cannot unpack ${name}: ${result.stderr.trim().split('\n')[0] ?? ''}`);
      }
    });
    return place;
  }

  private async download(apt: PrivateApt, place: FetchedPackage, size: number): Promise<void> {
    const packages = join(this.cache, 'packages');
    await mkdir(packages, { recursive: true });
    const folder = await mkdtemp(join(packages, '.download.'));
    try {
      this.progress.update(`${place.name} ${place.version} (${(size / 1e6).toFixed(1)} MB)`);
      const { file, reason } = await apt.download(place.name, place.version, folder);
      if (file === undefined) throw new ConfigurationError(`apt cannot download ${place.name}: ${reason}`);
      const actual = sha256OfFile(file);
      if (actual !== place.sha256) {
        throw new ConfigurationError(
          `${place.name} ${place.version}: SHA-256 is ${actual}, the package index says ${place.sha256}`,
        );
      }
      await rename(file, place.file);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/**
 * Fetches packages of `suite` for `architecture` (Debian's name, `arm64`) with the machine's own apt and unpacks them,
 * all in the user's cache. Kernel meta packages are followed to the packages that hold the files. What is in the cache
 * is used as it is, without network, unless `options.update`. A name that a pocket such as trixie-backports does not
 * have is taken from the suite it adds to. The answer has the packages of each name in turn, without repeats.
 */
export async function fetchPackages(
  suite: string,
  architecture: string,
  names: readonly string[],
  options: FetchOptions = {},
): Promise<FetchedPackage[]> {
  checkSuite(suite);
  names.forEach(checkPackageName);
  const found = new Map<string, FetchedPackage[]>();
  const progress = options.progress ?? silentProgress;
  try {
    for (const place of [suite, baseSuite(suite)]) {
      if (place === undefined) continue;
      const store = new PackageStore(place, architecture, options);
      const missing: string[] = [];
      for (const name of names.filter((wanted) => !found.get(wanted)?.length)) {
        const packages = options.update ? undefined : await store.cached(name);
        if (packages) found.set(name, packages);
        else missing.push(name);
      }
      if (missing.length === 0) continue;
      for (const [name, packages] of await store.fetch(missing)) found.set(name, packages);
    }
  } finally {
    progress.finish();
  }
  const unknown = names.find((name) => !found.get(name)?.length);
  if (unknown !== undefined) {
    throw new ConfigurationError(`suite ${suite} has no package ${unknown} for ${architecture}`);
  }
  const unique = new Map<string, FetchedPackage>();
  for (const name of names) for (const entry of found.get(name) ?? []) unique.set(entry.root, entry);
  return [...unique.values()];
}

/**
 * As fetchPackages, with everything that the packages depend on as apt resolves it for an empty system (not what they
 * recommend), in apt's order of installation. In a pocket such as trixie-backports, what it has is taken from it.
 */
export async function fetchWithDependencies(
  suite: string,
  architecture: string,
  names: readonly string[],
  options: FetchOptions = {},
): Promise<FetchedPackage[]> {
  checkSuite(suite);
  names.forEach(checkPackageName);
  try {
    return await new PackageStore(suite, architecture, options).closure(names);
  } finally {
    options.progress?.finish();
  }
}
