/**
 * The machine's own apt with a state directory of ours: no root, no change to the system's package state. apt reads
 * $APT_CONFIG first (apt.conf(5)); there its configuration folder, sources, status and cache are all made private, and
 * the machine's own Acquire settings (proxies, retries, validity checks) are carried over.
 */
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '../src/support/errors.js';
import {
  type AptSource,
  chooseMirror,
  type ControlParagraph,
  parseControl,
  parseDeb822Sources,
  parseOneLineSources,
} from './apt-sources.js';
import { exists, publishFile } from './cache.js';
import { ProgramMissingError, type ProgramOptions, type ProgramResult, runProgram } from './process.js';
import type { Progress } from './progress.js';

/** Said when there is no apt to fetch with. */
export const NO_APT_MESSAGE =
  'this machine has no apt and dpkg-deb to fetch a guest with; pass your own with --kernel FILE --initrd FILE';

/** The keyring that Debian's debian-archive-keyring package installs. */
const DEBIAN_KEYRINGS = ['gpg', 'pgp'].map((suffix) => `/usr/share/keyrings/debian-archive-keyring.${suffix}`);

/** Where the machine keeps its apt configuration; tests pass another folder. */
const SYSTEM_APT = '/etc/apt';

/** A package index older than this (milliseconds) is fetched again before something new is downloaded. */
const INDEX_LIFETIME = 24 * 3600 * 1000;

export interface PrivateAptOptions {
  /** Suite as the mirror names it: bookworm, trixie, sid, trixie-backports. */
  readonly suite: string;
  /** The suite that a pocket (trixie-backports) adds to, if dependencies are to be found there as well. */
  readonly base?: string | undefined;
  /** Debian's name of the packages' architecture. */
  readonly architecture: string;
  /** The private state directory. */
  readonly state: string;
  /** Goes on with a suite whose signature the machine's keyring cannot verify. */
  readonly unverified: boolean;
  /** Archive URI to use instead of the one in the machine's sources. */
  readonly mirror?: string | undefined;
  readonly progress: Progress;
  /** The machine's apt folder. */
  readonly systemFolder?: string;
}

/** Runs one of apt's programs; their absence is a configuration error that says what to pass instead. */
async function runApt(program: string, args: readonly string[], options: ProgramOptions): Promise<ProgramResult> {
  try {
    return await runProgram(program, args, options);
  } catch (error) {
    if (error instanceof ProgramMissingError) throw new ConfigurationError(NO_APT_MESSAGE);
    throw error;
  }
}

/** All sources that the machine's apt folder names; files in sources.list.d first, as they are the usual place now. */
export async function readSystemSources(folder = SYSTEM_APT): Promise<AptSource[]> {
  const parts = join(folder, 'sources.list.d');
  const names = (await readdir(parts).catch(() => [])).sort();
  const paths = [...names.map((name) => join(parts, name)), join(folder, 'sources.list')];
  const sources: AptSource[] = [];
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (path.endsWith('.sources')) sources.push(...parseDeb822Sources(text));
    else if (path.endsWith('.list')) sources.push(...parseOneLineSources(text));
  }
  return sources;
}

/** Quotes a value for apt.conf(5); apt knows no escapes, so a quote or line break in it cannot be expressed. */
function aptValue(value: string): string {
  if (/["\n]/.test(value)) throw new ConfigurationError(`apt cannot use this path: ${JSON.stringify(value)}`);
  return `"${value}"`;
}

/** The one line that matters of what apt said. */
function firstError(stderr: string): string {
  const line = stderr.split('\n').find((text) => text.startsWith('E: '));
  return (line?.slice(3) ?? stderr.trim().split('\n')[0] ?? '').trim() || 'apt gave no reason';
}

export class PrivateApt {
  private constructor(
    private readonly options: PrivateAptOptions,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  /** Writes the private configuration. The caller holds the lock on the state directory. */
  static async open(options: PrivateAptOptions): Promise<PrivateApt> {
    const { state, suite, architecture } = options;
    const sources = await readSystemSources(options.systemFolder);
    const named = options.mirror ? { uri: options.mirror, suites: [], components: [] } : undefined;
    const source = named ?? chooseMirror(sources, suite);
    if (!source && !(await exists(options.systemFolder ?? SYSTEM_APT))) throw new ConfigurationError(NO_APT_MESSAGE);
    if (!source) {
      throw new ConfigurationError(
        "no Debian mirror in this machine's apt sources; " +
          'name one with --mirror URI, or pass --kernel FILE --initrd FILE',
      );
    }
    for (const folder of ['lists/partial', 'cache/archives/partial', 'parts', 'preferences', 'sources']) {
      await mkdir(join(state, folder), { recursive: true });
    }
    // The settings of the machine are read before ours are in force.
    const dump = await runApt('apt-config', ['dump'], { env: { ...process.env, LC_ALL: 'C' } });
    const acquire = dump.stdout
      .toString('utf8')
      .split('\n')
      .filter((line) => /^Acquire::(?!IndexTargets|Languages|GzipIndexes)\S+ ".+";$/.test(line));
    const keyring = await firstExisting(DEBIAN_KEYRINGS);
    const signedBy = options.unverified ? undefined : (keyring ?? ('signedBy' in source ? source.signedBy : undefined));
    const deb822 = [
      'Types: deb',
      `URIs: ${source.uri}`,
      `Suites: ${options.base === undefined ? suite : `${suite} ${options.base}`}`,
      'Components: main',
      `Architectures: ${architecture}`,
      ...(options.unverified ? ['Trusted: yes'] : []),
      ...(signedBy ? [`Signed-By: ${signedBy.replaceAll('\n', '\n ')}`] : []),
    ];
    const configuration = [
      ...acquire,
      `Dir::State ${aptValue(state)};`,
      `Dir::State::Lists ${aptValue(join(state, 'lists'))};`,
      `Dir::State::status ${aptValue(join(state, 'status'))};`,
      `Dir::Cache ${aptValue(join(state, 'cache'))};`,
      `Dir::Cache::srcpkgcache "";`,
      `Dir::Etc::main "/dev/null";`,
      `Dir::Etc::parts ${aptValue(join(state, 'parts'))};`,
      `Dir::Etc::preferences "/dev/null";`,
      `Dir::Etc::preferencesparts ${aptValue(join(state, 'preferences'))};`,
      `Dir::Etc::sourcelist "/dev/null";`,
      `Dir::Etc::sourceparts ${aptValue(join(state, 'sources'))};`,
      `APT::Architecture ${aptValue(architecture)};`,
      `APT::Architectures { ${aptValue(architecture)}; };`,
      'APT::Sandbox::User "";',
      'APT::Update::Error-Mode "any";',
      'Acquire::Languages "none";',
      'Acquire::GzipIndexes "true";',
    ];
    const configurationPath = join(state, 'apt.conf');
    const sourcesPath = join(state, 'sources', 'ulna.sources');
    const sourcesText = `${deb822.join('\n')}\n`;
    const apt = new PrivateApt(options, { ...process.env, APT_CONFIG: configurationPath, LC_ALL: 'C' });
    if ((await readFile(sourcesPath, 'utf8').catch(() => '')) !== sourcesText) await apt.forgetIndex();
    await writeFile(join(state, 'status'), '');
    await writeFile(sourcesPath, sourcesText);
    await writeFile(configurationPath, `${configuration.join('\n')}\n`);
    return apt;
  }

  private get indexStamp(): string {
    return join(this.options.state, 'index-complete');
  }

  private async forgetIndex(): Promise<void> {
    await publishFile(this.indexStamp, 'never\n');
  }

  /** Whether the package index was fetched whole within the last day. */
  async isIndexFresh(): Promise<boolean> {
    const text = await readFile(this.indexStamp, 'utf8').catch(() => 'never\n');
    if (text !== 'complete\n') return false;
    return Date.now() - (await stat(this.indexStamp)).mtimeMs < INDEX_LIFETIME;
  }

  /** Fetches the suite's package index. */
  async update(): Promise<void> {
    const { suite, progress } = this.options;
    progress.update(`package index of ${suite}`);
    const result = await this.run('apt-get', ['-q', '-o', 'APT::Status-Fd=2', 'update'], `package index of ${suite}`);
    if (result.status === 0) {
      await publishFile(this.indexStamp, 'complete\n');
      return;
    }
    const said = result.stderr;
    if (/NO_PUBKEY|is not signed|couldn't be verified|EXPKEYSIG|REVKEYSIG|BADSIG/.test(said)) {
      throw new ConfigurationError(
        `suite ${suite}: this machine's keyring does not know the key that signs it; ` +
          '--unverified-suite goes on without verification',
      );
    }
    if (/does not have a Release file/.test(said)) {
      throw new ConfigurationError(`suite ${suite}: the mirror in this machine's apt sources has no such suite`);
    }
    throw new ConfigurationError(`suite ${suite}: apt cannot fetch the package index: ${firstError(said)}`);
  }

  /** The index entry of a package's newest version in the suite, or undefined. */
  async show(name: string): Promise<ControlParagraph | undefined> {
    const result = await runApt('apt-cache', ['show', '--no-all-versions', name], { env: this.environment });
    return parseControl(result.stdout.toString('utf8')).find((entry) => entry.get('package') === name);
  }

  /**
   * What installing `names` on an empty system would install: they and all they depend on (not what they recommend),
   * alternatives as apt chooses them. A name without a package, and dependencies that cannot be met, are errors.
   */
  async closure(names: readonly string[]): Promise<ControlParagraph[]> {
    const { suite, base, architecture, progress } = this.options;
    progress.update(`dependencies of ${names.join(' ')}`);
    const target = base === undefined ? [] : ['-t', suite];
    const args = ['-s', '-y', '--no-install-recommends', ...target, 'install', ...names];
    const result = await runApt('apt-get', args, { env: this.environment });
    if (result.status !== 0) {
      const absent = /^E: (?:Unable to locate package (\S+)|Package '([^']+)' has no installation candidate)/m;
      const name = absent.exec(result.stderr)?.slice(1).find((text) => text !== undefined);
      if (name !== undefined) throw new ConfigurationError(`suite ${suite} has no package ${name} for ${architecture}`);
      const unmet = /^ (\S+) : (.+)$/m.exec(result.stdout.toString('utf8'));
      const reason = unmet === null ? firstError(result.stderr) : `${unmet[1]}: ${unmet[2].trim()}`;
      throw new ConfigurationError(`suite ${suite}: apt cannot resolve the dependencies: ${reason}`);
    }
    // Inst NAME (VERSION ARCHIVE [ARCHITECTURE]) (apt-get(8), --simulate).
    const lines = result.stdout.toString('utf8').matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+) /gm);
    const chosen = new Set([...lines].map(([, name, version]) => `${name.replace(/:.*$/, '')}=${version}`));
    const shown = await runApt('apt-cache', ['show', ...chosen], { env: this.environment });
    const entries = new Map<string, ControlParagraph>();
    for (const entry of parseControl(shown.stdout.toString('utf8'))) {
      const id = `${entry.get('package')}=${entry.get('version')}`;
      if (chosen.has(id)) entries.set(id, entry);
    }
    const lost = [...chosen].find((id) => !entries.has(id));
    if (lost !== undefined) throw new ConfigurationError(`suite ${suite}: the package index has no ${lost}`);
    return [...chosen].map((id) => entries.get(id)!);
  }

  /** Downloads a package into `folder` (which must be empty) and gives the file's path, or why it did not come. */
  async download(name: string, version: string, folder: string): Promise<{ file?: string; reason: string }> {
    const args = ['-q', '-o', 'APT::Status-Fd=2', 'download', `${name}=${version}`];
    const result = await this.run('apt-get', args, name, folder);
    const file = (await readdir(folder)).find((entry) => entry.endsWith('.deb'));
    if (result.status !== 0 || file === undefined) return { reason: firstError(result.stderr) };
    return { file: join(folder, file), reason: '' };
  }

  private run(program: string, args: readonly string[], what: string, cwd?: string): Promise<ProgramResult> {
    return runApt(program, args, {
      env: this.environment,
      ...(cwd ? { cwd } : {}),
      onErrorLine: (line) => {
        // apt's progress: dlstatus:<item>:<percent>:<text> (APT progress reporting, README.progress-reporting).
        const match = /^dlstatus:[^:]*:([\d.]+):/.exec(line);
        if (match) this.options.progress.update(what, Number(match[1]));
      },
    });
  }
}

async function firstExisting(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await exists(path)) return path;
  return undefined;
}
