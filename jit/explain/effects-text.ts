/** The effects of one instruction word, as lines. */
import type { Encoding, Fields } from '../a64/encoding.js';
import type { InstructionFields, Operand } from '../emitter/operand.js';
import type { Semantics } from '../a64/semantics/define.js';
import { XSlot } from '../../src/arch/state-layout.js';
import { printValue, type MemoryAccess, type Occurrence } from './effects.js';
import type { ExitAfter } from '../emitter/services.js';
import { serviceEffects } from './services.js';

/** Arm's names of state that semantics reach by field; the others are the emulator's own and get these words. */
const FIELD_NAMES: Readonly<Record<string, string>> = {
  daif: 'PSTATE.DAIF', el: 'PSTATE.EL', spsel: 'PSTATE.SP', pan: 'PSTATE.PAN', uao: 'PSTATE.UAO', dit: 'PSTATE.DIT',
  tco: 'PSTATE.TCO', ssbs: 'PSTATE.SSBS', btype: 'PSTATE.BTYPE', fpcr: 'FPCR', fpsr: 'FPSR', sp: 'SP_EL0',
  fpTrapped: 'the FP traps', interruptLines: 'pending interrupts', othersWait: 'whether other CPUs wait for the processor',
  monitorArmed: 'the exclusive monitor', monitorSize: 'the exclusive monitor', monitorAddress: 'the exclusive monitor',
  monitorValue: 'the exclusive monitor', monitorLocation: 'the exclusive monitor',
  bounceBase: 'the exclusive monitor', bounceLocation: 'the exclusive monitor',
  memoryCopyEnabled: 'the FEAT_MOPS enables',
  pauthControl: 'the pointer authentication controls', pauthInstruction: 'the pointer authentication controls',
  pauthData: 'the pointer authentication controls',
};

const EXCEPTIONS: Readonly<Record<string, string>> = {
  undefined: 'Undefined Instruction', svc: 'Supervisor Call', hvc: 'Hypervisor Call', smc: 'Secure Monitor Call',
  brk: 'Breakpoint Instruction', hlt: 'Halt (UNDEFINED without an external debugger)',
  fpTrap: 'FP access trap (CPACR_EL1, CPTR_EL2, CPTR_EL3)',
};

const EXITS: Readonly<Record<ExitAfter, string>> = {
  interrupts: 'the run loop looks at pending interrupts afterwards',
  synchronize: 'context synchronization: what follows is fetched again, and no translated caller goes on',
  yield: 'another CPU has its turn',
};

interface NamedItem {
  always: boolean;
  /** Width if only the low bits matter. */
  bits: number | undefined;
}

/** Things in the order in which they are named, each once; "(maybe)" behind those that do not always happen. */
class Named {
  private readonly items = new Map<string, NamedItem>();

  add(name: string | undefined, always = true, bits?: number): void {
    if (name === undefined) return;
    const item = this.items.get(name);
    if (item === undefined) {
      this.items.set(name, { always, bits });
    } else {
      item.always ||= always;
      if (bits !== undefined) item.bits = Math.max(bits, item.bits ?? 0);
    }
  }
  text(): string[] {
    return [...this.items].map(([name, { always, bits }]) => {
      const low = bits === undefined || bits === (name.startsWith('V') ? 128 : 64) || name === 'XZR';
      return `${name}${low ? '' : ` (low ${bits} bits)`}${always ? '' : ' (maybe)'}`;
    });
  }
  /** Those that always happen, or those that do not. */
  names(always: boolean): string[] {
    return [...this.items].filter(([, item]) => item.always === always).map(([name]) => name);
  }
}

/** The effects of a word in words; every list may be empty. */
export interface WordEffects {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly memory: readonly string[];
  readonly branches: readonly string[];
  /** It ends in one of these; it may end in one of those. */
  readonly exceptions: readonly string[];
  readonly possibleExceptions: readonly string[];
  readonly system: readonly string[];
}

export interface InstructionWord {
  readonly encoding: Encoding;
  readonly semantics: Semantics;
  readonly fields: InstructionFields;
  readonly pc: bigint;
}

const hex = (n: bigint): string => `0x${BigInt.asUintN(64, n).toString(16)}`;

class Describer {
  readonly reads = new Named();
  readonly writes = new Named();
  readonly memory = new Named();
  readonly branches = new Named();
  readonly exceptions = new Named();
  readonly system = new Named();

  constructor(private readonly word: InstructionWord) {}

  private encoded(operand: Operand): number | bigint {
    return this.word.semantics.operands[operand.name].encode(this.word.fields);
  }

  /** Name of a register operand; undefined for XZR as a destination, and for immediates. */
  private register(operand: Operand): string | undefined {
    const at = Number(this.encoded(operand));
    if (operand.kind === 'V') return `V${at >> 4}`;
    if (operand.kind !== 'X') return undefined;
    const slot = at >> 3;
    if (slot === XSlot.DISCARD) return undefined;
    return slot === XSlot.ZR ? 'XZR' : slot === XSlot.SP ? 'SP' : `X${slot}`;
  }

  /** Operand in an expression. */
  private readonly term = (operand: Operand): string =>
    operand.kind === 'X' || operand.kind === 'V' ? (this.register(operand) ?? '0') : String(this.encoded(operand));

  private access(access: MemoryAccess, always: boolean): void {
    const { bytes, write, readWrite, unprivileged, align = 1, element, address } = access;
    const what = readWrite ? 'reads and writes' : write ? 'writes' : 'reads';
    const at = printValue(address, this.term).replace(/^\.\.\.$/, 'a computed address');
    const parts = [`${what} ${bytes} byte${bytes === 1 ? '' : 's'} at ${at}`];
    if (element !== undefined && element < bytes) parts.push(`in elements of ${element}`);
    if (unprivileged) parts.push('with the permissions of EL0');
    if (align > 1) parts.push(`aligned to ${align}`);
    this.memory.add(parts.join(', '), always);
    this.exceptions.add(align > 1 ? 'Data Abort (also for an unaligned address)' : 'Data Abort', false);
  }

  private service(name: string, always: boolean): void {
    const effects = serviceEffects(name, this.word.encoding, this.word.fields as unknown as Fields);
    this.system.add(`service '${name}' in TypeScript`, always);
    if (effects === undefined) return;
    for (const read of effects.reads ?? []) this.reads.add(read, always);
    for (const written of effects.writes ?? []) if (written !== 'XZR') this.writes.add(written, always);
    for (const text of effects.memory ?? []) this.memory.add(text, always);
    for (const text of effects.branches ?? []) this.branches.add(text, always);
    for (const text of effects.exceptions ?? []) this.exceptions.add(text, false);
    for (const text of effects.notes ?? []) this.system.add(text);
  }

  describe({ effect, always }: Occurrence): void {
    switch (effect.kind) {
      case 'readRegister': {
        const { operand, bits } = effect.use;
        return this.reads.add(this.register(operand), always, bits);
      }
      case 'writeRegister':
        return this.writes.add(this.register(effect.use.operand), always);
      case 'readFlags':
        return this.reads.add('NZCV', always);
      case 'writeFlags':
        return this.writes.add('NZCV', always);
      case 'readField':
        return this.reads.add(FIELD_NAMES[effect.detail] ?? effect.detail, always);
      case 'writeField':
        return this.writes.add(FIELD_NAMES[effect.detail] ?? effect.detail, always);
      case 'readSysreg':
        return this.reads.add(effect.detail, always);
      case 'writeSysreg':
        return this.writes.add(effect.detail, always);
      case 'access':
        return this.access(effect.access, always);
      case 'atomic':
        return this.memory.add('atomic, sequentially consistent', always);
      case 'lock':
        return this.memory.add('under the lock that 128-bit atomics share', always);
      case 'barrier':
        return this.system.add('memory barrier (with more than one vCPU)', always);
      case 'loop':
        return;
      case 'branch': {
        const distance = BigInt(this.encoded(effect.displacement));
        const sign = distance < 0n ? '-' : '+';
        const text = `to PC ${sign} ${distance < 0n ? -distance : distance} (${hex(this.word.pc + distance)})`;
        return this.branches.add(text, always);
      }
      case 'branchTo': {
        const target = printValue(effect.target, this.term).replace(/^\.\.\.$/, 'a computed address');
        const type = effect.btype === 0 ? '' : `, PSTATE.BTYPE becomes ${effect.btype} if this page is guarded`;
        return this.branches.add(`to ${target}${type}`, always);
      }
      case 'exception':
        return this.exceptions.add(EXCEPTIONS[effect.detail] ?? effect.detail, always);
      case 'service':
        return this.service(effect.detail, always);
      case 'exitAfter':
        return this.system.add(EXITS[effect.detail as ExitAfter], always);
    }
  }

  finish(): WordEffects {
    return {
      reads: this.reads.text(),
      writes: this.writes.text(),
      memory: this.memory.text(),
      branches: this.branches.text(),
      exceptions: this.exceptions.names(true),
      possibleExceptions: this.exceptions.names(false),
      system: this.system.text(),
    };
  }
}

/** Effects of an operation (see effectsOf) for one word of it. */
export function wordEffects(occurrences: readonly Occurrence[], word: InstructionWord): WordEffects {
  const describer = new Describer(word);
  for (const occurrence of occurrences) describer.describe(occurrence);
  return describer.finish();
}

/** Lines of label and text, in fixed order; "none" when there is nothing to say. */
export function effectLines(effects: WordEffects): [label: string, text: string][] {
  const { reads, writes, memory, branches, exceptions, possibleExceptions, system } = effects;
  const lines: [string, string][] = [];
  if (reads.length > 0) lines.push(['reads', reads.join(', ')]);
  if (writes.length > 0) lines.push(['writes', writes.join(', ')]);
  if (memory.length > 0) lines.push(['memory', memory.join('; ')]);
  if (branches.length > 0) lines.push(['branches', branches.join('; ')]);
  if (exceptions.length > 0) lines.push(['takes', exceptions.join(', ')]);
  if (possibleExceptions.length > 0) lines.push(['may take', possibleExceptions.join(', ')]);
  if (system.length > 0) lines.push(['system', system.join('; ')]);
  return lines.length > 0 ? lines : [['effects', 'none']];
}
