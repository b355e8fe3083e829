/**
 * QEMU's `virt` board (hw/arm/virt.c of QEMU 7.2): addresses and interrupt numbers, declared once. The device tree, the
 * composition root and the monitor's `info mtree` read these tables.
 */

/** A range of physical addresses, bytes. */
export interface AddressRange {
  readonly base: number;
  readonly size: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;

/** Number of virtio-mmio transports and the bytes from one to the next. */
export const VIRTIO_MMIO_COUNT = 32;
export const VIRTIO_MMIO_STRIDE = 0x200;
/** Bytes of one flash bank; there are two. */
export const FLASH_BANK_BYTES = 64 * MiB;
/** Bytes of one redistributor: RD_base and SGI_base frames. */
export const GIC_REDISTRIBUTOR_BYTES = 0x20000;
/** SPIs the distributor is built with (QEMU's NUM_IRQS). */
export const GIC_SPI_COUNT = 256;
/** UARTCLK and PCLK of the PL011s, PL031 and PL061s, Hz. */
export const APB_CLOCK_HZ = 24_000_000;

/** Physical memory map. `ram.size` is what the address space leaves for RAM; a machine has as much as it is given. */
export const VirtMemoryMap = {
  /** Two CFI banks; with the secure extension the first is Secure only. */
  flash: { base: 0x0000_0000, size: 2 * FLASH_BANK_BYTES },
  gicDistributor: { base: 0x0800_0000, size: 0x1_0000 },
  /** GICv2 frames; reserved here. */
  gicCpuInterface: { base: 0x0801_0000, size: 0x1_0000 },
  gicV2m: { base: 0x0802_0000, size: 0x1000 },
  gicHypervisor: { base: 0x0803_0000, size: 0x1_0000 },
  gicVirtualCpu: { base: 0x0804_0000, size: 0x1_0000 },
  gicIts: { base: 0x0808_0000, size: 0x2_0000 },
  /** Room for 123 redistributors. */
  gicRedistributors: { base: 0x080a_0000, size: 0x00f6_0000 },
  uart: { base: 0x0900_0000, size: 0x1000 },
  rtc: { base: 0x0901_0000, size: 0x1000 },
  fwCfg: { base: 0x0902_0000, size: 0x18 },
  gpio: { base: 0x0903_0000, size: 0x1000 },
  secureUart: { base: 0x0904_0000, size: 0x1000 },
  smmu: { base: 0x0905_0000, size: 0x2_0000 },
  pcdimmAcpi: { base: 0x0907_0000, size: 24 },
  acpiGed: { base: 0x0908_0000, size: 4 },
  nvdimmAcpi: { base: 0x0909_0000, size: 4 },
  pvtime: { base: 0x090a_0000, size: 0x1_0000 },
  secureGpio: { base: 0x090b_0000, size: 0x1000 },
  virtioMmio: { base: 0x0a00_0000, size: VIRTIO_MMIO_COUNT * VIRTIO_MMIO_STRIDE },
  platformBus: { base: 0x0c00_0000, size: 0x0200_0000 },
  secureMemory: { base: 0x0e00_0000, size: 0x0100_0000 },
  pcieMmio: { base: 0x1000_0000, size: 0x2eff_0000 },
  pciePio: { base: 0x3eff_0000, size: 0x1_0000 },
  pcieEcam: { base: 0x3f00_0000, size: 0x0100_0000 },
  ram: { base: 0x4000_0000, size: 255 * 1024 * MiB },
  /** High memory as it lies when RAM ends below 256 GiB. */
  gicRedistributorsHigh: { base: 0x40_0000_0000, size: 0x0400_0000 },
  pcieEcamHigh: { base: 0x40_1000_0000, size: 0x1000_0000 },
  pcieMmioHigh: { base: 0x80_0000_0000, size: 0x80_0000_0000 },
} as const satisfies Record<string, AddressRange>;

export type VirtRegion = keyof typeof VirtMemoryMap;

/** Shared peripheral interrupts by SPI number (INTID = SPI + 32); the first where a device has several. */
export const VirtSpi = {
  uart: 1,
  rtc: 2,
  /** INTA..INTD on 3..6. */
  pcie: 3,
  gpio: 7,
  secureUart: 8,
  acpiGed: 9,
  /** 16..47, one a transport. */
  virtioMmio: 16,
  /** 48..111. */
  gicV2m: 48,
  /** 74..77: event queue, PRI queue, CMD_SYNC, global error. */
  smmu: 74,
  /** 112..175. */
  platformBus: 112,
} as const;

/** Private peripheral interrupts by PPI number (INTID = PPI + 16), as the Base System Architecture assigns them. */
export const VirtPpi = {
  pmu: 7,
  gicMaintenance: 9,
  hypervisorTimer: 10,
  virtualTimer: 11,
  hypervisorVirtualTimer: 12,
  secureTimer: 13,
  physicalTimer: 14,
} as const;

/** Lines of the GPIO controllers. */
export const GpioLine = { powerKey: 3, securePowerOff: 0, secureRestart: 1 } as const;

export const spiIntid = (spi: number): number => spi + 32;
export const ppiIntid = (ppi: number): number => ppi + 16;

/** Base and SPI of virtio-mmio transport `index`, 0..31. */
export function virtioMmioSlot(index: number): { readonly base: number; readonly spi: number } {
  return {
    base: VirtMemoryMap.virtioMmio.base + index * VIRTIO_MMIO_STRIDE,
    spi: VirtSpi.virtioMmio + index,
  };
}

/** PEs of one cluster: as many as the target list of a GICv3 SGI names. */
const CLUSTER_SIZE = 16;

/** Affinity fields of MPIDR_EL1 for PE `index`: Aff0 = index mod 16, Aff1 = index div 16. */
export function cpuAffinity(index: number): number {
  return (Math.floor(index / CLUSTER_SIZE) << 8) | index % CLUSTER_SIZE;
}

/** The bank of flash at `bank` (0 or 1). */
export function flashBank(bank: 0 | 1): AddressRange {
  return { base: VirtMemoryMap.flash.base + bank * FLASH_BANK_BYTES, size: FLASH_BANK_BYTES };
}

/** Which EL conduit the built-in PSCI answers on; `none`: the guest's own firmware does. */
export type PsciConduit = 'hvc' | 'smc' | 'none';

/** Exception levels beyond EL0 and EL1 that the PEs have. */
export interface ExceptionLevels {
  /** EL2 (`-M virtualization=on`). */
  readonly el2: boolean;
  /** EL3 and the Secure state (`-M secure=on`). */
  readonly el3: boolean;
}

/**
 * Where the built-in PSCI is reached. SMC when there is an EL2, else HVC; none when the guest starts at the level the
 * conduit would trap to, or brings EL3 firmware of its own.
 */
export function psciConduit(
  levels: ExceptionLevels, boot: { readonly linux: boolean; readonly firmware: boolean },
): PsciConduit {
  if (levels.el3 && boot.firmware) return 'none';
  const conduit = levels.el2 ? 'smc' : 'hvc';
  const el = startingExceptionLevel(levels, boot.linux);
  if (conduit === 'hvc' ? el >= 2 : el === 3) return 'none';
  return conduit;
}

/** The EL at which the boot PE starts: the highest there is; for a Linux image, EL2 if there is one, else EL1. */
export function startingExceptionLevel(levels: ExceptionLevels, linux: boolean): 1 | 2 | 3 {
  if (levels.el3 && !linux) return 3;
  return levels.el2 ? 2 : 1;
}
