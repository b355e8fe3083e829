#!/bin/bash
# Compresses deterministic data with the reference zstd (recorded with 1.5.4) at settings that between them use every block
# type, literal type, sequence table mode and stream count. Needs zstd and python3.
set -euo pipefail
cd "$(dirname "$0")"
python3 - >zstd.json <<'PY'
import base64, hashlib, json, subprocess

def noise(n, seed):
    out, x = bytearray(), seed
    for _ in range(n):
        x ^= (x << 13) & 0xffffffff; x ^= x >> 17; x ^= (x << 5) & 0xffffffff
        out.append(x & 0xff)
    return bytes(out)

def words(n):
    vocabulary = [noise(3 + i % 9, i * 7 + 1).hex().encode() for i in range(400)]
    picks = noise(2 * n, 99)
    return b' '.join(vocabulary[(picks[2 * i] | picks[2 * i + 1] << 8) % 400 if picks[2 * i] > 99 else picks[2 * i] % 20]
                     for i in range(n))

def skewed(n):
    return bytes(min(b & c & d, 63) for b, c, d in zip(noise(n, 5), noise(n, 6), noise(n, 7)))

image = bytearray(0x1000 + 5000)
def put(at, width, value): image[at:at + width] = value.to_bytes(width, 'little')
put(0, 4, 0xd503201f); put(4, 4, 0x14000000); put(16, 8, 2 << 20); put(24, 8, 10); put(56, 4, 0x644d5241)
image[0:2] = b'MZ'; put(60, 4, 64); image[64:68] = b'PE\0\0'; put(70, 2, 1); put(84, 2, 0xa0)
put(64 + 24 + 0xa0 + 16, 4, 5000); put(64 + 24 + 0xa0 + 20, 4, 0x1000)

cases = [
    ('words, fast', words(1500), ['-1']), ('words, level 19', words(1500), ['-19']),
    ('words, negative level', words(600), ['--fast=5']), ('words, several blocks', words(9500), ['--ultra', '-22']),
    ('few words', words(40), ['-3']), ('one byte', b'x', ['-3']), ('nothing', b'', ['-3']),
    ('one byte repeated', b'a' * 300000, ['-3']), ('noise', noise(3000, 3), ['-3']),
    ('skewed bytes', skewed(9000), ['-3']), ('skewed bytes, level 19', skewed(2500), ['-19']),
    ('period 3', b'abc' * 40000, ['-5']), ('long matches', (noise(700, 9) + b'.' * 70000) * 2, ['-19']),
    ('noise with repeats', noise(900, 1) * 3 + noise(200, 2) + noise(900, 1), ['-6']),
    ('no checksum', words(500), ['-3', '--no-check']), ('image', bytes(image), ['-22', '--ultra']),
]
samples = []
for name, data, options in cases:
    # From a pipe the size is not known, so half the frames carry none.
    if len(samples) % 2 == 0:
        frame = subprocess.run(['zstd', '-q', '-c', *options], input=data, capture_output=True, check=True).stdout
    else:
        frame = subprocess.run(['zstd', '-q', '-c', f'--stream-size={len(data)}', *options] if data else
                               ['zstd', '-q', '-c', *options], input=data, capture_output=True, check=True).stdout
    samples.append({'name': name, 'length': len(data), 'sha256': hashlib.sha256(data).hexdigest(),
                    'frame': base64.b64encode(frame).decode()})
print('[\n' + ',\n'.join(json.dumps(s) for s in samples) + '\n]')
PY
