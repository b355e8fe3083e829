/** A Debian archive in a folder, made with dpkg-deb: lets apt itself be used in tests without a network. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runProgram } from '../../../guest/process.js';

export interface TestPackage {
  readonly name: string;
  readonly version: string;
  readonly depends?: string;
  /** Content by path. */
  readonly files?: Readonly<Record<string, string>>;
}

async function run(program: string, args: readonly string[]): Promise<string> {
  const result = await runProgram(program, args);
  if (result.status !== 0) throw new Error(`${program}: ${result.stderr}`);
  return result.stdout.toString('utf8');
}

/** Builds the packages and the (unsigned) index of one suite; calling it again replaces the suite. */
export async function writeSuite(archive: string, suite: string, packages: readonly TestPackage[]): Promise<void> {
  const index: string[] = [];
  for (const { name, version, depends, files } of packages) {
    const tree = join(archive, 'trees', `${name}_${version}`);
    const control = [
      `Package: ${name}`,
      `Version: ${version}`,
      'Architecture: arm64',
      'Maintainer: Test <test@example.org>',
      ...(depends ? [`Depends: ${depends}`] : []),
      'Description: a test',
    ];
    await mkdir(join(tree, 'DEBIAN'), { recursive: true });
    await writeFile(join(tree, 'DEBIAN', 'control'), `${control.join('\n')}\n`);
    for (const [path, content] of Object.entries(files ?? {})) {
      await mkdir(dirname(join(tree, path)), { recursive: true });
      await writeFile(join(tree, path), content);
    }
    const file = `pool/${name}_${version}_arm64.deb`;
    await mkdir(join(archive, 'pool'), { recursive: true });
    await run('dpkg-deb', ['--root-owner-group', '-b', tree, join(archive, file)]);
    const bytes = await readFile(join(archive, file));
    index.push(
      [
        ...control,
        `Filename: ${file}`,
        `Size: ${bytes.length}`,
        `SHA256: ${createHash('sha256').update(bytes).digest('hex')}`,
        '',
      ].join('\n'),
    );
  }
  const folder = join(archive, 'dists', suite);
  const path = 'main/binary-arm64/Packages';
  const text = index.join('\n');
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
  const hash = createHash('sha256').update(text).digest('hex');
  const release = [
    `Suite: ${suite}`,
    `Codename: ${suite}`,
    'Architectures: arm64',
    'Components: main',
    `Date: ${new Date().toUTCString()}`,
    'SHA256:',
    ` ${hash} ${Buffer.byteLength(text)} ${path}`,
  ];
  await writeFile(join(folder, 'Release'), `${release.join('\n')}\n`);
}
