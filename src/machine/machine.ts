/** A machine that runs: its threads, resets, monitor and counters, on the main thread. */
import type { MessagePort } from 'node:worker_threads';
import type { GuestProfile } from '../../runtime/vcpu/guest-profiler.js';
import { emptySamples } from '../../runtime/vcpu/instruction-sampler.js';
import { CodeInvalidation } from '../../runtime/code/code-invalidation.js';
import { AffinityState } from '../../hv/psci/functions.js';
import type { RecordMemoFile } from '../../runtime/code/record-memo-file.js';
import type { CpuOptions } from '../arch/features/cpu-model.js';
import type { MachineConfig } from '../config/machine-config.js';
import type { Board } from './board.js';
import { planReset, type BootPlan } from './boot-protocol.js';
import type { Drives } from './drives.js';
import type { HostedDevices } from './hosted-devices.js';
import type { ExitInfo, MachineCounters, MachineHandle, MachineIo, MachineStatistics } from './machine-api.js';
import { MachineControl, MachineRequest } from './machine-memory.js';
import { LockstepHost } from './lockstep-host.js';
import type { StopReport } from './lockstep-control.js';
import { MonitorCommands } from './monitor-commands.js';
import { StandStill } from './stand-still.js';
import type { Journal, MachineInput } from './recording/journal.js';
import type { Threads } from './threads.js';
import type { TranslatorWorkerData } from './translator-worker.js';
import { stubModule } from '../../runtime/code/region-stubs.js';
import { REGION_SLOTS } from '../../jit/wasm/region-slots.js';
import type { Optimization } from '../support/optimizations.js';
import { sumOf, vcpuInstructions, vcpuStatistics } from './statistics.js';
import { saveSnapshot, Snapshot } from './snapshot/snapshot.js';
import { VcpuThreads } from './vcpu-threads.js';
import type { GoOnMessage } from './vcpu-messages.js';

/**
 * So long after a restore, milliseconds, the translator's thread is started: loading it takes as much of two processors as the guest
 * needs to answer the first key.
 */
const TRANSLATOR_DELAY = 500;

/** What a machine is made of. */
export interface MachineParts {
  readonly config: MachineConfig;
  readonly io: MachineIo;
  readonly board: Board;
  readonly drives: Drives;
  readonly hosted: HostedDevices;
  /** What a reset puts into memory; the machine's own from now on, where it is a snapshot. */
  readonly boot: BootPlan | Snapshot;
  readonly threads: Threads;
  /** Host seconds spent on loading files, and when the rest of the start began, milliseconds of performance.now. */
  readonly loadSeconds: number;
  readonly startedAt: number;
  /** Of a deterministic machine: where its random numbers come from, and what it is recorded to or replayed from. */
  readonly seed: string;
  readonly journal: Journal | undefined;
  /** Decoded instructions on disk. */
  readonly records: RecordMemoFile | undefined;
}

export class Machine implements MachineHandle {
  readonly done: Promise<ExitInfo>;
  private resolveDone!: (info: ExitInfo) => void;
  private readonly control: MachineControl;
  private bootSource: BootPlan | Snapshot;
  private readonly vcpus: VcpuThreads;
  private readonly code: CodeInvalidation;
  private startTranslating: (() => void) | undefined;
  /** Of a deterministic machine. */
  private readonly lockstep: LockstepHost | undefined;
  /** How a replay is not what was recorded. */
  private difference: string | undefined;
  private ended = false;
  /** Steps of a deterministic machine's schedule at the last meeting. */
  private step = 0;
  /** The recording could not be written to its end. */
  private unwritten = false;
  private resets = 0;
  private readonly profiles: GuestProfile[] = [];
  private startSeconds = 0;
  private runStart = 0;
  private runSeconds = 0;
  private readonly commands: MonitorCommands;
  private readonly standStill: StandStill;
  /** Snapshots are saved one after the other. */
  private saving: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: MachineParts) {
    const { board } = parts;
    this.bootSource = parts.boot;
    this.done = new Promise((resolve) => (this.resolveDone = resolve));
    this.control = new MachineControl(board.memory);
    this.code = new CodeInvalidation(board.memory, board.layout);
    this.commands = new MonitorCommands({
      board, config: parts.config,
      whileStopped: (body) => this.whileStopped(body),
      press: (kind) => this.press(kind),
      saveSnapshot: (path) => this.saveSnapshot(path),
      restoreSnapshot: (path) => this.restoreSnapshot(path),
    });
    this.standStill = new StandStill({
      control: this.control,
      hasEnded: () => this.ended,
      kickAll: () => this.kickAll(),
      goOn: (message) => this.vcpus.goOn(message),
    });
    if (parts.config.deterministic) {
      this.lockstep = new LockstepHost(board, parts.hosted, parts.journal, (message) => (this.difference ??= message));
    }
    this.vcpus = new VcpuThreads(parts.threads, {
      log: (line) => parts.io.log(line),
      stopped: (request) => (request === MachineRequest.Suspend ? this.standStill.stopped(true) : this.stopped(request)),
      profiled: (profile) => this.profiles.push(profile),
      met: (report) => this.met(report),
      failed: (message, stack) => this.end({ kind: 'error', message, stack }),
    });
  }

  /** Makes the vCPUs' threads, and loads the boot images. */
  async prepare(core: WebAssembly.Module, cpuOptions: CpuOptions): Promise<void> {
    const { board, config, drives } = this.parts;
    const several = board.parameters.cpus > 1;
    // who says how many threads has all of them from the start
    const spread = config.threads !== undefined && this.lockstep === undefined;
    const { count } = this.parts.threads;
    if (spread) for (let cpu = 0; cpu < board.parameters.cpus; cpu++) board.places.put(cpu, cpu % count);
    if (config.sample !== undefined) emptySamples(config.sample);
    const left = (...names: Optimization[]): Optimization[] => [...new Set([...config.without, ...names])];
    // a deterministic machine's instructions are counted exactly, and no other vCPU runs meanwhile; otherwise
    // a request by another vCPU must not wait for the end of a slice
    const without = this.lockstep !== undefined ? left('loose-budget', 'waiting-callers')
      : several ? left('unasked-loops') : config.without;
    const started = this.vcpus.start({
      memory: board.memory, core, board: board.parameters, cpu: config.cpu.model, cpuOptions,
      lockstep: this.lockstep && {
        control: this.lockstep.control.buffer, seed: this.parts.seed, shuffled: config.seed !== undefined,
        digestInterval: this.parts.journal === undefined ? 0 : config.digestInterval, replaying: this.lockstep.replaying,
      },
      without, sample: config.sample, profile: config.profile !== undefined, jit: config.jit,
      stubs: several && config.jit !== 'off' ? stubModule(REGION_SLOTS) : undefined,
      flashFiles: drives.flash.map((bank) => bank?.file),
    }, spread, (ports) => {
      const start = (): void => this.startTranslator(ports, without, cpuOptions);
      // a machine that is restored goes on first; what it asks for waits in the ports
      if (this.bootSource instanceof Snapshot) this.startTranslating = start;
      else start();
    });
    // meanwhile
    if (!(this.bootSource instanceof Snapshot)) this.loadImages(this.bootSource);
    await started;
    this.startSeconds = (performance.now() - this.parts.startedAt) / 1000;
  }

  private startTranslator(ports: MessagePort[], without: readonly Optimization[], cpuOptions: CpuOptions): void {
    const { board, config } = this.parts;
    const data: TranslatorWorkerData = {
      memory: board.memory, board: board.parameters, cpu: config.cpu.model, cpuOptions, ports,
      without, strict: config.jit === 'strict', dump: config.dumpWasm,
      cache: config.dumpWasm === undefined ? config.translationCache : undefined,
    };
    const translator = this.parts.threads.translator();
    translator.postMessage(data, ports);
    translator.on('message', (line: string) => this.parts.io.log(line));
    translator.on('error', (error) => this.end({ kind: 'error', message: error.message, stack: error.stack }));
  }

  /** Powers the machine on. */
  powerOn(plan: BootPlan): void {
    this.boot(plan);
    // otherwise they are served while the vCPUs wait
    if (this.lockstep === undefined) this.parts.hosted.start();
  }

  /** Goes on from a snapshot, whose memory is loaded. */
  async goOnFrom(snapshot: Snapshot): Promise<void> {
    this.control.clear();
    this.control.vcpuCount = this.parts.board.parameters.cpus;
    await snapshot.loadState(this.parts, true);
    this.runStart = performance.now();
    this.vcpus.goOn(restoreMessage(snapshot));
    this.parts.hosted.start();
    setTimeout(() => {
      if (!this.ended) this.startTranslating?.();
    }, TRANSLATOR_DELAY).unref();
  }

  /** Writes the boot images to where they belong. */
  private loadImages(plan: BootPlan): void {
    const { board, drives } = this.parts;
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
  }

  /** Resets the board and lets the vCPUs run, with the boot images in place. */
  private boot(plan: BootPlan): void {
    const { control } = this;
    const { board } = this.parts;
    control.clear();
    control.vcpuCount = board.parameters.cpus;
    board.reset();
    this.code.dropAll();
    // Time begins with the first instruction; a reset does not turn it back.
    if (this.resets === 0) board.clock.restart();
    this.runStart = performance.now();
    const { startEl, secure, conduit } = plan;
    const cpus = board.parameters.cpus;
    // without PSCI all PEs come out of reset; firmware of the guest's own sorts them out
    const on = (cpu: number): boolean => cpu === 0 || conduit === 'none';
    for (let cpu = 0; cpu < cpus; cpu++) board.power.set(cpu, on(cpu) ? AffinityState.ON : AffinityState.OFF);
    this.vcpus.run(Array.from({ length: cpus }, (_, cpu) => ({
      on: on(cpu), pc: plan.cpuEntry.get(cpu) ?? plan.entry.pc, x0: cpu === 0 ? plan.entry.x0 : 0n, startEl, secure, conduit,
    })));
  }

  /** The vCPUs' thread waits. */
  private met(report: StopReport): void {
    this.step = report.step;
    try {
      this.lockstep!.meet(report);
    } catch (error) {
      const { message, stack } = error as Error;
      this.end({ kind: 'error', message, stack });
    }
  }

  private stopped(request: number): void {
    const { config } = this.parts;
    this.standStill.stopped(false);
    this.runSeconds += (performance.now() - this.runStart) / 1000;
    this.runStart = 0;
    if (request === MachineRequest.Reset && config.reboot) {
      this.reset().catch((error: Error) => this.end({ kind: 'error', message: error.message, stack: error.stack }));
      return;
    }
    const kinds: Record<number, 'poweroff' | 'reset'> = {
      [MachineRequest.PowerOff]: 'poweroff', [MachineRequest.Reset]: 'reset',
    };
    const info = { kind: kinds[request] ?? 'stopped' } as const;
    this.end(this.judged(info));
  }

  /** The end of a recording or a replay is said. */
  private judged(info: ExitInfo): ExitInfo {
    const { journal, io } = this.parts;
    if (journal === undefined || this.unwritten) return info;
    if (this.difference !== undefined) return { kind: 'different', message: this.difference };
    if (this.lockstep!.cutShort) {
      io.log(`replay: ended at instruction ${this.counters().instructions}, before the recording; no difference up to there`);
      return info;
    }
    const { differs, message } = journal.end(this.lockstep!.moment(this.step));
    if (differs) return { kind: 'different', message };
    if (!this.unwritten) io.log(`${journal.replaying ? 'replay' : 'recording'}: ${message}`);
    return info;
  }

  /** The recording cannot be written any more: there is no sense in going on. */
  recordingFailed(message: string): void {
    this.unwritten = true;
    this.end({ kind: 'unwritable', message });
  }

  private async reset(): Promise<void> {
    const { config } = this.parts;
    const plan = planReset(await this.bootPlan(), config.deterministic ? this.parts.seed : config.seed);
    this.useBootSource(plan);
    this.resets++;
    if (this.ended) return;
    this.loadImages(plan);
    this.boot(plan);
  }

  private bootPlan(): BootPlan | Promise<BootPlan> {
    return this.bootSource instanceof Snapshot ? this.bootSource.bootPlan() : this.bootSource;
  }

  private useBootSource(source: BootPlan | Snapshot): void {
    if (this.bootSource instanceof Snapshot) this.bootSource.close();
    this.bootSource = source;
  }

  private end(info: ExitInfo): void {
    if (this.ended) return;
    this.ended = true;
    this.standStill.stopped(false);
    this.lockstep?.ended();
    this.parts.journal?.close();
    void this.close(info);
  }

  private async close(info: ExitInfo): Promise<void> {
    await Promise.all([this.parts.hosted.close(), this.saving]);
    await this.parts.threads.terminate();
    this.parts.records?.save();
    this.parts.drives.close();
    if (this.bootSource instanceof Snapshot) this.bootSource.close();
    this.resolveDone(info);
  }

  write(bytes: Uint8Array, line = 0): void {
    if (this.lockstep === undefined) this.parts.hosted.input(bytes, line);
    else this.lockstep.give({ kind: 'bytes', line, bytes: Uint8Array.from(bytes) });
  }

  onOutput(callback: (bytes: Uint8Array) => void, line = 0): void {
    this.parts.hosted.onOutput(callback, line);
  }

  stop(): void {
    this.ask({ kind: 'stop' });
  }

  /** Something from outside, for the guest: a deterministic machine gets it at a place that can be written down. */
  private ask(input: Exclude<MachineInput, { kind: 'bytes' }>): void {
    if (this.lockstep !== undefined) this.lockstep.give(input);
    else if (input.kind === 'powerdown') this.parts.board.powerKey.press();
    else this.request(input.kind === 'reset' ? MachineRequest.Reset : MachineRequest.Stop);
  }

  private request(request: MachineRequest): void {
    this.control.ask(request);
    this.kickAll();
  }

  private kickAll(): void {
    const { board } = this.parts;
    for (let cpu = 0; cpu < board.parameters.cpus; cpu++) board.kickVcpu(cpu);
  }

  monitor(command: string): Promise<string> {
    return this.commands.run(command);
  }

  /** A monitor command that changes the machine. */
  private press(kind: 'reset' | 'powerdown'): string {
    if (this.lockstep?.replaying === true) return 'a replay takes no input but that of its recording';
    this.ask({ kind });
    return '';
  }

  /** Runs `body` while all vCPUs stand between two instructions with all of their state in memory. */
  private whileStopped<T>(body: () => T): Promise<T> {
    const { lockstep } = this;
    if (lockstep === undefined) return this.standStill.look(body);
    if (this.ended) return Promise.resolve(body());
    return new Promise((resolve) => lockstep.look(() => resolve(body())));
  }

  saveSnapshot(path: string): Promise<void> {
    const saved = this.saving.then(async () => {
      const { config } = this.parts;
      const plan = await this.bootPlan();
      await saveSnapshot(path, config, this.parts, plan, (body) => this.standStill.freeze(async () => {
        await body();
        return { kind: 'resume' };
      }));
    });
    this.saving = saved.catch(() => undefined);
    return saved;
  }

  /** Goes back to a snapshot of this machine, or of one like it. @throws ConfigurationError; the machine is as before then */
  private async restoreSnapshot(path: string): Promise<void> {
    const { board, config, hosted } = this.parts;
    const snapshot = Snapshot.open(path);
    try {
      snapshot.checkLayout(board);
      snapshot.checkConfig(config);
      snapshot.checkFwCfg(board);
      snapshot.verify();
      await this.standStill.freeze(async () => {
        hosted.hold = true;
        try {
          await snapshot.loadMemory(board.backing(), true);
          await snapshot.loadState(this.parts, false);
        } catch (error) {
          // neither the old machine nor the saved one
          this.end({ kind: 'error', message: (error as Error).message, stack: (error as Error).stack });
          throw error;
        } finally {
          hosted.hold = false;
        }
        this.code.dropAll();
        return restoreMessage(snapshot);
      });
    } catch (error) {
      snapshot.close();
      throw error;
    }
    this.useBootSource(snapshot);
  }

  counters(): MachineCounters {
    const { board } = this.parts;
    const of = (cpu: number): number => vcpuInstructions(board.memory, board.vcpuBase(cpu));
    const instructions = Array.from({ length: board.parameters.cpus }, (_, cpu) => of(cpu)).reduce((a, b) => a + b);
    return { instructions, virtualSeconds: board.clock.now() / 1e9 };
  }

  profile(): readonly GuestProfile[] {
    return this.profiles;
  }

  statistics(): MachineStatistics {
    const { board } = this.parts;
    const perVcpu = Array.from({ length: board.parameters.cpus }, (_, cpu) =>
      vcpuStatistics(board.memory, board.vcpuBase(cpu), this.vcpus.counted(cpu)));
    const running = this.runStart === 0 ? 0 : (performance.now() - this.runStart) / 1000;
    return {
      ...sumOf(perVcpu), ...this.counters(), perVcpu,
      seconds: { start: this.startSeconds, load: this.parts.loadSeconds, run: this.runSeconds + running },
    };
  }
}

function restoreMessage({ boot: { startEl, conduit } }: Snapshot): GoOnMessage {
  return { kind: 'restore', startEl, conduit };
}
