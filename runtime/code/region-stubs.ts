/**
 * With several vCPUs a region is enterable for all of them as soon as one has made it so. In the table of each other one there
 * is a stub in its slot: it has the region put there, and goes on in it. So a vCPU instantiates what it executes, when it does.
 */
import { compileModule } from '../../jit/interpreter/compile.js';
import { unsigned } from '../../jit/wasm/encoder.js';

const [I32, I64, FUNCTION] = [0x7f, 0x7e, 0x60];
const [CONST, CALL, RETURN_CALL, LOCAL_GET, END] = [0x41, 0x10, 0x12, 0x20, 0x0b];

const text = (s: string): number[] => [s.length, ...Buffer.from(s, 'latin1')];

/** LEB128 of 0 to 2**20 - 1, always three bytes. */
const three = (n: number): [number, number, number] => [(n & 0x7f) | 0x80, ((n >> 7) & 0x7f) | 0x80, n >> 14];

/** A section whose content is `head` and, for each slot, what `element` gives; that is as long for each. */
function slotSection(id: number, head: readonly number[], slots: number, element: (slot: number) => readonly number[]): Buffer {
  const size = element(0).length;
  const bytes = Buffer.alloc(head.length + size * slots);
  bytes.set(head);
  for (let slot = 0; slot < slots; slot++) bytes.set(element(slot), head.length + size * slot);
  return Buffer.concat([Uint8Array.of(id, ...unsigned(bytes.length)), bytes]);
}

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
  const stub = (slot: number): number[] => {
    const body = [
      0, CONST, ...three(slot), CALL, 0, CONST, ...three(slot), LOCAL_GET, 0, LOCAL_GET, 1, LOCAL_GET, 2, LOCAL_GET, 3,
      RETURN_CALL, 1, END,
    ];
    return [body.length, ...body];
  };
  return compileModule(Buffer.concat([
    Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
    slotSection(1, types, 0, () => []),
    slotSection(2, imports, 0, () => []),
    slotSection(3, count, slots, () => [1]),
    slotSection(9, [1, 0, CONST, 0, END, ...count], slots, (slot) => three(slot + 2)),
    slotSection(10, count, slots, stub),
  ]));
}
