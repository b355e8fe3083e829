import {
  APB_CLOCK_HZ, type AddressRange, type ExceptionLevels, GIC_REDISTRIBUTOR_BYTES, GpioLine, VIRTIO_MMIO_COUNT,
  VIRTIO_MMIO_STRIDE, VirtMemoryMap, VirtPpi, VirtSpi, cpuAffinity, flashBank, virtioMmioSlot,
} from '../virt-board.js';
import { type DeviceTree, type DeviceTreeNode, cells, empty, newDeviceTree, strings, wideCells } from './node.js';

/** Entropy the tree carries for one world: 8 bytes for the kernel's base address, 32 for its generator. */
export interface TreeSeeds {
  readonly kaslr: Uint8Array;
  readonly rng: Uint8Array;
}

export interface VirtTreeOptions {
  /** Number of PEs, 1..123. */
  readonly cpuCount: number;
  /** CPU model by QEMU's name. */
  readonly cpuModel: string;
  readonly levels: ExceptionLevels;
  /** PEs but the first wait for PSCI CPU_ON. */
  readonly psciEnable: boolean;
  /** Absent: the tree carries no entropy. */
  readonly seeds?: TreeSeeds;
  /** The same for the Secure world, used with EL3. */
  readonly secureSeeds?: TreeSeeds;
  /** Devices of QEMU's board that a machine may leave out. */
  readonly optional?: { readonly its?: boolean; readonly pcie?: boolean; readonly pmu?: boolean };
}

/** First phandle QEMU hands out. */
const FIRST_PHANDLE = 0x8000;
const LINUX_KEY_POWER = 116;
/** Interrupt specifier of the GIC binding: type, number, trigger. */
const Interrupt = { spi: 0, ppi: 1, edgeRising: 1, levelHigh: 4 } as const;

/** `compatible` of the CPU nodes. QEMU 7.2 gives `max` the string of the model it extends. */
const CPU_COMPATIBLE: Readonly<Record<string, string>> = { max: 'arm,cortex-a57' };

const region = (...ranges: AddressRange[]): Uint8Array =>
  wideCells(2, ...ranges.flatMap(({ base, size }) => [base, size]));
const at = (name: string, range: AddressRange): string => `${name}@${range.base.toString(16)}`;

/** Marks a node as there for the Secure world only. */
function secureOnly(node: DeviceTreeNode): DeviceTreeNode {
  return node.set('secure-status', strings('okay')).set('status', strings('disabled'));
}

/**
 * The tree QEMU 7.2 generates for `-M virt,gic-version=3`, in the order of its nodes, before what depends on the boot:
 * /memory, /psci and the command line come with `patchDeviceTree`.
 */
export function buildVirtTree(options: VirtTreeOptions): DeviceTree {
  const tree = newDeviceTree();
  const { root } = tree;
  const { levels, cpuCount, optional = {} } = options;

  let nextPhandle = FIRST_PHANDLE;
  const clock = nextPhandle++;
  // QEMU numbers its PEs from the last to the first.
  const cpuPhandles = Array.from({ length: cpuCount }, () => nextPhandle++).reverse();
  const gic = nextPhandle++;
  const its = optional.its ? nextPhandle++ : undefined;
  const gpio = nextPhandle++;
  const secureGpio = levels.el3 ? nextPhandle++ : undefined;

  root
    .set('interrupt-parent', cells(gic))
    .set('model', strings('linux,dummy-virt'))
    .set('#size-cells', cells(2))
    .set('#address-cells', cells(2))
    .set('compatible', strings('linux,dummy-virt'));

  addPlatformBus(root, gic);
  root
    .add(at('fw-cfg', VirtMemoryMap.fwCfg))
    .set('dma-coherent', empty())
    .set('reg', region(VirtMemoryMap.fwCfg))
    .set('compatible', strings('qemu,fw-cfg-mmio'));
  for (let i = 0; i < VIRTIO_MMIO_COUNT; i++) addVirtioMmio(root, i);
  if (secureGpio !== undefined) addSecureGpio(root, clock, secureGpio);
  addGpio(root, clock, gpio);
  if (optional.pcie) addPcie(root, gic, its);
  root
    .add(at('pl031', VirtMemoryMap.rtc))
    .set('clock-names', strings('apb_pclk'))
    .set('clocks', cells(clock))
    .set('interrupts', cells(Interrupt.spi, VirtSpi.rtc, Interrupt.levelHigh))
    .set('reg', region(VirtMemoryMap.rtc))
    .set('compatible', strings('arm,pl031', 'arm,primecell'));
  if (levels.el3) {
    secureOnly(addUart(root, VirtMemoryMap.secureUart, VirtSpi.secureUart, clock));
    secureOnly(root.add(at('secram', VirtMemoryMap.secureMemory)))
      .set('reg', region(VirtMemoryMap.secureMemory))
      .set('device_type', strings('memory'));
  }
  addUart(root, VirtMemoryMap.uart, VirtSpi.uart, clock);
  if (optional.pmu) {
    root
      .add('pmu')
      .set('interrupts', cells(Interrupt.ppi, VirtPpi.pmu, Interrupt.levelHigh))
      .set('compatible', strings('arm,armv8-pmuv3'));
  }
  addInterruptController(root, levels, gic, its);
  addFlash(root, levels);
  addCpus(root, options, cpuPhandles);
  root
    .add('timer')
    .set('interrupts', cells(...[
      VirtPpi.secureTimer, VirtPpi.physicalTimer, VirtPpi.virtualTimer, VirtPpi.hypervisorTimer,
    ].flatMap((ppi) => [Interrupt.ppi, ppi, Interrupt.levelHigh])))
    .set('always-on', empty())
    .set('compatible', strings('arm,armv8-timer', 'arm,armv7-timer'));
  root
    .add('apb-pclk')
    .set('phandle', cells(clock))
    .set('clock-output-names', strings('clk24mhz'))
    .set('clock-frequency', cells(APB_CLOCK_HZ))
    .set('#clock-cells', cells(0))
    .set('compatible', strings('fixed-clock'));
  if (levels.el3) addChosen(root, 'secure-chosen', at('/pl011', VirtMemoryMap.secureUart), options.secureSeeds);
  addChosen(root, 'chosen', at('/pl011', VirtMemoryMap.uart), options.seeds);
  return tree;
}

function addPlatformBus(root: DeviceTreeNode, gic: number): void {
  const { base, size } = VirtMemoryMap.platformBus;
  root
    .add(at('platform-bus', VirtMemoryMap.platformBus))
    .set('interrupt-parent', cells(gic))
    .set('ranges', cells(0, 0, base, size))
    .set('#address-cells', cells(1))
    .set('#size-cells', cells(1))
    .set('compatible', strings('qemu,platform', 'simple-bus'));
}

function addVirtioMmio(root: DeviceTreeNode, index: number): void {
  const { base, spi } = virtioMmioSlot(index);
  const range = { base, size: VIRTIO_MMIO_STRIDE };
  root
    .add(at('virtio_mmio', range))
    .set('dma-coherent', empty())
    .set('interrupts', cells(Interrupt.spi, spi, Interrupt.edgeRising))
    .set('reg', region(range))
    .set('compatible', strings('virtio,mmio'));
}

function addPl061(
  root: DeviceTreeNode, range: AddressRange, spi: number, clock: number, phandle: number,
): DeviceTreeNode {
  return root
    .add(at('pl061', range))
    .set('phandle', cells(phandle))
    .set('clock-names', strings('apb_pclk'))
    .set('clocks', cells(clock))
    .set('interrupts', cells(Interrupt.spi, spi, Interrupt.levelHigh))
    .set('gpio-controller', empty())
    .set('#gpio-cells', cells(2))
    .set('compatible', strings('arm,pl061', 'arm,primecell'))
    .set('reg', region(range));
}

function addGpio(root: DeviceTreeNode, clock: number, phandle: number): void {
  root
    .add('gpio-keys')
    .set('compatible', strings('gpio-keys'))
    .add('poweroff')
    .set('gpios', cells(phandle, GpioLine.powerKey, 0))
    .set('linux,code', cells(LINUX_KEY_POWER))
    .set('label', strings('GPIO Key Poweroff'));
  addPl061(root, VirtMemoryMap.gpio, VirtSpi.gpio, clock, phandle);
}

function addSecureGpio(root: DeviceTreeNode, clock: number, phandle: number): void {
  secureOnly(root.add('gpio-restart'))
    .set('gpios', cells(phandle, GpioLine.secureRestart, 0))
    .set('compatible', strings('gpio-restart'));
  secureOnly(root.add('gpio-poweroff'))
    .set('gpios', cells(phandle, GpioLine.securePowerOff, 0))
    .set('compatible', strings('gpio-poweroff'));
  // The controller has no interrupt of its own; QEMU's tree says SPI 0.
  secureOnly(addPl061(root, VirtMemoryMap.secureGpio, 0, clock, phandle));
}

function addUart(root: DeviceTreeNode, range: AddressRange, spi: number, clock: number): DeviceTreeNode {
  return root
    .add(at('pl011', range))
    .set('clock-names', strings('uartclk', 'apb_pclk'))
    .set('clocks', cells(clock, clock))
    .set('interrupts', cells(Interrupt.spi, spi, Interrupt.levelHigh))
    .set('reg', region(range))
    .set('compatible', strings('arm,pl011', 'arm,primecell'));
}

function addInterruptController(root: DeviceTreeNode, levels: ExceptionLevels, phandle: number, its?: number): void {
  const node = root
    .add(at('intc', VirtMemoryMap.gicDistributor))
    .set('phandle', cells(phandle))
    .set('reg', region(VirtMemoryMap.gicDistributor, VirtMemoryMap.gicRedistributors))
    .set('#redistributor-regions', cells(1))
    .set('compatible', strings('arm,gic-v3'))
    .set('ranges', empty())
    .set('#size-cells', cells(2))
    .set('#address-cells', cells(2))
    .set('interrupt-controller', empty())
    .set('#interrupt-cells', cells(3));
  if (levels.el2) node.set('interrupts', cells(Interrupt.ppi, VirtPpi.gicMaintenance, Interrupt.levelHigh));
  if (its !== undefined) {
    node
      .add(at('its', VirtMemoryMap.gicIts))
      .set('phandle', cells(its))
      .set('reg', region(VirtMemoryMap.gicIts))
      .set('#msi-cells', cells(1))
      .set('msi-controller', empty())
      .set('compatible', strings('arm,gic-v3-its'));
  }
}

function addFlash(root: DeviceTreeNode, levels: ExceptionLevels): void {
  const add = (name: string, ...banks: AddressRange[]): DeviceTreeNode =>
    root
      .add(at(name, banks[0]))
      .set('bank-width', cells(4))
      .set('reg', region(...banks))
      .set('compatible', strings('cfi-flash'));
  if (levels.el3) {
    add('flash', flashBank(1));
    secureOnly(add('secflash', flashBank(0)));
  } else {
    add('flash', flashBank(0), flashBank(1));
  }
}

function addCpus(root: DeviceTreeNode, options: VirtTreeOptions, phandles: readonly number[]): void {
  const cpus = root.add('cpus').set('#size-cells', cells(0)).set('#address-cells', cells(1));
  const cluster = cpus.add('cpu-map').add('socket0').add('cluster0');
  phandles.forEach((phandle, i) => cluster.add(`core${i}`).set('cpu', cells(phandle)));
  phandles.forEach((phandle, i) => {
    const node = cpus.add(`cpu@${i}`).set('phandle', cells(phandle)).set('reg', cells(cpuAffinity(i)));
    if (options.psciEnable && options.cpuCount > 1) node.set('enable-method', strings('psci'));
    node
      .set('compatible', strings(CPU_COMPATIBLE[options.cpuModel] ?? `arm,${options.cpuModel}`))
      .set('device_type', strings('cpu'));
  });
}

function addChosen(root: DeviceTreeNode, name: string, stdout: string, seeds?: TreeSeeds): void {
  const node = root.add(name).set('stdout-path', strings(stdout));
  if (seeds !== undefined) node.set('rng-seed', seeds.rng).set('kaslr-seed', seeds.kaslr);
}

function addPcie(root: DeviceTreeNode, gic: number, its?: number): void {
  const { pcieMmio, pciePio, pcieEcamHigh, pcieMmioHigh } = VirtMemoryMap;
  const slots = [0, 1, 2, 3];
  const pins = slots;
  const map = slots.flatMap((slot) => pins.flatMap((pin) => [
    slot << 11, 0, 0, pin + 1, gic, 0, 0, Interrupt.spi, VirtSpi.pcie + ((slot + pin) % 4), Interrupt.levelHigh,
  ]));
  const window = (space: number, pci: number, range: AddressRange): Uint8Array[] => [
    cells(space), wideCells(2, pci, range.base, range.size),
  ];
  const ranges = [
    ...window(0x0100_0000, 0, pciePio),
    ...window(0x0200_0000, pcieMmio.base, pcieMmio),
    ...window(0x0300_0000, pcieMmioHigh.base, pcieMmioHigh),
  ];
  const node = root
    .add(at('pcie', pcieMmio))
    .set('interrupt-map-mask', cells(3 << 11, 0, 0, 7))
    .set('interrupt-map', cells(...map))
    .set('#interrupt-cells', cells(1))
    .set('ranges', Uint8Array.from(ranges.flatMap((part) => [...part])))
    .set('reg', region(pcieEcamHigh));
  if (its !== undefined) node.set('msi-map', cells(0, its, 0, 0x10000));
  node
    .set('dma-coherent', empty())
    .set('bus-range', cells(0, 0xff))
    .set('linux,pci-domain', cells(0))
    .set('#size-cells', cells(2))
    .set('#address-cells', cells(3))
    .set('device_type', strings('pci'))
    .set('compatible', strings('pci-host-ecam-generic'));
}

/** PEs the redistributor region has room for. */
export const MAXIMUM_TREE_CPUS = Math.floor(VirtMemoryMap.gicRedistributors.size / GIC_REDISTRIBUTOR_BYTES);
