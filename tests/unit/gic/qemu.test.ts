import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { randomScript, registerScript } from './qemu/generate.js';
import { itsRegisterScript, randomItsScript, stallScript } from './qemu/generate-its.js';
import { recordOnQemu } from './qemu/record.js';
import { Replay } from './qemu/replay.js';
import { randomSmpScript } from './qemu/generate-smp.js';
import { formatRecording, type Machine, type Op, parseRecording } from './qemu/script.js';

const GOLDEN = fileURLToPath(new URL('./golden/', import.meta.url));

const MACHINES: Readonly<Record<string, Machine>> = {
  plain: { cpus: 2, el2: false, el3: false },
  virtualization: { cpus: 2, el2: true, el3: false },
  secure: { cpus: 2, el2: false, el3: true },
  everything: { cpus: 2, el2: true, el3: true },
};

/** Machines with an ITS, recorded on a QEMU whose ITS has all commands. */
const ITS_MACHINES: Readonly<Record<string, Machine>> = {
  its: { cpus: 2, el2: false, el3: false, its: true, qemu: '10.0.2' },
  'its-secure': { cpus: 2, el2: false, el3: true, its: true, qemu: '10.0.2' },
};

/** Machines of which all PEs make accesses. */
const SMP_MACHINES: Readonly<Record<string, Machine>> = {
  smp: { cpus: 4, el2: false, el3: false, qemu: '10.0.2' },
  'smp-everything': { cpus: 4, el2: true, el3: true, qemu: '10.0.2' },
};

// RECORD_GIC=<seeds per machine> runs the scripts on QEMU again and replaces the recordings; RECORD_ITS=<seeds> those of
// machines with an ITS, RECORD_SMP=<seeds> those where all PEs make accesses. RECORD_QEMU names the emulator's program.
const qemu = process.env.RECORD_QEMU ?? 'qemu-system-aarch64';
const record = (machine: Machine, file: string, ops: Op[]): void =>
  writeFileSync(`${GOLDEN}${file}.txt`, formatRecording(machine, ops, recordOnQemu(qemu, machine, ops)));
const seeds = Number(process.env.RECORD_GIC ?? 0);
for (const [name, machine] of seeds > 0 ? Object.entries(MACHINES) : []) {
  record(machine, `${name}-registers`, registerScript(machine));
  for (let seed = 1; seed <= seeds; seed++) record(machine, `${name}-random-${seed}`, randomScript(machine, 1000 + seed, 900));
}
const itsSeeds = Number(process.env.RECORD_ITS ?? 0);
for (const [name, machine] of itsSeeds > 0 ? Object.entries(ITS_MACHINES) : []) {
  record(machine, `${name}-registers`, itsRegisterScript(machine));
  if (!machine.el3) record(machine, `${name}-stall`, stallScript());
  for (let seed = 1; seed <= itsSeeds; seed++) {
    record(machine, `${name}-random-${seed}`, randomItsScript(machine, 2000 + seed, 2000));
  }
}

const smpSeeds = Number(process.env.RECORD_SMP ?? 0);
for (const [name, machine] of smpSeeds > 0 ? Object.entries(SMP_MACHINES) : []) {
  for (let seed = 1; seed <= smpSeeds; seed++) record(machine, `${name}-random-${seed}`, randomSmpScript(machine, 3000 + seed, 1500));
}

describe('the same accesses on QEMU', () => {
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
