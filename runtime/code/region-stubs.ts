/**
 * With several vCPUs a region is enterable for all of them as soon as one has made it so. In the table of each other one there
 * is a stub in its slot: it has the region put there, and goes on in it. So a vCPU instantiates what it executes, when it does.
 */
import { compileModule } from '../../jit/interpreter/compile.js';
import { unsigned, signed } from '../../jit/wasm/encoder.js';

const [I32, I64, FUNCTION] = [0x7f, 0x7e, 0x60];
const [CONST, CALL, RETURN_CALL, LOCAL_GET, END] = [0x41, 0x10, 0x12, 0x20, 0x0b];

const section = (id: number, bytes: readonly number[]): number[] => [id, ...unsigned(bytes.length), ...bytes];
const text = (s: string): number[] => [s.length, ...Buffer.from(s, 'latin1')];

/**
 * A module that fills `env.regions` with stubs. Each calls `env.install` with its slot, then `core.enter`, which is
 * (slot, parameters of a region) -> result of a region.
 */
export function stubModule(slots: number): WebAssembly.Module {
  const types = [
    3, FUNCTION, 1, I32, 0, FUNCTION, 4, I32, I32, I64, I32, 1, I64, FUNCTION, 5, I32, I32, I32, I64, I32, 1, I64,
  ];
  const imports = [
    3, ...text('env'), ...text('install'), 0, 0, ...text('core'), ...text('enter'), 0, 2,
    ...text('env'), ...text('regions'), 1, 0x70, 0, ...unsigned(slots),
  ];
  const count = unsigned(slots);
  const functions = [...count];
  const elements = [1, 0, CONST, 0, END, ...count];
  const code = [...count];
  for (let slot = 0; slot < slots; slot++) {
    functions.push(1);
    elements.push(...unsigned(slot + 2));
    const number = [CONST, ...signed(slot)];
    const body = [
      0, ...number, CALL, 0, ...number, LOCAL_GET, 0, LOCAL_GET, 1, LOCAL_GET, 2, LOCAL_GET, 3, RETURN_CALL, 1, END,
    ];
    code.push(body.length, ...body);
  }
  return compileModule(Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, types), ...section(2, imports), ...section(3, functions), ...section(9, elements), ...section(10, code),
  ]));
}
