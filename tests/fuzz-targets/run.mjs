// Runs a fuzz target: npm run fuzz:targets -- TARGET [OPTION...]; without a target, lists them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const HERE = fileURLToPath(new URL('./', import.meta.url));
const BUILT = join(ROOT, 'dist', 'tests', 'fuzz-targets');
const ENGINE = '@jazzer.js/core@4.0.0';
const USAGE =
  'npm run fuzz:targets -- TARGET [--time SECONDS] [--engine jazzer|plain] [--corpus FOLDER] [--seed N] ' +
  '[--replay FILE]';

function fail(text, status = 2) {
  process.stderr.write(`${text}\n`);
  process.exit(status);
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        time: { type: 'string', default: '60' }, engine: { type: 'string', default: 'jazzer' },
        corpus: { type: 'string' }, replay: { type: 'string' }, seed: { type: 'string', default: '1' },
        build: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return fail(`${error.message}\n${USAGE}`);
  }
}

/** Compiles the targets into dist/, beside the program; core.wasm is there already. */
function build() {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(HERE, 'tsconfig.json')], { stdio: ['ignore', 2, 2] });
  if (status !== 0) fail('the targets do not compile', 1);
}

/** The engine's program, or the one line that says how to get it. */
function engine() {
  const program = join(ROOT, 'node_modules', '@jazzer.js', 'core', 'dist', 'cli.js');
  if (!existsSync(program)) fail(`no Jazzer.js here: run 'npm install --no-save ${ENGINE}', or give --engine plain`);
  try {
    createRequire(program)('@jazzer.js/fuzzer');
  } catch (error) {
    fail(`Jazzer.js cannot run on this machine (${String(error.message).split('\n')[0]}); give --engine plain`);
  }
  return program;
}

function seconds(text) {
  const value = Number(text);
  if (!(value > 0)) fail(`--time ${text}: not a number of seconds`);
  return value;
}

async function runJazzer(name, description, options) {
  const program = engine();
  const { writeFiles } = await import(join(BUILT, 'write-files.js'));
  const files = join(tmpdir(), 'ulna-fuzz-targets');
  writeFiles(files, join(HERE, 'regressions'));
  const corpus = options.corpus ?? join(files, 'corpus', name);
  mkdirSync(corpus, { recursive: true });
  const inputs = options.replay === undefined ? [corpus, join(files, name)] : [options.replay];
  const { status } = spawnSync(process.execPath, [
    program, join(BUILT, 'targets', `${name}.js`), ...(description.async ? [] : ['--sync']),
    '--disable_bug_detectors=.+', ...inputs, '--', `-max_total_time=${Math.ceil(seconds(options.time))}`,
    `-max_len=${description.maxBytes}`, '-len_control=0', '-timeout=25', `-artifact_prefix=${process.cwd()}/${name}-`,
    ...(description.dictionary ? [`-dict=${join(files, `${name}.dict`)}`] : []),
  ], { stdio: 'inherit', cwd: ROOT });
  process.exit(status ?? 1);
}

async function runPlain(name, description, options) {
  const { runPlain: run, writeFailure } = await import(join(BUILT, 'plain-engine.js'));
  const { inputsOf } = await import(join(BUILT, 'write-files.js'));
  const { fuzz } = await description.load();
  const end = performance.now() + 1000 * seconds(options.time);
  const inputs = inputsOf(name, join(HERE, 'regressions'), options.replay);
  const limits = { seed: Number(options.seed), runs: options.replay === undefined ? Infinity : inputs.length };
  const { runs, failure } = await run(fuzz, inputs, description, { ...limits, until: () => performance.now() >= end });
  console.log(`${name}: ${runs} runs${failure === undefined ? ', no finding' : ''}`);
  if (failure === undefined) return;
  const path = writeFailure(name, failure.input);
  console.error(failure.error);
  fail(`finding; its input is in ${path}, which --replay runs again`, 1);
}

const { values: options, positionals } = parsed();
const [name] = positionals;
build();
if (!options.build) {
  const { TARGETS, TARGET_NAMES } = await import(join(BUILT, 'targets.js'));
  if (name === undefined) fail(`${USAGE}\ntargets: ${TARGET_NAMES.join(' ')}`);
  if (!TARGET_NAMES.includes(name)) fail(`no target '${name}'; there are ${TARGET_NAMES.join(' ')}`);
  if (!['jazzer', 'plain'].includes(options.engine)) fail(`--engine ${options.engine}: jazzer or plain`);
  await (options.engine === 'plain' ? runPlain : runJazzer)(name, TARGETS[name], options);
}
