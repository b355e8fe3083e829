import type { GuestMemory, InterruptLine, MmioDevice } from '../bus/device.js';
import type { DeviceMemory } from '../bus/device-memory.js';
import { checkGicConfig, type GicConfig } from './config.js';
import { CpuInterface } from './cpu-interface.js';
import { Distributor } from './distributor.js';
import { type CpuLines, Forwarding } from './forwarding.js';
import { GuestTables } from './guest-tables.js';
import { ItsCommands } from './its-commands.js';
import { ItsTables } from './its-tables.js';
import { Its } from './its.js';
import { Lpis } from './lpis.js';
import type { PeContext } from './pe-context.js';
import { Redistributor } from './redistributor.js';
import { GicState, Map32 } from './state.js';

/**
 * Generic Interrupt Controller, architecture version 3 (Arm IHI 0069). Every thread makes its own object on the same
 * shared block; any of them may do anything. Whoever makes the machine calls `reset` once.
 */
export class Gic {
  /** The Distributor and all Redistributors as Non-secure accesses see them. */
  readonly distributor: MmioDevice;
  readonly redistributor: MmioDevice;
  /** The same as Secure accesses see them; different only with EL3 and GICD_CTLR.DS clear. */
  readonly secureDistributor: MmioDevice;
  readonly secureRedistributor: MmioDevice;
  /** The Interrupt Translation Service, where the configuration has one. */
  readonly its: Its | undefined;
  private readonly state: GicState;
  private readonly forwarding: Forwarding;

  /** Bytes of device memory to allocate. Throws ConfigurationError for what cannot be built. */
  static bytes(config: GicConfig): number {
    checkGicConfig(config);
    return GicState.bytes(config);
  }

  /**
   * @param memory at least `Gic.bytes(config)` long. @param guest where the tables of LPIs and of the ITS lie, for a
   * configuration with an ITS.
   */
  constructor(
    memory: DeviceMemory,
    readonly config: GicConfig,
    lines: CpuLines,
    guest?: GuestMemory,
  ) {
    const needed = Gic.bytes(config);
    if (memory.bytes < needed) throw new RangeError(`the interrupt controller needs ${needed} bytes`);
    this.state = new GicState(memory, config);
    if (config.its === true && guest === undefined) throw new RangeError('an ITS needs guest memory');
    const tables = config.its === true && guest !== undefined ? new GuestTables(guest) : undefined;
    const lpis = tables && new Lpis(this.state, tables);
    this.forwarding = new Forwarding(this.state, lines, lpis);
    this.distributor = new Distributor(this.state, this.forwarding, false, lpis);
    this.redistributor = new Redistributor(this.state, this.forwarding, false, lpis);
    this.secureDistributor = new Distributor(this.state, this.forwarding, true, lpis);
    this.secureRedistributor = new Redistributor(this.state, this.forwarding, true, lpis);
    this.its = tables && lpis && new Its(
      this.state, new ItsCommands(this.state, tables, new ItsTables(this.state, tables), lpis, this.forwarding));
  }

  /** Power-on state. */
  reset(): void {
    this.distributor.reset();
  }

  /** Reset of one PE's CPU interface, which comes with the PE's: PSCI CPU_ON. Its redistributor and interrupts stay. */
  resetCpuInterface(cpu: number): void {
    this.state.memory.locked(() => this.forwarding.resetInterface(cpu));
  }

  /** Input wire of a shared peripheral interrupt, INTID 32 and up. */
  line(intid: number): InterruptLine {
    if (!Number.isInteger(intid) || intid < 32 || intid >= this.state.intids) {
      throw new RangeError(`there is no SPI with INTID ${intid}`);
    }
    return this.wire(0, intid);
  }

  /** Input wire of a private peripheral interrupt of one PE, INTID 16..31. */
  ppi(cpu: number, intid: number): InterruptLine {
    if (!Number.isInteger(intid) || intid < 16 || intid > 31) {
      throw new RangeError(`there is no PPI with INTID ${intid}`);
    }
    return this.wire(cpu, intid);
  }

  /** The CPU interface of one PE, for the thread that runs it. */
  cpuInterface(cpu: number, context: PeContext): CpuInterface {
    return new CpuInterface(this.state, this.forwarding, cpu, context);
  }

  private wire(cpu: number, intid: number): InterruptLine {
    const { memory, words } = this.state;
    const index = this.state.map(Map32.Level, cpu, intid >> 5);
    const bit = 1 << (intid & 31);
    return {
      set: (level) => {
        // Only the wire's owner changes its bit, so an unchanged level can be told without the lock.
        if (((Atomics.load(words, index) & bit) !== 0) === level) return;
        memory.locked(() => this.forwarding.setLevel(cpu, intid, level));
      },
    };
  }
}
