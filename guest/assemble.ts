/** Builds our own AArch64 programs with the machine's cross tools (gcc-aarch64-linux-gnu), cached by content. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '../src/support/errors.js';
import { cacheRoot, exists, publishFile } from './cache.js';
import { ProgramMissingError, runProgram } from './process.js';

const PREFIX = 'aarch64-linux-gnu-';

export interface AssembleOptions {
  /** Source text; assembly goes through the C preprocessor. */
  readonly source: string;
  readonly language?: 'assembly' | 'c';
  /**
   * `bare` links a freestanding program at `address` with entry `_start` and no libraries; `static` makes a Linux
   * program (C only, with the C library).
   */
  readonly kind?: 'bare' | 'static';
  /** Where a bare program's text begins; the start of the virt board's RAM plus 512 KiB without it. */
  readonly address?: number;
  /** Architecture for the assembler and compiler, as -march takes it. */
  readonly architecture?: string;
  /** Further compiler arguments; relative names in them are those of `files`. */
  readonly flags?: readonly string[];
  /** Further files by name, beside the source where it is compiled: headers, linker scripts, other sources. */
  readonly files?: Readonly<Record<string, string>>;
  readonly cache?: string;
}

export interface AssembledProgram {
  /** ELF file in the cache. */
  readonly elf: string;
  /** Raw bytes from the first to the last loaded section (a bare program only). */
  readonly binary: Uint8Array;
}

/** Runs one cross tool; a source error is reported with the tool's own words. */
async function runTool(name: string, args: readonly string[], cwd?: string): Promise<string> {
  const result = await runProgram(PREFIX + name, args, cwd === undefined ? {} : { cwd }).catch((error: unknown) => {
    if (!(error instanceof ProgramMissingError)) throw error;
    throw new ConfigurationError(`${PREFIX}${name} is needed (Debian: gcc-aarch64-linux-gnu)`);
  });
  if (result.status !== 0) throw new Error(`${PREFIX}${name}: ${result.stderr.trim()}`);
  return result.stdout.toString('utf8');
}

let toolVersion: Promise<string> | undefined;

/** Assembles or compiles, links, and gives the ELF file and, for a bare program, its raw bytes. */
export async function assembleProgram(options: AssembleOptions): Promise<AssembledProgram> {
  const language = options.language ?? 'assembly';
  const kind = options.kind ?? 'bare';
  const address = `0x${(options.address ?? 0x4008_0000).toString(16)}`;
  const march = options.architecture ? [`-march=${options.architecture}`] : [];
  const freestanding = ['-nostdlib', '-nostartfiles', '-ffreestanding', '-static', '-fno-pic', '-no-pie'];
  const linker = ['-Wl,--build-id=none', `-Wl,-Ttext=${address}`, '-Wl,-e,_start', '-Wl,-z,max-page-size=4096'];
  const link = kind === 'bare' ? [...freestanding, ...linker] : ['-static'];
  const args = [...march, ...link, ...(language === 'c' ? ['-O2'] : []), ...(options.flags ?? [])];
  toolVersion ??= runTool('gcc', ['--version']);
  const key = createHash('sha256')
    .update(JSON.stringify([await toolVersion, language, args, options.source, options.files ?? {}]))
    .digest('hex')
    .slice(0, 24);
  const base = join(options.cache ?? cacheRoot(), 'programs', key);
  const elf = `${base}.elf`;
  const raw = `${base}.bin`;
  if (!(await exists(elf)) || (kind === 'bare' && !(await exists(raw)))) {
    const folder = await mkdtemp(join(tmpdir(), 'ulna-assemble-'));
    try {
      const source = join(folder, language === 'c' ? 'program.c' : 'program.S');
      const output = join(folder, 'program.elf');
      await writeFile(source, options.source);
      for (const [name, text] of Object.entries(options.files ?? {})) await writeFile(join(folder, name), text);
      await runTool('gcc', [...args, '-o', output, source], folder);
      if (kind === 'bare') {
        await runTool('objcopy', ['-O', 'binary', output, join(folder, 'program.bin')]);
        await publishFile(raw, await readFile(join(folder, 'program.bin')));
      }
      await publishFile(elf, await readFile(output), 0o755);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return { elf, binary: kind === 'bare' ? await readFile(raw) : new Uint8Array(0) };
}
