/** `openssl dgst` of known files, with every set of instructions that it has code for; MACs and key derivation. */
import { createHash, createHmac, hkdfSync, pbkdf2Sync, scryptSync } from 'node:crypto';
import { knownBytes } from '../known-data.js';
import type { Witness } from '../witness.js';

/** Around the block and padding boundaries of every function, and some that take many blocks at once. */
const LENGTHS = [0, 1, 3, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 135, 136, 137, 1000, 8191, 262_147];

/** OpenSSL's name, as Node has it too; extensible functions with an output length, bytes. */
const DIGESTS: readonly { readonly name: string; readonly bytes?: number }[] = [
  { name: 'md5' }, { name: 'ripemd160' }, { name: 'sha1' }, { name: 'sha224' }, { name: 'sha256' }, { name: 'sha384' },
  { name: 'sha512' }, { name: 'sha512-224' }, { name: 'sha512-256' }, { name: 'sha3-224' }, { name: 'sha3-256' },
  { name: 'sha3-384' }, { name: 'sha3-512' }, { name: 'shake128', bytes: 100 }, { name: 'shake256', bytes: 200 },
  { name: 'sm3' }, { name: 'blake2b512' }, { name: 'blake2s256' }, { name: 'md5-sha1' },
];

/** Values of OPENSSL_armcap (OpenSSL's crypto/arm_arch.h): all that the CPU shows, Advanced SIMD alone, nothing. */
const CAPABILITIES = ['', '1', '0'];

const nameOf = (length: number): string => `data-${String(length).padStart(6, '0')}`;
const files = LENGTHS.map((length) => ({ path: nameOf(length), content: knownBytes('digest', length) }));
const KEY = 'a key of 33 bytes for the MACs ...';

function digestLines({ name, bytes }: (typeof DIGESTS)[number]): string[] {
  return files.map(({ path, content }) => {
    const hash = createHash(name, bytes === undefined ? {} : { outputLength: bytes });
    return `${hash.update(content).digest('hex')} *${path}`;
  });
}

const macLines = files.slice(-3).map(({ path, content }) =>
  `${createHmac('sha256', KEY).update(content).digest('hex')} *${path}`);

const derived = (bytes: ArrayBuffer | Buffer): string => Buffer.from(bytes as ArrayBuffer).toString('hex');
const derivations: readonly { readonly command: string; readonly line: string }[] = [
  {
    command: 'kdf -keylen 48 -kdfopt digest:SHA512 -kdfopt pass:word -kdfopt salt:pepper -kdfopt iter:500 PBKDF2',
    line: derived(pbkdf2Sync('word', 'pepper', 500, 48, 'sha512')),
  },
  {
    command: 'kdf -keylen 80 -kdfopt digest:SHA256 -kdfopt key:secret -kdfopt salt:pepper -kdfopt info:more HKDF',
    line: derived(hkdfSync('sha256', 'secret', 'pepper', 'more', 80)),
  },
  {
    command: 'kdf -keylen 32 -kdfopt pass:word -kdfopt salt:pepper -kdfopt n:256 -kdfopt r:8 -kdfopt p:1 SCRYPT',
    line: derived(scryptSync('word', 'pepper', 32, { N: 256, r: 8, p: 1 })),
  },
];

/** MACs of which only QEMU's answer is compared; a key of 32 bytes. */
const MACS = [
  '-cipher AES-256-CBC CMAC', 'KMAC-128', 'KMAC-256', 'POLY1305', '-macopt size:16 BLAKE2BMAC', 'BLAKE2SMAC',
  '-cipher AES-256-GCM -macopt hexiv:000102030405060708090a0b GMAC',
];

function digests(name: string, sets: readonly string[]): Witness {
  return {
    name,
    packages: ['openssl'],
    files,
    script: [
      'status=0',
      `for capabilities in ${sets.map((value) => `"${value}"`).join(' ')}; do`,
      '  if [ -n "$capabilities" ]; then export OPENSSL_armcap=$capabilities; else unset OPENSSL_armcap; fi',
      ...DIGESTS.map(({ name, bytes }) =>
        `  openssl dgst -r -${name} ${bytes === undefined ? '' : `-xoflen ${bytes} `}data-* || status=1`),
      `  openssl dgst -r -sha256 -hmac '${KEY}' ${files.slice(-3).map(({ path }) => path).join(' ')} || status=1`,
      ...derivations.map(({ command }) => `  openssl ${command} | tr -d : | tr A-F a-f || status=1`),
      ...MACS.map((options) => `  openssl mac -macopt hexkey:${knownBytes('mac', 32).toString('hex')} ` +
        `-in ${nameOf(8191)} ${options} || status=1`),
      'done',
      'exit $status',
      '',
    ].join('\n'),
    expected: sets.flatMap(() => [
      ...DIGESTS.flatMap(digestLines), ...macLines, ...derivations.map(({ line }) => line),
    ]),
  };
}

export const opensslDigest = digests('openssl-digest', CAPABILITIES);
export const shortDigest = digests('openssl-digest-short', CAPABILITIES.slice(0, 1));
