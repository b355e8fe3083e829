/** Opens the files behind drives: disks of virtio slots and banks of flash. */
import type { BlockBackend } from '../../devices/backends/block-backend.js';
import { FlashFile } from '../../devices/backends/flash-file.js';
import { ImageLock } from '../../devices/backends/image-lock.js';
import { OverlayImage } from '../../devices/backends/overlay-image.js';
import { RawImage } from '../../devices/backends/raw-image.js';
import type { DriveConfig } from '../config/drive.js';
import { flashBanks, type MachineConfig } from '../config/machine-config.js';
import { FLASH_BANK_BYTES } from './virt-board.js';

/** A bank of flash as its drive says; `file` is where what the guest programs is written. */
export interface FlashBacking {
  readonly readOnly: boolean;
  readonly file?: string;
}

/** Everything that drives have open. */
export class Drives {
  /** Disks by virtio slot. */
  readonly disks = new Map<number, { readonly drive: DriveConfig; readonly image: BlockBackend }>();
  readonly flash: (FlashBacking | undefined)[] = [undefined, undefined];
  private readonly locks: ImageLock[] = [];

  /** Rejects with ConfigurationError, with nothing left open. */
  static async open(config: MachineConfig): Promise<Drives> {
    const drives = new Drives();
    try {
      for (const [slot, device] of config.virtio.entries()) {
        if (device?.kind !== 'block') continue;
        const { drive } = device;
        const image = openDisk(drive);
        drives.disks.set(slot, { drive, image });
        await drives.lock(drive);
      }
      for (const [bank, drive] of flashBanks(config.drives).entries()) {
        if (drive === undefined) continue;
        const readOnly = drive.readOnly || drive.snapshot;
        FlashFile.open(drive.file, FLASH_BANK_BYTES, readOnly).close();
        drives.flash[bank] = { readOnly: drive.readOnly, ...(readOnly ? {} : { file: drive.file }) };
        await drives.lock(drive);
      }
      return drives;
    } catch (error) {
      drives.close();
      throw error;
    }
  }

  /** Makes what the guest has written stable. */
  flush(): void {
    for (const { image } of this.disks.values()) image.flush();
  }

  close(): void {
    for (const { image } of this.disks.values()) image.close();
    for (const lock of this.locks) lock.release();
  }

  private async lock(drive: DriveConfig): Promise<void> {
    if (drive.locking) this.locks.push(await ImageLock.take(drive.file, drive.readOnly || drive.snapshot));
  }
}

function openDisk(drive: DriveConfig): BlockBackend {
  const image = RawImage.open(drive.file, drive.readOnly || drive.snapshot, { ignoreFlush: drive.cache === 'unsafe' });
  if (!drive.snapshot || drive.readOnly) return image;
  try {
    return new OverlayImage(image);
  } catch (error) {
    image.close();
    throw error;
  }
}
