/** A snapshot of a whole machine: what it holds, and how it goes from a machine to a file and back. */
import { createHash } from 'node:crypto';
import { CLUSTER, OverlayImage } from '../../../devices/backends/overlay-image.js';
import { systemErrorText } from '../../../devices/backends/host-file.js';
import { HostClock } from '../../../runtime/clock.js';
import type { MachineConfig } from '../../config/machine-config.js';
import { ConfigurationError } from '../../support/errors.js';
import type { Board } from '../board.js';
import type { MachineDescription } from '../board-description.js';
import type { BoardParameters } from '../board-parameters.js';
import type { BootPlan } from '../boot-protocol.js';
import type { Drives } from '../drives.js';
import type { HostedDevices, HostedState } from '../hosted-devices.js';
import { pieces, restorePlan, type SavedPlan, savePlan } from './boot-images.js';
import { PAGE_BYTES, SnapshotError, snapshotLayout } from './format.js';
import {
  describeMachine, difference, type ImageIdentity, imageIdentities, type SavedConfig, savedConfig,
} from './machine-description.js';
import { nonZeroPages, packPages, unpackPages } from './pages.js';
import { SnapshotReader } from './reader.js';
import { restoreVcpus, saveVcpus, VCPU_BYTES } from './vcpu-state.js';
import { SnapshotWriter } from './writer.js';

/** What a machine is made of, as far as snapshots go. */
export interface SnapshotParts {
  readonly board: Board;
  readonly drives: Drives;
  readonly hosted: HostedDevices;
}

/** Plain data in the file's directory. */
interface SnapshotContent {
  readonly description: MachineDescription;
  readonly config: SavedConfig;
  readonly images: Readonly<Record<string, ImageIdentity & { readonly file: string }>>;
  /** Moment of the snapshot: nanoseconds of virtual time, milliseconds of the host's since 1970. */
  readonly virtualTime: number;
  readonly hostTime: number;
  readonly boot: SavedPlan;
  /** Of what fw_cfg holds beside the board's own items. */
  readonly fwCfg: string;
  readonly hosted: HostedState;
}

/**
 * Writes a snapshot. The machine stands still while its memory is copied, and runs while that is compressed and written; beyond
 * the 1 GiB of copies that SnapshotWriter holds it waits for the file.
 * @param stopped runs a body while the machine stands still
 * @param plan what the guest's next reset puts into memory
 * @throws SnapshotError
 */
export async function saveSnapshot(
  path: string, config: MachineConfig, parts: SnapshotParts, plan: BootPlan, stopped: (body: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const { board } = parts;
  const clock = hostClock(board);
  const boot = savePlan(plan);
  const writer = SnapshotWriter.create(path);
  let content: SnapshotContent | undefined;
  try {
    await stopped(async () => {
      parts.hosted.settle();
      clock.pause();
      parts.hosted.hold = true;
      try {
        content = await copyMachine(path, writer, savedConfig(config), boot.saved, parts);
      } finally {
        parts.hosted.hold = false;
        clock.resume();
      }
    });
    for (const [number, image] of boot.images.entries()) {
      for (const { position, raw } of pieces(image)) await writer.add(`image:${number}`, position, raw);
    }
  } catch (error) {
    writer.abandon();
    throw error;
  }
  await writer.finish(snapshotLayout(board.stateBlocks), content!);
}

/** With the machine standing still. */
async function copyMachine(
  path: string, writer: SnapshotWriter, config: SavedConfig, boot: SavedPlan, { board, drives, hosted }: SnapshotParts,
): Promise<SnapshotContent> {
  let images: SnapshotContent['images'];
  try {
    drives.flush();
    images = imageIdentities(config);
    for (const [slot, { image }] of drives.disks) {
      if (!(image instanceof OverlayImage)) continue;
      const read = (cluster: number, target: Uint8Array): void => {
        const position = cluster * CLUSTER;
        target.fill(0);
        image.read(position, target.subarray(0, Math.min(CLUSTER, image.bytes - position)));
      };
      for (const chunk of packPages(image.clusters(), read)) await writer.add(`disk:${slot}`, 0, chunk);
    }
  } catch (error) {
    throw new SnapshotError(path, `a drive cannot be read: ${systemErrorText(error)}`);
  }
  for (const { position, raw } of pieces(board.deviceState())) await writer.add('devices', position, raw);
  for (const { position, raw } of pieces(saveVcpus(board))) await writer.add('vcpus', position, raw);
  const memory = board.backing();
  const copy = (page: number, target: Uint8Array): void =>
    target.set(memory.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES));
  for (const chunk of packPages(nonZeroPages(memory), copy)) await writer.add('memory', 0, chunk);
  return {
    description: describeMachine(config), config, images, virtualTime: board.clock.now(), hostTime: Date.now(), boot,
    fwCfg: fwCfgHash(board.parameters), hosted: hosted.save(),
  };
}

/** A snapshot file that is open. */
export class Snapshot {
  private readonly content: SnapshotContent;
  private plan: Promise<BootPlan> | undefined;

  private constructor(private readonly reader: SnapshotReader) {
    this.content = reader.content as SnapshotContent;
  }

  /** @throws SnapshotError; ConfigurationError when the file cannot be opened */
  static open(path: string): Snapshot {
    return new Snapshot(SnapshotReader.open(path));
  }

  close(): void {
    this.reader.close();
  }

  /** Configuration of the machine that was saved. */
  get config(): SavedConfig {
    const { config } = this.content;
    // an empty slot is null in JSON
    return { ...config, virtio: config.virtio.map((device) => device ?? undefined) };
  }
  /** What the vCPUs' threads are to know of the boot protocol. */
  get boot(): Pick<SavedPlan, 'startEl' | 'conduit'> {
    return this.content.boot;
  }
  /** Seconds since 1970 at virtual time 0, if virtual time goes on now. */
  get epoch(): number {
    return Math.floor((Date.now() - this.content.virtualTime / 1e6) / 1000);
  }

  /** @throws SnapshotError unless a machine of `config`, with its drives as they are now, can go on from here */
  checkConfig(config: SavedConfig): void {
    const { content, reader } = this;
    const problem = difference(content.description, describeMachine(config));
    if (problem !== undefined) throw new SnapshotError(reader.path, problem);
    const images = imageIdentities(config);
    for (const [name, { file, bytes, changed }] of Object.entries(content.images)) {
      if (images[name]?.bytes === bytes && images[name].changed === changed) continue;
      throw new SnapshotError(reader.path, `${images[name]?.file ?? file} has changed since the snapshot was made`);
    }
  }

  /** @throws SnapshotError unless this build keeps the machine's state as the one did that wrote the file */
  checkLayout(board: Board): void {
    if (this.reader.layout === snapshotLayout(board.stateBlocks)) return;
    throw new SnapshotError(this.reader.path, 'was made by another build of Ulna');
  }

  /** @throws SnapshotError unless fw_cfg holds what it held in the machine that was saved */
  checkFwCfg(board: Board): void {
    const [was, is] = [this.content.fwCfg, fwCfgHash(board.parameters)];
    if (was !== is) throw new SnapshotError(this.reader.path, 'does not fit this machine: its firmware was given another kernel');
  }

  /** Looks at every byte, so that nothing is found wrong half way. @throws SnapshotError */
  verify(): void {
    this.reader.verify();
  }

  /** What fw_cfg holds beside the board's own items. */
  fwCfgItems(): Promise<BootPlan['fwCfgItems']> {
    const { fwCfgItems, imageBytes } = this.content.boot;
    return Promise.all(fwCfgItems.map(async ({ key, image }) => ({
      key, bytes: await this.reader.read(`image:${image}`, imageBytes[image]),
    })));
  }

  /** What a reset of the guest puts into memory. It is read when it is first asked for, until `close`. */
  bootPlan(): Promise<BootPlan> {
    return this.plan ??= (async () => {
      const { boot } = this.content;
      const images = await Promise.all(boot.imageBytes.map((bytes, number) => this.reader.read(`image:${number}`, bytes)));
      return restorePlan(boot, (number) => images[number]);
    })();
  }

  /** Fills RAM, flash and secure memory. @param memory Board.backing @param used there may be something in it already */
  async loadMemory(memory: Uint8Array, used: boolean): Promise<void> {
    const pages = memory.length / PAGE_BYTES;
    const present = new Uint8Array(pages);
    await this.loadPages('memory', pages, (page, bytes) => {
      memory.set(bytes, page * PAGE_BYTES);
      present.fill(1, page, page + bytes.length / PAGE_BYTES);
    });
    if (!used) return;
    for (const page of nonZeroPages(memory)) {
      if (present[page] === 0) memory.fill(0, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
    }
  }

  /**
   * Gives devices, vCPUs and overlays the saved state. The vCPUs stand still.
   * @param show the terminal shows what was on it
   */
  async loadState({ board, drives, hosted }: SnapshotParts, show: boolean): Promise<void> {
    const { content, reader } = this;
    const target = board.deviceState();
    const devices = await reader.read('devices', target.length);
    const vcpus = await reader.read('vcpus', board.parameters.cpus * VCPU_BYTES);
    for (const [slot, { image }] of drives.disks) {
      if (!(image instanceof OverlayImage)) continue;
      image.clear();
      await this.loadPages(`disk:${slot}`, Math.ceil(image.bytes / CLUSTER), (cluster, bytes) => {
        const position = cluster * CLUSTER;
        image.write(position, bytes.subarray(0, Math.min(bytes.length, image.bytes - position)));
      });
    }
    // what follows is one turn: nothing serves devices in between
    target.set(devices);
    restoreVcpus(board, vcpus);
    hostClock(board).set(content.virtualTime);
    board.rtc.restored(Math.round((Date.now() - content.hostTime) / 1000), this.epoch);
    board.refreshFlash();
    hosted.restored(content.hosted, show);
  }

  private async loadPages(area: string, pages: number, take: (page: number, bytes: Uint8Array) => void): Promise<void> {
    await this.reader.load(area, (chunk) => {
      if (!unpackPages(chunk, pages, take)) throw new SnapshotError(this.reader.path, 'is damaged');
    });
  }
}

/** @throws ConfigurationError for a deterministic machine, of whose schedule a snapshot has nothing */
function hostClock({ clock }: Board): HostClock {
  if (!(clock instanceof HostClock)) throw new ConfigurationError('snapshot: not with --deterministic, --record or --replay');
  return clock;
}

function fwCfgHash({ fwCfgItems }: BoardParameters): string {
  const hash = createHash('sha256');
  for (const { key, bytes } of fwCfgItems) hash.update(`${key} ${bytes.length} `).update(bytes);
  return hash.digest('hex');
}
