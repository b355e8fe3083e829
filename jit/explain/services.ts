/** What the services that TypeScript performs do to the guest's state, for one instruction word. */
import type { Encoding, Fields } from '../a64/encoding.js';
import type { ServiceName } from '../emitter/services.js';
import { NEVER } from '../../src/arch/sysreg/definition.js';
import { genericName } from '../../src/arch/sysreg/encoding.js';
import { PstateField } from '../../src/arch/sysreg/msr-immediate.js';
import { classifySys } from '../../src/arch/sysreg/sys-instructions.js';
import { SYSREG_TABLE } from '../../src/arch/sysreg/table/index.js';

export interface ServiceEffects {
  readonly reads?: readonly string[];
  readonly writes?: readonly string[];
  readonly memory?: readonly string[];
  /** What it may end in, beside completing. */
  readonly exceptions?: readonly string[];
  readonly branches?: readonly string[];
  /** Anything else, one sentence without a full stop each. */
  readonly notes?: readonly string[];
}

const TRAP = 'trap to a higher Exception level';
const UNDEFINED = 'Undefined Instruction';
const IMMEDIATE_FIELDS = new Map(Object.entries(PstateField).map(([name, code]) => [code as number, name]));

const general = (n: number): string => (n === 31 ? 'XZR' : `X${n}`);

/** "from EL1 on": where an access is not UNDEFINED. */
function levels(from: number): string {
  if (from === NEVER) return 'UNDEFINED at every Exception level';
  return from === 0 ? 'at every Exception level' : `from EL${from} on`;
}

function register(f: Fields): { name: string; readFrom: number; writeFrom: number } {
  const encoding = (f.o0 << 14) | (f.op1 << 11) | (f.CRn << 7) | (f.CRm << 3) | f.op2;
  const row = SYSREG_TABLE.find((candidate) => candidate.encoding === encoding);
  return row ?? { name: `${genericName(encoding)} (unknown: UNDEFINED)`, readFrom: NEVER, writeFrom: NEVER };
}

function sys(f: Fields): ServiceEffects {
  const instruction = classifySys(f.op1, f.CRn, f.CRm, f.op2);
  if (instruction === undefined) return { exceptions: [UNDEFINED, TRAP] };
  const { name, kind, operation, from, operand, needs } = instruction;
  const wanted = needs.length > 0 ? `, needs ${needs.join(' and ')}` : '';
  const notes = [`${name}: ${levels(from)}${wanted}`];
  const reads = operand ? [general(f.Rt)] : [];
  const exceptions = [UNDEFINED, TRAP];
  if (kind === 'at') return { reads, writes: ['PAR_EL1'], exceptions, notes };
  if (kind === 'tlbi') return { reads, writes: ['TLB entries'], exceptions, notes };
  if (operand && (kind === 'dc' || kind === 'ic')) exceptions.push('Data Abort');
  if (kind === 'ic') return { reads, writes: ['decoded instructions'], exceptions, notes };
  if (operation === 'ZVA') {
    return { reads, memory: ['writes zeros to a block of the size in DCZID_EL0.BS'], exceptions, notes };
  }
  return { reads, exceptions, notes };
}

/** Exception return. */
const RETURN: ServiceEffects = {
  reads: ['ELR_ELx', 'SPSR_ELx'],
  writes: ['PSTATE', 'SP'],
  branches: ['to ELR_ELx, in the state of SPSR_ELx'],
  exceptions: [UNDEFINED, TRAP, 'Illegal Execution state'],
};

const TABLE: Readonly<Partial<Record<ServiceName, (f: Fields, encoding: Encoding) => ServiceEffects>>> = {
  mrs(f) {
    const { name, readFrom } = register(f);
    const notes = [`MRS of ${name}: ${levels(readFrom)}`];
    return { reads: [name], writes: [general(f.Rt)], exceptions: [UNDEFINED, TRAP], notes };
  },
  msr(f) {
    const { name, writeFrom } = register(f);
    const notes = [`MSR of ${name}: ${levels(writeFrom)}`];
    return { reads: [general(f.Rt)], writes: [name], exceptions: [UNDEFINED, TRAP], notes };
  },
  msrImmediate(f) {
    const name = IMMEDIATE_FIELDS.get((f.op1 << 3) | f.op2);
    const writes = name === undefined ? [] : [`PSTATE.${name.replace(/(Set|Clr)$/, '')}`];
    return { writes, exceptions: [UNDEFINED, TRAP] };
  },
  sys,
  sysl: () => ({ exceptions: [UNDEFINED, TRAP] }),
  eret: () => RETURN,
  eretAuthenticated: () => ({ ...RETURN, reads: ['ELR_ELx', 'SPSR_ELx', 'SP', 'the pointer authentication keys'] }),
  drps: () => ({ exceptions: [UNDEFINED], notes: ['Debug state is not modelled'] }),
  dcps: () => ({ exceptions: [UNDEFINED], notes: ['Debug state is not modelled'] }),
  wfi: () => ({ exceptions: [TRAP], notes: ['waits for an interrupt'] }),
  wfe: () => ({
    reads: ['the event register'],
    writes: ['the event register'],
    exceptions: [TRAP],
    notes: ['waits for an event'],
  }),
  wfxt: (f) => ({
    reads: [general(f.Rd), 'CNTVCT_EL0'],
    exceptions: [TRAP],
    notes: ['waits for an event or an interrupt until CNTVCT_EL0 reaches the register'],
  }),
  sev: () => ({ writes: ['the event register'] }),
  barrier: () => ({ notes: ['error synchronization'] }),
  pauth: () => ({ exceptions: [TRAP], notes: ['key trapped by HCR_EL2.API or SCR_EL3.API'] }),
  pauthFailure: () => ({ exceptions: ['PAC Fail exception'] }),
  memoryTag: (f, { name }) => ({
    reads: [general(f.Rn)],
    writes: name === 'LDG' ? [general(f.Rt)] : name.endsWith('_off') ? [] : [general(f.Rn)],
    exceptions: ['Data Abort'],
    notes: ['checks the access; there are no Allocation Tags'],
  }),
  memoryCopySet(f, { name }) {
    const copy = name.startsWith('CPY');
    const prologue = name.endsWith('P');
    const moved = [general(f.Rd), general(f.Rn), ...(copy ? [general(f.Rs)] : [])];
    const data = copy ? [] : [general(f.Rs)];
    return {
      reads: [...moved, ...data, ...(prologue ? [] : ['NZCV'])],
      writes: [...moved, ...(prologue ? ['NZCV'] : [])],
      memory: [copy ? 'reads and writes as many bytes as Xn says' : 'writes as many bytes as Xn says'],
      exceptions: ['Data Abort', 'Memory Copy and Memory Set exception'],
    };
  },
};

/** Effects of a service for one instruction; undefined for a service that is not described. */
export function serviceEffects(service: string, encoding: Encoding, fields: Fields): ServiceEffects | undefined {
  return TABLE[service as ServiceName]?.(fields, encoding);
}
