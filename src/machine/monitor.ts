/** What the monitor's commands print. */
import type { CpuState } from '../arch/cpu-state.js';
import { haveEl, isSecure, packPstate } from '../arch/pstate.js';
import { ArchState, XSlot } from '../arch/state-layout.js';
import type { MachineConfig } from '../config/machine-config.js';
import type { CharacterSpec } from '../support/character-spec.js';
import type { VirtioSlotConfig } from '../config/virtio-device.js';
import type { Board } from './board.js';
import { spiIntid, virtioMmioSlot } from './virt-board.js';

const hex = (value: number | bigint, digits: number): string => value.toString(16).padStart(digits, '0');

/** `info registers` of one vCPU, in the form QEMU gives it. */
export function registersText(state: CpuState, index: number): string {
  const cells = [`PC=${hex(state.pc, 16)}`];
  for (let n = 0; n < 31; n++) cells.push(`X${String(n).padStart(2, '0')}=${hex(state.x(n), 16)}`);
  cells.push(` SP=${hex(state.x(XSlot.SP), 16)}`);
  const rows = rowsOf(cells, 3, ' ');
  const pstate = packPstate(state);
  const flags = [...'NZCV'].map((letter, i) => ((pstate >>> (31 - i)) & 1 ? letter : '-')).join('');
  const world = haveEl(state, 3) ? (isSecure(state) ? 'S ' : 'NS ') : '';
  const level = `${world}EL${state.field('el')}${state.field('spsel') === 0 ? 't' : 'h'}`;
  rows.push(`PSTATE=${hex(pstate >>> 0, 8)} ${flags} ${level}`);
  rows.push(`FPCR=${hex(state.field('fpcr') >>> 0, 8)} FPSR=${hex(state.field('fpsr') >>> 0, 8)}`);
  const vector = (n: number): string => {
    const at = (ArchState.offset.v >> 3) + 2 * n;
    return `Q${String(n).padStart(2, '0')}=${hex(state.u64[at + 1], 16)}:${hex(state.u64[at], 16)}`;
  };
  rows.push(...rowsOf(Array.from({ length: 32 }, (_, n) => vector(n)), 2, ' '));
  return [`CPU#${index}`, ...rows].join('\n');
}

function rowsOf(cells: readonly string[], width: number, gap: string): string[] {
  const rows: string[] = [];
  for (let i = 0; i < cells.length; i += width) rows.push(cells.slice(i, i + width).join(gap));
  return rows;
}

/** `info mtree`: physical address ranges and what decodes them, lowest first. */
export function memoryText(board: Board): string {
  return [...board.map.regions]
    .sort((a, b) => a.base - b.base)
    .map(({ base, size, kind, name }) => `${hex(base, 16)}-${hex(base + size - 1, 16)} ${kind.padEnd(4)} ${name}`)
    .join('\n');
}

function lineText(line: CharacterSpec): string {
  switch (line.kind) {
    case 'file': return `file ${line.path}`;
    case 'unix': return `unix ${line.path}`;
    case 'tcp': return `tcp ${line.host}:${line.port}`;
    default: return line.kind;
  }
}

function slotText(device: VirtioSlotConfig, config: MachineConfig): string {
  switch (device.kind) {
    case 'entropy': return 'virtio-rng-device';
    case 'block': return `virtio-blk-device: ${device.drive.file}${flags(device.drive)}`;
    case 'console': return `virtio-serial-device: ${lineText(config.consoles[device.index])}`;
  }
}

/** `info qtree`: virtio devices by slot, highest first as QEMU lists them, with what is behind them. */
export function devicesText(config: MachineConfig): string {
  const lines = config.serial.map((line, i) => `serial${i} pl011: ${lineText(line)}`);
  for (let slot = config.virtio.length - 1; slot >= 0; slot--) {
    const device = config.virtio[slot];
    if (device === undefined) continue;
    const { base, spi } = virtioMmioSlot(slot);
    lines.push(`virtio-mmio ${slot} at 0x${hex(base, 8)}, INTID ${spiIntid(spi)}: ${slotText(device, config)}`);
  }
  return lines.join('\n');
}

const flags = (drive: { readOnly: boolean; snapshot: boolean }): string =>
  `${drive.readOnly ? ' (read-only)' : ''}${drive.snapshot ? ' (snapshot)' : ''}`;
