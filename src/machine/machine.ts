/** A machine that runs: its threads, resets, monitor and counters, on the main thread. */
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { GuestProfile } from '../../runtime/vcpu/guest-profiler.js';
import { NO_CODE } from '../../runtime/code/code-store.js';
import { noRegions } from '../../runtime/code/region-store.js';
import { NO_TRANSLATIONS } from '../../runtime/code/translations.js';
import { INTERPRETED_BECAUSE, REGION_LEFT } from '../../runtime/layout/engine-counters.js';
import { NO_MISSES } from '../../runtime/mmu/interfaces.js';
import { controlFieldOffset } from '../../runtime/layout/vcpu-layout.js';
import { CpuState } from '../arch/cpu-state.js';
import type { CpuOptions } from '../arch/features/cpu-model.js';
import type { MachineConfig } from '../config/machine-config.js';
import type { Board } from './board.js';
import { planReset, type BootPlan } from './boot-protocol.js';
import type { Drives } from './drives.js';
import type { HostedDevices } from './hosted-devices.js';
import type { ExitInfo, MachineCounters, MachineHandle, MachineIo, MachineStatistics } from './machine-api.js';
import { MachineControl, MachineRequest } from './machine-memory.js';
import { devicesText, memoryText, registersText } from './monitor.js';
import type { TranslatorWorkerData } from './translator-worker.js';
import type { VcpuCounters, VcpuWorkerData, WorkerMessage, WorkerReply } from './vcpu-worker.js';

/** What a machine is made of. */
export interface MachineParts {
  readonly config: MachineConfig;
  readonly io: MachineIo;
  readonly board: Board;
  readonly drives: Drives;
  readonly hosted: HostedDevices;
  readonly plan: BootPlan;
  /** Host seconds spent on loading files, and when the rest of the start began, milliseconds of performance.now. */
  readonly loadSeconds: number;
  readonly startedAt: number;
}

export class Machine implements MachineHandle {
  readonly done: Promise<ExitInfo>;
  private resolveDone!: (info: ExitInfo) => void;
  private readonly control: MachineControl;
  private readonly state: CpuState;
  private readonly counter: BigUint64Array;
  private plan: BootPlan;
  private worker!: Worker;
  private translator: Worker | undefined;
  private ended = false;
  private resets = 0;
  private counted: VcpuCounters = {
    exits: {}, regions: noRegions(), tlb: NO_MISSES, code: NO_CODE, translations: NO_TRANSLATIONS,
  };
  private readonly profiles: GuestProfile[] = [];
  private startSeconds = 0;
  private runStart = 0;
  private runSeconds = 0;
  /** Called once the vCPU has stopped for a look at its state, or the machine has ended. */
  private suspended: () => void = () => {};
  /** Monitor commands that stop the vCPU come one after the other. */
  private looking: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: MachineParts) {
    const { board } = parts;
    this.plan = parts.plan;
    this.done = new Promise((resolve) => (this.resolveDone = resolve));
    this.control = new MachineControl(board.memory);
    this.state = new CpuState(board.memory.buffer, board.vcpuBase(0));
    this.counter = new BigUint64Array(board.memory.buffer);
  }

  /** Makes the vCPU's thread. */
  async prepare(core: WebAssembly.Module, cpuOptions: CpuOptions): Promise<void> {
    const { board, config, drives } = this.parts;
    const channel = config.jit === 'on' ? new MessageChannel() : undefined;
    const data: VcpuWorkerData = {
      memory: board.memory, core, board: board.parameters, index: 0, cpu: config.cpu.model, cpuOptions,
      without: config.without, sample: config.sample, profile: config.profile !== undefined, jit: config.jit,
      translator: channel?.port1,
      flashFiles: drives.flash.map((bank) => bank?.file),
    };
    this.worker = new Worker(new URL('./vcpu-worker.js', import.meta.url), {
      workerData: data, transferList: channel === undefined ? [] : [channel.port1],
    });
    if (channel !== undefined) this.startTranslator(channel.port2, cpuOptions);
    try {
      await new Promise<void>((resolve, reject) => {
        this.worker.once('message', (m: WorkerReply) =>
          m.kind === 'error' ? reject(new Error(m.message)) : resolve());
        this.worker.once('error', reject);
      });
    } catch (error) {
      await this.worker.terminate();
      throw error;
    }
    this.worker.on('message', (m: WorkerReply) => this.workerMessage(m));
    this.worker.on('error', (error) => this.end({ kind: 'error', message: error.message, stack: error.stack }));
    this.startSeconds = (performance.now() - this.parts.startedAt) / 1000;
  }

  private startTranslator(port: MessagePort, cpuOptions: CpuOptions): void {
    const { board, config } = this.parts;
    const data: TranslatorWorkerData = {
      memory: board.memory, board: board.parameters, cpu: config.cpu.model, cpuOptions, port,
      without: config.without, cache: config.translationCache,
    };
    this.translator = new Worker(new URL('./translator-worker.js', import.meta.url), {
      workerData: data, transferList: [port],
    });
    this.translator.on('message', (line: string) => this.parts.io.log(line));
    this.translator.on('error', (error) => this.end({ kind: 'error', message: error.message, stack: error.stack }));
  }

  /** Powers the machine on. */
  powerOn(): void {
    this.boot();
    this.parts.hosted.start();
  }

  /** Resets the board, loads the boot images and lets the vCPU run. */
  private boot(): void {
    const { plan, control } = this;
    const { board, drives } = this.parts;
    control.clear();
    control.vcpuCount = 1;
    board.reset();
    plan.flash.forEach((bytes, bank) => {
      // What a drive backs is not volatile: it is as the guest left it.
      if (bytes !== undefined && (this.resets === 0 || drives.flash[bank] === undefined)) {
        board.flashBytes(bank).set(bytes);
      }
    });
    for (const segment of plan.segments) {
      board.write(segment.address, segment.bytes);
      if (segment.size > segment.bytes.length) {
        board.write(segment.address + segment.bytes.length, new Uint8Array(segment.size - segment.bytes.length));
      }
    }
    // Time begins with the first instruction; a reset does not turn it back.
    if (this.resets === 0) board.clock.restart();
    this.runStart = performance.now();
    this.post({
      kind: 'run', pc: plan.cpuEntry.get(0) ?? plan.entry.pc, x0: plan.entry.x0, startEl: plan.startEl,
      secure: plan.secure, conduit: plan.conduit,
    });
  }

  private post(message: WorkerMessage): void {
    this.worker.postMessage(message);
  }

  private workerMessage(message: WorkerReply): void {
    switch (message.kind) {
      case 'log':
        this.parts.io.log(message.line);
        return;
      case 'error':
        this.end({ kind: 'error', message: message.message, stack: message.stack });
        return;
      case 'stopped':
        this.counted = message;
        if (message.profile !== undefined) this.profiles.push(message.profile);
        if (message.request === MachineRequest.Suspend) this.suspended();
        else this.stopped(message.request);
        return;
      default:
    }
  }

  private stopped(request: number): void {
    const { config } = this.parts;
    this.runSeconds += (performance.now() - this.runStart) / 1000;
    this.runStart = 0;
    if (request === MachineRequest.Reset && config.reboot) {
      this.plan = planReset(this.plan, config.seed);
      this.resets++;
      this.boot();
      return;
    }
    const kinds: Record<number, 'poweroff' | 'reset'> = {
      [MachineRequest.PowerOff]: 'poweroff', [MachineRequest.Reset]: 'reset',
    };
    this.end({ kind: kinds[request] ?? 'stopped' });
  }

  private end(info: ExitInfo): void {
    if (this.ended) return;
    this.ended = true;
    this.suspended();
    void this.close(info);
  }

  private async close(info: ExitInfo): Promise<void> {
    await this.parts.hosted.close();
    await this.worker.terminate();
    await this.translator?.terminate();
    this.parts.drives.close();
    this.resolveDone(info);
  }

  write(bytes: Uint8Array, line = 0): void {
    this.parts.hosted.input(bytes, line);
  }

  onOutput(callback: (bytes: Uint8Array) => void, line = 0): void {
    this.parts.hosted.onOutput(callback, line);
  }

  stop(): void {
    this.request(MachineRequest.Stop);
  }

  private request(request: MachineRequest): void {
    this.control.ask(request);
    this.parts.board.kickVcpu(0);
  }

  async monitor(command: string): Promise<string> {
    const { board, config } = this.parts;
    switch (command.trim().replace(/\s+/g, ' ')) {
      case 'info registers': return this.whileStopped(() => registersText(this.state, 0));
      case 'info mtree': return memoryText(board);
      case 'info qtree': return devicesText(config);
      case 'system_powerdown':
        board.powerKey.press();
        return '';
      case 'system_reset':
        this.request(MachineRequest.Reset);
        return '';
      default: return `unknown command: '${command}'; help lists the commands`;
    }
  }

  /** Runs `body` while the vCPU stands between two instructions with all of its state in memory. */
  private whileStopped<T>(body: () => T): Promise<T> {
    const look = this.looking.then(async () => {
      const stopped = new Promise<void>((resolve) => (this.suspended = resolve));
      // When the machine is about to stop or to be reset, its state is as good as it gets.
      if (this.ended || !this.control.ask(MachineRequest.Suspend)) return body();
      this.parts.board.kickVcpu(0);
      await stopped;
      try {
        return body();
      } finally {
        this.control.resume();
        if (!this.ended) this.post({ kind: 'resume' });
      }
    });
    this.looking = look.catch(() => undefined);
    return look;
  }

  private count(field: keyof typeof controlFieldOffset, index = 0): number {
    return Number(this.counter[((this.parts.board.vcpuBase(0) + controlFieldOffset[field]) >> 3) + index]);
  }
  /** An array of counters by names. */
  private counts(field: keyof typeof controlFieldOffset, names: readonly string[]): Record<string, number> {
    return Object.fromEntries(names.map((name, i) => [name, this.count(field, i)]));
  }
  private get instructions(): number {
    return this.count('instructions');
  }

  counters(): MachineCounters {
    return { instructions: this.instructions, virtualSeconds: this.parts.board.clock.now() / 1e9 };
  }

  profile(): readonly GuestProfile[] {
    return this.profiles;
  }

  statistics(): MachineStatistics {
    const { instructions } = this;
    const { exits, regions, tlb, code, translations } = this.counted;
    const translated = this.count('instructionsTranslated');
    const one = {
      instructions, instructionsInterpreted: instructions - translated, instructionsTranslated: translated, exits, tlb,
      regions: {
        ...regions, entries: this.count('regionEntries'), interprets: this.count('regionInterprets'),
        left: this.counts('regionLeft', REGION_LEFT),
      },
      interpreted: {
        ...this.counts('interpreted', INTERPRETED_BECAUSE), functionForms: this.count('functionForms'),
      },
      code, translations,
    };
    const running = this.runStart === 0 ? 0 : (performance.now() - this.runStart) / 1000;
    return {
      ...one, ...this.counters(), perVcpu: [one],
      seconds: { start: this.startSeconds, load: this.parts.loadSeconds, run: this.runSeconds + running },
    };
  }
}
