/** Pieces of guest memory that make up one buffer, in order. */
export type Segments = readonly Uint8Array[];

/** Total length in bytes. */
export function segmentBytes(segments: Segments): number {
  let total = 0;
  for (const segment of segments) total += segment.length;
  return total;
}

/** The part [start, start+length) of a buffer, as views. */
export function segmentRange(segments: Segments, start: number, length: number): Uint8Array[] {
  const out: Uint8Array[] = [];
  let skip = start;
  let left = length;
  for (const segment of segments) {
    if (left <= 0) break;
    if (skip >= segment.length) {
      skip -= segment.length;
      continue;
    }
    const piece = segment.subarray(skip, skip + left);
    out.push(piece);
    left -= piece.length;
    skip = 0;
  }
  return out;
}

/** Copies from the start of a buffer into `target`; returns how much there was. */
export function gather(segments: Segments, target: Uint8Array): number {
  let done = 0;
  for (const segment of segments) {
    if (done === target.length) break;
    const piece = segment.subarray(0, target.length - done);
    target.set(piece, done);
    done += piece.length;
  }
  return done;
}

/** Copies `source` to the start of a buffer; returns how much fitted. */
export function scatter(segments: Segments, source: Uint8Array): number {
  let done = 0;
  for (const segment of segments) {
    if (done === source.length) break;
    const piece = source.subarray(done, done + segment.length);
    segment.set(piece);
    done += piece.length;
  }
  return done;
}
