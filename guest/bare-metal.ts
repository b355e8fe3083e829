/** Builds the programs in guest/bare-metal: one C file each, linked with the runtime there. Works from a checkout. */
import { readFileSync, readdirSync } from 'node:fs';
import { assembleProgram } from './assemble.js';

const FOLDER = new URL('./bare-metal/', import.meta.url);
/** What every program is linked with or includes. */
const SHARED = readdirSync(FOLDER).filter((name) => /^(start|runtime|tables)\.|^link\.ld$/.test(name));
const read = (name: string): string => readFileSync(new URL(name, FOLDER), 'utf8');

/** Names of the programs. */
export function bareMetalPrograms(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.c') && !SHARED.includes(name))
    .map((name) => name.slice(0, -2));
}

/** Path of the program's ELF file, in the cache. */
export async function buildBareMetal(name: string, cache?: string): Promise<string> {
  const program = await assembleProgram({
    source: read(`${name}.c`),
    language: 'c',
    architecture: 'armv8.3-a',
    files: Object.fromEntries(SHARED.map((file) => [file, read(file)])),
    flags: [
      ...SHARED.filter((file) => /\.[cS]$/.test(file)), '-I.', '-Wl,-T,link.ld', '-O1', '-Wall', '-Werror', '-Wno-main',
      '-mgeneral-regs-only', '-mstrict-align', '-fno-builtin', '-fomit-frame-pointer', '-fno-stack-protector',
    ],
    ...(cache === undefined ? {} : { cache }),
  });
  return program.elf;
}
