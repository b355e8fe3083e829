import { describe, expect, test } from 'vitest';
import { firmwareRegisters } from '../../../src/machine/firmware-registers.js';
import {
  GIC_SPI_COUNT, type VirtRegion, VIRTIO_MMIO_COUNT, VirtMemoryMap, VirtSpi, cpuAffinity, flashBank, ppiIntid,
  psciConduit,
  spiIntid, startingExceptionLevel, virtioMmioSlot,
} from '../../../src/machine/virt-board.js';

describe('memory map', () => {
  test('regions do not overlap', () => {
    const regions = (Object.keys(VirtMemoryMap) as VirtRegion[])
      // These lie above RAM that ends below 256 GiB.
      .filter((name) => name !== 'gicRedistributorsHigh' && name !== 'pcieEcamHigh' && name !== 'pcieMmioHigh')
      .map((name) => ({ name, ...VirtMemoryMap[name] }))
      .sort((a, b) => a.base - b.base);
    regions.forEach((region, i) => {
      if (i > 0) expect(regions[i - 1].base + regions[i - 1].size, region.name).toBeLessThanOrEqual(region.base);
    });
  });

  test('flash banks and virtio slots', () => {
    expect([flashBank(0).base, flashBank(1).base]).toEqual([0, 0x0400_0000]);
    expect(virtioMmioSlot(0)).toEqual({ base: 0x0a00_0000, spi: 16 });
    expect(virtioMmioSlot(VIRTIO_MMIO_COUNT - 1)).toEqual({ base: 0x0a00_3e00, spi: 47 });
  });

  test('interrupts', () => {
    expect(spiIntid(VirtSpi.uart)).toBe(33);
    expect(ppiIntid(14)).toBe(30);
    expect(Math.max(...Object.values(VirtSpi))).toBeLessThan(GIC_SPI_COUNT);
  });

  test('affinities: sixteen PEs a cluster', () => {
    expect([0, 1, 15, 16, 17, 122].map(cpuAffinity)).toEqual([0, 1, 15, 0x100, 0x101, 0x70a]);
  });
});

describe('start', () => {
  const levels = (el2: boolean, el3: boolean) => ({ el2, el3 });
  test.each([
    [levels(false, false), 1, 1], [levels(true, false), 2, 2], [levels(false, true), 1, 3], [levels(true, true), 2, 3],
  ] as const)('%o: Linux at EL%i, others at EL%i', (has, linux, other) => {
    expect(startingExceptionLevel(has, true)).toBe(linux);
    expect(startingExceptionLevel(has, false)).toBe(other);
  });

  test.each([
    [levels(false, false), true, false, 'hvc'], [levels(false, false), false, true, 'hvc'],
    [levels(true, false), true, false, 'smc'], [levels(true, false), false, true, 'smc'],
    [levels(false, true), true, false, 'hvc'], [levels(false, true), false, false, 'none'],
    [levels(true, true), true, false, 'smc'], [levels(true, true), false, false, 'none'],
    [levels(true, true), false, true, 'none'], [levels(false, true), false, true, 'none'],
  ] as const)('%o, Linux %s, firmware %s: conduit %s', (has, linux, firmware, conduit) => {
    expect(psciConduit(has, { linux, firmware })).toBe(conduit);
  });

  test('registers that firmware would have set', () => {
    const nothing = (): boolean => false;
    const everything = (): boolean => true;
    expect(firmwareRegisters(levels(false, false), 1, everything)).toEqual([]);
    expect(firmwareRegisters(levels(true, true), 3, everything)).toEqual([]);
    expect(firmwareRegisters(levels(true, false), 2, everything)).toEqual([]);
    expect(firmwareRegisters(levels(true, false), 1, nothing)).toEqual([{ name: 'HCR_EL2', bits: 1n << 31n }]);
    expect(firmwareRegisters(levels(true, true), 2, nothing)).toEqual([{ name: 'SCR_EL3', bits: 0x501n }]);
    expect(firmwareRegisters(levels(false, true), 1, (feature) => feature === 'FEAT_PAuth')).toEqual([
      { name: 'SCR_EL3', bits: 0x3_0401n },
    ]);
    expect(firmwareRegisters(levels(false, true), 1, everything).map(({ name }) => name)).toEqual([
      'SCR_EL3', 'CPTR_EL3', 'ZCR_EL3', 'SMCR_EL3',
    ]);
  });
});
