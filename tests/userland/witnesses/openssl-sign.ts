/** Signatures and key agreement: the host's against the guest's, both ways; new keys and the post-quantum kinds. */
import { createPublicKey, diffieHellman, type KeyObject, sign } from 'node:crypto';
import { knownBytes, knownCurveKey, knownRawKey, knownRsaKey, pem } from '../known-data.js';
import type { Witness } from '../witness.js';

const message = knownBytes('message', 1234);

/** Keys that sign alike every time: the guest's signature has to be the host's. */
const SAME: readonly { readonly name: string; readonly key: KeyObject; readonly options: string }[] = [
  { name: 'rsa1024', key: knownRsaKey(1024, 'a'), options: '-digest sha256' },
  { name: 'rsa2048', key: knownRsaKey(2048, 'b'), options: '-digest sha256' },
  { name: 'ed25519', key: knownRawKey('ed25519', 'c'), options: '' },
  { name: 'ed448', key: knownRawKey('ed448', 'd'), options: '' },
];

/** Keys whose signatures differ from time to time: the guest has to accept the host's. */
const RANDOM = [
  { name: 'p256', key: knownCurveKey('P-256', 'e') },
  { name: 'p384', key: knownCurveKey('P-384', 'f') },
];

const AGREEMENTS = [
  { name: 'x25519', mine: knownRawKey('x25519', 'g'), theirs: knownRawKey('x25519', 'h') },
  { name: 'x448', mine: knownRawKey('x448', 'i'), theirs: knownRawKey('x448', 'j') },
  { name: 'ecdh256', mine: knownCurveKey('P-256', 'k'), theirs: knownCurveKey('P-256', 'l') },
];

/** Kinds of which the guest makes keys; what it signs with them it has to accept, and something else not. */
const NEW = [
  '-algorithm RSA -pkeyopt rsa_keygen_bits:1024', '-algorithm EC -pkeyopt group:P-521', '-algorithm ED25519',
  '-algorithm EC -pkeyopt group:brainpoolP256r1', '-algorithm ML-DSA-44',
];

/** Key encapsulation and signatures from a seed: the same in every run, compared with QEMU's. */
const SEEDED: readonly string[] = [
  `openssl genpkey -algorithm ML-DSA-65 -pkeyopt hexseed:${knownBytes('ml-dsa', 32).toString('hex')} -out pq.pem`,
  'openssl pkeyutl -sign -inkey pq.pem -rawin -in message -pkeyopt deterministic:1 -out pq.signature',
  'echo "ML-DSA-65 $(sha256sum pq.signature | cut -d" " -f1)"',
  'openssl pkeyutl -verify -inkey pq.pem -rawin -in message -sigfile pq.signature',
  `openssl genpkey -algorithm ML-KEM-768 -pkeyopt hexseed:${knownBytes('ml-kem', 64).toString('hex')} -out kem.pem`,
  'echo "ML-KEM-768 $(openssl pkey -in kem.pem -pubout -outform der | sha256sum | cut -d" " -f1)"',
  'openssl pkeyutl -encap -inkey kem.pem -out kem.text -secret kem.one',
  'openssl pkeyutl -decap -inkey kem.pem -in kem.text -secret kem.two',
  'cmp kem.one kem.two && echo "ML-KEM-768 agrees"',
];

const deterministic = (key: KeyObject): Buffer => sign(key.asymmetricKeyType === 'rsa' ? 'sha256' : null, message, key);
const agreement = ({ mine, theirs }: (typeof AGREEMENTS)[number]): string =>
  diffieHellman({ privateKey: mine, publicKey: createPublicKey(theirs) }).toString('base64');
const base64 = 'base64 -w 0';

export const opensslSign: Witness = {
  name: 'openssl-sign',
  packages: ['openssl'],
  files: [
    { path: 'message', content: message },
    { path: 'other', content: knownBytes('other', 1234) },
    ...[...SAME, ...RANDOM].map(({ name, key }) => ({ path: `${name}.pem`, content: Buffer.from(pem(key)) })),
    ...RANDOM.map(({ name, key }) => ({ path: `${name}.host`, content: sign('sha256', message, key) })),
    ...AGREEMENTS.flatMap(({ name, mine, theirs }) => [
      { path: `${name}.pem`, content: Buffer.from(pem(mine)) },
      { path: `${name}.peer`, content: Buffer.from(pem(createPublicKey(theirs))) },
    ]),
  ],
  script: [
    'status=0',
    ...SAME.flatMap(({ name, options }) => [
      `openssl pkeyutl -sign -inkey ${name}.pem -rawin ${options} -in message -out ${name}.signature || status=1`,
      `echo "${name} $(${base64} ${name}.signature)"`,
      `openssl pkeyutl -verify -inkey ${name}.pem -rawin ${options} -in message -sigfile ${name}.signature || status=1`,
      `openssl pkeyutl -verify -inkey ${name}.pem -rawin ${options} -in other -sigfile ${name}.signature 2>/dev/null`,
    ]),
    ...RANDOM.flatMap(({ name }) => [
      `openssl dgst -sha256 -prverify ${name}.pem -signature ${name}.host message || status=1`,
      `openssl dgst -sha256 -prverify ${name}.pem -signature ${name}.host other 2>/dev/null`,
      `openssl pkeyutl -sign -inkey ${name}.pem -rawin -digest sha256 -in message -pkeyopt nonce-type:1 -out s`,
      `echo "${name} $(${base64} s)"`,
      `openssl dgst -sha256 -prverify ${name}.pem -signature s message || status=1`,
    ]),
    ...AGREEMENTS.flatMap(({ name }) => [
      `openssl pkeyutl -derive -inkey ${name}.pem -peerkey ${name}.peer -out secret || status=1`,
      `echo "${name} $(${base64} secret)"`,
    ]),
    ...NEW.flatMap((options) => [
      `openssl genpkey -quiet ${options} -out new.pem && openssl pkey -in new.pem -noout -check || status=1`,
      'openssl pkeyutl -sign -inkey new.pem -rawin -in message -out s || status=1',
      'openssl pkeyutl -verify -inkey new.pem -rawin -in message -sigfile s || status=1',
      'openssl pkeyutl -verify -inkey new.pem -rawin -in other -sigfile s 2>/dev/null',
    ]),
    ...SEEDED.map((command) => `${command} || status=1`),
    'exit $status',
    '',
  ].join('\n'),
  expected: [
    ...SAME.flatMap(({ name, key }) => [
      `${name} ${deterministic(key).toString('base64')}`, 'Signature Verified Successfully',
      'Signature Verification Failure',
    ]),
    ...RANDOM.flatMap(() => ['Verified OK', 'Verification failure', 'Verified OK']),
    ...AGREEMENTS.map((pair) => `${pair.name} ${agreement(pair)}`),
    ...NEW.flatMap(() => ['Key is valid', 'Signature Verified Successfully', 'Signature Verification Failure']),
    'Signature Verified Successfully', 'ML-KEM-768 agrees',
  ],
};
