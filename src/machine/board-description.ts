/** What of a board must be the same where a snapshot is restored or a recording is replayed, each under the name that a refusal gives it. */
import type { MachineConfig } from '../config/machine-config.js';
import { formatBytes } from './loaders/file.js';

/** By name, in the order in which they are compared. */
export type MachineDescription = Readonly<Record<string, string>>;

type BoardConfig = Pick<MachineConfig, 'memoryBytes' | 'cpu' | 'smp' | 'virtualization' | 'secure' | 'its'>;

const onOff = (value: boolean): string => (value ? 'on' : 'off');

export function describeBoard(config: BoardConfig): MachineDescription {
  const { model, ...properties } = config.cpu;
  const description: Record<string, string> = {
    '--memory': formatBytes(config.memoryBytes),
    '--cpu': model,
    '--smp': String(config.smp),
    '--machine virtualization': onOff(config.virtualization),
    '--machine secure': onOff(config.secure),
    '--machine its': onOff(config.its),
  };
  for (const [name, value] of Object.entries(properties)) {
    description[`--cpu ${name}`] = typeof value === 'boolean' ? onOff(value) : String(value);
  }
  return description;
}
