import type { CharacterChannel } from '../backends/character-channel.js';
import type { CharacterDevice } from '../backends/character-port.js';
import type { VirtioDeviceType } from './device-type.js';
import { VirtioDeviceId } from './registers.js';
import type { VirtioMmioTransport } from './mmio-transport.js';
import { segmentRange } from './segments.js';
import type { VirtioHandler } from './service.js';
import type { Chain, Virtqueue } from './virtqueue.js';

/** Feature bits (virtio 1.2, 5.3.3). */
const F = { SIZE: 1n << 0n, EMERG_WRITE: 1n << 2n } as const;
/** Configuration space: columns and rows (2 bytes each), number of ports (4), emergency write (4). */
const CONFIG = { COLUMNS: 0, ROWS: 2, PORTS: 4, EMERGENCY: 8, BYTES: 12 } as const;
const RECEIVE = 0;
const TRANSMIT = 1;
const QUEUE_SIZE = 1024;

/** The register side of a console with one port (5.3). */
export function consoleDeviceType(channel: CharacterChannel, columns = 80, rows = 25): VirtioDeviceType {
  const config = new Uint8Array(CONFIG.BYTES);
  const view = new DataView(config.buffer);
  view.setUint16(CONFIG.COLUMNS, columns, true);
  view.setUint16(CONFIG.ROWS, rows, true);
  view.setUint32(CONFIG.PORTS, 1, true);
  return {
    name: 'virtio-console',
    deviceId: VirtioDeviceId.CONSOLE,
    features: F.SIZE | F.EMERG_WRITE,
    queueSizes: [QUEUE_SIZE, QUEUE_SIZE],
    config,
    // Works at any time, before and without feature negotiation.
    writeConfig(_space, offset, value) {
      if (offset === CONFIG.EMERGENCY) channel.send(value & 0xff);
    },
  };
}

/** Connects a console's queues with a character channel. */
export class ConsoleDevice implements VirtioHandler, CharacterDevice {
  /** A transmitted buffer of which only the first `sent` bytes have found room so far. */
  private unfinished: { queue: Virtqueue; chain: Chain; sent: number } | undefined;
  private wake: () => void = () => {};

  constructor(
    private readonly transport: VirtioMmioTransport,
    private readonly channel: CharacterChannel,
  ) {}

  /** @param poke processes a queue: VirtioService.poke. */
  connect(poke: (queue: number) => unknown): void {
    this.wake = () => {
      poke(RECEIVE);
      poke(TRANSMIT);
    };
  }

  /** Host side: input has arrived or output has drained. */
  channelChanged(): void {
    this.wake();
  }

  /** Tells the driver of the terminal's size in characters. */
  resize(columns: number, rows: number): void {
    this.transport.changeConfig((config) => {
      const view = new DataView(config.buffer, config.byteOffset, CONFIG.BYTES);
      view.setUint16(CONFIG.COLUMNS, columns, true);
      view.setUint16(CONFIG.ROWS, rows, true);
    });
  }

  restored(): void {
    this.unfinished = undefined;
  }

  process(queue: Virtqueue, index: number): void {
    if (index === RECEIVE) this.receive(queue);
    else if (index === TRANSMIT) this.transmit(queue);
  }

  private receive(queue: Virtqueue): void {
    // A port without the notion of a break takes one as nothing.
    this.channel.takeBreak();
    while (this.channel.inputAvailable > 0) {
      const chain = queue.pop();
      if (chain === undefined) return;
      let length = 0;
      for (const piece of chain.writable) {
        const count = this.channel.receiveInto(piece);
        length += count;
        if (count < piece.length) break;
      }
      queue.push(chain, length);
    }
  }

  private transmit(queue: Virtqueue): void {
    for (;;) {
      const held = this.unfinished?.queue === queue && queue.current ? this.unfinished : undefined;
      this.unfinished = undefined;
      const chain = held?.chain ?? queue.pop();
      if (chain === undefined) return;
      let sent = held?.sent ?? 0;
      for (const piece of segmentRange(chain.readable, sent, chain.readableBytes - sent)) {
        const count = this.transport.locked(() => this.channel.sendBytes(piece));
        sent += count;
        if (count < piece.length) break;
      }
      if (sent < chain.readableBytes) {
        this.unfinished = { queue, chain, sent };
        return;
      }
      queue.push(chain, 0);
    }
  }
}
