/** Where the built interpreter lies, and its interface. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { REGION_SLOTS } from '../wasm/region-slots.js';
import { compileModule, hostFuses, prepareCompiler } from './compile.js';
import { hasMachineCode, machineCodeOf, moduleWith, optimize } from './machine-code.js';

/** Path of core.wasm: beside the compiled form of this file, also when this file runs uncompiled. */
export const CORE_WASM = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/jit/interpreter/core.wasm' : './core.wasm', import.meta.url),
);

/** Machine code of core.wasm: its bytes' checksum, that of the machine code, then this. Made for the V8 that Ulna was built with. */
export const CORE_MACHINE_CODE = CORE_WASM.replace(/wasm$/, 'machine-code');
const CHECKSUMS = 8;

/** Compiles core.wasm, or takes the machine code that there is. */
export function compileCore(): Promise<WebAssembly.Module> {
  prepareCompiler();
  // sets a flag of V8's, which are to be the same as when machine code was made
  hostFuses();
  const bytes = readFileSync(CORE_WASM);
  const ready = withMachineCode(bytes);
  return ready === undefined ? WebAssembly.compile(bytes) : Promise.resolve(ready);
}

function withMachineCode(bytes: Buffer): WebAssembly.Module | undefined {
  if (!existsSync(CORE_MACHINE_CODE) || !hasMachineCode()) return undefined;
  const stored = readFileSync(CORE_MACHINE_CODE);
  const machineCode = stored.subarray(CHECKSUMS);
  const right = stored.length > CHECKSUMS && stored.readUInt32LE(0) === crc32(bytes) && stored.readUInt32LE(4) === crc32(machineCode);
  return right ? moduleWith(machineCode, bytes) : undefined;
}

/** For the build: has V8 optimize what core.wasm exports. @returns what belongs into the file, undefined with a V8 that gives none */
export function coreMachineCode(bytes: Uint8Array): Uint8Array | undefined {
  prepareCompiler();
  hostFuses();
  if (!hasMachineCode()) return undefined;
  const module = compileModule(bytes);
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

/** What core.wasm calls. 64-bit values go through the vCPU block. */
export interface CoreImports {
  /** Carries out or prepares an access (see runtime/mmu); gives a WasmOffset, or 0 after recording a fault. */
  access(addressHigh: number, addressLow: number, bytes: number, flags: number): number;
  /** Carries out the store waiting in the bounce buffer; non-zero when it failed. */
  commit(): number;
  /** Deals with an exit of `run`; 0: `run` returns, else it goes on at the PC with PSTATE.BTYPE 0. */
  exit(reason: number): number;
  /** Decodes the record at a WasmOffset. */
  decode(record: number): void;
  /** Performs an instruction in TypeScript; gives a Status. */
  service(service: number, word: number): number;
  /** Computes with operands in the scratch field. */
  compute(id: number): void;
  /** FpUnit.execute: operands are WasmOffsets; FPCR, FPSR and NZCV are those of the vCPU. */
  fp(code: number, d: number, n: number, m: number, a: number): void;
}

export interface CoreExports {
  /** Runs until the budget is used up, or `exit` ends it; ControlState.exitInfo[3] is what is left of the budget. */
  run(vcpu: number, budget: number): void;
  /** The same, for what may execute no more than the budget (jit/wasm/run-loop.ts). */
  runExactly(vcpu: number, budget: number): void;
  step(vcpu: number, record: number): number;
  /** See jit/wasm/digest.ts. */
  digest(vcpu: number, from: number, to: number): void;
  layoutHash(): number;
}
