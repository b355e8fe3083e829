/** What of a vCPU's block a snapshot keeps: the architectural state, and of the control state what belongs to the guest. */
import { ArchState } from '../../arch/state-layout.js';
import { controlFieldOffset, VcpuLayout } from '../../../runtime/layout/vcpu-layout.js';
import type { Board } from '../board.js';

/** Fields of ControlState by name, with their bytes. The rest follows from the state, or is about engines and other vCPUs. */
const CONTROL_FIELDS = [
  ['interruptLines', 4], ['instructions', 8], ['instructionsTranslated', 8], ['monitorArmed', 4], ['monitorSize', 4],
  ['monitorAddress', 4], ['monitorLocation', 4], ['monitorValue', 16], ['eventRegister', 4], ['powerState', 4],
  ['powerEntry', 8], ['powerContext', 8],
] as const satisfies readonly (readonly [keyof typeof controlFieldOffset, number])[];

/** Parts of a vCPU's block: offset and length, bytes. */
const PARTS: readonly (readonly [number, number])[] = [
  [VcpuLayout.arch, ArchState.size],
  ...CONTROL_FIELDS.map(([name, bytes]) => [controlFieldOffset[name], bytes] as const),
];
/** Bytes kept of each vCPU. */
export const VCPU_BYTES = PARTS.reduce((sum, [, bytes]) => sum + bytes, 0);

/** The state of all vCPUs, which stand still. */
export function saveVcpus(board: Board): Uint8Array {
  const memory = new Uint8Array(board.memory.buffer);
  const saved = new Uint8Array(board.parameters.cpus * VCPU_BYTES);
  eachPart(board, (offset, at, bytes) => saved.set(memory.subarray(offset, offset + bytes), at));
  return saved;
}

/** Gives all vCPUs, which stand still, the state that `saveVcpus` gave. */
export function restoreVcpus(board: Board, saved: Uint8Array): void {
  const memory = new Uint8Array(board.memory.buffer);
  eachPart(board, (offset, at, bytes) => memory.set(saved.subarray(at, at + bytes), offset));
  const words = new Int32Array(board.memory.buffer);
  for (let cpu = 0; cpu < board.parameters.cpus; cpu++) {
    const word = (name: 'remembered' | 'bouncePending'): number => (board.vcpuBase(cpu) + controlFieldOffset[name]) >> 2;
    words[word('remembered')] = 0;
    words[word('bouncePending')] = 0;
  }
}

function eachPart(board: Board, visit: (offset: number, at: number, bytes: number) => void): void {
  let at = 0;
  for (let cpu = 0; cpu < board.parameters.cpus; cpu++) {
    for (const [offset, bytes] of PARTS) {
      visit(board.vcpuBase(cpu) + offset, at, bytes);
      at += bytes;
    }
  }
}
