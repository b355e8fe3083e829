/** Imports go one way: what each folder may import, checked over every source file. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const TOP_FOLDERS = ['src', 'jit', 'runtime', 'devices', 'hv', 'guest', 'perf', 'tests'];

interface Layer {
  /** Layers it may import besides itself. */
  readonly imports: readonly string[];
  /** Whether it may use Node's own modules. */
  readonly node: boolean;
}

/** Layers by path prefix; the longest prefix that fits a file counts. */
const LAYERS: Readonly<Record<string, Layer>> = {
  'src/support': { imports: [], node: false },
  'src/files': { imports: [], node: true },
  'src/arch': { imports: ['src/support'], node: false },
  'runtime/layout': { imports: ['src/arch', 'src/support'], node: false },
  devices: { imports: ['src/arch', 'src/support'], node: true },
  jit: { imports: ['jit/wasm', 'runtime/layout', 'src/arch', 'src/support'], node: true },
  'jit/wasm': { imports: ['jit', 'runtime/layout', 'src/arch', 'src/support'], node: true },
  hv: { imports: ['runtime/layout', 'devices', 'src/arch', 'src/support'], node: true },
  runtime: {
    imports: ['runtime/layout', 'jit', 'jit/wasm', 'devices', 'hv', 'src/arch', 'src/files', 'src/support'],
    node: true,
  },
  'src/config': { imports: ['runtime/layout', 'src/arch', 'src/support'], node: true },
  'src/machine': {
    imports: [
      'src/config',
      'runtime',
      'runtime/layout',
      'jit',
      'jit/wasm',
      'devices',
      'hv',
      'src/arch',
      'src/files',
      'src/support',
    ],
    node: true,
  },
  guest: { imports: ['src/files', 'src/support'], node: true },
  'src/cli': { imports: ['src/machine', 'src/config', 'guest', 'jit', 'src/arch', 'src/files', 'src/support'], node: true },
  src: { imports: ['src/machine', 'src/config', 'src/arch', 'src/support'], node: true },
  perf: { imports: ['*'], node: true },
  tests: { imports: ['*'], node: true },
};

/** Files the fixed rules are about, by where they are. */
const PREFIXES = Object.keys(LAYERS).sort((a, b) => b.length - a.length);

function layerOf(path: string): string {
  const prefix = PREFIXES.find((candidate) => path.startsWith(`${candidate}/`));
  if (prefix === undefined) throw new Error(`${path} belongs to no layer`);
  return prefix;
}

function sourceFiles(): string[] {
  return TOP_FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length).split(sep).join('/')),
  ).sort();
}

/** Modules that a file names: imports, re-exports, import() of a literal, and new URL() of a worker. */
export function importsOf(path: string, source: string): string[] {
  const found = ts.preProcessFile(source, true, true).importedFiles.map((reference) => reference.fileName);
  for (const match of source.matchAll(/new URL\(\s*'(\.[^']+\.js)'/g)) found.push(match[1]!);
  return found.map((name) =>
    name.startsWith('.') ? normalize(join(dirname(path), name)).split(sep).join('/').replace(/\.js$/, '.ts') : name,
  );
}

/** What is wrong with one import, or undefined. */
export function violation(path: string, imported: string): string | undefined {
  const from = layerOf(path);
  const { imports, node } = LAYERS[from]!;
  if (imports.includes('*')) return undefined;
  const isLocal = imported.endsWith('.ts') && TOP_FOLDERS.includes(imported.split('/')[0]!);
  if (isLocal) {
    const to = layerOf(imported);
    return to === from || imports.includes(to) ? undefined : `${path} (${from}) imports ${imported} (${to})`;
  }
  if (imported === 'binaryen') return from === 'jit/wasm' ? undefined : `${path} imports binaryen`;
  if (imported === 'commander') return from === 'src/cli' ? undefined : `${path} imports commander`;
  if (imported === '@jridgewell/sourcemap-codec') return path === 'runtime/code/module-dump.ts' ? undefined : `${path} imports ${imported}`;
  if (imported.startsWith('node:')) return node ? undefined : `${path} (${from}) imports ${imported}`;
  return imported === 'source-map-support' && from === 'src/cli' ? undefined : `${path} imports ${imported}`;
}

/** Modules that a file loads whenever it is loaded: no types, no import(). */
function loadedBy(path: string): string[] {
  const { outputText } = ts.transpileModule(readFileSync(join(ROOT, path), 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true },
  });
  return importsOf(path, outputText.replaceAll(/\bimport\(/g, 'later('));
}

describe('imports', () => {
  it('load binaryen in no thread of a machine', () => {
    const seen = new Set<string>();
    const visit = (path: string): void => {
      if (seen.has(path)) return;
      seen.add(path);
      if (path.endsWith('.ts')) loadedBy(path).forEach(visit);
    };
    ['src/cli/main.ts', 'src/machine/start.ts', 'src/machine/vcpu-worker.ts', 'src/machine/translator-worker.ts'].forEach(visit);
    expect(seen.size).toBeGreaterThan(200);
    expect(seen).not.toContain('binaryen');
  });

  it('go one way', () => {
    const files = sourceFiles();
    expect(files.length).toBeGreaterThan(20);
    const wrong = files.flatMap((path) =>
      importsOf(path, readFileSync(join(ROOT, path), 'utf8'))
        .map((imported) => violation(path, imported))
        .filter((message) => message !== undefined),
    );
    expect(wrong).toEqual([]);
  });

  it('name files with their .js suffix, and Node modules with node:', () => {
    const wrong = sourceFiles().flatMap((path) =>
      ts
        .preProcessFile(readFileSync(join(ROOT, path), 'utf8'), true, true)
        .importedFiles.map((reference) => reference.fileName)
        .filter((name) => name.startsWith('.') && !/\.(js|json)$/.test(name))
        .map((name) => `${path}: ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('are read from every form', () => {
    const source = [
      "import type { A } from '../arch/a.js';",
      "export * from './b.js';",
      "const c = await import('../../jit/wasm/c.js');",
      "new Worker(new URL('./worker.js', import.meta.url));",
      "import 'binaryen';",
    ].join('\n');
    expect(importsOf('src/support/x.ts', source).sort()).toEqual([
      'binaryen',
      'jit/wasm/c.ts',
      'src/arch/a.ts',
      'src/support/b.ts',
      'src/support/worker.ts',
    ]);
  });

  it('against the rules are found', () => {
    expect(violation('src/arch/a.ts', 'node:fs')).toBeDefined();
    expect(violation('src/arch/a.ts', 'runtime/layout/memory-layout.ts')).toBeDefined();
    expect(violation('src/support/a.ts', 'src/arch/b.ts')).toBeDefined();
    expect(violation('devices/gic/a.ts', 'runtime/layout/memory-layout.ts')).toBeDefined();
    expect(violation('devices/gic/a.ts', 'jit/a64/b.ts')).toBeDefined();
    expect(violation('jit/a64/a.ts', 'runtime/vcpu/b.ts')).toBeDefined();
    expect(violation('jit/a64/a.ts', 'binaryen')).toBeDefined();
    expect(violation('runtime/vcpu/a.ts', 'src/machine/start.ts')).toBeDefined();
    expect(violation('src/machine/start.ts', 'src/cli/main.ts')).toBeDefined();
    expect(violation('guest/a.ts', 'src/cli/main.ts')).toBeDefined();
    expect(violation('src/cli/a.ts', 'left-pad')).toBeDefined();
  });

  it('within the rules are not', () => {
    expect(violation('jit/wasm/a.ts', 'binaryen')).toBeUndefined();
    expect(violation('jit/a64/a.ts', 'runtime/layout/vcpu-layout.ts')).toBeUndefined();
    expect(violation('runtime/vcpu/a.ts', 'jit/interpreter/core.ts')).toBeUndefined();
    expect(violation('src/cli/a.ts', 'src/machine/start.ts')).toBeUndefined();
    expect(violation('devices/backends/a.ts', 'node:fs')).toBeUndefined();
  });
});
