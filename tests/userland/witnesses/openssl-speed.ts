/** `openssl speed`: every operation ends well, and the rates that it reports are those of its own counts. */
import type { Witness } from '../witness.js';

const BYTES = 1024;
/** Algorithms that work on blocks, by the name for `-evp`. */
const BULK = [
  'md5', 'sha1', 'sha256', 'sha512', 'sha3-256', 'sm3', 'blake2b512', 'aes-128-cbc', 'aes-256-ctr', 'aes-128-gcm',
  'aes-256-gcm', 'aes-128-ccm', 'aes-128-xts', 'chacha20-poly1305', 'sm4-cbc', 'sm4-gcm', 'camellia-128-cbc',
];
const KEYS = ['rsa2048', 'ecdsap256', 'ecdhx25519', 'ed25519'];

/** The lines that follow `~speed NAME`. */
function linesOf(lines: readonly string[], name: string): readonly string[] {
  const at = lines.indexOf(`~speed ${name}`);
  if (at < 0) return [];
  const end = lines.findIndex((line, index) => index > at && line.startsWith('~speed '));
  return lines.slice(at + 1, end < 0 ? lines.length : end);
}

/** -mr prints `+R:COUNT:NAME:SECONDS` and `+F:INDEX:NAME:RATE`, the rate in bytes a second. */
function checkBulk(name: string, lines: readonly string[]): string[] {
  const find = (pattern: RegExp): RegExpExecArray | undefined =>
    lines.map((line) => pattern.exec(line)).find((match) => match !== null) ?? undefined;
  const [counted, rated] = [find(/^~\+R:(\d+):[^:]+:([\d.]+)$/), find(/^~\+F:\d+:[^:]+:([\d.]+)$/)];
  if (counted === undefined || rated === undefined) return [`speed ${name}: no result`];
  const [count, seconds, rate] = [Number(counted[1]), Number(counted[2]), Number(rated[1])];
  // The time is printed with two digits behind the point, and the rate made of the exact one.
  const expected = (count * BYTES) / seconds;
  const tolerance = (count * BYTES * 0.006) / (seconds * (seconds - 0.006)) + 0.01;
  if (count > 0 && seconds > 0.006 && Math.abs(rate - expected) <= tolerance) return [];
  return [`speed ${name}: ${count} blocks in ${seconds} s are not ${rate} bytes a second`];
}

/** Operations with keys: `+R<n>:COUNT:...:SECONDS` for each, `+F<n>:INDEX:NAME:RATE...` for all of a kind of key. */
function checkKeys(name: string, lines: readonly string[]): string[] {
  const counts = lines.map((line) => /^~\+R\d+:(\d+):/.exec(line)?.[1]).filter((count) => count !== undefined);
  const results = lines.filter((line) => /^~\+F\d+:/.test(line));
  const rates = results.flatMap((line) => line.split(':').slice(3).map(Number)).filter((rate) => !Number.isNaN(rate));
  const fine = counts.length > 0 && results.length > 0 && [...counts.map(Number), ...rates].every((value) => value > 0);
  return fine ? [] : [`speed ${name}: no result, or one of 0`];
}

function check(lines: readonly string[]): string[] {
  return [
    ...BULK.flatMap((name) => checkBulk(name, linesOf(lines, name))),
    ...KEYS.flatMap((name) => checkKeys(name, linesOf(lines, name))),
    ...lines.filter((line) => /fail|error/i.test(line)).map((line) => `it says ${line}`),
  ];
}

export const opensslSpeed: Witness = {
  name: 'openssl-speed',
  packages: ['openssl'],
  script: [
    'speed() { openssl speed -mr -seconds 1 "$@" >out 2>err; result=$?; cat err out | sed "s/^/~/"; return $result; }',
    'status=0',
    ...[...BULK.map((name) => [name, `-bytes ${BYTES} -evp ${name}`]), ...KEYS.map((name) => [name, name])].flatMap(
      ([name, options]) => [`echo "~speed ${name}"`, `speed ${options} || { echo "${name} failed"; status=1; }`],
    ),
    'exit $status',
    '',
  ].join('\n'),
  expected: [],
  check,
};
