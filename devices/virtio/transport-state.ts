import type { DeviceMemory } from '../bus/device-memory.js';

/** Most virtqueues a device may have. */
export const MAX_QUEUES = 8;
export const CONFIG_BYTES = 256;

/** Words of a transport's shared block. */
export const W = {
  status: 1, deviceFeaturesSel: 2, driverFeaturesSel: 3, driverFeaturesLow: 4, driverFeaturesHigh: 5, queueSel: 6,
  interruptStatus: 7, configGeneration: 8, shmSel: 9,
  /** 1 while the servicing thread may touch guest memory for this device. */
  busy: 10,
  /** Bit per queue: notified and not yet serviced. */
  pending: 11,
} as const;
const QUEUES = 16;
const QUEUE_WORDS = 16;
/** Words of one queue's part. */
export const Q = {
  size: 0, ready: 1, descLow: 2, descHigh: 3, driverLow: 4, driverHigh: 5, deviceLow: 6, deviceHigh: 7,
  /** Bumped whenever the queue starts or stops, so that work begun before is recognised as stale. */
  generation: 8,
  /** Next available entry, next used entry, and the used entry at the last interrupt; meaning depends on the ring. */
  nextAvail: 9, nextUsed: 10, signalled: 11,
} as const;
const CONFIG = (QUEUES + MAX_QUEUES * QUEUE_WORDS) * 4;

/** Size of a transport's shared block. */
export const TRANSPORT_BYTES = CONFIG + CONFIG_BYTES;

/** Index of the first word of queue `index`. */
export function queueWord(index: number): number {
  return QUEUES + index * QUEUE_WORDS;
}

/** The configuration space within the block. */
export function configView(memory: DeviceMemory): Uint8Array {
  return memory.byteView(CONFIG, CONFIG_BYTES);
}
