import type { Emitter } from '../../../emitter/emitter.js';
import type { Value } from '../../../emitter/ir.js';
import type { LibraryFunction } from '../../../emitter/library-function.js';

const double = (a: number): number => (a << 1) ^ (a & 0x80 ? 0x11b : 0);

/** The AES S-box (FIPS 197, 5.1.1): the inverse in GF(2^8), then an affine map. */
function aesSubstitution(): Uint8Array {
  const table = new Uint8Array(256);
  const rotate = (a: number, n: number): number => ((a << n) | (a >> (8 - n))) & 0xff;
  // p runs through the powers of 3 and q through those of its inverse
  let p = 1;
  let q = 1;
  do {
    p = p ^ double(p);
    q ^= q << 1;
    q ^= q << 2;
    q ^= q << 4;
    q &= 0xff;
    if (q & 0x80) q ^= 0x09;
    table[p] = q ^ rotate(q, 1) ^ rotate(q, 2) ^ rotate(q, 3) ^ rotate(q, 4) ^ 0x63;
  } while (p !== 1);
  table[0] = 0x63;
  return table;
}

function inverse(table: Uint8Array): Uint8Array {
  const result = new Uint8Array(256);
  table.forEach((to, from) => (result[to] = from));
  return result;
}

/** The SM4 S-box (GB/T 32907, 6.2). */
const SM4_SUBSTITUTION = Uint8Array.from(
  ('d690e9fecce13db716b614c228fb2c052b679a762abe04c3aa44132649860699' +
    '9c4250f491ef987a33540b43edcfac62e4b31ca9c908e89580df94fa758f3fa6' +
    '4707a7fcf37317ba83593c19e6854fa8686b81b27164da8bf8eb0f4b70569d35' +
    '1e240e5e6358d1a225227c3b01217887d40046579fd327524c3602e7a0c4c89e' +
    'eabf8ad240c738b5a3f7f2cef96115a1e0ae5da49b341a55ad933230f58cb1e3' +
    '1df6e22e8266ca60c02923ab0d534e6fd5db3745defd8e2f03ff6a726d6c5b51' +
    '8d1baf92bbddbc7f11d95c411f105ad80ac13188a5cd7bbd2d74d012b8e5b4b0' +
    '8969974a0c96777e65b9f109c56ec68418f07dec3adc4d2079ee5f3ed7cb3948').match(/../g) ?? [],
  (hex) => parseInt(hex, 16),
);

/** Replaces every byte by its entry in a table of 256: sixteen look-ups in 16 bytes each. */
const substitution = (name: string, table: Uint8Array): LibraryFunction => ({
  name,
  parameters: ['v128'],
  result: 'v128',
  emit(e: Emitter, bytes: Value): Value {
    let result: Value | undefined;
    for (let i = 0; i < 16; i++) {
      const at = e.op('i8x16.sub', bytes, e.v128(new Uint8Array(16).fill(16 * i)));
      const part = e.op('i8x16.swizzle', e.v128(table.subarray(16 * i, 16 * i + 16)), at);
      result = result === undefined ? part : e.or(result, part);
    }
    return result!;
  },
});

const aes = aesSubstitution();
export const substitutionLibrary: readonly LibraryFunction[] = [
  substitution('aesSubBytes', aes),
  substitution('aesInverseSubBytes', inverse(aes)),
  substitution('sm4SubBytes', SM4_SUBSTITUTION),
];
