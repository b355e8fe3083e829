import { belowEl3Secure, el2Enabled, haveEl, PstateWord } from '../../pstate.js';
import { Verdict } from '../access.js';
import { Effect } from '../definition.js';
import { sysregWord } from '../storage.js';
import type { SystemRegisters } from '../system-registers.js';
import { GIC } from '../table/gic.js';
import type { Behaviour, Behaviours } from './behaviour.js';

const HCR = sysregWord('HCR_EL2');
const SCR = sysregWord('SCR_EL3');
const HCR_FMO = 1 << 3;
const HCR_IMO = 1 << 4;
const SCR_IRQ = 1 << 1;
const SCR_FIQ = 1 << 2;
const ICH_TC = 1n << 10n;
const ICH_TALL0 = 1n << 11n;
const ICH_TALL1 = 1n << 12n;
const ICH_TDIR = 1n << 14n;
const SRE_ENABLE = 8n;

/** Which interrupt group a register of the CPU interface belongs to; common ones serve both. */
type Group = 'group0' | 'group1' | 'common' | 'directed' | 'sgi' | 'sre' | 'el2' | 'el3';

const GROUP0 = /^ICC_(IAR0|EOIR0|HPPIR0|BPR0|AP0R\d|IGRPEN0)_EL1$/;
const GROUP1 = /^ICC_(IAR1|EOIR1|HPPIR1|BPR1|AP1R\d|IGRPEN1)_EL1$/;
const SGI = /^ICC_A?SGI\dR_EL1$/;

function groupOf(name: string): Group {
  if (name.endsWith('_EL3')) return 'el3';
  if (name.endsWith('_EL2')) return 'el2';
  if (name === 'ICC_SRE_EL1') return 'sre';
  if (name === 'ICC_DIR_EL1') return 'directed';
  if (GROUP0.test(name)) return 'group0';
  if (GROUP1.test(name)) return 'group1';
  return SGI.test(name) ? 'sgi' : 'common';
}

const hypervisorControl: Readonly<Record<Group, bigint>> = {
  group0: ICH_TALL0, group1: ICH_TALL1, common: ICH_TC, directed: ICH_TC | ICH_TDIR, sgi: ICH_TC,
  sre: 0n, el2: 0n, el3: 0n,
};
/** HCR_EL2 bits of which any makes EL1 reach the virtual interface. */
const virtualRouting: Readonly<Record<Group, number>> = {
  group0: HCR_FMO, group1: HCR_IMO, common: HCR_FMO | HCR_IMO, directed: HCR_FMO | HCR_IMO, sgi: HCR_FMO | HCR_IMO,
  sre: 0, el2: 0, el3: 0,
};
/** SCR_EL3 bits which, all set, take the register from EL1 and EL2. */
const monitorRouting: Readonly<Record<Group, number>> = {
  group0: SCR_FIQ, group1: SCR_IRQ, common: SCR_IRQ | SCR_FIQ, directed: SCR_IRQ | SCR_FIQ, sgi: SCR_IRQ | SCR_FIQ,
  sre: 0, el2: 0, el3: 0,
};

/** Does an access at EL1 reach the virtual CPU interface? */
function isVirtual(cpu: SystemRegisters, group: Group): boolean {
  const { state } = cpu;
  return state.u32[PstateWord.el] === 1 && (state.u32[HCR] & virtualRouting[group]) !== 0 && el2Enabled(state);
}

function verdict(cpu: SystemRegisters, name: string, group: Group): number {
  const { state } = cpu;
  const gic = cpu.host.gic;
  if (gic === undefined) return Verdict.Undefined;
  const el = state.u32[PstateWord.el];
  if (group === 'sre') return systemRegisterEnable(cpu, el);
  if (el === 1 && el2Enabled(state)) {
    const control = hypervisorControl[group];
    if (control !== 0n && (gic.read('ICH_HCR_EL2') & control) !== 0n) return Verdict.El2;
    if (isVirtual(cpu, group)) return group === 'sgi' ? Verdict.El2 : Verdict.Allowed;
  }
  if (el < 3 && haveEl(state, 3)) {
    const routing = monitorRouting[group];
    if (routing !== 0 && (state.u32[SCR] & routing) === routing) return Verdict.El3;
    if (name === 'ICC_SRE_EL2' && (gic.read('ICC_SRE_EL3') & SRE_ENABLE) === 0n) return Verdict.El3;
  }
  if (el === 2 && belowEl3Secure(state) && !el2Enabled(state)) return Verdict.Undefined;
  return Verdict.Allowed;
}

/** ICC_SRE_EL1: ICC_SRE_EL2.Enable and ICC_SRE_EL3.Enable let lower ELs reach it. */
function systemRegisterEnable(cpu: SystemRegisters, el: number): number {
  const gic = cpu.host.gic!;
  if (el === 1 && el2Enabled(cpu.state) && (gic.read('ICC_SRE_EL2') & SRE_ENABLE) === 0n) return Verdict.El2;
  if (el < 3 && haveEl(cpu.state, 3) && (gic.read('ICC_SRE_EL3') & SRE_ENABLE) === 0n) return Verdict.El3;
  return Verdict.Allowed;
}

function behaviour(name: string): Behaviour {
  const group = groupOf(name);
  return {
    checkLast: (cpu) => verdict(cpu, name, group),
    read: (cpu) => cpu.host.gic!.read(name),
    write: (cpu, value) => {
      cpu.host.gic!.write(name, value);
      return Effect.Interrupts;
    },
  };
}

export const GIC_BEHAVIOURS: Behaviours = Object.fromEntries(GIC.map(({ name }) => [name, behaviour(name)]));
