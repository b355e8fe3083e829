import { ConfigurationError } from '../support/errors.js';
import type { DriveConfig } from './drive.js';
import { OptionList } from './option-list.js';
import type { CharacterSpec } from '../support/character-spec.js';

/** A virtio device that the command line places, by QEMU's names for those on virtio-mmio. */
export type VirtioDeviceConfig =
  | { readonly kind: 'entropy' }
  /** The drive with this id. */
  | { readonly kind: 'block'; readonly drive: string; readonly serial?: string };

/** What a virtio-mmio slot holds. */
export type VirtioSlotConfig =
  | { readonly kind: 'entropy' }
  | { readonly kind: 'block'; readonly drive: DriveConfig }
  /** Index in `consoles`. */
  | { readonly kind: 'console'; readonly index: number };

/** Slots on the board. */
export const VIRTIO_SLOTS = 32;
/** Each console takes about 70 KiB of the shared device state. */
export const MAX_CONSOLES = 8;

const DEVICES = ['virtio-blk-device', 'virtio-rng-device'] as const;

/** Whether `text`, an argument of --device, names a virtio device. */
export function isVirtioDevice(text: string): boolean {
  return /^(?:driver=)?virtio-/.test(text);
}

/** `virtio-blk-device,drive=ID[,serial=S]` or `virtio-rng-device` */
export function parseVirtioDevice(text: string): VirtioDeviceConfig {
  const list = new OptionList(text, '--device', ['driver', 'drive', 'serial', 'id'], 'driver');
  const driver = list.oneOf('driver', DEVICES, 'virtio-rng-device');
  if (driver === 'virtio-rng-device') {
    if (list.has('drive') || list.has('serial')) list.fail('an entropy device has no drive');
    return { kind: 'entropy' };
  }
  const drive = list.string('drive');
  if (drive === undefined) return list.fail("needs 'drive=', the id of a drive with if=none");
  const serial = list.string('serial');
  if (serial !== undefined && new TextEncoder().encode(serial).length > 20) list.fail("'serial' has at most 20 bytes");
  return { kind: 'block', drive, ...(serial === undefined ? {} : { serial }) };
}

/** Virtio drives in the order in which the guest is to find them: those with a unit by it, the others after them. */
function inOrder(drives: readonly DriveConfig[]): DriveConfig[] {
  const place = (drive: DriveConfig): number => drive.unit ?? Infinity;
  return drives
    .map((drive, i) => ({ drive, i }))
    .sort((a, b) => (place(a.drive) === place(b.drive) ? a.i - b.i : place(a.drive) - place(b.drive)))
    .map(({ drive }) => drive);
}

/**
 * What lies in each of the 32 slots. Devices that --device names take slots as they do in QEMU, the first one the
 * highest; then comes the entropy device that is always there. Drives with if=virtio and then consoles, which in QEMU
 * would be on PCI, fill slots from the lowest: Linux finds devices in the order of their addresses, so that the first
 * drive is vda and the first console hvc0.
 */
export function assignVirtioSlots(
  devices: readonly VirtioDeviceConfig[], drives: readonly DriveConfig[], consoles: readonly CharacterSpec[],
): (VirtioSlotConfig | undefined)[] {
  const unused = new Map(drives.filter((d) => d.interface === 'none').map((drive) => [drive.id, drive]));
  const fromTop: VirtioSlotConfig[] = devices.map((device) => {
    if (device.kind === 'entropy') return device;
    const drive = unused.get(device.drive);
    if (drive === undefined) {
      const known = drives.some((d) => d.id === device.drive);
      const reason = known ? `the drive '${device.drive}' is not if=none, or is used already`
        : `there is no drive '${device.drive}'`;
      throw new ConfigurationError(`--device virtio-blk-device: ${reason}`);
    }
    unused.delete(device.drive);
    return { kind: 'block', drive: device.serial === undefined ? drive : { ...drive, serial: device.serial } };
  });
  for (const drive of unused.values()) {
    throw new ConfigurationError(
      `--drive file=${drive.file}: if=none is for a device; give it an id and --device virtio-blk-device,drive=ID`);
  }
  if (!fromTop.some((slot) => slot.kind === 'entropy')) fromTop.push({ kind: 'entropy' });
  if (consoles.length > MAX_CONSOLES) throw new ConfigurationError(`--console: there are at most ${MAX_CONSOLES}`);
  const fromBottom: VirtioSlotConfig[] = [
    ...inOrder(drives.filter((d) => d.interface === 'virtio')).map((drive) => ({ kind: 'block', drive }) as const),
    ...consoles.map((_, index) => ({ kind: 'console', index }) as const),
  ];
  if (fromTop.length + fromBottom.length > VIRTIO_SLOTS) {
    throw new ConfigurationError(`--drive, --console, --device: the board has ${VIRTIO_SLOTS} virtio slots`);
  }
  const slots = new Array<VirtioSlotConfig | undefined>(VIRTIO_SLOTS).fill(undefined);
  fromBottom.forEach((slot, i) => (slots[i] = slot));
  fromTop.forEach((slot, i) => (slots[VIRTIO_SLOTS - 1 - i] = slot));
  return slots;
}
