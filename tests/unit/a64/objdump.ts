import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CANDIDATES = ['aarch64-linux-gnu-objdump', 'aarch64-unknown-linux-gnu-objdump', 'aarch64-elf-objdump'];

/** The AArch64 objdump of this machine, if it has one. */
export function findObjdump(): string | undefined {
  return CANDIDATES.find((program) => {
    try {
      return execFileSync(program, ['--version'], { stdio: ['ignore', 'pipe', 'ignore'] }).includes('GNU objdump');
    } catch {
      return false;
    }
  });
}

/** One space between mnemonic and operands, no comment, no symbol. */
export function normalize(text: string): string {
  return text.replace(/\s*\/\/.*$/, '').replace(/ <[^>]*>$/, '').replace('\t', ' ').trim();
}

/** objdump's text of each word, the i-th at address 4 * i. */
export function objdump(program: string, words: readonly number[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'ulna-objdump-'));
  try {
    const file = join(folder, 'words.bin');
    writeFileSync(file, Buffer.from(Int32Array.from(words).buffer));
    const output = execFileSync(program, ['-D', '-z', '-b', 'binary', '-m', 'aarch64', file], { maxBuffer: 1 << 28 });
    const lines = output.toString().split('\n');
    return lines
      .map((line) => /^ *[0-9a-f]+:\t[0-9a-f]{8} \t(.*)$/.exec(line))
      .flatMap((match) => (match ? [normalize(match[1])] : []));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
