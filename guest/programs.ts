/** Builds the Linux programs in guest/programs: one C file each, linked with bench.c there. Works from a checkout. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { ConfigurationError } from '../src/support/errors.js';
import { assembleProgram } from './assemble.js';

/** The sources, seen from here or from the compiled file in dist/guest. */
const PLACES = [new URL('./programs/', import.meta.url), new URL('../../guest/programs/', import.meta.url)];

function folder(): URL {
  const found = PLACES.find((url) => existsSync(new URL('bench.c', url)));
  if (found === undefined) throw new ConfigurationError('the sources in guest/programs are missing: use a checkout');
  return found;
}

/** Everything that a C file there may include, and what has main. */
const isShared = (name: string): boolean => name.endsWith('.h') || name === 'bench.c';

/** Text of one file of guest/programs. */
export const programText = (name: string): string => readFileSync(new URL(name, folder()), 'utf8');

/** Names of the C files that make a program each, without `.c`. */
export function programSources(): string[] {
  return readdirSync(folder())
    .filter((name) => name.endsWith('.c') && !isShared(name))
    .map((name) => name.slice(0, -2));
}

export interface ProgramSource {
  /** Name of the C file, without `.c`. */
  readonly source: string;
  /** Further compiler arguments: definitions. */
  readonly flags?: readonly string[];
  /** As -march takes it; armv8-a without it. */
  readonly architecture?: string;
}

/** A static arm64 program from one C file; gives the ELF file's path in the cache. */
export async function buildProgram(program: ProgramSource, cache?: string): Promise<string> {
  const shared = readdirSync(folder()).filter(isShared);
  const { elf } = await assembleProgram({
    source: programText(`${program.source}.c`),
    language: 'c',
    kind: 'static',
    architecture: program.architecture ?? 'armv8-a',
    files: Object.fromEntries(shared.map((name) => [name, programText(name)])),
    flags: [
      ...(program.flags ?? []), 'bench.c', '-I.', '-Wall', '-Wextra', '-Werror', '-s', '-Wl,--gc-sections',
      // Answers are compared bit by bit, and a call of sqrt() for its errno would need libm.
      '-ffp-contract=off', '-fno-math-errno',
    ],
    ...(cache === undefined ? {} : { cache }),
  });
  return elf;
}
