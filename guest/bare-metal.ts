/** Builds the programs in guest/bare-metal: one C file each, linked with the runtime there. Works from a checkout. */
import { readFileSync, readdirSync } from 'node:fs';
import { assembleProgram } from './assemble.js';

const FOLDER = new URL('./bare-metal/', import.meta.url);
/** What every program is linked with or includes, and what those for several PEs are linked with besides. */
const SHARED = readdirSync(FOLDER).filter((name) => /^(start|frame|runtime|tables)\.|^link\.ld$/.test(name));
const SEVERAL_PES = readdirSync(FOLDER).filter((name) => /^(pes|secondary)\./.test(name));
const read = (name: string): string => readFileSync(new URL(name, FOLDER), 'utf8');

/** Names of the programs. */
export function bareMetalPrograms(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.c') && !SHARED.includes(name) && !SEVERAL_PES.includes(name))
    .map((name) => name.slice(0, -2));
}

/** Path of the program's ELF file, in the cache. */
export async function buildBareMetal(name: string, cache?: string): Promise<string> {
  const source = read(`${name}.c`);
  const severalPes = source.includes('#include "pes.h"');
  const files = severalPes ? [...SHARED, ...SEVERAL_PES] : SHARED;
  const program = await assembleProgram({
    source,
    language: 'c',
    architecture: 'armv8.3-a',
    files: Object.fromEntries(files.map((file) => [file, read(file)])),
    flags: [
      ...files.filter((file) => /\.[cS]$/.test(file)), ...(severalPes ? ['-Wl,-e,pes_entry'] : []), '-I.', '-Wl,-T,link.ld', '-O1', '-Wall', '-Werror', '-Wno-main',
      '-mgeneral-regs-only', '-mstrict-align', '-fno-builtin', '-fomit-frame-pointer', '-fno-stack-protector',
    ],
    ...(cache === undefined ? {} : { cache }),
  });
  return program.elf;
}
