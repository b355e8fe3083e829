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
import { RecentOutput } from './recent-output.js';
import { FIRST_CONSOLE_LINE } from './machine-api.js';
import { ConfigurationError } from '../support/errors.js';

/**
 * Devices with deadlines, and doorbells whose wake-up was late, are looked at this often, milliseconds; less often when nothing was
 * served for so long: the guest idles, and the host is to idle too.
 */
const TICK = 10;
const IDLE_TICK = 40;
const IDLE_AFTER = 500;
/** Longest wait for a doorbell, milliseconds. Ticks look after those that are late: waking as often as they do would double their cost. */
const LONGEST_WAIT = 1000;

/** A peer that does not read its last output is waited for so long, milliseconds. */
const CLOSING = 2000;

/** Output that may wait for peers that do not read while a snapshot is made, bytes. */
const MOST_WAITING = 64 << 20;

/** What a snapshot keeps of the outside ends, as plain data; bytes are base64. */
export interface HostedState {
  /** By line: input and output on the way, and the last screenful that it printed. */
  readonly lines: Readonly<Record<string, { readonly input: string; readonly output: string; readonly screen: string }>>;
  /** Where the generators of seeded entropy devices stand, by slot. */
  readonly entropy: Readonly<Record<string, readonly number[]>>;
}

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
  private readonly recent = new Map<number, RecentOutput>();
  private readonly seeded = new Map<number, SeededEntropy>();
  private readonly services = new Map<number, VirtioService>();
  private readonly wakes = new Map<number, () => void>();
  /** Of the next tick, and whether it is the short one. */
  private timer: NodeJS.Timeout | undefined;
  private short = false;
  /** When something was served last, milliseconds of performance.now. */
  private lastServed = 0;
  private serving = false;
  private started = false;
  private ended = false;
  private held = false;

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
    this.started = true;
    this.active();
    void this.serve();
  }

  /** Serves what is left, delivers the last output and frees the backends. */
  async close(): Promise<void> {
    if (!this.ended) this.serveOnce();
    this.ended = true;
    clearTimeout(this.timer);
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
    this.active();
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
    const source = seed === undefined ? new HostEntropy() : new SeededEntropy(hashText(seed));
    if (source instanceof SeededEntropy) this.seeded.set(slot, source);
    this.services.set(slot, new VirtioService(board.transports[slot], board.guestMemory, new EntropyDevice(source)));
  }

  private async serve(): Promise<void> {
    if (this.serving) return;
    this.serving = true;
    while (!this.ended) {
      this.serveOnce();
      await this.board.doorbell.wait(LONGEST_WAIT);
    }
    this.serving = false;
  }

  private serveOnce(): void {
    if (this.held) return;
    const { doorbell } = this.board;
    const any = doorbell.take((index) => {
      this.wakes.get(index)?.();
      if (this.services.get(index)?.service()) doorbell.ring(index);
    });
    if (any) this.active();
  }

  /** There is something to do, and more may come. */
  private active(): void {
    this.lastServed = performance.now();
    if (this.started && !this.short) this.nextTick();
  }

  private nextTick(): void {
    clearTimeout(this.timer);
    if (this.ended) return;
    this.short = performance.now() - this.lastServed < IDLE_AFTER;
    this.timer = setTimeout(() => {
      this.tick();
      this.nextTick();
    }, this.short ? TICK : IDLE_TICK);
  }

  private tick(): void {
    if (this.held) return;
    const now = this.board.clock.now();
    for (const device of [this.board.rtc, this.board.powerKey]) {
      if (device.nextDeadline() <= now) device.expire();
    }
    this.serveOnce();
  }

  /** While true nothing is served: guest memory and devices stay as they are. */
  set hold(hold: boolean) {
    this.held = hold;
    for (const { port } of this.lines.values()) port.hold = hold;
  }

  /**
   * Serves all that the guest has asked for. The vCPUs stand still.
   * @throws ConfigurationError when the peer of a line does not take its output.
   */
  settle(): void {
    do {
      this.serveOnce();
      for (const { port } of this.lines.values()) {
        if (!port.absorb(MOST_WAITING)) throw new ConfigurationError('snapshot: the peer of a line does not take its output');
      }
    } while (this.board.doorbell.pending);
  }

  /** After `settle`. */
  save(): HostedState {
    const lines = [...this.lines].map(([line, { port }]) => {
      const { input, output } = port.inFlight;
      return [line, { input: base64(input), output: base64(output), screen: base64(this.recentOf(line).screenful()) }];
    });
    const entropy = [...this.seeded].map(([slot, { state }]) => [slot, [...state]]);
    return { lines: Object.fromEntries(lines) as HostedState['lines'], entropy: Object.fromEntries(entropy) as HostedState['entropy'] };
  }

  /** The devices' state was replaced by a saved one. @param show the terminal's line shows its last screenful */
  restored(saved: HostedState, show: boolean): void {
    for (const service of this.services.values()) service.restored();
    for (const [line, { port, backend }] of this.lines) {
      const { input, output, screen } = saved.lines[line] ?? { input: '', output: '', screen: '' };
      if (show && backend instanceof OwnedBackend) this.output(line, bytesOf(screen));
      port.restored(bytesOf(input), bytesOf(output));
    }
    for (const [slot, source] of this.seeded) source.state.set(saved.entropy[slot] ?? source.state);
    for (const slot of this.services.keys()) this.board.doorbell.ring(slot);
  }

  private recentOf(line: number): RecentOutput {
    let recent = this.recent.get(line);
    if (recent === undefined) this.recent.set(line, (recent = new RecentOutput()));
    return recent;
  }

  private output(line: number, bytes: Uint8Array): void {
    this.recentOf(line).push(bytes);
    const callback = this.outputs.get(line);
    if (callback !== undefined) callback(bytes);
    else this.early.set(line, [...(this.early.get(line) ?? []), bytes]);
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'));
