/** The outside ends of the board's devices: terminal, files, sockets, disks. They are served on the main thread. */
import { CharacterPort, type CharacterDevice } from '../../devices/backends/character-port.js';
import type { CharacterBackend, CharacterSink } from '../../devices/backends/character-backend.js';
import type { CharacterChannel } from '../../devices/backends/character-channel.js';
import { openCharacterBackend } from '../../devices/backends/character-spec.js';
import { HostEntropy, SeededEntropy } from '../../devices/backends/entropy-source.js';
import { BlockDevice } from '../../devices/virtio/block.js';
import { ConsoleDevice } from '../../devices/virtio/console.js';
import { EntropyDevice } from '../../devices/virtio/entropy.js';
import { VirtioService } from '../../devices/virtio/service.js';
import type { MachineConfig } from '../config/machine-config.js';
import type { CharacterSpec } from '../support/character-spec.js';
import { hashText } from '../support/struct.js';
import { Board, DoorbellIndex } from './board.js';
import type { Drives } from './drives.js';
import { FIRST_CONSOLE_LINE } from './machine-api.js';

/** Devices with deadlines, and doorbells whose wake-up was late, are looked at this often, milliseconds. */
const TICK = 10;

/** A peer that does not read its last output is waited for so long, milliseconds. */
const CLOSING = 2000;

/** A line on the terminal: the owner gives input and takes the output that every port reports. */
class OwnedBackend implements CharacterBackend {
  sink: CharacterSink | undefined;
  readonly ready = true;
  attach(sink: CharacterSink): void {
    this.sink = sink;
  }
  write(): void {}
  resume(): void {}
  async close(): Promise<void> {}
}

interface Line {
  readonly port: CharacterPort;
  readonly backend: CharacterBackend;
}

export class HostedDevices {
  private readonly lines = new Map<number, Line>();
  private readonly outputs = new Map<number, (bytes: Uint8Array) => void>();
  /** Output of lines that nobody has asked for yet. */
  private readonly early = new Map<number, Uint8Array[]>();
  private readonly services = new Map<number, VirtioService>();
  private readonly wakes = new Map<number, () => void>();
  private timer: NodeJS.Timeout | undefined;
  private serving = false;
  private ended = false;

  private constructor(
    private readonly board: Board,
    private readonly log: (line: string) => void,
  ) {}

  /** Connects every device of `config`; `drives` stay the caller's. Rejects with ConfigurationError. */
  static async open(
    config: MachineConfig, board: Board, drives: Drives, log: (line: string) => void,
  ): Promise<HostedDevices> {
    const hosted = new HostedDevices(board, log);
    try {
      await hosted.connectSerial(config.serial);
      for (const [slot, device] of config.virtio.entries()) {
        if (device?.kind === 'block') hosted.connectDisk(slot, drives);
        else if (device?.kind === 'entropy') hosted.connectEntropy(slot, config.seed);
        else if (device !== undefined) {
          await hosted.connectConsole(slot, device.index, config.consoles[device.index]);
        }
      }
      return hosted;
    } catch (error) {
      await hosted.close();
      throw error;
    }
  }

  /** Serves requests from now on. */
  start(): void {
    this.timer ??= setInterval(() => this.tick(), TICK);
    void this.serve();
  }

  /** Serves what is left, delivers the last output and frees the backends. */
  async close(): Promise<void> {
    if (!this.ended) this.serveOnce();
    this.ended = true;
    clearInterval(this.timer);
    this.board.doorbell.ring(DoorbellIndex.serial);
    const closed = Promise.all([...this.lines.values()].map(({ port }) => port.close()));
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([closed, new Promise((resolve) => (timer = setTimeout(resolve, CLOSING)))]);
    clearTimeout(timer);
  }

  /** Serves everything that was asked for, while nothing else runs: a deterministic machine's guest waits for it. */
  serveAll(): void {
    while (this.board.doorbell.pending) this.serveOnce();
  }

  /** Input for a line on the terminal. */
  input(bytes: Uint8Array, line: number): void {
    const backend = this.lines.get(line)?.backend;
    if (backend instanceof OwnedBackend) backend.sink?.input(bytes);
  }

  onOutput(callback: (bytes: Uint8Array) => void, line: number): void {
    this.outputs.set(line, callback);
    for (const bytes of this.early.get(line) ?? []) callback(bytes);
    this.early.delete(line);
  }

  private async connectLine(
    line: number, spec: CharacterSpec, channel: CharacterChannel, device: CharacterDevice, wake: number,
  ): Promise<void> {
    const backend = await openCharacterBackend(spec, { stdio: () => new OwnedBackend(), log: this.log });
    const port = new CharacterPort(channel, backend, device, (bytes) => this.output(line, bytes));
    this.lines.set(line, { port, backend });
    this.wakes.set(wake, () => void port.pump());
  }

  private async connectSerial(serial: readonly CharacterSpec[]): Promise<void> {
    const { board } = this;
    const ends = [
      { channel: board.uartChannel, device: board.uart, wake: DoorbellIndex.serial },
      { channel: board.secureUartChannel, device: board.secureUart, wake: DoorbellIndex.secureSerial },
    ];
    for (const [line, { channel, device, wake }] of ends.entries()) {
      if (channel === undefined || device === undefined) continue;
      await this.connectLine(line, serial[line] ?? { kind: 'null' }, channel, device, wake);
    }
  }

  private async connectConsole(slot: number, index: number, spec: CharacterSpec): Promise<void> {
    const { board } = this;
    const channel = board.consoleChannels.get(slot)!;
    const device = new ConsoleDevice(board.transports[slot], channel);
    const service = new VirtioService(board.transports[slot], board.guestMemory, device);
    device.connect((queue) => {
      if (service.poke(queue)) board.doorbell.ring(slot);
    });
    this.services.set(slot, service);
    await this.connectLine(FIRST_CONSOLE_LINE + index, spec, channel, device, DoorbellIndex.console + slot);
  }

  private connectDisk(slot: number, drives: Drives): void {
    const { board } = this;
    const { drive, image } = drives.disks.get(slot)!;
    const told = new Set<string>();
    const report = (message: string): void => {
      if (told.has(message)) return;
      told.add(message);
      this.log(`drive ${drive.file}: ${message}; the guest is told of an I/O error`);
    };
    const device = new BlockDevice(board.transports[slot], image, drive.serial ?? '', report);
    this.services.set(slot, new VirtioService(board.transports[slot], board.guestMemory, device));
  }

  private connectEntropy(slot: number, seed: string | undefined): void {
    const { board } = this;
    const entropy = new EntropyDevice(seed === undefined ? new HostEntropy() : new SeededEntropy(hashText(seed)));
    this.services.set(slot, new VirtioService(board.transports[slot], board.guestMemory, entropy));
  }

  private async serve(): Promise<void> {
    if (this.serving) return;
    this.serving = true;
    while (!this.ended) {
      this.serveOnce();
      await this.board.doorbell.wait(TICK);
    }
    this.serving = false;
  }

  private serveOnce(): void {
    const { doorbell } = this.board;
    doorbell.take((index) => {
      this.wakes.get(index)?.();
      if (this.services.get(index)?.service()) doorbell.ring(index);
    });
  }

  private tick(): void {
    const now = this.board.clock.now();
    for (const device of [this.board.rtc, this.board.powerKey]) {
      if (device.nextDeadline() <= now) device.expire();
    }
    this.serveOnce();
  }

  private output(line: number, bytes: Uint8Array): void {
    const callback = this.outputs.get(line);
    if (callback !== undefined) callback(bytes);
    else this.early.set(line, [...(this.early.get(line) ?? []), bytes]);
  }
}
