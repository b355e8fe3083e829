/**
 * Machine code of core.wasm, made by the build with the V8 that it runs on: otherwise each start runs baseline code until V8 has found
 * the interpreter's loop worth optimizing, which then takes 0.13 s. The file has the checksums of core.wasm and of the machine
 * code, 32 bits each, then the machine code.
 */
import { existsSync, readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { REGION_SLOTS } from '../wasm/region-slots.js';
import { compileAtOnce, compileLazily } from './compile.js';
import { hasMachineCode, machineCodeOf, moduleWith, optimize } from './machine-code.js';

const CHECKSUMS = 8;

/** Sets the flags that V8 compares, whoever calls. @returns whether it has machine code to give and take */
function prepare(): boolean {
  compileAtOnce();
  return hasMachineCode();
}

/** @param bytes of core.wasm @returns undefined when there is no machine code that fits */
export function coreWithMachineCode(bytes: Uint8Array, file: string): WebAssembly.Module | undefined {
  if (!existsSync(file) || !prepare()) return undefined;
  const stored = readFileSync(file);
  const machineCode = stored.subarray(CHECKSUMS);
  const right = stored.length > CHECKSUMS && stored.readUInt32LE(0) === crc32(bytes) && stored.readUInt32LE(4) === crc32(machineCode);
  return right ? moduleWith(machineCode, bytes) : undefined;
}

/** Has V8 optimize what core.wasm exports. @returns what belongs into the file, undefined with a V8 that gives none */
export function coreMachineCode(bytes: Uint8Array): Uint8Array | undefined {
  if (!prepare()) return undefined;
  const module = compileLazily(bytes);
  const nothing = (): number => 0;
  const imports = { access: nothing, commit: nothing, exit: nothing, decode: nothing, service: nothing, compute: nothing, fp: nothing };
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared: true });
  const regions = new WebAssembly.Table({ element: 'anyfunc', initial: 1024, maximum: REGION_SLOTS });
  const { exports } = new WebAssembly.Instance(module, { env: { ...imports, memory, regions } });
  for (const exported of Object.values(exports)) if (typeof exported === 'function') optimize(exported);
  const machineCode = machineCodeOf(module);
  const stored = Buffer.alloc(CHECKSUMS + machineCode.length);
  stored.writeUInt32LE(crc32(bytes), 0);
  stored.writeUInt32LE(crc32(machineCode), 4);
  stored.set(machineCode, CHECKSUMS);
  return stored;
}
