/** Bytes and keys that are the same in every run: made from their names. */
import { createHash, createPrivateKey, checkPrimeSync, createECDH, type KeyObject } from 'node:crypto';

/** `length` bytes that `name` stands for (SHAKE256 of it). */
export function knownBytes(name: string, length: number): Buffer {
  if (length === 0) return Buffer.alloc(0);
  return createHash('shake256', { outputLength: length }).update(name).digest();
}

/** PKCS #8 for a raw private key of RFC 8410: its object identifier 1.3.101.`arc` and its bytes. */
function rawKey(arc: number, bytes: Buffer): KeyObject {
  const inner = Buffer.concat([Buffer.from([0x04, bytes.length]), bytes]);
  const algorithm = Buffer.from([0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, arc]);
  const body = Buffer.concat([
    Buffer.from([0x02, 0x01, 0x00]), algorithm, Buffer.from([0x04, inner.length]), inner,
  ]);
  const der = Buffer.concat([Buffer.from([0x30, body.length]), body]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

const RAW = { x25519: [110, 32], x448: [111, 56], ed25519: [112, 32], ed448: [113, 57] } as const;

/** A private key of one of RFC 8410's kinds. */
export function knownRawKey(kind: keyof typeof RAW, name: string): KeyObject {
  const [arc, length] = RAW[kind];
  return rawKey(arc, knownBytes(`${kind} ${name}`, length));
}

const CURVES = { 'P-256': ['prime256v1', 32], 'P-384': ['secp384r1', 48] } as const;

/** A private key on a NIST curve. The value is below the order: it has a byte less than that. */
export function knownCurveKey(curve: keyof typeof CURVES, name: string): KeyObject {
  const [group, length] = CURVES[curve];
  const secret = Buffer.concat([Buffer.alloc(1), knownBytes(`${curve} ${name}`, length - 1)]);
  const pair = createECDH(group);
  pair.setPrivateKey(secret);
  const point = pair.getPublicKey();
  const part = (from: number): string => point.subarray(from, from + length).toString('base64url');
  const key = { kty: 'EC', crv: curve, d: secret.toString('base64url'), x: part(1), y: part(1 + length) };
  return createPrivateKey({ key, format: 'jwk' });
}

function toNumber(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

function modularInverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [((value % modulus) + modulus) % modulus, modulus, 1n, 0n];
  while (a !== 0n) {
    const quotient = b / a;
    [a, b, x, y] = [b - quotient * a, a, y - quotient * x, x];
  }
  return ((y % modulus) + modulus) % modulus;
}

const EXPONENT = 65537n;

/** The first prime from a known number on that suits an RSA key: its two highest bits are set. */
function knownPrime(name: string, bits: number): bigint {
  const top = 3n << BigInt(bits - 2);
  let candidate = (toNumber(knownBytes(`prime ${name}`, bits / 8)) | top) | 1n;
  while (!checkPrimeSync(candidate) || (candidate - 1n) % EXPONENT === 0n) candidate += 2n;
  return candidate;
}

/** An RSA private key with a modulus of `bits` bits. */
export function knownRsaKey(bits: number, name: string): KeyObject {
  const [p, q] = [knownPrime(`p ${name}`, bits / 2), knownPrime(`q ${name}`, bits / 2)];
  const d = modularInverse(EXPONENT, (p - 1n) * (q - 1n));
  const text = (value: bigint): string => {
    const digits = value.toString(16);
    return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex').toString('base64url');
  };
  const key = {
    kty: 'RSA', n: text(p * q), e: text(EXPONENT), d: text(d), p: text(p), q: text(q),
    dp: text(d % (p - 1n)), dq: text(d % (q - 1n)), qi: text(modularInverse(q, p)),
  };
  return createPrivateKey({ key, format: 'jwk' });
}

/** A key as PEM, for the guest. */
export function pem(key: KeyObject): string {
  return key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }).toString();
}
