import type { ImplementationDefinedRegisters } from '../../features/cpu-models.js';
import { register, type Presence, type RegisterDefinition } from '../definition.js';

const of = (set: ImplementationDefinedRegisters): Presence => (model) => model.definition.implementationDefined === set;

type Owner = ImplementationDefinedRegisters;
const zero = (set: Owner, name: string, encoding: string, access: string, extra: Presence[] = []): RegisterDefinition =>
  register(name, encoding, access, { present: [of(set), ...extra], stored: false, writable: 0n });

/** Registers of the cores' technical reference manuals that firmware touches; they read as zero and ignore writes. */
export const IMPLEMENTATION_DEFINED: readonly RegisterDefinition[] = [
  zero('cortex-a57', 'L2CTLR_EL1', '3 1 11 0 2', 'rw1'),
  zero('cortex-a57', 'L2ECTLR_EL1', '3 1 11 0 3', 'rw1'),
  zero('cortex-a57', 'L2ACTLR_EL1', '3 1 15 0 0', 'rw1'),
  zero('cortex-a57', 'CPUACTLR_EL1', '3 1 15 2 0', 'rw1'),
  zero('cortex-a57', 'CPUECTLR_EL1', '3 1 15 2 1', 'rw1'),
  zero('cortex-a57', 'CPUMERRSR_EL1', '3 1 15 2 2', 'rw1'),
  zero('cortex-a57', 'L2MERRSR_EL1', '3 1 15 2 3', 'rw1'),
  register('CBAR_EL1', '3 1 15 3 0', 'r1', { reset: (model) => model.peripheralBase }),
  zero('neoverse-n1', 'ATCR_EL1', '3 0 15 7 0', 'rw1'),
  zero('neoverse-n1', 'ATCR_EL12', '3 5 15 7 0', 'rw2', ['EL2']),
  zero('neoverse-n1', 'ATCR_EL2', '3 4 15 7 0', 'rw2', ['EL2']),
  zero('neoverse-n1', 'AVTCR_EL2', '3 4 15 7 1', 'rw2', ['EL2']),
  zero('neoverse-n1', 'ATCR_EL3', '3 6 15 7 0', 'rw3', ['EL3']),
  zero('neoverse-n1', 'CPUCFR_EL1', '3 0 15 0 0', 'r1'),
  zero('neoverse-n1', 'ERXPFGFR_EL1', '3 0 15 2 0', 'rw1'),
  zero('neoverse-n1', 'ERXPFGCTLR_EL1', '3 0 15 2 1', 'rw1'),
  zero('neoverse-n1', 'ERXPFGCDNR_EL1', '3 0 15 2 2', 'rw1'),
  zero('neoverse-n1', 'CPUPWRCTLR_EL1', '3 0 15 2 7', 'rw1'),
  zero('neoverse-n1', 'CPUACTLR1_EL1', '3 0 15 1 0', 'rw1'),
  zero('neoverse-n1', 'CPUACTLR2_EL1', '3 0 15 1 1', 'rw1'),
  zero('neoverse-n1', 'CPUACTLR3_EL1', '3 0 15 1 2', 'rw1'),
  zero('neoverse-n1', 'CPUECTLR2_EL1', '3 0 15 1 4', 'rw1'),
  zero('neoverse-n1', 'CPUPSELR_EL3', '3 6 15 8 0', 'rw3', ['EL3']),
  zero('neoverse-n1', 'CPUPCR_EL3', '3 6 15 8 1', 'rw3', ['EL3']),
  zero('neoverse-n1', 'CPUPOR_EL3', '3 6 15 8 2', 'rw3', ['EL3']),
  zero('neoverse-n1', 'CPUPMR_EL3', '3 6 15 8 3', 'rw3', ['EL3']),
];
