/**
 * The file of a recording: lines of JSON. The first has the version and what the machine is made of; then inputs and digests in order;
 * then the end; the last is the SHA-256 of all bytes before it.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigurationError } from '../../support/errors.js';
import type { MachineDescription } from '../board-description.js';
import type { MachineInput, Moment } from './journal.js';

export const RECORDING_VERSION = 1;

/** One line between the first and the last two. */
export type Entry = Moment & ({ readonly digest: string } | { readonly input: MachineInput });

export interface Recording {
  readonly description: MachineDescription;
  readonly entries: readonly Entry[];
  readonly end: Moment;
}

export const headLine = (description: MachineDescription): string =>
  `${JSON.stringify({ format: 'ulna recording', version: RECORDING_VERSION, description })}\n`;

export function entryLine(entry: Entry): string {
  if ('digest' in entry || entry.input.kind !== 'bytes') return `${JSON.stringify(entry)}\n`;
  const { bytes, ...input } = entry.input;
  return `${JSON.stringify({ ...entry, input: { ...input, base64: Buffer.from(bytes).toString('base64') } })}\n`;
}

export const endLine = (end: Moment): string => `${JSON.stringify({ end })}\n`;

export const sumLine = (sha256: string): string => `${JSON.stringify({ sha256 })}\n`;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function momentOf(value: unknown): Moment | undefined {
  const { step, instructions, nanoseconds } = (value ?? {}) as Record<string, unknown>;
  return isCount(step) && isCount(instructions) && isCount(nanoseconds) ? { step, instructions, nanoseconds } : undefined;
}

function inputOf(value: unknown): MachineInput | undefined {
  const { kind, line, base64 } = (value ?? {}) as Record<string, unknown>;
  if (kind === 'powerdown' || kind === 'reset' || kind === 'stop') return { kind };
  if (kind !== 'bytes' || !isCount(line) || typeof base64 !== 'string') return undefined;
  return { kind, line, bytes: new Uint8Array(Buffer.from(base64, 'base64')) };
}

function entryOf(value: unknown): Entry | undefined {
  const moment = momentOf(value);
  const { digest, input } = value as Record<string, unknown>;
  if (moment === undefined) return undefined;
  if (typeof digest === 'string') return { ...moment, digest };
  const given = inputOf(input);
  return given && { ...moment, input: given };
}

/** Reads a recording. @throws ConfigurationError when it is none, is damaged, or did not come to its end */
export function readRecording(path: string): Recording {
  const fail = (why: string): never => {
    throw new ConfigurationError(`--replay ${path}: ${why}`);
  };
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return fail(code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? String(error)})`);
  }
  const parse = (line: string): Record<string, unknown> => {
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
    } catch {
      // said below
    }
    return fail('is damaged');
  };
  const lines = bytes.toString('utf8').split('\n');
  if (!/^\{"format":"ulna recording",/.test(lines[0])) return fail('is no recording');
  const head = parse(lines[0]);
  if (head['version'] !== RECORDING_VERSION) {
    return fail(`has version ${String(head['version'])} of the format; this is for ${RECORDING_VERSION}`);
  }
  if (lines.length < 4 || lines.pop() !== '') return fail('is not complete: the recording did not come to its end');
  const last = lines.pop()!;
  const { sha256 } = parse(last);
  if (sha256 === undefined) return fail('is not complete: the recording did not come to its end');
  const covered = bytes.subarray(0, bytes.length - Buffer.byteLength(last) - 1);
  if (sha256 !== createHash('sha256').update(covered).digest('hex')) return fail('is damaged');
  const end = momentOf(parse(lines.pop()!)['end']) ?? fail('is damaged');
  const entries = lines.slice(1).map((line) => entryOf(parse(line)) ?? fail('is damaged'));
  return { description: head['description'] as MachineDescription, entries, end };
}
