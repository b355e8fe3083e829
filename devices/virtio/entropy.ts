import type { EntropySource } from '../backends/entropy-source.js';
import type { VirtioDeviceType } from './device-type.js';
import { VirtioDeviceId } from './registers.js';
import { segmentRange } from './segments.js';
import type { VirtioHandler } from './service.js';
import type { Virtqueue } from './virtqueue.js';

/** Most bytes given for one buffer; a device may give less than was asked for (virtio 1.2, 5.4.6.1). */
const MAX_BYTES = 65536;

/** The register side of an entropy device (5.4). */
export const entropyDeviceType: VirtioDeviceType = {
  name: 'virtio-rng',
  deviceId: VirtioDeviceId.ENTROPY,
  features: 0n,
  queueSizes: [1024],
  config: new Uint8Array(0),
};

/** Fills a driver's buffers with random bytes. */
export class EntropyDevice implements VirtioHandler {
  constructor(private readonly source: EntropySource) {}

  process(queue: Virtqueue): void {
    for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
      const length = Math.min(chain.writableBytes, MAX_BYTES);
      for (const piece of segmentRange(chain.writable, 0, length)) this.source.fill(piece);
      queue.push(chain, length);
    }
  }
}
