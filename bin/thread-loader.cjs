// Loads the program of a thread with the bytecode that an earlier run has kept of it. Bundled programs are CommonJS for this:
// V8 takes and gives bytecode of scripts only.
'use strict';
const { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { pathToFileURL } = require('node:url');
const vm = require('node:vm');
const { workerData } = require('node:worker_threads');
const { crc32 } = require('node:zlib');

const { program, code, keeps } = workerData;
const CHECKSUM_BYTES = 4;
/** A program that has run shorter was not used enough, milliseconds. */
const SHORTEST = 1200;
const started = Date.now();

/** Bytecode is executed as it is: that of a file which others can write, or which is another user's, is left alone. */
function kept() {
  if (code === undefined) return undefined;
  try {
    const { uid, mode } = statSync(code);
    if (process.getuid !== undefined && (uid !== process.getuid() || (mode & 0o022) !== 0)) return undefined;
    const stored = readFileSync(code);
    const bytes = stored.subarray(CHECKSUM_BYTES);
    if (stored.length <= CHECKSUM_BYTES || stored.readUInt32LE(0) !== crc32(bytes)) return undefined;
    // files that are not used are removed
    if (keeps) utimesSync(code, started / 1000, started / 1000);
    return bytes;
  } catch {
    return undefined;
  }
}

const cachedData = kept();
const parameters = 'exports, require, module, __filename, __dirname, importModule';
const script = new vm.Script(`(function (${parameters}) {${readFileSync(program, 'utf8')}\n})`, { filename: program, cachedData });
let wanted = code !== undefined && keeps && (cachedData === undefined || script.cachedDataRejected === true);

globalThis.ulnaKeepCode = () => {
  if (!wanted || Date.now() - started < SHORTEST) return;
  wanted = false;
  const temporary = `${code}.${process.pid}.${Date.now()}`;
  try {
    const bytes = script.createCachedData();
    const checksum = Buffer.alloc(CHECKSUM_BYTES);
    checksum.writeUInt32LE(crc32(bytes));
    writeFileSync(temporary, Buffer.concat([checksum, bytes]), { mode: 0o600 });
    renameSync(temporary, code);
  } catch {
    rmSync(temporary, { force: true });
  }
};

// V8 gives no bytecode of a script that imports
const importModule = (specifier) => import(pathToFileURL(join(dirname(program), specifier)).href);
const loaded = { exports: {} };
script.runInThisContext()(loaded.exports, require, loaded, program, dirname(program), importModule);
