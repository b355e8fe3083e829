import { ConfigurationError } from '../../support/errors.js';
import type { LoadSegment, NamedFile } from './file.js';

/** Intel HEX files: ASCII records with addresses of up to 32 bits. */

const Record = { data: 0, end: 1, segmentBase: 2, segmentEntry: 3, linearBase: 4, linearEntry: 5 } as const;

export interface HexImage {
  readonly segments: readonly LoadSegment[];
  readonly entry: number;
}

const FIRST_RECORD = /^:[0-9A-Fa-f]{10}/;
const RECORD = /^:(?:[0-9A-Fa-f]{2}){5,}$/;
/** A colon, and two digits for each of length, address, type, data and checksum. */
const MAXIMUM_LINE = 1 + 2 * (5 + 255);
/** Bytes of data that records other than `data` have; anything else is no such record. */
const LENGTHS: readonly (number | undefined)[] = [undefined, 0, 2, 4, 2, 4];

export const isIntelHex = (bytes: Uint8Array): boolean =>
  FIRST_RECORD.test(String.fromCharCode(...bytes.subarray(0, 11)));

export function readIntelHex(file: NamedFile): HexImage {
  const { name } = file;
  const fail = (line: number, reason: string): never => {
    throw new ConfigurationError(`${name}: line ${line} of the HEX file ${reason}`);
  };
  const runs: { address: number; bytes: number[] }[] = [];
  let base = 0;
  let entry = 0;
  let ended = false;
  const lines = new TextDecoder('latin1').decode(file.bytes).split(/\r?\n/);
  lines.forEach((text, index) => {
    const line = index + 1;
    if (text === '' || ended) return;
    if (text.length > MAXIMUM_LINE || !RECORD.test(text)) fail(line, 'is no record');
    const record = [...Buffer.from(text.slice(1), 'hex')];
    const [length, high, low, type] = record;
    if (record.length !== length + 5 || length !== (LENGTHS[type] ?? length)) fail(line, 'has the wrong length');
    if ((record.reduce((sum, byte) => sum + byte, 0) & 0xff) !== 0) fail(line, 'has a wrong checksum');
    const data = record.slice(4, 4 + length);
    const value = data.reduce((sum, byte) => sum * 256 + byte, 0);
    switch (type) {
      case Record.data: {
        const address = base + high * 256 + low;
        const run = runs.at(-1);
        if (run !== undefined && run.address + run.bytes.length === address) run.bytes.push(...data);
        else runs.push({ address, bytes: data });
        break;
      }
      case Record.end:
        ended = true;
        break;
      case Record.segmentBase:
        base = value * 16;
        break;
      case Record.linearBase:
        base = value * 65536;
        break;
      case Record.segmentEntry:
        entry = Math.floor(value / 65536) * 16 + (value % 65536);
        break;
      case Record.linearEntry:
        entry = value;
        break;
      default:
        fail(line, `has the unknown type ${type}`);
    }
  });
  if (!ended) throw new ConfigurationError(`${name}: truncated HEX file (no end record)`);
  return {
    entry,
    segments: runs.map(({ address, bytes }, i) => ({
      name: `${name} part ${i}`, address, bytes: Uint8Array.from(bytes), size: bytes.length,
    })),
  };
}
