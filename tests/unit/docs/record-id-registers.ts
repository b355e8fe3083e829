/** Records data/qemu-id-registers.json: boots the probe of tests/unit/arch/fixtures on QEMU and takes what it sends. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CPU_MODEL_NAMES } from '../../../src/arch/features/cpu-model.js';
import { SYSREG_BY_NAME } from '../../../src/arch/sysreg/table/index.js';
import { COMPARED, RECORDED_URL, type RecordedRegisters } from './id-registers.js';

const PROBE = fileURLToPath(new URL('../arch/fixtures/sysreg-probe.S', import.meta.url));
const BOARD = 'virt,gic-version=3,virtualization=on,secure=on';

/** Values of the compared registers at EL1 of one CPU model. */
function probe(qemu: string, model: string, folder: string): Map<string, string> {
  const program = join(folder, 'probe.elf');
  const output = join(folder, 'output.bin');
  const link = ['-nostdlib', '-static', '-Wl,-Ttext=0x40200000', '-DTARGET=1'];
  execFileSync('aarch64-linux-gnu-gcc', [...link, '-o', program, PROBE]);
  const machine = ['-M', BOARD, '-cpu', model, '-m', '512', '-nographic', '-monitor', 'none'];
  const guest = ['-serial', `file:${output}`, '-semihosting', '-kernel', program];
  execFileSync(qemu, [...machine, ...guest], { timeout: 120_000 });
  const bytes = readFileSync(output);
  return new Map(
    COMPARED.map((name) => {
      const at = SYSREG_BY_NAME.get(name)!.encoding * 16;
      if (bytes.readBigUInt64LE(at) !== 0n) throw new Error(`${name} cannot be read`);
      return [name, bytes.readBigUInt64LE(at + 8).toString(16)];
    }),
  );
}

/** @param programs of qemu-system-aarch64, oldest first */
export function record(programs: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'id-registers-'));
  try {
    const sources = programs.map((qemu) => {
      const version = execFileSync(qemu, ['--version'], { encoding: 'utf8' });
      return `QEMU ${/version (\S+)/.exec(version)![1]}`;
    });
    const models: Record<string, Record<string, string[]>> = {};
    for (const model of CPU_MODEL_NAMES) {
      const runs = programs.map((qemu) => probe(qemu, model, folder));
      models[model] = Object.fromEntries(COMPARED.map((name) => [name, runs.map((run) => run.get(name)!)]));
    }
    const file: RecordedRegisters = { sources, models };
    writeFileSync(RECORDED_URL, `${JSON.stringify(file, null, 1)}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
