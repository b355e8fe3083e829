import type { GuestMemory } from '../bus/device.js';
import type { VirtioMmioTransport } from './mmio-transport.js';
import { PackedQueue } from './packed-queue.js';
import { VirtioFeature } from './registers.js';
import { SplitQueue } from './split-queue.js';
import { MAX_QUEUES, Q, queueWord } from './transport-state.js';
import type { Virtqueue } from './virtqueue.js';

/** A device's work on its queues, on the thread that owns its backend. */
export interface VirtioHandler {
  /** Takes buffers from the queue and returns them, as long as there are any it can deal with. Must not block long. */
  process(queue: Virtqueue, index: number): void;
  /** The queues were replaced: a buffer that is held on to is not the driver's any more. */
  restored?(): void;
}

/** Processes a device's virtqueues when they have been notified or when its backend has something for them. */
export class VirtioService {
  private readonly queues: { queue: Virtqueue; generation: number }[] = [];

  constructor(
    readonly transport: VirtioMmioTransport,
    private readonly memory: GuestMemory,
    private readonly handler: VirtioHandler,
  ) {}

  /**
   * Processes all notified queues. Returns true when work is left for a further call; the caller lets others have their
   * turn first.
   */
  service(): boolean {
    const { transport } = this;
    if (!transport.acquire()) return false;
    let left = 0;
    try {
      const pending = transport.takePending();
      for (let index = 0; index < MAX_QUEUES; index++) {
        if ((pending & (1 << index)) !== 0 && this.run(index)) left |= 1 << index;
      }
    } finally {
      transport.release();
    }
    for (let index = 0; index < MAX_QUEUES; index++) if ((left & (1 << index)) !== 0) transport.markPending(index);
    return left !== 0;
  }

  /** Processes queue `index` although the driver has not notified it; as service(). */
  poke(index: number): boolean {
    this.transport.markPending(index);
    return this.service();
  }

  /** The transport's state was replaced: its queues are opened anew. */
  restored(): void {
    this.queues.length = 0;
    this.handler.restored?.();
  }

  /** True when the queue has more than one round's work. */
  private run(index: number): boolean {
    const { transport } = this;
    if (!transport.running || transport.state[queueWord(index) + Q.ready] === 0) return false;
    const queue = this.open(index);
    if (queue === undefined) {
      transport.needsReset();
      return false;
    }
    queue.beginRound();
    this.handler.process(queue, index);
    queue.signal();
    return queue.exhausted && queue.current;
  }

  private open(index: number): Virtqueue | undefined {
    const { transport, memory } = this;
    const generation = Atomics.load(transport.state, queueWord(index) + Q.generation);
    const known = this.queues[index];
    if (known?.generation === generation) return known.queue;
    const packed = (transport.negotiated & VirtioFeature.RING_PACKED) !== 0n;
    const queue = packed ? PackedQueue.open(transport, index, memory) : SplitQueue.open(transport, index, memory);
    if (queue !== undefined) this.queues[index] = { queue, generation };
    return queue;
  }
}
