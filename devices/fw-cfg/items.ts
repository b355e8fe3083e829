/** Selector keys with a fixed meaning (QEMU, docs/specs/fw_cfg and include/standard-headers/linux/qemu_fw_cfg.h). */
export const FwCfgKey = {
  SIGNATURE: 0x00, ID: 0x01, UUID: 0x02, RAM_SIZE: 0x03, NOGRAPHIC: 0x04, NB_CPUS: 0x05, MACHINE_ID: 0x06,
  KERNEL_ADDR: 0x07, KERNEL_SIZE: 0x08, KERNEL_CMDLINE: 0x09, INITRD_ADDR: 0x0a, INITRD_SIZE: 0x0b, BOOT_DEVICE: 0x0c,
  NUMA: 0x0d, BOOT_MENU: 0x0e, MAX_CPUS: 0x0f, KERNEL_ENTRY: 0x10, KERNEL_DATA: 0x11, INITRD_DATA: 0x12,
  CMDLINE_ADDR: 0x13, CMDLINE_SIZE: 0x14, CMDLINE_DATA: 0x15, SETUP_ADDR: 0x16, SETUP_SIZE: 0x17, SETUP_DATA: 0x18,
  FILE_DIR: 0x19, FILE_FIRST: 0x20,
} as const;
/** Set in a key: the item is one of the architecture's own. */
export const FW_CFG_ARCH_LOCAL = 0x8000;
/** Most named files there can be. */
export const FW_CFG_FILE_SLOTS = 0x20;
const NAME_BYTES = 56;

/** One item. `written` marks it writable by DMA and is called, on the accessing thread, after every write. */
export interface FwCfgItem {
  readonly bytes: Uint8Array;
  readonly written?: (offset: number, length: number) => void;
}

/**
 * What fw_cfg offers. Built before the guest runs, alike on every thread; bytes that a guest may write must be in
 * shared memory. Files are listed and numbered in the order of their names.
 */
export class FwCfgItems {
  private readonly items = new Map<number, FwCfgItem>();
  private files: { name: string; item: FwCfgItem }[] = [];

  constructor() {
    this.addBytes(FwCfgKey.SIGNATURE, ascii('QEMU'));
    // Bit 0: the selector and data registers; bit 1: DMA.
    this.addInt32(FwCfgKey.ID, 3);
    this.layOutFiles();
  }

  /** Offers `bytes` under a fixed key. */
  addBytes(key: number, bytes: Uint8Array, written?: FwCfgItem['written']): void {
    this.items.set(key, item(bytes, written));
  }
  /** A string, with its terminating zero byte. */
  addString(key: number, text: string): void {
    this.addBytes(key, ascii(`${text}\0`));
  }
  /** Integers are little-endian. */
  addInt16(key: number, value: number): void {
    this.addBytes(key, Uint8Array.of(value, value >> 8));
  }
  addInt32(key: number, value: number): void {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    this.addBytes(key, bytes);
  }
  addInt64(key: number, value: bigint): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value, true);
    this.addBytes(key, bytes);
  }

  /**
   * Offers a file, replacing one of the same name.
   * @param name at most 55 characters, for example `etc/boot-fail-wait` or `opt/org.example/text`.
   */
  addFile(name: string, bytes: Uint8Array, written?: FwCfgItem['written']): void {
    if (name.length === 0 || name.length >= NAME_BYTES) throw new RangeError(`fw_cfg file name '${name}' is too long`);
    this.files = this.files.filter((file) => file.name !== name);
    if (this.files.length === FW_CFG_FILE_SLOTS) throw new RangeError('fw_cfg has no slot left');
    this.files.push({ name, item: item(bytes, written) });
    this.files.sort((a, b) => (a.name < b.name ? -1 : 1));
    this.layOutFiles();
  }

  /** Names of all files, in order. */
  fileNames(): string[] {
    return this.files.map((file) => file.name);
  }

  /** The item under a key as a guest selects it. */
  get(key: number): FwCfgItem | undefined {
    return this.items.get(key);
  }

  /** True when a selection of `key` stands for something, with or without data. */
  isKey(key: number): boolean {
    return (key & 0x3fff) < FwCfgKey.FILE_FIRST + FW_CFG_FILE_SLOTS;
  }

  /** Directory: big-endian count, then size (4), key (2), reserved (2) and name (56) of each file. */
  private layOutFiles(): void {
    const directory = new Uint8Array(4 + FW_CFG_FILE_SLOTS * 64);
    const view = new DataView(directory.buffer);
    view.setUint32(0, this.files.length);
    this.files.forEach((file, index) => {
      const at = 4 + index * 64;
      const key = FwCfgKey.FILE_FIRST + index;
      view.setUint32(at, file.item.bytes.length);
      view.setUint16(at + 4, key);
      directory.set(ascii(file.name), at + 8);
      this.items.set(key, file.item);
    });
    this.addBytes(FwCfgKey.FILE_DIR, directory);
  }
}

function item(bytes: Uint8Array, written: FwCfgItem['written']): FwCfgItem {
  return written === undefined ? { bytes } : { bytes, written };
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
}
