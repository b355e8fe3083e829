/** What the register side knows of a device; the same on every thread. */
export interface VirtioDeviceType {
  readonly name: string;
  /** VirtioDeviceId. */
  readonly deviceId: number;
  /** The device's own feature bits, 0..23 and 50..127; the transport adds the common ones. */
  readonly features: bigint;
  /** Greatest size of each virtqueue, powers of two up to 32768. */
  readonly queueSizes: readonly number[];
  /** Configuration space at power-on, at most 256 bytes. */
  readonly config: Uint8Array;
  /**
   * A guest's write to configuration space, under the transport's lock. `negotiated` are the driver's features. Without
   * it, writes are ignored.
   */
  writeConfig?(config: Uint8Array, offset: number, value: number, negotiated: bigint): void;
}
