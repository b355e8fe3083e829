/** One guest instruction as the translator sees it: its statements with constant operands, and what they do. */
import { Emitter } from '../emitter/emitter.js';
import type { Statement, Value } from '../emitter/ir.js';
import type { Operand } from '../emitter/operand.js';
import { operationNumbered } from '../interpreter/operation-table.js';
import type { Selector } from '../interpreter/selector.js';
import { fpSetsFlags } from '../softfloat/operation.js';
import { RegisterSet } from './register-set.js';

/** How control goes on behind an instruction that may change it. */
export type Ending =
  /** A jump by a displacement in bytes; `link` for BL. */
  | { readonly kind: 'jump'; readonly displacement: number; readonly link: boolean }
  /** A conditional jump; the last statement is its `if`. */
  | { readonly kind: 'branch'; readonly displacement: number }
  /** A jump to a computed address, or a return. `btype` is what PSTATE.BTYPE becomes, 0 without FEAT_BTI. */
  | { readonly kind: 'indirect'; readonly btype: number; readonly link: boolean; readonly returns: boolean }
  /** Context synchronization: what follows may be other code. */
  | { readonly kind: 'synchronize' }
  /** What follows is never reached from here. */
  | { readonly kind: 'never' };

export interface RegionInstruction {
  /** Bytes from the start of the page. */
  readonly offset: number;
  readonly word: number;
  /** The interpreter's function form executes it, with all state in memory. */
  readonly step: boolean;
  readonly statements: readonly Statement[];
  /** May leave the region before its first effect. */
  readonly leaves: boolean;
  /** It leaves for nothing but FP and AdvSIMD not being accessible. */
  readonly leavesForFp: boolean;
  readonly reads: RegisterSet;
  /** Written on some path, and on every path. */
  readonly writes: RegisterSet;
  readonly defines: RegisterSet;
  /** Registers written before the last statement: values read of them must be kept apart. */
  readonly early: RegisterSet;
  readonly usesFp: boolean;
  /** Accesses memory. */
  readonly accesses: boolean;
  readonly ending: Ending | undefined;
}

/** Services after which the next instruction is not reached. */
const DIVERTING = new Set(['eret', 'eretAuthenticated', 'drps', 'dcps']);

/** What a walk over the statements finds. */
class Findings {
  readonly reads = new RegisterSet();
  readonly writes = new RegisterSet();
  readonly defines = new RegisterSet();
  readonly early = new RegisterSet();
  leaves = false;
  leavesForMore = false;
  usesFp = false;
  accesses = false;
  step = false;
  never = false;
  ending: Ending | undefined;
  private effects = false;
  private depth = 0;
  private inFpTest = false;

  constructor(private readonly link: boolean, private readonly landingPads: boolean) {}

  walk(statements: readonly Statement[]): void {
    statements.forEach((s, i) => {
      const last = this.depth === 0 && i === statements.length - 1;
      if (s.kind === 'value') this.value(s.value!);
      else if (s.kind === 'effect') this.effect(s, last);
      else {
        const { displacement } = branchIn(s);
        if (displacement !== undefined) {
          this.ending = { kind: 'branch', displacement };
          return;
        }
        this.depth++;
        const before = this.effects;
        const test = s.args![0];
        const ofFp = this.inFpTest;
        this.inFpTest ||= test.op === 'field32.get' && test.imm === 'fpTrapped';
        this.walk(s.then!);
        this.inFpTest = ofFp;
        const after = this.effects;
        this.effects = before;
        this.walk(s.otherwise ?? []);
        this.effects ||= after;
        this.depth--;
      }
    });
  }

  private leave(): void {
    this.leaves = true;
    this.leavesForMore ||= !this.inFpTest;
    if (this.effects) this.step = true;
  }

  private value(value: Value): void {
    const { op, imm } = value;
    if (op === 'x.get' || op === 'w.get') this.reads.addX(slotOf(imm as Operand));
    else if (op.startsWith('v.get')) this.reads.addV(indexOf(imm as Operand));
    else if (op === 'nzcv.get' || op === 'condition') this.reads.addFlags();
    else if (op === 'access') {
      this.accesses = true;
      this.leave();
    } else if (op === 'field32.get' && imm === 'fpTrapped') this.usesFp = true;
    else if (/\.atomic\.(rmw|store)/.test(op)) this.effects = true;
  }

  private write(add: (set: RegisterSet) => void, last: boolean): void {
    add(this.writes);
    if (this.depth === 0) add(this.defines);
    else add(this.reads);
    if (!last) add(this.early);
    this.effects = true;
  }

  private effect(s: Statement, last: boolean): void {
    const { depth } = this;
    if (s.op === 'field64.set' && (s.imm as { name: string }).name === 'scratch') return;
    switch (s.op) {
      case 'x.set':
        this.write((set) => set.addX(slotOf(s.imm as Operand)), last);
        return;
      case 'v.set':
        this.write((set) => set.addV(indexOf(s.imm as Operand)), last);
        return;
      case 'nzcv.set':
      case 'flags.set':
        this.write((set) => set.addFlags(), last);
        return;
      case 'variable.set':
      case 'fence':
      case 'exitAfter':
        return;
      case 'branch.near':
      case 'branch.far': {
        this.ending = { kind: 'jump', displacement: Number((s.imm as Operand).value), link: this.link };
        return;
      }
      case 'branch.to':
        this.ending = {
          kind: 'indirect', btype: this.landingPads ? (s.imm as number) : 0, link: this.link, returns: s.imm === 0,
        };
        return;
      case 'fpSoft':
        if (this.effects) this.step = true;
        for (const place of s.imm as readonly { base: Operand | 'scratch' }[]) {
          if (place.base === 'scratch') continue;
          if (place.base.kind === 'V') this.reads.addV(indexOf(place.base));
          else this.reads.addX(slotOf(place.base));
        }
        if (softSetsFlags(s)) {
          this.writes.addFlags();
          this.reads.addFlags();
        }
        this.softDestination((s.imm as readonly { base: Operand | 'scratch' }[])[0].base);
        return;
      case 'service':
      case 'exception':
        if (depth === 0) {
          this.step = true;
          this.never ||= s.op === 'exception' || DIVERTING.has(s.imm as string);
        }
        this.leave();
        return;
      case 'compute':
      case 'lock128':
      case 'unlock128':
        this.step = true;
        return;
      default:
        this.effects = true;
    }
  }

  private softDestination(base: Operand | 'scratch'): void {
    if (base === 'scratch') return;
    if (base.kind === 'V') this.writes.addV(indexOf(base));
    else this.writes.addX(slotOf(base));
  }
}

/** Whether the soft floating-point operation of a statement gives NZCV. */
export function softSetsFlags(s: Statement): boolean {
  const [code] = s.args!;
  return fpSetsFlags(code.op === 'const' ? (code.imm as number) : Number((code.imm as Operand).value));
}

/** The displacement of a conditional branch whose statement this is. */
function branchIn(s: Statement): { displacement?: number } {
  const first = s.then?.length === 1 ? s.then[0] : undefined;
  if (s.kind !== 'if' || first?.kind !== 'effect' || !/^branch\.(near|far)$/.test(first.op!)) return {};
  return { displacement: Number((first.imm as Operand).value) };
}

/** Slot in the general-purpose register file of an operand with its value. */
export const slotOf = (o: Operand): number => Number(o.value) >> 3;
/** Number of the SIMD&FP register of an operand with its value. */
export const indexOf = (o: Operand): number => Number(o.value) >> 4;

const NOTHING = new RegisterSet();

/** Words whose descriptions are kept. */
const KEPT = 1 << 15;

/** Describes instructions for one CPU model. */
export class Describer {
  private readonly known = new Map<number, RegionInstruction>();

  private readonly landingPads: boolean;

  /** @param hostFused see Emitter */
  constructor(private readonly selector: Selector, private readonly hostFused = false) {
    this.landingPads = selector.hasFeature('FEAT_BTI');
  }

  /** The instruction `word` at `offset` of its page. */
  describe(word: number, offset: number): RegionInstruction {
    const known = this.known.get(word);
    if (known !== undefined) return { ...known, offset };
    const selected = this.selector.select(word, offset);
    const operation = selected && operationNumbered(selected.operation);
    if (selected === undefined || operation === undefined) {
      return {
        offset, word, step: true, statements: [], leaves: true, leavesForFp: false, reads: NOTHING, writes: NOTHING, defines: NOTHING,
        early: NOTHING, usesFp: false, accesses: false, ending: { kind: 'never' },
      };
    }
    const { semantics, statics, operands } = operation;
    const { name } = selected.entry.encoding;
    const valued: Record<string, Operand> = {};
    for (const key in operands) {
      const o = operands[key];
      valued[key] = {
        name: o.name, kind: o.kind, at: o.at, value: semantics.operands[key].encode(selected.fields),
      };
    }
    const e = new Emitter(true, this.hostFused);
    // of ISB the region's end takes care
    if (name !== 'ISB') semantics.emit(e, statics, valued);
    const statements = e.finish();
    const found = new Findings(name.startsWith('BL'), this.landingPads);
    found.walk(statements);
    const { reads, writes, defines, early, leaves, usesFp, accesses, step } = found;
    const ending: Ending | undefined =
      step ? (found.never || found.ending?.kind === 'indirect' ? { kind: 'never' } : undefined)
        : name === 'ISB' ? { kind: 'synchronize' } : found.ending;
    const instruction: RegionInstruction = {
      offset, word, step, statements, leaves, leavesForFp: leaves && !found.leavesForMore, reads, writes, defines, early, usesFp, accesses, ending,
    };
    if (!selected.placed && this.known.size < KEPT) this.known.set(word, instruction);
    return instruction;
  }
}
