/** Starts a machine: memory, board, boot images, a thread a vCPU; serves the devices' backends on this thread. */
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { HostEntropy, SeededEntropy } from '../../devices/backends/entropy-source.js';
import type { CharacterBackend, CharacterSink } from '../../devices/backends/character-backend.js';
import { CharacterPort } from '../../devices/backends/character-port.js';
import { FileBackend } from '../../devices/backends/file-backend.js';
import { NullBackend } from '../../devices/backends/null-backend.js';
import { RawImage } from '../../devices/backends/raw-image.js';
import { SocketBackend } from '../../devices/backends/socket-backend.js';
import { BlockDevice } from '../../devices/virtio/block.js';
import { EntropyDevice } from '../../devices/virtio/entropy.js';
import { VirtioService } from '../../devices/virtio/service.js';
import { CORE_WASM } from '../../jit/interpreter/core.js';
import { controlFieldOffset } from '../../runtime/layout/vcpu-layout.js';
import type { ExitInfo, MachineCounters, MachineHandle, MachineIo, MachineStatistics } from './machine-api.js';
import type { MachineConfig } from '../config/machine-config.js';
import type { SerialConfig } from '../config/serial.js';
import { ConfigurationError } from '../support/errors.js';
import { hashText } from '../support/struct.js';
import type { CpuOptions } from '../arch/features/cpu-model.js';
import { ArchState } from '../arch/state-layout.js';
import { planMachineBoot } from './boot-files.js';
import { planReset, type BootPlan } from './boot-protocol.js';
import { Board, boardLayout, DoorbellIndex, ENTROPY_SLOT, type BoardParameters } from './board.js';
import { MachineControl, MachineRequest } from './machine-memory.js';
import type { RunMessage, VcpuWorkerData, WorkerReply } from './vcpu-worker.js';

const WASM_PAGE = 65536;
const MAXIMUM_PAGES = 65536;
/** Devices with deadlines, and doorbells whose wake-up was late, are looked at this often, milliseconds. */
const TICK = 10;

/** A serial line on the terminal: the owner gives input and takes the output that every port reports. */
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

async function openSerial(config: SerialConfig): Promise<CharacterBackend> {
  switch (config.kind) {
    case 'stdio':
      return new OwnedBackend();
    case 'null':
      return new NullBackend();
    case 'file':
      return new FileBackend(config.path);
    default: {
      const address = config.kind === 'unix' ? { path: config.path } : { host: config.host, port: config.port };
      if (!config.server) return SocketBackend.connect(address);
      const backend = await SocketBackend.listen(address);
      if (config.wait) await backend.connected;
      return backend;
    }
  }
}

class Machine implements MachineHandle {
  readonly done: Promise<ExitInfo>;
  private resolveDone!: (info: ExitInfo) => void;
  private readonly control: MachineControl;
  private readonly outputs: ((bytes: Uint8Array) => void)[] = [];
  private readonly early: Uint8Array[][] = [[], []];
  private readonly ports: CharacterPort[] = [];
  private readonly backends: CharacterBackend[] = [];
  private readonly services = new Map<number, VirtioService>();
  private readonly images: RawImage[] = [];
  private worker!: Worker;
  private timer: NodeJS.Timeout | undefined;
  private ended = false;
  private exits: Record<string, number> = {};
  private runStart = 0;
  private runSeconds = 0;
  private readonly counter: BigUint64Array;

  constructor(
    private readonly config: MachineConfig,
    private readonly io: MachineIo,
    private readonly board: Board,
    private plan: BootPlan,
    private readonly loadSeconds: number,
    private readonly created: number,
  ) {
    this.done = new Promise((resolve) => (this.resolveDone = resolve));
    this.control = new MachineControl(board.memory);
    this.counter = new BigUint64Array(board.memory.buffer);
  }

  async prepare(drives: readonly RawImage[], core: WebAssembly.Module, cpuOptions: CpuOptions): Promise<void> {
    const { board, config } = this;
    this.images.push(...drives);
    const channels = [board.uartChannel, board.secureUartChannel];
    const devices = [board.uart, board.secureUart];
    for (const line of [0, 1]) {
      const channel = channels[line];
      const device = devices[line];
      if (channel === undefined || device === undefined) continue;
      const serial = config.serial[line] ?? { kind: 'null' };
      const backend = await openSerial(serial);
      this.backends[line] = backend;
      this.ports[line] = new CharacterPort(channel, backend, device, (bytes) => this.output(line, bytes));
    }
    const serials = config.drives.filter((d) => d.interface === 'virtio').map((d) => d.serial);
    drives.forEach((image, slot) => {
      const transport = board.transports[slot];
      this.services.set(
        slot, new VirtioService(transport, board.guestMemory, new BlockDevice(transport, image, serials[slot] ?? '')));
    });
    const entropy = config.seed === undefined ? new HostEntropy() : new SeededEntropy(hashText(config.seed));
    this.services.set(
      ENTROPY_SLOT,
      new VirtioService(board.transports[ENTROPY_SLOT], board.guestMemory, new EntropyDevice(entropy)),
    );
    const data: VcpuWorkerData = {
      memory: board.memory, core, board: board.parameters, index: 0, cpu: config.cpu.model, cpuOptions,
    };
    this.worker = new Worker(new URL('./vcpu-worker.js', import.meta.url), { workerData: data });
    await new Promise<void>((resolve, reject) => {
      this.worker.once('message', (m: WorkerReply) =>
        m.kind === 'error' ? reject(new Error(m.message)) : resolve());
      this.worker.once('error', reject);
    });
    this.worker.on('message', (m: WorkerReply) => this.workerMessage(m));
    this.worker.on('error', (error) => this.end({ kind: 'error', message: error.message, stack: error.stack }));
  }

  /** Loads the boot images and lets the vCPU run. */
  boot(): void {
    const { board, plan } = this;
    this.control.clear();
    this.control.vcpuCount = 1;
    board.reset();
    board.clock.restart();
    plan.flash.forEach((bytes, bank) => {
      if (bytes !== undefined) board.flashBytes(bank).set(bytes);
    });
    for (const segment of plan.segments) {
      board.write(segment.address, segment.bytes);
      if (segment.size > segment.bytes.length) {
        board.write(segment.address + segment.bytes.length, new Uint8Array(segment.size - segment.bytes.length));
      }
    }
    this.runStart = performance.now();
    const message: RunMessage = {
      kind: 'run', pc: plan.entry.pc, x0: plan.entry.x0, startEl: plan.startEl, secure: plan.secure,
      conduit: plan.conduit,
    };
    this.worker.postMessage(message);
    this.timer ??= setInterval(() => this.tick(), TICK);
    void this.serve();
  }

  private serving = false;
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
    this.board.doorbell.take((index) => {
      if (index === DoorbellIndex.serial) this.ports[0]?.pump();
      else if (index === DoorbellIndex.secureSerial) this.ports[1]?.pump();
      else if (this.services.get(index)?.service()) this.board.doorbell.ring(index);
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
    const callback = this.outputs[line];
    if (callback) callback(bytes);
    else this.early[line].push(bytes);
  }

  private workerMessage(message: WorkerReply): void {
    switch (message.kind) {
      case 'log':
        this.io.log(message.line);
        return;
      case 'error':
        this.end({ kind: 'error', message: message.message, stack: message.stack });
        return;
      case 'stopped':
        this.runSeconds += (performance.now() - this.runStart) / 1000;
        this.runStart = 0;
        this.exits = message.exits;
        if (message.request === MachineRequest.Reset && this.config.reboot) {
          this.plan = planReset(this.plan, this.config.seed);
          this.boot();
          return;
        }
        this.end(
          message.request === MachineRequest.PowerOff
            ? { kind: 'poweroff' }
            : message.request === MachineRequest.Reset
              ? { kind: 'reset' }
              : { kind: 'stopped' },
        );
        return;
      default:
    }
  }

  private end(info: ExitInfo): void {
    if (this.ended) return;
    this.serveOnce();
    this.ended = true;
    clearInterval(this.timer);
    this.board.doorbell.ring(DoorbellIndex.serial);
    void this.close(info);
  }

  private async close(info: ExitInfo): Promise<void> {
    await Promise.all(this.ports.map((port) => port?.close()));
    for (const image of this.images) image.close();
    await this.worker.terminate();
    this.resolveDone(info);
  }

  write(bytes: Uint8Array, line = 0): void {
    const backend = this.backends[line];
    if (backend instanceof OwnedBackend) backend.sink?.input(bytes);
  }

  onOutput(callback: (bytes: Uint8Array) => void, line = 0): void {
    this.outputs[line] = callback;
    for (const bytes of this.early[line].splice(0)) callback(bytes);
  }

  stop(): void {
    this.control.ask(MachineRequest.Stop);
    this.board.kickVcpu(0);
  }

  async monitor(command: string): Promise<string> {
    if (command === 'info mtree') {
      return this.board.map.regions
        .map((r) => {
          const hex = (n: number): string => n.toString(16).padStart(16, '0');
          return `${hex(r.base)}-${hex(r.base + r.size - 1)} ${r.kind.padEnd(4)} ${r.name}`;
        })
        .join('\n');
    }
    if (command === 'info registers') return this.registers();
    if (command === 'system_powerdown') {
      this.board.powerKey.press();
      return '';
    }
    return `unknown command: ${command}`;
  }

  /** Registers as the vCPU last stored them; a running vCPU stores its PC when it leaves the engine. */
  private registers(): string {
    const { board } = this;
    const at = board.vcpuBase(0) >> 3;
    const lines: string[] = [];
    for (let i = 0; i < 31; i += 3) {
      const row = [i, i + 1, i + 2].filter((n) => n < 31);
      lines.push(row.map((n) => `X${String(n).padStart(2, '0')}=${hex64(this.counter[at + n])}`).join(' '));
    }
    lines.push(`SP =${hex64(this.counter[at + 32])} PC =${hex64(this.counter[at + PC_INDEX])}`);
    return lines.join('\n');
  }

  private get instructions(): number {
    return Number(this.counter[(this.board.vcpuBase(0) + controlFieldOffset.instructions) >> 3]);
  }

  counters(): MachineCounters {
    return { instructions: this.instructions, virtualSeconds: this.board.clock.now() / 1e9 };
  }

  statistics(): MachineStatistics {
    const { instructions } = this;
    const one = { instructions, instructionsInterpreted: instructions, instructionsTranslated: 0, exits: this.exits };
    const running = this.runStart === 0 ? 0 : (performance.now() - this.runStart) / 1000;
    return {
      ...one, ...this.counters(), perVcpu: [one],
      seconds: { start: this.created, load: this.loadSeconds, run: this.runSeconds + running },
    };
  }
}

const PC_INDEX = ArchState.offset.pc / 8;
const hex64 = (value: bigint): string => value.toString(16).padStart(16, '0');

function cpuOptions(config: MachineConfig): CpuOptions {
  return {
    el2: config.virtualization, el3: config.secure, pmu: false,
    pauth: config.cpu.pauth,
    without: config.cpu.lpa2 ? [] : ['FEAT_LPA2'],
  };
}

/** Options that would cost the user data if they were ignored. */
function refuseUnsupported(config: MachineConfig): void {
  for (const { file, snapshot } of config.drives) {
    if (snapshot) throw new ConfigurationError(`--drive ${file}: snapshot=on is not there yet`);
  }
  for (const serial of config.serial) {
    if (serial.kind === 'file' && serial.append) {
      throw new ConfigurationError(`--serial file:${serial.path}: append=on is not there yet`);
    }
  }
}

/** Reads the files, prepares a machine and starts its vCPUs. */
export async function startMachine(config: MachineConfig, io: MachineIo): Promise<MachineHandle> {
  const t0 = performance.now();
  if (config.smp > 1) throw new ConfigurationError(`--smp ${config.smp}: this version runs one CPU`);
  refuseUnsupported(config);
  const plan = planMachineBoot(config);
  const loaded = performance.now();
  const images = config.drives
    .filter((drive) => drive.interface === 'virtio')
    .map((drive) => RawImage.open(drive.file, drive.readOnly));
  const parameters: BoardParameters = {
    cpus: config.smp, ramBytes: config.memoryBytes, el2: config.virtualization, el3: config.secure,
    drives: images.map((image, i) => ({
      bytes: image.bytes, readOnly: config.drives.filter((d) => d.interface === 'virtio')[i].readOnly })),
    fwCfgItems: plan.fwCfgItems.map(({ key, bytes }) => ({ key, bytes })),
    epoch: Math.floor(Date.now() / 1000),
  };
  const pages = Math.ceil(boardLayout(parameters).totalBytes / WASM_PAGE);
  if (pages > MAXIMUM_PAGES) throw new ConfigurationError('--memory: more than a 4 GiB host memory can back');
  const memory = new WebAssembly.Memory({ initial: pages, maximum: MAXIMUM_PAGES, shared: true });
  const board = new Board(memory, parameters);
  const core = await WebAssembly.compile(readFileSync(CORE_WASM));
  const loadSeconds = (loaded - t0) / 1000;
  const machine = new Machine(config, io, board, plan, loadSeconds, (performance.now() - loaded) / 1000);
  await machine.prepare(images, core, cpuOptions(config));
  machine.boot();
  return machine;
}

/** The device tree that the machine would be started with, flattened. */
export async function deviceTreeOf(config: MachineConfig): Promise<Uint8Array> {
  return planMachineBoot(config).dtb;
}
