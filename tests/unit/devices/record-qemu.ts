import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SEQUENCES, type Sequence } from './qemu-sequences.js';

/** Where virt puts the devices. QEMU fills the virtio slots from the last one downwards. */
const BASE: Record<Sequence['device'], number> = {
  pl011: 0x0900_0000, pl031: 0x0901_0000, pl061: 0x0903_0000, flash: 0x0400_0000, 'fw-cfg': 0x0902_0000,
  'virtio-empty': 0x0a00_0000, 'virtio-blk': 0x0a00_3e00, 'virtio-rng': 0x0a00_3c00,
};
const SUFFIX = { 1: 'b', 2: 'w', 4: 'l', 8: 'q' } as const;

/** Plays every sequence on QEMU's own devices through its qtest port, each on a fresh machine. */
export function recordQemu(): Record<string, string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'ulna-qtest-'));
  const disk = join(directory, 'disk');
  writeFileSync(disk, '');
  truncateSync(disk, 8 << 20);
  try {
    return Object.fromEntries(SEQUENCES.map((sequence) => [sequence.name, play(sequence, disk)]));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function play(sequence: Sequence, disk: string): string[] {
  const base = BASE[sequence.device];
  const input = sequence.steps.map(([kind, size, offset, value]) =>
    kind === 'r' ? `read${SUFFIX[size]} ${base + offset}\n` : `write${SUFFIX[size]} ${base + offset} ${value}\n`,
  );
  const script = 'cat; sleep 0.5';
  const text = execFileSync(
    'sh',
    ['-c', `(${script}) | timeout 20 qemu-system-aarch64 "$@"; true`, 'sh', '-M', 'virt', '-S', '-qtest', 'stdio',
      '-qtest-log', 'none', '-display', 'none', '-nodefaults', '-serial', 'null', '-rtc', 'base=2020-01-01,clock=vm',
      '-global', 'virtio-mmio.force-legacy=false', '-drive', `if=none,id=d,format=raw,file=${disk}`,
      '-device', 'virtio-blk-device,drive=d', '-device', 'virtio-rng-device'],
    { input: input.join(''), encoding: 'utf8', stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const answers = text.split('\n').filter((line) => line.startsWith('OK'));
  if (answers.length !== sequence.steps.length) throw new Error(`${sequence.name}: ${answers.length} answers`);
  return sequence.steps.flatMap((step, i) =>
    step[0] === 'r' ? [`0x${BigInt(answers[i].slice(3)).toString(16)}`] : [],
  );
}
