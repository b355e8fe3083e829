/** What names a snapshot that `--fast` keeps. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256OfFile } from '../files/hash-file.js';
import { makeFolder } from '../files/make-folder.js';
import { replaceFile } from '../files/replace-file.js';
import type { MachineConfig } from '../config/machine-config.js';
import { ConfigurationError } from '../support/errors.js';

export const SNAPSHOT_SUFFIX = '.snapshot';

/** Hashes of files' contents, by what tells that they have not changed. */
type KnownContents = Record<string, string>;

/**
 * Where the snapshot for a configuration lies, whether or not it is there: its name stands for the program, everything that makes
 * the machine, and the contents of all files it is started from. Images of drives count by size and time of change.
 * @throws ConfigurationError for a machine that writes to an image of the user's, and for a deterministic one
 */
export function fastSnapshotPath(config: MachineConfig, folder: string): string {
  if (config.deterministic) throw new ConfigurationError('--fast: not with --deterministic, --record or --replay');
  const writable = config.drives.find((drive) => !drive.readOnly && !drive.snapshot);
  if (writable !== undefined) {
    throw new ConfigurationError(`--fast: the guest may write to ${writable.file}; give the drive snapshot=on or readonly=on`);
  }
  try {
    makeFolder(folder);
  } catch (error) {
    throw new ConfigurationError(`--fast: ${folder} cannot be made (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
  const contents = new Contents(join(folder, 'contents.json'));
  const { kernel, initrd, dtb, firmware, append, cpu, smp, memoryBytes, virtualization, secure, its, dtbRandomness } = config;
  const key = {
    program: program(),
    files: [kernel, initrd, dtb, firmware].map((path) => path === undefined ? null : contents.of(path)),
    loaders: config.loaders.map((loader) => loader.kind === 'file' ? { ...loader, file: contents.of(loader.file) } : loader),
    drives: config.drives.map((drive) => ({ ...drive, image: identity(drive.file) })),
    append, cpu, smp, memoryBytes, virtualization, secure, its, dtbRandomness, virtio: config.virtio, consoles: config.consoles,
    seed: config.seed,
  };
  contents.save();
  return join(folder, `${createHash('sha256').update(JSON.stringify(key, numbers)).digest('hex').slice(0, 24)}${SNAPSHOT_SUFFIX}`);
}

/** bigint is no JSON. */
const numbers = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

/** Names the program: any build of it is another one. */
function program(): string {
  return identity(fileURLToPath(import.meta.url)) ?? '';
}

/** Tells that a file is the same as before; undefined when it cannot be looked at. */
function identity(path: string): string | undefined {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return undefined;
  }
}

class Contents {
  private readonly known: KnownContents;
  private readonly used: KnownContents = {};
  private changed = false;

  constructor(private readonly path: string) {
    this.known = knownContents(path);
  }

  /** Hash of a file's contents; a file that cannot be read is told by who boots it. @throws ConfigurationError for a pipe */
  of(path: string): string {
    const same = identity(path);
    if (same === undefined) return '';
    if (!statSync(path).isFile()) throw new ConfigurationError(`--fast: ${path} is not a file`);
    let hash = this.known[same];
    if (hash === undefined) {
      this.changed = true;
      try {
        hash = sha256OfFile(path);
      } catch {
        return '';
      }
    }
    return (this.used[same] = hash);
  }

  /** Another process's additions may be lost; they cost a look at the file. */
  save(): void {
    if (!this.changed) return;
    const kept = Object.entries({ ...this.known, ...this.used }).slice(-64);
    try {
      replaceFile(this.path, JSON.stringify(Object.fromEntries(kept)));
    } catch {
      // they are hashed again the next time
    }
  }
}

function knownContents(path: string): KnownContents {
  try {
    const known: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const isKnown = typeof known === 'object' && known !== null && Object.values(known).every((hash) => typeof hash === 'string');
    return isKnown ? (known as KnownContents) : {};
  } catch {
    return {};
  }
}
