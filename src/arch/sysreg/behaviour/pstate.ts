import type { CpuState } from '../../cpu-state.js';
import { elIsInHost, PstateWord, selectStackPointer, setStackPointer, stackPointer, tge } from '../../pstate.js';
import { Verdict } from '../access.js';
import { Effect } from '../definition.js';
import { fpTrapTarget } from '../fp-access.js';
import { sysregWord } from '../storage.js';
import type { Behaviour, Behaviours } from './behaviour.js';

const SCTLR1 = sysregWord('SCTLR_EL1');
const SCTLR2 = sysregWord('SCTLR_EL2');
const SCTLR_UMA = 1 << 9;

/** SCTLR_EL1.UMA, or SCTLR_EL2's for a host: EL0 access to DAIF. */
export function daifVerdict(state: CpuState): number {
  if (state.u32[PstateWord.el] !== 0) return Verdict.Allowed;
  const control = state.u32[elIsInHost(state, 0) ? SCTLR2 : SCTLR1];
  if ((control & SCTLR_UMA) !== 0) return Verdict.Allowed;
  return tge(state) ? Verdict.El2 : Verdict.El1;
}

/** A PSTATE field of one or more bits at `shift` of the register. */
function field(word: number, shift: number, mask: number, effects: number = Effect.None): Behaviour {
  return {
    read: (cpu) => BigInt(cpu.state.u32[word]) << BigInt(shift),
    write: (cpu, value) => {
      cpu.state.u32[word] = Number((value >> BigInt(shift)) & BigInt(mask));
      return effects;
    },
  };
}

const stack = (el: number): Behaviour => ({
  // SP_ELx cannot be named while it is the selected stack pointer.
  check: (cpu) => (el === 0 && cpu.state.u32[PstateWord.spsel] === 0 ? Verdict.Undefined : Verdict.Allowed),
  read: (cpu) => stackPointer(cpu.state, el),
  write: (cpu, value) => {
    setStackPointer(cpu.state, el, value);
    return Effect.None;
  },
});

const fpVerdict = (state: CpuState): number => {
  const target = fpTrapTarget(state);
  return target === 0 ? Verdict.Allowed : Verdict.Fp | target;
};

export const PSTATE_BEHAVIOURS: Behaviours = {
  NZCV: field(PstateWord.nzcv, 28, 15),
  DAIF: { ...field(PstateWord.daif, 6, 15, Effect.Interrupts | Effect.Debug), check: (cpu) => daifVerdict(cpu.state) },
  DIT: field(PstateWord.dit, 24, 1),
  TCO: { read: () => 0n, write: () => Effect.None },
  SSBS: field(PstateWord.ssbs, 12, 1),
  PAN: field(PstateWord.pan, 22, 1, Effect.AccessContext),
  UAO: field(PstateWord.uao, 23, 1, Effect.AccessContext),
  ALLINT: field(PstateWord.allint, 13, 1, Effect.Interrupts),
  SPSel: {
    read: (cpu) => BigInt(cpu.state.u32[PstateWord.spsel]),
    write: (cpu, value) => {
      selectStackPointer(cpu.state, Number(value & 1n));
      return Effect.None;
    },
  },
  CurrentEL: { read: (cpu) => BigInt(cpu.state.u32[PstateWord.el] << 2) },
  FPCR: {
    check: (cpu) => fpVerdict(cpu.state),
    read: (cpu) => BigInt(cpu.state.field('fpcr')),
    write: (cpu, value) => {
      cpu.state.setField('fpcr', Number(value & cpu.fpcrMask));
      return Effect.FpControl;
    },
  },
  FPSR: {
    check: (cpu) => fpVerdict(cpu.state),
    read: (cpu) => BigInt(cpu.state.field('fpsr')),
    write: (cpu, value) => {
      cpu.state.setField('fpsr', Number(value & 0x0800_009fn));
      return Effect.None;
    },
  },
  SP_EL0: stack(0),
  SP_EL1: stack(1),
  SP_EL2: stack(2),
};
