/** Makes a machine from its configuration: files, memory, board, backends, threads. */
import type { BlockParameters } from '../../devices/virtio/block.js';
import { compileCore } from '../../jit/interpreter/core.js';
import { translatorVersion } from '../../jit/region/translator-version.js';
import { RecordMemoFile } from '../../runtime/code/record-memo-file.js';
import { CodeInvalidation } from '../../runtime/code/code-invalidation.js';
import type { CpuOptions } from '../arch/features/cpu-model.js';
import type { MachineConfig } from '../config/machine-config.js';
import { makeOthersYield } from '../../runtime/thread-priority.js';
import { ConfigurationError } from '../support/errors.js';
import { planMachineBoot } from './boot-files.js';
import { Board } from './board.js';
import { boardLayout, type BoardParameters, type VirtioParameters } from './board-parameters.js';
import { Drives } from './drives.js';
import { HostedDevices } from './hosted-devices.js';
import { describeRun, differences } from './recording/description.js';
import { readRecording } from './recording/format.js';
import type { Journal } from './recording/journal.js';
import { Recorder } from './recording/recorder.js';
import { Replayer } from './recording/replayer.js';
import { Machine } from './machine.js';
import type { MachineHandle, MachineIo } from './machine-api.js';
import type { SavedConfig } from './snapshot/machine-description.js';
import { Snapshot } from './snapshot/snapshot.js';
import { machineThreads, Threads, vcpuThreadCount } from './threads.js';

const WASM_PAGE = 65536;
const MAXIMUM_PAGES = 65536;

function cpuOptions(config: MachineConfig): CpuOptions {
  return {
    el2: config.virtualization, el3: config.secure, pmu: false,
    pauth: config.cpu.pauth,
    without: config.cpu.lpa2 ? [] : ['FEAT_LPA2'],
  };
}

function virtioParameters(config: MachineConfig, drives: Drives): (VirtioParameters | undefined)[] {
  return config.virtio.map((device, slot) => {
    if (device?.kind !== 'block') return device && { kind: device.kind };
    const { image, drive } = drives.disks.get(slot)!;
    const disk: BlockParameters = {
      bytes: image.bytes, readOnly: image.readOnly, writeThrough: drive.cache === 'writethrough',
    };
    return { kind: 'block', disk };
  });
}

function allocate(parameters: BoardParameters): WebAssembly.Memory {
  const pages = Math.ceil(boardLayout(parameters).totalBytes / WASM_PAGE);
  if (pages > MAXIMUM_PAGES) throw new ConfigurationError('--memory: more than a 4 GiB host memory can back');
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: MAXIMUM_PAGES, shared: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`--memory: this host gives no memory for it (${reason})`);
  }
}

/** What is random in a deterministic machine without --seed depends on this. */
const DEFAULT_SEED = 'ulna';
/** 2025-01-01 00:00:00 UTC: when every deterministic machine is powered on. */
const DETERMINISTIC_EPOCH = 1_735_689_600;

/** @throws ConfigurationError when it cannot be written, or is not of this machine */
function openJournal(config: MachineConfig, seed: string, failed: (message: string) => void): Journal | undefined {
  const { record, replay } = config;
  if (record === undefined && replay === undefined) return undefined;
  // with a seed of its own the schedule is another too
  const description = describeRun(config, config.seed === undefined ? `default ${seed}` : `given ${seed}`);
  if (record !== undefined) return new Recorder(record, description, failed);
  const recording = readRecording(replay!);
  const wrong = differences(recording.description, description);
  if (wrong.length > 0) throw new ConfigurationError(`--replay ${replay}: recorded with another ${wrong.join(', ')}`);
  return new Replayer(recording);
}

/** What earlier runs have decoded; undefined when nothing is to be kept. */
function keptRecords(config: MachineConfig, memory: WebAssembly.Memory, log: (line: string) => void): RecordMemoFile | undefined {
  const { translationCache: folder, cpu, without } = config;
  if (folder === undefined || without.includes('kept-records')) return undefined;
  const records = new RecordMemoFile(folder, JSON.stringify([translatorVersion(), cpu.model, cpuOptions(config)]), memory);
  if (records.dropped > 0) log(`translation cache: ${records.dropped} damaged bytes dropped`);
  return records;
}

/** @param ahead threads that were started before all is known of the machine */
function threadsFor(config: MachineConfig, ahead: Threads | undefined): Threads {
  const count = vcpuThreadCount(config);
  if (ahead?.take(count) === true) return ahead;
  return config.restore === undefined ? machineThreads(config) : new Threads(count, config.translationCache);
}

/** Reads the files, prepares a machine and starts its vCPUs; or with `config.restore` lets it go on from a snapshot. */
export async function startMachine(config: MachineConfig, io: MachineIo): Promise<MachineHandle> {
  const t0 = performance.now();
  const threads = threadsFor(config, io.threads);
  let drives: Drives | undefined;
  let hosted: HostedDevices | undefined;
  let snapshot: Snapshot | undefined;
  let journal: Journal | undefined;
  try {
    const seed = config.seed ?? DEFAULT_SEED;
    const seeded = config.deterministic ? { ...config, seed } : config;
    snapshot = config.restore === undefined ? undefined : Snapshot.open(config.restore);
    const boot = snapshot ?? planMachineBoot(seeded);
    const startedAt = performance.now();
    drives = await Drives.open(config);
    snapshot?.checkConfig(config);
    const fwCfgItems = boot instanceof Snapshot ? await boot.fwCfgItems() : boot.fwCfgItems;
    const parameters: BoardParameters = {
      cpus: config.smp, ramBytes: config.memoryBytes, el2: config.virtualization, el3: config.secure,
      its: config.its, virtio: virtioParameters(config, drives),
      flash: drives.flash.map((bank) => bank && { readOnly: bank.readOnly }),
      fwCfgItems: fwCfgItems.map(({ key, bytes }) => ({ key, bytes })),
      epoch: config.deterministic ? DETERMINISTIC_EPOCH : snapshot?.epoch ?? Math.floor(Date.now() / 1000),
      deterministic: config.deterministic,
    };
    const memory = allocate(parameters);
    const layout = boardLayout(parameters);
    const records = keptRecords(config, memory, (line) => io.log(line));
    // the threads get ready meanwhile
    const loaded = snapshot?.loadMemory(new Uint8Array(memory.buffer, layout.ram, layout.ramBytes), false);
    loaded?.catch(() => undefined);
    const decoded = new CodeInvalidation(memory, layout);
    const board = new Board(memory, parameters, {
      memoryWritten: (offset, length) => decoded.invalidate(offset, length),
    });
    snapshot?.checkLayout(board);
    hosted = await HostedDevices.open(seeded, board, drives, (line) => io.log(line));
    const core = compileCore(!config.without.includes('machine-code'));
    const loadSeconds = (startedAt - t0) / 1000;
    // a recording's file is only begun when nothing else can be wrong with the configuration
    let machine: Machine | undefined = undefined;
    journal = openJournal(config, seed, (message) => machine?.recordingFailed(message));
    machine = new Machine({ config, io, board, drives, hosted, boot, threads, loadSeconds, startedAt, seed, journal, records });
    await machine.prepare(core, cpuOptions(config));
    if (boot instanceof Snapshot) {
      await loaded;
      // before, those that inflate the snapshot are among them
      if (config.jit !== 'off') makeOthersYield(5);
      await machine.goOnFrom(boot);
    } else machine.powerOn(boot);
    return machine;
  } catch (error) {
    await threads.terminate();
    await hosted?.close();
    drives?.close();
    snapshot?.close();
    journal?.close();
    throw error;
  }
}

/** The device tree that the machine would be started with, flattened. */
export async function deviceTreeOf(config: MachineConfig): Promise<Uint8Array> {
  return planMachineBoot(config, true).dtb;
}

/** Configuration of the machine that a snapshot is of. @throws ConfigurationError */
export function snapshotConfig(path: string): SavedConfig {
  const snapshot = Snapshot.open(path);
  try {
    return snapshot.config;
  } finally {
    snapshot.close();
  }
}
