import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { randomScript, registerScript } from './qemu/generate.js';
import { recordOnQemu } from './qemu/record.js';
import { Replay } from './qemu/replay.js';
import { formatRecording, type Machine, type Op, parseRecording } from './qemu/script.js';

const GOLDEN = fileURLToPath(new URL('./golden/', import.meta.url));

const MACHINES: Readonly<Record<string, Machine>> = {
  plain: { cpus: 2, el2: false, el3: false },
  virtualization: { cpus: 2, el2: true, el3: false },
  secure: { cpus: 2, el2: false, el3: true },
  everything: { cpus: 2, el2: true, el3: true },
};

// RECORD_GIC=<seeds per machine> runs the scripts on QEMU again and replaces the recordings.
const seeds = Number(process.env.RECORD_GIC ?? 0);
for (const [name, machine] of seeds > 0 ? Object.entries(MACHINES) : []) {
  const record = (file: string, ops: Op[]): void =>
    writeFileSync(`${GOLDEN}${file}.txt`, formatRecording(machine, ops, recordOnQemu(machine, ops)));
  record(`${name}-registers`, registerScript(machine));
  for (let seed = 1; seed <= seeds; seed++) record(`${name}-random-${seed}`, randomScript(machine, 1000 + seed, 900));
}

describe('the same accesses on QEMU 7.2', () => {
  it.each(readdirSync(GOLDEN))('%s', (file) => {
    const { machine, ops, results } = parseRecording(readFileSync(GOLDEN + file, 'utf8'));
    const replay = new Replay(machine);
    const differences: string[] = [];
    ops.forEach((op, i) => {
      const got = replay.step(op);
      const { value, isr, trap } = results[i];
      if (got.value === value && (isr === 4 || got.isr === isr) && got.trap === trap) return;
      const target = op.target.toString(16);
      differences.push(`${file}:${i + 2} ${op.kind} ${op.el} ${op.scr} ${op.hcr} ${target} ${op.value.toString(16)}: ` +
        `${got.value.toString(16)} ${got.isr} ${got.trap}, QEMU ${value.toString(16)} ${isr} ${trap}`);
    });
    expect(differences.slice(0, 5)).toEqual([]);
  });
});
