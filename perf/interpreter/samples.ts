/** Samples of executed instructions (`ulna boot --sample`), as straight runs of interpreter operations. */
import { readFileSync } from 'node:fs';
import { operationNumbered } from '../../jit/interpreter/operation-table.js';
import { RecordWriter } from '../../jit/interpreter/records.js';
import { SAMPLE_BYTES, SampleFlags } from '../../runtime/vcpu/instruction-sampler.js';

/** Operations executed one behind the other without a taken branch, and how often this very run was sampled. */
export interface Run {
  /** Names; '' for an operation that the main loop does not hold. */
  readonly operations: readonly string[];
  /** Relative: every file counts alike, however long it is. */
  count: number;
}

export interface Samples {
  readonly runs: readonly Run[];
  /** Sum over the runs, each by its count. */
  readonly instructions: number;
}

/** Windows at whose ends runs are cut lose little: they are 256 instructions long. */
export function readSamples(files: readonly string[]): Samples {
  const writer = new RecordWriter({ hasFeature: () => true });
  const record = new Int32Array(4);
  const names = new Map<number, string>();
  const nameOf = (word: number, pc: number): string => {
    writer.write(word, pc & 0xffc, record, 0);
    const number = record[0] & 0xffff;
    let name = names.get(number);
    if (name === undefined) {
      const operation = operationNumbered(number);
      names.set(number, (name = operation?.hot === true ? operation.name : ''));
    }
    return name;
  };
  const runs = new Map<string, Run>();
  let instructions = 0;
  for (const file of files) {
    const bytes = readFileSync(file);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const weight = (1e6 * SAMPLE_BYTES) / bytes.length;
    let current: string[] = [];
    let expected = -1n;
    const end = (): void => {
      if (current.length === 0) return;
      const key = current.join(' ');
      const known = runs.get(key);
      if (known) known.count += weight;
      else runs.set(key, { operations: current, count: weight });
      current = [];
    };
    for (let at = 0; at + SAMPLE_BYTES <= bytes.length; at += SAMPLE_BYTES) {
      const pc = view.getBigUint64(at, true);
      if (pc !== expected || (view.getUint32(at + 12, true) & SampleFlags.FirstOfWindow) !== 0 || (pc & 0xfffn) === 0n) end();
      current.push(nameOf(view.getInt32(at + 8, true), Number(pc & 0xfffn)));
      expected = pc + 4n;
      instructions += weight;
    }
    end();
  }
  return { runs: [...runs.values()], instructions };
}
