import { ConfigurationError } from '../../src/support/errors.js';

/** How many processing elements and interrupts the controller serves, and which Exception levels they implement. */
export interface GicConfig {
  /** PEs, 1..MAX_CPUS. PE n answers to affinity `affinityOf(n)`. */
  readonly cpus: number;
  /** Shared peripheral interrupts, INTIDs 32 and up: a multiple of 32, 32..960. QEMU's virt has 256. */
  readonly spis: number;
  /** EL3 implemented: two Security states, GICD_CTLR.DS resets to 0. Without it DS is RAO/WI. */
  readonly el3: boolean;
  /** EL2 implemented: the virtual CPU interface (ICH_*, ICV_*) is there. */
  readonly el2: boolean;
  /** 1-of-N distribution of SPIs (GICD_TYPER.No1N = 0). Off by default, as in QEMU. */
  readonly oneOfN?: boolean;
  /** Physical LPIs (GICD_TYPER.LPIS, GICR_TYPER.PLPIS) and one ITS that they come from. Off by default. */
  readonly its?: boolean;
}

/** Most PEs that one controller serves here; bounded by the target byte of an SPI. */
export const MAX_CPUS = 128;

/** Affinity of PE `cpu` as Aff3.Aff2.Aff1.Aff0 in bits 31..0: 16 PEs to a cluster, as QEMU's virt with GICv3. */
export function affinityOf(cpu: number): number {
  return (cpu & 15) | ((cpu >> 4) << 8);
}

/** Throws ConfigurationError unless the controller can be built so. */
export function checkGicConfig(config: GicConfig): void {
  const { cpus, spis } = config;
  if (!Number.isInteger(cpus) || cpus < 1 || cpus > MAX_CPUS) {
    throw new ConfigurationError(`the interrupt controller serves 1 to ${MAX_CPUS} CPUs, not ${cpus}`);
  }
  if (!Number.isInteger(spis) || spis < 32 || spis > 960 || spis % 32 !== 0) {
    throw new ConfigurationError(`the interrupt controller has 32 to 960 SPIs in steps of 32, not ${spis}`);
  }
}
