/**
 * Kernel modules by name, with what they need. Debian's packages come without modules.dep (depmod makes it when they
 * are installed), so dependencies are read from the modules themselves: the `depends` of their .modinfo section.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ConfigurationError } from '../src/support/errors.js';
import { ProgramMissingError, runProgram } from './process.js';

/** A module ready for insmod. */
export interface KernelModule {
  /** Name with underscores, as lsmod prints it. */
  readonly name: string;
  /** Uncompressed ELF file. */
  readonly content: Uint8Array;
}

/** modprobe takes '-' and '_' for the same. */
function canonicalName(name: string): string {
  return name.replaceAll('-', '_');
}

const MODULE_FILE = /^(.+)\.ko(\.xz|\.gz|\.zst)?$/;

/** Paths of all module files below a folder, by canonical name. */
async function indexModules(folder: string): Promise<Map<string, string>> {
  const index = new Map<string, string>();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const name = MODULE_FILE.exec(entry.name)?.[1];
    if (name && entry.isFile()) index.set(canonicalName(name), join(entry.parentPath, entry.name));
  }
  return index;
}

/** Names of what is built into the kernel itself (modules.builtin: one path a line). */
async function readBuiltin(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, 'modules.builtin'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .map((line) => MODULE_FILE.exec(line.slice(line.lastIndexOf('/') + 1))?.[1])
    .filter((name) => name !== undefined)
    .map(canonicalName);
}

/** Reads a module file; .xz and .zst are decompressed by the system's own programs, as Node has neither. */
async function readModule(path: string): Promise<Uint8Array> {
  const packed = await readFile(path);
  if (path.endsWith('.gz')) return gunzipSync(packed);
  const program = path.endsWith('.xz') ? 'xz' : path.endsWith('.zst') ? 'zstd' : undefined;
  if (program === undefined) return packed;
  const result = await runProgram(program, ['-dc'], { input: packed }).catch((error: unknown) => {
    if (!(error instanceof ProgramMissingError)) throw error;
    throw new ConfigurationError(`${program} is needed to unpack the kernel module ${path}`);
  });
  if (result.status !== 0) throw new ConfigurationError(`${program} cannot unpack the kernel module ${path}`);
  return result.stdout;
}

/** The `key=value` strings of an ELF64 little-endian module's .modinfo section (ELF-64 Object File Format). */
export function readModuleInfo(module: Uint8Array): Map<string, string[]> {
  const info = new Map<string, string[]>();
  const view = new DataView(module.buffer, module.byteOffset, module.byteLength);
  const isElf64 = module.length >= 64 && view.getUint32(0) === 0x7f454c46 && module[4] === 2 && module[5] === 1;
  if (!isElf64) throw new RangeError('not a 64-bit little-endian ELF file');
  const sections = Number(view.getBigUint64(0x28, true));
  const entrySize = view.getUint16(0x3a, true);
  const count = view.getUint16(0x3c, true);
  const section = (index: number) => {
    const at = sections + index * entrySize;
    return {
      name: view.getUint32(at, true),
      offset: Number(view.getBigUint64(at + 0x18, true)),
      size: Number(view.getBigUint64(at + 0x20, true)),
    };
  };
  const names = section(view.getUint16(0x3e, true)).offset;
  const decoder = new TextDecoder();
  for (let index = 0; index < count; index++) {
    const { name, offset, size } = section(index);
    const nameAt = names + name;
    if (decoder.decode(module.subarray(nameAt, module.indexOf(0, nameAt))) !== '.modinfo') continue;
    for (const text of decoder.decode(module.subarray(offset, offset + size)).split('\0')) {
      const equals = text.indexOf('=');
      if (equals <= 0) continue;
      const key = text.slice(0, equals);
      info.set(key, [...(info.get(key) ?? []), text.slice(equals + 1)]);
    }
  }
  return info;
}

/** Names that a .modinfo says must be loaded first: `depends`, and the `pre:` part of soft dependencies. */
function requirements(info: Map<string, string[]>): { hard: string[]; soft: string[] } {
  const hard = (info.get('depends') ?? []).flatMap((value) => value.split(',')).filter((name) => name !== '');
  const soft = (info.get('softdep') ?? [])
    .flatMap((value) => /pre:\s*([^:]*?)(?:\s+post:|$)/.exec(value)?.[1]?.split(/\s+/) ?? [])
    .filter((name) => name !== '');
  return { hard: hard.map(canonicalName), soft: soft.map(canonicalName) };
}

/**
 * The modules of `names` and all they depend on, in an order in which insmod can load them. What is built into the
 * kernel is left out. `folders` hold the parts of lib/modules/<release>. A name that is neither a module nor built in
 * is a configuration error.
 */
export async function resolveModules(folders: readonly string[], names: readonly string[]): Promise<KernelModule[]> {
  if (names.length === 0) return [];
  const index = new Map<string, string>();
  const builtin = new Set<string>();
  for (const folder of folders) {
    for (const [name, path] of await indexModules(folder)) if (!index.has(name)) index.set(name, path);
    for (const name of await readBuiltin(folder)) builtin.add(name);
  }
  const loaded = new Map<string, KernelModule>();
  const visiting = new Set<string>();
  const visit = async (name: string, needed: boolean, neededBy: string): Promise<void> => {
    if (loaded.has(name) || builtin.has(name) || visiting.has(name)) return;
    const path = index.get(name);
    if (path === undefined) {
      if (needed) throw new ConfigurationError(`the kernel has no module ${name}${neededBy}`);
      return;
    }
    visiting.add(name);
    const content = await readModule(path);
    let required: { hard: string[]; soft: string[] };
    try {
      required = requirements(readModuleInfo(content));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new ConfigurationError(`kernel module ${relative(folders[0] ?? '/', path)}: ${error.message}`);
    }
    for (const other of required.soft) await visit(other, false, '');
    for (const other of required.hard) await visit(other, true, `, which ${name} needs`);
    loaded.set(name, { name, content });
  };
  for (const name of names) await visit(canonicalName(name), true, '');
  return [...loaded.values()];
}
