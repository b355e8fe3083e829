/** A digest of all that a guest can see: memory, devices, and every PE's registers. Runs with equal digests have been alike. */
import { DEVICE_STATE_BYTES, type MemoryLayout } from '../../runtime/layout/memory-layout.js';
import { controlFieldOffset } from '../../runtime/layout/vcpu-layout.js';
import type { Vcpu } from '../../runtime/vcpu/vcpu.js';
import { ArchState, XSlot } from '../arch/state-layout.js';

/** Words of ArchState that hold what results without a register are written to: engines differ in it. */
const DISCARDED = new Set([0, 1].map((i) => (ArchState.offset.x >> 2) + 2 * XSlot.DISCARD + i).concat(
  [0, 1, 2, 3].map((i) => (ArchState.offset.v >> 2) + 4 * 32 + i)));
const CONTROL = (['interruptLines', 'eventRegister', 'powerState'] as const).map((name) => controlFieldOffset[name] >> 2);
/** Words that core.digest works on. */
const WORDS = 16;

/** The digest of the memory now, 16 hexadecimal digits. No vCPU runs. */
export function stateDigest(memory: WebAssembly.Memory, layout: MemoryLayout, vcpus: readonly Vcpu[]): string {
  const words = new Uint32Array(memory.buffer);
  const [first] = vcpus;
  const state = (first.state.base + controlFieldOffset.scratch) >> 2;
  for (let i = 0; i < WORDS; i++) words[state + i] = i;
  const { core } = first;
  core.digest(first.state.base, layout.ram, layout.ram + layout.ramBytes);
  core.digest(first.state.base, layout.deviceState, layout.deviceState + DEVICE_STATE_BYTES);
  const digest = new Digest();
  for (let i = 0; i < WORDS; i++) digest.add(words[state + i]);
  for (const { state: { base } } of vcpus) {
    const at = base >> 2;
    for (let i = 0; i < ArchState.size >> 2; i++) if (!DISCARDED.has(i)) digest.add(words[at + i]);
    for (const field of CONTROL) digest.add(words[at + field]);
  }
  return digest.text;
}

class Digest {
  private a = 0x811c9dc5 | 0;
  private b = 0x9e3779b9 | 0;

  add(word: number): void {
    this.a = Math.imul(this.a ^ word, 0x01000193);
    this.a ^= this.a >>> 15;
    this.b = Math.imul(this.b ^ word, 0x85ebca6b);
    this.b ^= this.b >>> 13;
  }

  get text(): string {
    return [this.a, this.b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
