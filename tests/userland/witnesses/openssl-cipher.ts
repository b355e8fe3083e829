/** `openssl enc` there and back, compared with the host's ciphertexts; the authenticated modes through libcrypto. */
import { createCipheriv, createHash, type CipherGCMTypes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { knownBytes } from '../known-data.js';
import type { Witness } from '../witness.js';

const ENC_LENGTHS = [16, 255, 100_003];

/** Cipher, key and IV lengths in bytes. */
const CIPHERS: readonly (readonly [name: string, key: number, iv: number])[] = [
  ['aes-128-cbc', 16, 16], ['aes-192-cbc', 24, 16], ['aes-256-cbc', 32, 16], ['aes-128-ecb', 16, 0],
  ['aes-256-ctr', 32, 16], ['aes-128-ctr', 16, 16], ['aes-256-cfb', 32, 16], ['aes-128-ofb', 16, 16],
  ['sm4-cbc', 16, 16], ['sm4-ctr', 16, 16], ['sm4-ecb', 16, 0], ['chacha20', 32, 16], ['camellia-256-ctr', 32, 16],
  ['aria-128-cbc', 16, 16], ['des-ede3-cbc', 24, 8],
];

const CAPABILITIES = ['', '1', '0'];

const nameOf = (length: number): string => `plain-${length}`;
const plain = (length: number): Buffer => knownBytes('plain', length);

function encLine([name, keyLength, ivLength]: (typeof CIPHERS)[number], length: number): string {
  const iv = ivLength === 0 ? null : knownBytes(`${name} iv`, ivLength);
  const cipher = createCipheriv(name, knownBytes(`${name} key`, keyLength), iv);
  const text = Buffer.concat([cipher.update(plain(length)), cipher.final()]);
  return `${name} ${length} ${createHash('sha256').update(text).digest('hex')}`;
}

function encCommands([name, keyLength, ivLength]: (typeof CIPHERS)[number]): string[] {
  const iv = ivLength === 0 ? '' : ` -iv ${knownBytes(`${name} iv`, ivLength).toString('hex')}`;
  const options = `-${name} -K ${knownBytes(`${name} key`, keyLength).toString('hex')}${iv}`;
  return [
    `for length in ${ENC_LENGTHS.join(' ')}; do`,
    `  openssl enc ${options} -in plain-$length -out text || status=1`,
    `  echo "${name} $length $(sha256sum text | cut -d' ' -f1)"`,
    `  openssl enc -d ${options} -in text -out back && cmp back plain-$length || status=1`,
    'done',
  ];
}

/** Authenticated modes: key, nonce and tag lengths in bytes; `host` for those that Node knows. */
interface Mode {
  readonly name: string;
  readonly key: number;
  readonly nonce: number;
  readonly tag: number;
  readonly host: boolean;
}
const MODES: readonly Mode[] = [
  { name: 'aes-128-gcm', key: 16, nonce: 12, tag: 16, host: true },
  { name: 'aes-192-gcm', key: 24, nonce: 12, tag: 16, host: true },
  { name: 'aes-256-gcm', key: 32, nonce: 12, tag: 16, host: true },
  { name: 'aes-128-ccm', key: 16, nonce: 12, tag: 16, host: true },
  { name: 'aes-256-ccm', key: 32, nonce: 12, tag: 8, host: true },
  { name: 'aes-256-ocb', key: 32, nonce: 12, tag: 16, host: true },
  { name: 'chacha20-poly1305', key: 32, nonce: 12, tag: 16, host: true },
  { name: 'aes-128-xts', key: 32, nonce: 16, tag: 0, host: true },
  { name: 'aes-256-xts', key: 64, nonce: 16, tag: 0, host: true },
  { name: 'sm4-gcm', key: 16, nonce: 12, tag: 16, host: false },
  { name: 'sm4-ccm', key: 16, nonce: 12, tag: 16, host: false },
  { name: 'sm4-xts', key: 32, nonce: 16, tag: 0, host: false },
  { name: 'aes-128-siv', key: 32, nonce: 0, tag: 16, host: false },
  { name: 'aes-256-gcm-siv', key: 32, nonce: 12, tag: 16, host: false },
];
const AEAD_LENGTHS = [16, 17, 31, 64, 127, 255, 256, 1024, 4097, 16_384 + 5];
const ASSOCIATED = 37;

/** CCM takes no more than this at once with a nonce of 12 bytes (NIST SP 800-38C, A.1: 2^24 bytes), all others more. */
function aeadLine(mode: Mode, length: number): string {
  const [key, nonce] = [knownBytes(`${mode.name} key`, mode.key), knownBytes(`${mode.name} nonce`, mode.nonce)];
  const options = mode.tag === 0 ? {} : { authTagLength: mode.tag };
  const cipher = createCipheriv(mode.name as CipherGCMTypes, key, nonce, options);
  if (mode.tag > 0) cipher.setAAD(knownBytes('associated', ASSOCIATED), { plaintextLength: length });
  const text = Buffer.concat([cipher.update(plain(length)), cipher.final()]);
  const tag = mode.tag > 0 ? cipher.getAuthTag().toString('hex') : '-';
  return `${mode.name} ${length} ${createHash('sha256').update(text).digest('hex')} ${tag}`;
}

const cases = MODES.map((mode) => ({
  ...mode,
  keyBytes: knownBytes(`${mode.name} key`, mode.key).toString('hex'),
  nonceBytes: knownBytes(`${mode.name} nonce`, mode.nonce).toString('hex'),
}));

export const opensslCipher: Witness = {
  name: 'openssl-cipher',
  packages: ['openssl', 'python3-minimal', 'libpython3-stdlib'],
  files: [
    ...[...new Set([...ENC_LENGTHS, ...AEAD_LENGTHS])].map((length) =>
      ({ path: nameOf(length), content: plain(length) })),
    { path: 'aead.py', content: readFileSync(new URL('../programs/aead.py', import.meta.url)) },
    {
      path: 'cases.json',
      content: Buffer.from(JSON.stringify({
        cases, lengths: AEAD_LENGTHS, associated: knownBytes('associated', ASSOCIATED).toString('hex'),
      })),
    },
  ],
  script: [
    'status=0',
    ...CIPHERS.flatMap(encCommands),
    `for capabilities in ${CAPABILITIES.map((value) => `"${value}"`).join(' ')}; do`,
    '  if [ -n "$capabilities" ]; then export OPENSSL_armcap=$capabilities; else unset OPENSSL_armcap; fi',
    '  python3 aead.py || status=1',
    'done',
    'exit $status',
    '',
  ].join('\n'),
  expected: [
    ...CIPHERS.flatMap((cipher) => ENC_LENGTHS.map((length) => encLine(cipher, length))),
    ...CAPABILITIES.flatMap(() => MODES.filter((mode) => mode.host).flatMap((mode) =>
      AEAD_LENGTHS.map((length) => aeadLine(mode, length)))),
  ],
};
