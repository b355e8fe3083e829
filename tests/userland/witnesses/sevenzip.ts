/** 7-Zip: its benchmark of LZMA, which checks its own results, its hash functions, and archives there and back. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { knownBytes } from '../known-data.js';
import type { Witness } from '../witness.js';

/** Text-like bytes that compress well, and bytes that do not. */
const words = [...knownBytes('words', 40_000)].map((byte) => ['one ', 'and ', 'two\n', 'many ', 'zero '][byte % 5]);
const files = [
  { path: 'words', content: Buffer.from(words.join('')) },
  { path: 'noise', content: knownBytes('noise', 50_001) },
];

/** Methods of archives, with 7-Zip's options. */
const METHODS = ['-m0=LZMA2 -mx=5', '-m0=LZMA -mx=9', '-m0=PPMd', '-m0=BZip2', '-m0=Deflate', '-m0=Deflate64',
  '-m0=LZMA2 -mf=ARM64', '-m0=LZMA2 -pword -mhe=on', '-m0=Copy -pword'];

const hashes = files.map(({ content }) => ({
  CRC32: crc32(content).toString(16).toUpperCase().padStart(8, '0'),
  SHA1: createHash('sha1').update(content).digest('hex'),
  SHA256: createHash('sha256').update(content).digest('hex'),
  SHA512: createHash('sha512').update(content).digest('hex'),
  'SHA3-256': createHash('sha3-256').update(content).digest('hex'),
  MD5: createHash('md5').update(content).digest('hex'),
}));

export const sevenzip: Witness = {
  name: '7zip',
  packages: ['7zip'],
  files,
  script: [
    'status=0',
    // One thread, dictionaries of 2^18 bytes, one round; a wrong checksum is an error, which its status tells.
    '7z b 1 -mmt1 -md18 >out 2>&1 || { echo "7z b failed"; status=1; }',
    'sed "s/^/~/" out',
    'for file in words noise; do',
    '  for hash in CRC32 CRC64 SHA1 SHA256 SHA384 SHA512 SHA3-256 BLAKE2sp XXH64 MD5; do',
    '    echo "$file $hash $(7z h "-scrc$hash" $file | grep "for data:" | sed "s/.*: *//")"',
    '  done',
    'done',
    ...METHODS.flatMap((options, index) => [
      'rm -rf archive.7z out',
      `7z a -mmt1 ${options} archive.7z words noise >log 2>&1 || { sed "s/^/~/" log; status=1; }`,
      '7z t -pword archive.7z >log 2>&1 || { sed "s/^/~/" log; status=1; }',
      '7z x -pword -oout archive.7z >log 2>&1 || { sed "s/^/~/" log; status=1; }',
      `cmp words out/words && cmp noise out/noise && echo "archive ${index} ${options}" || status=1`,
    ]),
    'exit $status',
    '',
  ].join('\n'),
  expected: [
    ...files.flatMap(({ path }, index) =>
      Object.entries(hashes[index]).map(([name, hash]) => `${path} ${name} ${hash}`)),
    ...METHODS.map((options, index) => `archive ${index} ${options}`),
  ],
  check: (lines) => {
    const results = lines.filter((line) => /^~(Avr|Tot):/.test(line));
    const wrong = lines.filter((line) => /error/i.test(line)).map((line) => `it says ${line}`);
    return results.length >= 2 ? wrong : ['7z b printed no averages', ...wrong];
  },
};
