/** Raw disk images and snapshots over them: any file, any requests, against the same in plain memory. */
import { readFileSync } from 'node:fs';
import type { BlockBackend } from '../../../devices/backends/block-backend.js';
import { OverlayImage } from '../../../devices/backends/overlay-image.js';
import { RawImage } from '../../../devices/backends/raw-image.js';
import { Input } from '../input.js';
import { check } from '../outcome.js';
import { temporaryFolder, withTemporaryFile } from '../temporary-file.js';

const SECTOR = 512;
const OPERATIONS = 32;
const MAX_SECTORS = 40;

/** The disk as it must look: whole sectors, what the file lacks is zero. */
function model(contents: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(contents.length / SECTOR) * SECTOR);
  bytes.set(contents);
  return bytes;
}

/** A range of the disk in bytes: sectors, or in part as pieces of a request's buffers are. */
function range(input: Input, size: number): [position: number, length: number] {
  const sectors = size / SECTOR;
  const first = input.below(sectors + 1);
  const count = input.below(Math.min(MAX_SECTORS, sectors - first) + 1);
  const [start, length] = [first * SECTOR, count * SECTOR];
  const cut = input.u8();
  if (cut < 128 || length === 0) return [start, length];
  return [start + (cut & 63), length - 64 - (cut & 31)];
}

function operate(input: Input, disk: BlockBackend, expected: Uint8Array): void {
  const kind = input.u8();
  const [position, length] = range(input, disk.bytes);
  switch (kind & 7) {
    case 0:
    case 1: {
      const source = new Uint8Array(length).fill(input.u8());
      source.set(input.bytes(Math.min(16, length)));
      disk.write(position, source);
      expected.set(source, position);
      break;
    }
    case 2:
      disk.writeZeroes(position, length);
      expected.fill(0, position, position + length);
      break;
    case 3:
      disk.discard(position, length);
      break;
    case 4:
      disk.flush();
      break;
    default: {
      const target = new Uint8Array(length).fill(0xee);
      disk.read(position, target);
      const right = Buffer.compare(target, expected.subarray(position, position + length)) === 0;
      check(right, () => `read of ${length} bytes at ${position}`);
    }
  }
}

export function fuzz(data: Buffer): void {
  const input = new Input(data);
  const form = input.lastU8();
  const fileBytes = input.below(MAX_SECTORS * SECTOR);
  const contents = new Uint8Array(fileBytes).fill(0x5a);
  contents.set(input.bytes(Math.min(fileBytes, 64)));
  const snapshot = (form & 1) !== 0;
  withTemporaryFile(contents, (path) => {
    const raw = RawImage.open(path, snapshot, { ignoreFlush: (form & 0x1e) !== 2 });
    const disk = snapshot ? new OverlayImage(raw, temporaryFolder()) : raw;
    try {
      const expected = model(contents);
      check(disk.bytes === expected.length, () => `${disk.bytes} bytes for a file of ${fileBytes}`);
      for (let n = 0; n < OPERATIONS && input.left > 0; n++) operate(input, disk, expected);
      const all = new Uint8Array(disk.bytes);
      disk.read(0, all);
      check(Buffer.compare(all, expected) === 0, () => 'the disk is not what was written');
      const file = readFileSync(path);
      const kept = snapshot ? contents : expected.subarray(0, file.length);
      check(Buffer.compare(file, kept) === 0, () => 'the file is not what it should be');
      check(!snapshot || file.length === fileBytes, () => 'a snapshot changed the size of the file');
    } finally {
      disk.close();
    }
  });
}
