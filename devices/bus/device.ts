/** Width of one MMIO access in bytes. Wider guest accesses are split by the bus, low address first. */
export type AccessSize = 1 | 2 | 4;

/**
 * A memory-mapped device's register side. It may run on any thread: all state a guest can see lives in the shared
 * DeviceMemory block the device was given, and every access runs under that block's lock.
 */
export interface MmioDevice {
  readonly name: string;
  /** Bytes of address space decoded, from the base it is mapped at. */
  readonly size: number;
  /** Value of the register at `offset`, zero-extended, 0..2^32-1. Unallocated offsets read as zero. */
  read(offset: number, size: AccessSize): number;
  /** `value` is 0..2^(8*size)-1. */
  write(offset: number, size: AccessSize, value: number): void;
  /** Returns to the state after power-on. */
  reset(): void;
}

/** A wire into an interrupt controller or a CPU; level-sensitive, callable from any thread. */
export interface InterruptLine {
  set(level: boolean): void;
}

/** Where devices send message-signalled interrupts; callable from any thread. */
export interface MessageTarget {
  /**
   * A device writes `event` to the target's doorbell register. @param device identifier of the requester: for PCI bus,
   * device and function, 0..65535; @param event the data of its message, 0..2^32-1
   */
  send(device: number, event: number): void;
}

/** What devices that do DMA see of guest memory; physical addresses are Non-secure. */
export interface GuestMemory {
  /** Bytes backing [address, address+length), or undefined when any of it is not RAM. Writes through it need `written`. */
  slice(address: number, length: number): Uint8Array | undefined;
  /** Tells the code store that a device wrote here. */
  written(address: number, length: number): void;
}

/** Virtual time, nanoseconds since the machine was powered on. */
export interface Clock {
  now(): number;
}
