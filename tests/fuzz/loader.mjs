// Module hooks that load the TypeScript sources as they are, as modules of their own: the engine of JavaScript sees the
// imports, which a bundler's development mode hides behind property accesses (those cost the fuzzer half of its speed).
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = join(tmpdir(), 'ulna-fuzz-modules');
let typescript;

/** JavaScript of a source, from the cache when it was made before. */
async function transpile(source) {
  const file = join(CACHE, `${createHash('sha256').update(source).digest('hex').slice(0, 32)}.mjs`);
  try {
    return readFileSync(file, 'utf8');
  } catch {
    typescript ??= (await import('typescript')).default;
  }
  const { ModuleKind, ScriptTarget, transpileModule } = typescript;
  const compilerOptions = { module: ModuleKind.ESNext, target: ScriptTarget.ES2022, verbatimModuleSyntax: true };
  const { outputText } = transpileModule(source.toString(), { compilerOptions });
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(`${file}.${process.pid}`, outputText);
  renameSync(`${file}.${process.pid}`, file);
  return outputText;
}

export async function resolve(specifier, context, next) {
  const source = specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.endsWith('.ts');
  return next(source ? specifier.replace(/\.js$/, '.ts') : specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  return { format: 'module', shortCircuit: true, source: await transpile(readFileSync(fileURLToPath(url))) };
}
