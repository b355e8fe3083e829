/** Registers of the MMIO transport, version 2 (virtio 1.2, 4.2.2). */
export const VirtioMmioRegister = {
  MAGIC_VALUE: 0x000, VERSION: 0x004, DEVICE_ID: 0x008, VENDOR_ID: 0x00c, DEVICE_FEATURES: 0x010,
  DEVICE_FEATURES_SEL: 0x014, DRIVER_FEATURES: 0x020, DRIVER_FEATURES_SEL: 0x024, QUEUE_SEL: 0x030,
  QUEUE_NUM_MAX: 0x034, QUEUE_NUM: 0x038, QUEUE_READY: 0x044, QUEUE_NOTIFY: 0x050, INTERRUPT_STATUS: 0x060,
  INTERRUPT_ACK: 0x064, STATUS: 0x070, QUEUE_DESC_LOW: 0x080, QUEUE_DESC_HIGH: 0x084, QUEUE_DRIVER_LOW: 0x090,
  QUEUE_DRIVER_HIGH: 0x094, QUEUE_DEVICE_LOW: 0x0a0, QUEUE_DEVICE_HIGH: 0x0a4, SHM_SEL: 0x0ac, SHM_LEN_LOW: 0x0b0,
  SHM_LEN_HIGH: 0x0b4, SHM_BASE_LOW: 0x0b8, SHM_BASE_HIGH: 0x0bc, QUEUE_RESET: 0x0c0, CONFIG_GENERATION: 0x0fc,
  CONFIG: 0x100,
} as const;

/** "virt", and the vendor QEMU gives. */
export const VIRTIO_MAGIC = 0x74726976;
export const VIRTIO_VENDOR = 0x554d4551;

/** Device status bits (2.1). */
export const VirtioStatus = {
  ACKNOWLEDGE: 1, DRIVER: 2, DRIVER_OK: 4, FEATURES_OK: 8, NEEDS_RESET: 0x40, FAILED: 0x80,
} as const;

/** InterruptStatus bits. */
export const VirtioInterrupt = { USED_BUFFER: 1, CONFIG_CHANGE: 2 } as const;

/** Feature bits every device may have (6), as masks of the 64-bit feature word. */
export const VirtioFeature = {
  INDIRECT_DESC: 1n << 28n, EVENT_IDX: 1n << 29n, VERSION_1: 1n << 32n, RING_PACKED: 1n << 34n, RING_RESET: 1n << 40n,
} as const;

/** Device IDs (5). */
export const VirtioDeviceId = { NONE: 0, BLOCK: 2, CONSOLE: 3, ENTROPY: 4 } as const;
