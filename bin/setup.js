// Makes a checkout ready to run: dependencies as package-lock.json has them, and a build that is not older than its
// sources. Needs nothing but Node and npm. As a program:
// `node bin/setup.js [--dependencies | --begin | --stamp | --clean]`.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** What the build reads. */
const SOURCES = ['src', 'jit', 'runtime', 'devices', 'hv', 'guest', 'perf'];
const SETTINGS = ['bin/bundle.js', 'bin/thread-loader.cjs', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
/** Written when a build begins, and renamed when it has ended well: its time is that of the sources that were read. */
const BEGIN = join(ROOT, 'dist', '.build-begin');
const STAMP = join(ROOT, 'dist', '.build-stamp');

/** A line for the user; stdout stays free for what the program itself prints. */
function say(text) {
  process.stderr.write(`ulna: ${text}\n`);
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Whether node_modules has every package of package-lock.json in its version (optional ones may be absent). */
function hasDependencies() {
  const wanted = readJson(join(ROOT, 'package-lock.json'))?.packages ?? {};
  const installed = readJson(join(ROOT, 'node_modules', '.package-lock.json'))?.packages;
  if (!installed) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || (entry.optional && !installed[path])) return true;
    return installed[path]?.version === entry.version;
  });
}

/** Whether a file or folder below `path` was changed after `time`; a folder changes when a file goes. Pages do not count. */
function changedSince(path, time) {
  if (path.endsWith('.md')) return false;
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status) return false;
  if (status.mtimeMs > time) return true;
  return status.isDirectory() && readdirSync(path).some((name) => changedSince(join(path, name), time));
}

function isBuilt() {
  const stamp = statSync(STAMP, { throwIfNoEntry: false });
  if (stamp === undefined) return false;
  return ![...SOURCES, ...SETTINGS].some((name) => changedSince(join(ROOT, name), stamp.mtimeMs));
}

/** Runs npm with its output on stderr. */
function npm(...args) {
  return spawnSync('npm', args, { cwd: ROOT, stdio: ['ignore', 2, 2] }).status === 0;
}

function sleep(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Runs `work` while no other process sets up the same checkout. */
function locked(work) {
  const id = createHash('sha256').update(realpathSync(ROOT)).digest('hex').slice(0, 16);
  const path = join(tmpdir(), `ulna-setup-${process.getuid?.() ?? 0}-${id}.lock`);
  for (let told = false; ; ) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    let holder = 0;
    try {
      holder = Number(readFileSync(path, 'utf8'));
    } catch {
      continue;
    }
    if (holder > 0 && !isRunning(holder)) {
      rmSync(path, { force: true });
      continue;
    }
    if (!told) say('waiting for another process that prepares this checkout');
    told = true;
    sleep(200);
  }
  try {
    return work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** Installs what is missing; false when that failed (npm has said why). */
function installDependencies() {
  if (hasDependencies()) return true;
  say('installing dependencies (npm ci)');
  if (npm('ci', '--include=dev', '--no-audit', '--no-fund')) return true;
  say('npm ci failed');
  return false;
}

function build() {
  say('building (npm run build)');
  if (npm('run', '--silent', 'build')) return true;
  say('the build failed');
  return false;
}

/** Installs and builds what is not up to date; false when that failed and a line has been written. */
export function makeReady() {
  if (hasDependencies() && isBuilt()) return true;
  return locked(() => installDependencies() && (isBuilt() || build()));
}

function runAsProgram(option) {
  switch (option) {
    case undefined:
      return makeReady();
    case '--dependencies':
      return locked(installDependencies);
    case '--begin':
      mkdirSync(join(ROOT, 'dist'), { recursive: true });
      writeFileSync(BEGIN, '');
      return true;
    case '--stamp':
      renameSync(BEGIN, STAMP);
      return true;
    case '--clean':
      rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
      return makeReady();
    default:
      say(`setup has no option ${option}`);
      return false;
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = runAsProgram(process.argv[2]) ? 0 : 70;
}
