/** The records of a RecordMemo on disk, for the next run: one image with a checksum, written anew when a run has added enough. */
import { crc32 } from 'node:zlib';
import { HeaderLayout, RECORD_MEMO, RECORD_MEMO_BYTES } from '../layout/memory-layout.js';
import { CacheFile, type CacheKind } from './cache-file.js';

const CHECKSUM_BYTES = 4;
const KIND: CacheKind = { suffix: '.records', magic: 'ulna records 1\n\n', largest: RECORD_MEMO_BYTES + 1024 };
/** Records that a run has to add for the file to be written again. */
const WORTH_WRITING = 512;

export class RecordMemoFile {
  private readonly file: CacheFile;
  private readonly image: Uint8Array;
  private readonly kept: Int32Array;

  /**
   * Fills the memo from the file, if it is there and whole. No vCPU may be running.
   * @param folder made if it is not there
   * @param identity whatever a record depends on beside the word: the build, the CPU
   */
  constructor(folder: string, identity: string, memory: WebAssembly.Memory) {
    this.image = new Uint8Array(memory.buffer, RECORD_MEMO.start, RECORD_MEMO_BYTES);
    this.kept = new Int32Array(memory.buffer, HeaderLayout.offset.recordsKept, 1);
    this.file = new CacheFile(folder, KIND, identity, (read, start, size) => {
      if (size === start) return start;
      const bytes = read(start, size - start);
      const image = bytes.subarray(CHECKSUM_BYTES);
      if (image.length !== RECORD_MEMO_BYTES || crc32(image) !== bytes.readUInt32LE(0)) return start;
      this.image.set(image);
      return size;
    });
  }

  /** Bytes of the file that could not be used. */
  get dropped(): number {
    return this.file.dropped;
  }

  /** Writes the file if enough has been added. All vCPUs have stopped for good. */
  save(): void {
    if (this.kept[0] < WORTH_WRITING) return;
    const image = this.image.slice();
    const checksum = Buffer.alloc(CHECKSUM_BYTES);
    checksum.writeUInt32LE(crc32(image));
    this.file.rewrite([checksum, image]);
  }
}
