/** Kernels: Image, Image.gz, EFI zboot, ELF, U-Boot and flat files as --kernel gets them, alone or with firmware. */
import { deflateRawSync, gzipSync } from 'node:zlib';
import { bootOptions, named, planAndCheck } from '../boot-plan.js';
import { Input } from '../input.js';

const ZBOOT_HEADER = 64;

/** Puts a file into the containers kernels come in, which mutation alone would seldom leave intact. */
function wrap(kind: number, bytes: Uint8Array): Uint8Array {
  switch (kind) {
    case 1:
      return gzipSync(bytes, { level: 1 });
    case 2: {
      const packed = gzipSync(bytes, { level: 1 });
      const out = new Uint8Array(ZBOOT_HEADER + packed.length);
      const view = new DataView(out.buffer);
      out.set(new TextEncoder().encode('MZ\0\0zimg'));
      view.setUint32(8, ZBOOT_HEADER, true);
      view.setUint32(12, packed.length, true);
      out.set(new TextEncoder().encode('gzip'), 24);
      out.set(packed, ZBOOT_HEADER);
      return out;
    }
    case 3: {
      // A member whose trailer is wrong.
      const packed = deflateRawSync(bytes, { level: 1 });
      const out = new Uint8Array(10 + packed.length + 8);
      out.set([0x1f, 0x8b, 8]);
      out.set(packed, 10);
      return out;
    }
    default:
      return bytes;
  }
}

export function fuzz(data: Buffer): void {
  const input = new Input(data);
  const form = input.lastU8();
  const options = bootOptions(input, {});
  const file = named('kernel', wrap(form & 7, input.rest()));
  const firmware = (form & 0x80) === 0 ? {} : { firmware: named('firmware', new Uint8Array(64)) };
  const initrd = (form & 0x40) === 0 ? {} : { initrd: named('initrd', new Uint8Array(1000)) };
  planAndCheck({ ...options, files: { kernel: file, ...firmware, ...initrd } });
}
