import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readKernel } from '../../../src/machine/loaders/kernel.js';
import { ZstdError, decompressZstd } from '../../../src/machine/loaders/zstd.js';
import { ConfigurationError } from '../../../src/support/errors.js';
import { generator } from './helpers/fuzz.js';
import { named, peImage, zbootImage } from './helpers/images.js';

interface Sample {
  readonly name: string;
  readonly length: number;
  readonly sha256: string;
  /** The compressed frame, base64. */
  readonly frame: string;
}

// Made by data/record-zstd.sh with the reference compressor.
const samples = JSON.parse(readFileSync(new URL('data/zstd.json', import.meta.url), 'utf8')) as Sample[];
const LIMIT = 1 << 22;

describe('zstd', () => {
  test.each(samples.map((sample) => [sample.name, sample] as const))('%s', (_name, sample) => {
    const out = decompressZstd(Buffer.from(sample.frame, 'base64'), LIMIT);
    expect(out.length).toBe(sample.length);
    expect(createHash('sha256').update(out).digest('hex')).toBe(sample.sha256);
  });

  test('frames one after the other, skippable ones between, other bytes after', () => {
    const frame = Buffer.from(samples[0].frame, 'base64');
    const skippable = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const rest = Buffer.from([1, 2, 3, 4, 5]);
    const out = decompressZstd(Buffer.concat([skippable, frame, skippable, frame, rest]), LIMIT);
    expect(out.length).toBe(2 * samples[0].length);
  });

  test('no frame, a dictionary, too much output', () => {
    expect(() => decompressZstd(Uint8Array.of(1, 2, 3, 4, 5), LIMIT)).toThrow(ZstdError);
    expect(() => decompressZstd(new Uint8Array(0), LIMIT)).toThrow(ZstdError);
    const dictionary = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x21, 7, 0, 1, 0, 0);
    expect(() => decompressZstd(dictionary, LIMIT)).toThrow(/dictionary/);
    const large = samples.reduce((a, b) => (a.length > b.length ? a : b));
    expect(() => decompressZstd(Buffer.from(large.frame, 'base64'), large.length - 1)).toThrow(/larger/);
  });

  test('damaged frames fail cleanly', () => {
    const next = generator(7);
    for (const sample of samples) {
      const frame = Buffer.from(sample.frame, 'base64');
      for (let round = 0; round < 300; round++) {
        const bytes = Uint8Array.from(round % 3 === 0 ? frame.subarray(0, next() % frame.length) : frame);
        for (let i = next() % 4; i > 0 && bytes.length > 0; i--) bytes[next() % bytes.length] = next();
        try {
          decompressZstd(bytes, LIMIT);
        } catch (error) {
          if (!(error instanceof ZstdError)) throw error;
        }
      }
    }
  });

  test('EFI zboot kernel with zstd', () => {
    const sample = samples.find(({ name }) => name === 'image') as Sample;
    const payload = Buffer.from(sample.frame, 'base64');
    expect(readKernel(named('k', zbootImage('zstd', payload)))).toMatchObject({ kind: 'linux', bytes: peImage(5000) });
    expect(() => readKernel(named('k', zbootImage('zstd', payload.subarray(0, 20))))).toThrow(ConfigurationError);
  });
});
