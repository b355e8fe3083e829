/** Stand-ins for the process and the machine, so that the CLI can be run within a test. */
import { NO_CODE, noRegions } from '../../../runtime/code/code-counters.js';
import { NO_TRANSLATIONS } from '../../../runtime/code/translations.js';
import { NO_MISSES } from '../../../runtime/mmu/interfaces.js';
import { EventEmitter } from 'node:events';
import type { CliContext, SignalEvents } from '../../../src/cli/context.js';
import type { ExitInfo, GuestProfile, MachineHandle, MachineIo, MachineModule } from '../../../src/machine/machine-api.js';
import { type MachineConfig, resolveMachineConfig } from '../../../src/config/machine-config.js';
import { savedConfig } from '../../../src/machine/snapshot/machine-description.js';

/** Collects what is written; looks like a terminal if asked to. */
export class FakeOutput extends EventEmitter {
  private readonly chunks: Buffer[] = [];

  constructor(readonly isTTY = false) {
    super();
  }

  write(data: Uint8Array | string): boolean {
    this.chunks.push(Buffer.from(data));
    return true;
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString('utf8');
  }
}

/** A keyboard or a pipe. */
export class FakeInput extends EventEmitter {
  raw = false;
  /** Every call of setRawMode. */
  readonly rawModes: boolean[] = [];
  resumed = false;

  constructor(readonly isTTY: boolean) {
    super();
  }

  setRawMode(raw: boolean): void {
    this.raw = raw;
    this.rawModes.push(raw);
  }

  resume(): void {
    this.resumed = true;
  }

  pause(): void {
    this.resumed = false;
  }

  type(text: string): void {
    this.emit('data', Buffer.from(text, 'utf8'));
  }
}

/** A machine that a test drives. */
export class FakeMachine implements MachineHandle {
  readonly done: Promise<ExitInfo>;
  end: (exit: ExitInfo) => void = () => undefined;
  readonly input: { text: string; line: number }[] = [];
  readonly commands: string[] = [];
  stopped = 0;
  /** Whether stop() ends it. */
  obeys = true;
  instructions = 1000;
  profiles: readonly GuestProfile[] = [];
  private readonly callbacks: ((bytes: Uint8Array) => void)[] = [];

  constructor(
    readonly config: MachineConfig,
    readonly io: MachineIo,
  ) {
    this.done = new Promise((resolve) => (this.end = resolve));
  }

  write(bytes: Uint8Array, line = 0): void {
    this.input.push({ text: new TextDecoder().decode(bytes), line });
  }

  onOutput(callback: (bytes: Uint8Array) => void, line = 0): void {
    this.callbacks[line] = callback;
  }

  stop(): void {
    this.stopped++;
    if (this.obeys) this.end({ kind: 'stopped' });
  }

  readonly snapshots: string[] = [];

  saveSnapshot(path: string): Promise<void> {
    this.snapshots.push(path);
    return Promise.resolve();
  }

  monitor(command: string): Promise<string> {
    this.commands.push(command);
    if (command === 'bad') return Promise.reject(new Error('no such command'));
    return Promise.resolve(`answer to ${command}\nmore`);
  }

  counters() {
    return { instructions: this.instructions, virtualSeconds: this.instructions / 1e6 };
  }

  statistics() {
    const vcpu = {
      instructions: this.instructions,
      instructionsInterpreted: this.instructions,
      instructionsTranslated: 0,
      exits: { mmio: 3 },
      regions: { ...noRegions(), entries: 0, interprets: 0, left: { miss: 2 } },
      tlb: NO_MISSES, interpreted: { cold: 5 }, code: NO_CODE, translations: NO_TRANSLATIONS,
    };
    return { ...vcpu, ...this.counters(), perVcpu: [vcpu], seconds: { start: 0.5, load: 0.25, run: 2 } };
  }

  profile(): readonly GuestProfile[] {
    return this.profiles;
  }

  /** The guest prints. */
  print(text: string, line = 0): void {
    this.callbacks[line]?.(Buffer.from(text, 'utf8'));
  }
}

export interface FakeProcess {
  readonly context: CliContext;
  readonly input: FakeInput;
  readonly output: FakeOutput;
  readonly errors: FakeOutput;
  readonly events: EventEmitter;
  /** The machine, once it has been started. */
  readonly machine: Promise<FakeMachine>;
  /** Moves the clock on, seconds. */
  advance(seconds: number): void;
}

/** A process whose machine is a FakeMachine; `start` may refuse to start it. */
export function fakeProcess(
  options: { isTTY?: boolean; debug?: boolean; start?: (config: MachineConfig) => void } = {},
): FakeProcess {
  const input = new FakeInput(options.isTTY ?? false);
  const output = new FakeOutput(options.isTTY ?? false);
  const errors = new FakeOutput();
  const events = new EventEmitter();
  let time = 1;
  let started: (machine: FakeMachine) => void = () => undefined;
  const machine = new Promise<FakeMachine>((resolve) => (started = resolve));
  const machineModule: MachineModule = {
    startMachine: (config, io) => {
      options.start?.(config);
      const fake = new FakeMachine(config, io);
      // The test goes on after the CLI has attached itself.
      setTimeout(() => started(fake), 0);
      return Promise.resolve(fake);
    },
    deviceTreeOf: () => Promise.resolve(Uint8Array.of(0xd0, 0x0d, 0xfe, 0xed)),
    snapshotConfig: () => savedConfig(resolveMachineConfig({ memory: '256M', drive: ['file=/disk,snapshot=on'] })),
  };
  const context: CliContext = {
    input,
    output,
    errors,
    events: events as SignalEvents,
    environment: options.debug ? { ULNA_DEBUG: '1' } : {},
    clock: () => time,
    loadMachine: () => Promise.resolve(machineModule),
    startThreads: () => undefined,
    loadExplain: () =>
      Promise.resolve((word, cpu) => `word ${word.toString(16)}${cpu === undefined ? '' : ` on ${cpu.name}`}`),
  };
  return { context, input, output, errors, events, machine, advance: (seconds) => void (time += seconds) };
}
