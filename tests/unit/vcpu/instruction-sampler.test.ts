import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptySamples, InstructionSampler, SAMPLE_BYTES, SampleFlags } from '../../../runtime/vcpu/instruction-sampler.js';

const WINDOW = 256;

describe('InstructionSampler', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ulna-sample-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const fail = (error: unknown): never => {
    throw error;
  };
  /** A window of instructions one behind the other. */
  const window = (sampler: InstructionSampler, start: bigint, el: number): void => {
    sampler.passed(1e9);
    expect(sampler.active).toBe(true);
    for (let i = 0; sampler.active; i++) sampler.take(start + BigInt(4 * i), i, el);
  };

  it('adds the windows of several vCPUs to one file, each as a whole', () => {
    const path = join(folder, 'sample');
    writeFileSync(path, 'of an earlier run');
    emptySamples(path);
    const samplers = [0, 1, 2].map((cpu) => new InstructionSampler(path, cpu, fail));
    for (let round = 0; round < 40; round++) samplers.forEach((sampler, cpu) => window(sampler, BigInt(cpu) << 32n, cpu % 2));
    for (const sampler of samplers) sampler.flush();
    const bytes = readFileSync(path);
    expect(bytes.length).toBe(3 * 40 * WINDOW * SAMPLE_BYTES);
    const windows = [0, 0, 0];
    for (let at = 0; at < bytes.length; at += WINDOW * SAMPLE_BYTES) {
      const cpu = bytes[at + 14];
      windows[cpu]++;
      for (let i = 0; i < WINDOW; i++) {
        const entry = at + i * SAMPLE_BYTES;
        expect(bytes.readBigUInt64LE(entry)).toBe((BigInt(cpu) << 32n) + BigInt(4 * i));
        expect(bytes.readUInt32LE(entry + 12)).toBe((i === 0 ? SampleFlags.FirstOfWindow : 0) | ((cpu % 2) << 8) | (cpu << 16));
      }
    }
    expect(windows).toEqual([40, 40, 40]);
  });
});
