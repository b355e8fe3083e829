/** A sample of the executed instructions: short windows at random distances, in each of which none is left out. */
import { openSync, statSync, truncateSync, writeSync } from 'node:fs';

/** Bytes of an entry: address (u64), instruction word (u32), SampleFlags with the Exception level in bits 9..8 and the vCPU in 23..16 (u32). */
export const SAMPLE_BYTES = 16;
export const SampleFlags = { FirstOfWindow: 1 } as const;

/** Instructions in a window. */
const WINDOW = 256;
/** Mean number of instructions from one window to the next. */
const DISTANCE = 65_536;
/** Entries written to the file at a time. */
const BUFFERED = 4096;

/** Empties what was a file of samples; a pipe stays as it is. @throws the host's error */
export function emptySamples(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) truncateSync(path);
}

export class InstructionSampler {
  private readonly file: number;
  private readonly buffer = new DataView(new ArrayBuffer(BUFFERED * SAMPLE_BYTES));
  private used = 0;
  private left = 0;
  private distance = 0;

  /**
   * @param cpu index of the vCPU; several have one file, to which each adds whole windows
   * @param failed called once when the file cannot be written any more; sampling ends then
   * @throws the host's error when the file cannot be made
   */
  constructor(
    path: string,
    private readonly cpu: number,
    private readonly failed: (error: unknown) => void,
  ) {
    this.file = openSync(path, 'a');
    this.next();
  }

  /** Inside a window: the next instruction must be reported. */
  get active(): boolean {
    return this.left > 0;
  }

  /** Instructions were executed outside of a window. */
  passed(count: number): void {
    this.distance -= count;
    if (this.distance <= 0) this.left = WINDOW;
  }

  /** An instruction is about to be executed. @param el Exception level */
  take(pc: bigint, word: number, el: number): void {
    if (this.used === BUFFERED) this.flush();
    if (!this.active) return;
    const at = this.used++ * SAMPLE_BYTES;
    this.buffer.setBigUint64(at, pc, true);
    this.buffer.setUint32(at + 8, word, true);
    this.buffer.setUint32(at + 12, (this.left === WINDOW ? SampleFlags.FirstOfWindow : 0) | (el << 8) | (this.cpu << 16), true);
    if (--this.left === 0) this.next();
  }

  /** Writes what is still kept back. */
  flush(): void {
    const bytes = new Uint8Array(this.buffer.buffer, 0, this.used * SAMPLE_BYTES);
    this.used = 0;
    if (this.distance === Infinity) return;
    try {
      for (let written = 0; written < bytes.length;) written += writeSync(this.file, bytes, written);
    } catch (error) {
      this.left = 0;
      this.distance = Infinity;
      this.failed(error);
    }
  }

  private next(): void {
    this.distance = Math.ceil(DISTANCE * 2 * Math.random());
  }
}
