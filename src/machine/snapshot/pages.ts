/** Pages of memory and clusters of overlays in chunks: how many, their numbers (u32 each), then their contents. */
import { CHUNK_BYTES, PAGE_BYTES } from './format.js';

const PAGES = CHUNK_BYTES / PAGE_BYTES;
/** Compared at once: one call for what mostly is zero. */
const BLOCK_BYTES = 64 << 10;

/** Numbers of the pages that are not all zero. @param memory a whole number of pages */
export function* nonZeroPages(memory: Uint8Array): Generator<number> {
  const bytes = Buffer.from(memory.buffer, memory.byteOffset, memory.length);
  const zeros = Buffer.alloc(BLOCK_BYTES);
  const isZero = (start: number, end: number): boolean => bytes.compare(zeros, 0, end - start, start, end) === 0;
  for (let block = 0; block < bytes.length; block += BLOCK_BYTES) {
    const end = Math.min(block + BLOCK_BYTES, bytes.length);
    if (isZero(block, end)) continue;
    for (let page = block; page < end; page += PAGE_BYTES) if (!isZero(page, page + PAGE_BYTES)) yield page / PAGE_BYTES;
  }
}

/** Packs pages into chunks. @param read fills a page, given by its number */
export function* packPages(pages: Iterable<number>, read: (page: number, target: Uint8Array) => void): Generator<Buffer> {
  let numbers: number[] = [];
  const pack = (): Buffer => {
    const chunk = Buffer.allocUnsafeSlow(4 * (1 + numbers.length) + numbers.length * PAGE_BYTES);
    chunk.writeUInt32LE(numbers.length, 0);
    numbers.forEach((page, i) => {
      chunk.writeUInt32LE(page, 4 + 4 * i);
      const at = 4 * (1 + numbers.length) + i * PAGE_BYTES;
      read(page, chunk.subarray(at, at + PAGE_BYTES));
    });
    numbers = [];
    return chunk;
  };
  for (const page of pages) if (numbers.push(page) === PAGES) yield pack();
  if (numbers.length > 0) yield pack();
}

/**
 * Takes a chunk apart.
 * @param take gets runs of pages whose numbers follow each other, each by its first number
 * @returns false when it is no chunk of pages, or has one beyond `count`
 */
export function unpackPages(chunk: Buffer, count: number, take: (page: number, bytes: Uint8Array) => void): boolean {
  const held = chunk.length < 4 ? -1 : chunk.readUInt32LE(0);
  if (held < 0 || chunk.length !== 4 + held * (4 + PAGE_BYTES)) return false;
  const contents = 4 * (1 + held);
  for (let start = 0, end: number; start < held; start = end) {
    const first = chunk.readUInt32LE(4 + 4 * start);
    for (end = start + 1; end < held && chunk.readUInt32LE(4 + 4 * end) === first + end - start; ) end++;
    if (first + end - start > count) return false;
    take(first, chunk.subarray(contents + start * PAGE_BYTES, contents + end * PAGE_BYTES));
  }
  return true;
}
