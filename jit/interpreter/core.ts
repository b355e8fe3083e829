/** Where the built interpreter lies, and its interface. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compileLazily } from './compile.js';
import { coreWithMachineCode } from './core-machine-code.js';

/** Path of core.wasm: beside the compiled form of this file, also when this file runs uncompiled. */
export const CORE_WASM = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/jit/interpreter/core.wasm' : './core.wasm', import.meta.url),
);

/** Its machine code. */
export const CORE_MACHINE_CODE = CORE_WASM.replace(/wasm$/, 'machine-code');

/** Compiles core.wasm. @param kept machine code that the build has made of it is taken, if it fits */
export function compileCore(kept = true): WebAssembly.Module {
  const bytes = readFileSync(CORE_WASM);
  const ready = kept ? coreWithMachineCode(bytes, CORE_MACHINE_CODE) : undefined;
  return ready ?? compileLazily(bytes);
}

/** What core.wasm calls. 64-bit values go through the vCPU block. */
export interface CoreImports {
  /** Carries out or prepares an access (see runtime/mmu); gives a WasmOffset, or 0 after recording a fault. */
  access(addressHigh: number, addressLow: number, bytes: number, flags: number): number;
  /** Carries out the store waiting in the bounce buffer; non-zero when it failed. */
  commit(): number;
  /** Deals with an exit of `run`; 0: `run` returns, else it goes on at the PC with PSTATE.BTYPE 0. */
  exit(reason: number): number;
  /** Decodes the record at a WasmOffset, when that takes more than core.wasm does by itself. */
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
  /** Decodes the record at a WasmOffset, as code does that comes to it; see jit/wasm/decoding.ts. */
  decode(record: number): void;
  /** See jit/wasm/digest.ts. */
  digest(vcpu: number, from: number, to: number): void;
  layoutHash(): number;
}
