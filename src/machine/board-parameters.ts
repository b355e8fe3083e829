/** What all threads of a machine agree on before they make its board. */
import type { BlockParameters } from '../../devices/virtio/block.js';
import { memoryLayout, type MemoryLayout } from '../../runtime/layout/memory-layout.js';
import { FLASH_BANK_BYTES, VirtMemoryMap } from './virt-board.js';

/** The register side of what a virtio slot holds. */
export type VirtioParameters =
  | { readonly kind: 'block'; readonly disk: BlockParameters }
  | { readonly kind: 'entropy' }
  | { readonly kind: 'console' };

/** What all threads agree on. Plain data, sent to workers as it is. */
export interface BoardParameters {
  readonly cpus: number;
  readonly ramBytes: number;
  readonly el2: boolean;
  readonly el3: boolean;
  /** An ITS, and LPIs. */
  readonly its: boolean;
  /** What each virtio slot holds, by slot. */
  readonly virtio: readonly (VirtioParameters | undefined)[];
  /** Banks of flash that a drive backs. */
  readonly flash: readonly ({ readonly readOnly: boolean } | undefined)[];
  readonly fwCfgItems: readonly { readonly key: number; readonly bytes: Uint8Array }[];
  /** Seconds since 1970 at power-on. */
  readonly epoch: number;
  /** Time follows the instructions executed, not the host's. */
  readonly deterministic: boolean;
}

/** Backing in the shared memory: RAM, the two banks of flash, and with EL3 secure memory. */
export function backingBytes(p: { ramBytes: number; el3: boolean }): number {
  return p.ramBytes + 2 * FLASH_BANK_BYTES + (p.el3 ? VirtMemoryMap.secureMemory.size : 0);
}

/** Physical address of a byte of that backing. @param offset from its start */
export function backingAddress({ ramBytes }: { ramBytes: number }, offset: number): number {
  if (offset < ramBytes) return VirtMemoryMap.ram.base + offset;
  const { flash, secureMemory } = VirtMemoryMap;
  const behind = offset - ramBytes;
  return behind < flash.size ? flash.base + behind : secureMemory.base + behind - flash.size;
}

export function boardLayout(p: { cpus: number; ramBytes: number; el3: boolean }): MemoryLayout {
  return memoryLayout(p.cpus, backingBytes(p));
}
