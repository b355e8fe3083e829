/** The monitor's commands: what each does, and answers. */
import { CpuState } from '../arch/cpu-state.js';
import type { MachineConfig } from '../config/machine-config.js';
import type { Board } from './board.js';
import { devicesText, memoryText, registersText } from './monitor.js';

/** The machine, as far as commands go. */
export interface MonitorOwner {
  readonly board: Board;
  readonly config: MachineConfig;
  /** Runs `body` while all vCPUs stand between two instructions with all of their state in memory. */
  whileStopped<T>(body: () => T): Promise<T>;
  /** Resets the machine or presses its power key. @returns the answer */
  press(kind: 'reset' | 'powerdown'): string;
  /** @throws ConfigurationError */
  saveSnapshot(path: string): Promise<void>;
  /** @throws ConfigurationError; the machine is as before then */
  restoreSnapshot(path: string): Promise<void>;
}

export class MonitorCommands {
  /** The vCPU that commands are about. */
  private current = 0;

  constructor(private readonly owner: MonitorOwner) {}

  /** @returns the answer, without a line feed at its end. Rejects with a ConfigurationError for what cannot be done. */
  async run(command: string): Promise<string> {
    const { owner } = this;
    const { board } = owner;
    const { cpus } = board.parameters;
    const indexes = Array.from({ length: cpus }, (_, cpu) => cpu);
    const registers = (cpu: number): string => registersText(new CpuState(board.memory.buffer, board.vcpuBase(cpu)), cpu);
    const text = command.trim().replace(/\s+/g, ' ');
    const chosen = /^cpu (\S+)$/.exec(text);
    if (chosen !== null) return this.choose(chosen[1], cpus);
    // a file's name may have several spaces in a row
    const snapshot = /^\s*snapshot\s+(save|restore)\s+(.*\S)\s*$/.exec(command);
    if (snapshot !== null) return this.snapshot(snapshot[1], snapshot[2]);
    switch (text) {
      case 'info registers': return owner.whileStopped(() => registers(this.current));
      case 'info registers -a': return owner.whileStopped(() => indexes.map(registers).join('\n\n'));
      case 'info cpus': return indexes.map((cpu) => `${cpu === this.current ? '*' : ' '} CPU #${cpu}`).join('\n');
      case 'info mtree': return memoryText(board);
      case 'info qtree': return devicesText(owner.config);
      case 'system_powerdown': return owner.press('powerdown');
      case 'system_reset': return owner.press('reset');
      default: return `unknown command: '${command}'; help lists the commands`;
    }
  }

  private choose(index: string, cpus: number): string {
    const cpu = Number(index);
    if (!Number.isInteger(cpu) || cpu < 0 || cpu >= cpus) return `invalid CPU index '${index}'; there are 0 to ${cpus - 1}`;
    this.current = cpu;
    return '';
  }

  private async snapshot(what: string, path: string): Promise<string> {
    const { owner } = this;
    if (owner.config.deterministic) return 'snapshot: not with --deterministic, --record or --replay';
    await (what === 'save' ? owner.saveSnapshot(path) : owner.restoreSnapshot(path));
    return '';
  }
}
