/** Machine code of core.wasm is taken where it fits, and nowhere else. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setFlagsFromString } from 'node:v8';
import { CORE_WASM } from '../../../jit/interpreter/core.js';
import { coreMachineCode, coreWithMachineCode } from '../../../jit/interpreter/core-machine-code.js';

describe('machine code of core.wasm', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ulna-core-'));
  const file = join(folder, 'core.machine-code');
  const bytes = readFileSync(CORE_WASM);
  let good: Uint8Array;

  beforeAll(() => {
    setFlagsFromString('--wasm-lazy-compilation');
    good = coreMachineCode(bytes)!;
  }, 60_000);
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('is taken for the same core.wasm', () => {
    writeFileSync(file, good);
    expect(WebAssembly.Module.exports(coreWithMachineCode(bytes, file)!).map(({ name }) => name)).toContain('run');
  });

  it('is not taken for another one, when it is damaged, or when it is not there', () => {
    writeFileSync(file, good);
    const other = Uint8Array.from(bytes);
    other[other.length - 1] ^= 1;
    expect(coreWithMachineCode(other, file)).toBeUndefined();
    const damaged = Uint8Array.from(good);
    damaged[1000] ^= 1;
    writeFileSync(file, damaged);
    expect(coreWithMachineCode(bytes, file)).toBeUndefined();
    writeFileSync(file, good.subarray(0, 6));
    expect(coreWithMachineCode(bytes, file)).toBeUndefined();
    expect(coreWithMachineCode(bytes, join(folder, 'none'))).toBeUndefined();
  });
});
