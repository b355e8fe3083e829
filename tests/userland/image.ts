/** Kernel and initial RAM disk of a run: Debian's packages, and behind them the witnesses' own files. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeCpio } from '../../guest/cpio.js';
import { FileTree } from '../../guest/file-tree.js';
import { defaultGuest, type Progress } from '../../guest/index.js';
import { BEGIN, END } from './transcript.js';
import type { Witness } from './witness.js';

export interface Image {
  readonly kernel: string;
  readonly initrd: string;
  readonly append: string;
}

/** Runs the witnesses that `$witnesses` names, from the kernel's command line, and powers off. */
const RUN_SCRIPT = `#!/bin/sh
for name in $(echo "$witnesses" | tr , ' '); do
  mkdir -p "/tmp/$name" && cd "/tmp/$name" || exit 1
  ln -s "/witness/$name"/* . 2>/dev/null
  echo "${BEGIN} $name"
  sh "/witness/$name.sh" 2>&1 </dev/null
  echo "${END} $name $?"
done
poweroff -f
`;

/** The witnesses' files as a cpio archive; the kernel unpacks it after the one that it is appended to. */
function witnessArchive(witnesses: readonly Witness[]): Uint8Array {
  const encoder = new TextEncoder();
  const tree = new FileTree(false);
  const add = (path: string, mode: number, content: Uint8Array): void =>
    tree.add({ path: `witness/${path}`, kind: 'file', mode, content });
  add('run', 0o755, encoder.encode(RUN_SCRIPT));
  for (const witness of witnesses) {
    add(`${witness.name}.sh`, 0o644, encoder.encode(witness.script));
    tree.directory(`witness/${witness.name}`);
    for (const file of witness.files ?? []) add(`${witness.name}/${file.path}`, file.mode ?? 0o644, file.content);
  }
  return writeCpio(tree.list());
}

/** The suite whose packages the witnesses name. */
const SUITE = 'trixie';

/**
 * Fetches what the witnesses need and writes their initial RAM disk into `folder`.
 * @param parameters for the kernel's command line, where scripts find them in their environment
 */
export async function buildImage(
  witnesses: readonly Witness[], folder: string, progress: Progress, parameters = '',
): Promise<Image> {
  const packages = [...new Set(witnesses.flatMap((witness) => witness.packages))].sort();
  const guest = await defaultGuest({ suite: SUITE, packages, progress });
  const initrd = join(folder, 'initrd');
  await writeFile(initrd, Buffer.concat([await readFile(guest.initrd), witnessArchive(witnesses)]));
  const names = witnesses.map((witness) => witness.name).join(',');
  const append = `${guest.append} quiet loglevel=1 ulna_run=/witness/run witnesses=${names} ${parameters}`.trimEnd();
  return { kernel: guest.kernel, initrd, append };
}
