/** Files of a root file system, collected in the order in which a cpio archive must have them. */
import type { CpioEntry } from './cpio.js';

/** Folders that are links into /usr on a merged system (Debian Policy 9.1.1; the UsrMerge layout). */
const MERGED = ['bin', 'lib', 'sbin'];

/** A path without leading slash, its parent, `` at the top. */
function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/**
 * Collects entries so that every folder comes before what is in it. A path given twice keeps its first place and the
 * later content, except that a folder stays one, as dpkg has it: a link to another folder does not replace it.
 */
export class FileTree {
  private readonly entries = new Map<string, CpioEntry>();

  /** @param merged /bin, /lib and /sbin are links to the folders in /usr, and what goes there is put below /usr */
  constructor(private readonly merged: boolean) {
    if (!merged) return;
    for (const name of MERGED) {
      this.directory(`usr/${name}`);
      this.entries.set(name, { path: name, kind: 'link', target: `usr/${name}` });
    }
  }

  /** Makes a folder and those above it unless they are there. */
  directory(path: string): void {
    const place = this.place(path);
    if (place === '' || this.entries.has(place)) return;
    this.directory(parentOf(place));
    const mode = place === 'tmp' ? 0o1777 : place === 'root' ? 0o700 : 0o755;
    this.entries.set(place, { path: place, kind: 'directory', mode });
  }

  add(entry: CpioEntry): void {
    const path = this.place(entry.path);
    if (this.merged && MERGED.includes(path)) return;
    this.directory(parentOf(path));
    if (this.entries.get(path)?.kind === 'directory' && entry.kind !== 'directory') return;
    this.entries.set(path, { ...entry, path });
  }

  has(path: string): boolean {
    return this.entries.has(this.place(path));
  }

  list(): CpioEntry[] {
    return [...this.entries.values()];
  }

  private place(path: string): string {
    const top = path.slice(0, path.indexOf('/') + 1).slice(0, -1);
    return this.merged && MERGED.includes(top) ? `usr/${path}` : path;
  }
}
