/** Exception generation, hints, barriers, system register moves and PSTATE (Arm ARM, C4.1.93). */
import { imm16, imm32, x, xd, type InstructionFields } from '../../emitter/operand.js';
import type { Emitter } from '../../emitter/emitter.js';
import { GRANTED, REMEMBERED_READS, REMEMBERED_ZERO, ZERO_BLOCK } from '../../emitter/services.js';
import { semantics, type Semantics } from './define.js';

const word = imm32((f) => f.word);

const exception = (encoding: string, kind: string): Semantics =>
  semantics(encoding, {
    operands: { imm: imm32((f) => f.imm16) },
    emit: (e, _f, o) => e.exception(kind, e.imm(o.imm)),
  });

const nothing = (encoding: string): Semantics => semantics(encoding, { operands: {}, hot: true, emit: () => undefined });

const service = (encoding: string, name: string): Semantics =>
  semantics(encoding, { operands: { word }, emit: (e, _f, o) => e.service(name, o.word) });

const memoryBarrier = (encoding: string): Semantics =>
  semantics(encoding, { operands: {}, hot: true, emit: (e) => e.fence() });

/** DSB completes TLB maintenance that this PE has broadcast. */
const synchronizationBarrier = (encoding: string): Semantics =>
  semantics(encoding, {
    operands: { word },
    hot: true,
    emit(e, _f, o) {
      e.fence();
      e.if(e.field32('broadcastPending'), () =>
        e.if(e.eqz(e.call('completeMaintenance', 'i32')), () => e.service('barrier', o.word)));
    },
  });

/** op0:op1:CRn:CRm:op2 of a system register move; o0 is the low bit of op0. */
const register = (op0: number, op1: number, crn: number, crm: number, op2: number): number =>
  (op0 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2;
const registerOf = (f: InstructionFields): number => register(2 | f.o0, f.op1, f.CRn, f.CRm, f.op2);

interface Inlined {
  readonly name: string;
  readonly encoding: number;
  /** Lowest Exception level at which the plain access is right; below it the service decides. */
  readonly level: 0 | 1;
}
/** Registers whose accesses are inlined: they are plain storage wherever the guard holds. */
const STORED: readonly Inlined[] = [
  { name: 'TPIDR_EL0', encoding: register(3, 3, 13, 0, 2), level: 0 },
  { name: 'TPIDR_EL1', encoding: register(3, 0, 13, 0, 4), level: 1 },
];
const SP_EL0 = register(3, 0, 4, 1, 0);
const NZCV = register(3, 3, 4, 2, 0);
const DAIF = register(3, 3, 4, 2, 1);
const CURRENT_EL = register(3, 0, 4, 2, 2);
const TPIDRRO_EL0 = register(3, 3, 13, 0, 3);
const INLINED = [...STORED.map((r) => r.encoding), SP_EL0, NZCV, DAIF, CURRENT_EL, TPIDRRO_EL0];
const which = {
  which: { values: INLINED.length + 1, of: (f: InstructionFields) => INLINED.indexOf(registerOf(f)) + 1 },
};
const READABLE = [...INLINED, ...REMEMBERED_READS.map((r) => 0x8000 | r)];
const whichRead = {
  which: { values: READABLE.length + 1, of: (f: InstructionFields) => READABLE.indexOf(registerOf(f)) + 1 },
};
const isInlined = (f: { readonly which?: number }): boolean => f.which !== 0;

/** Runs `inline` at EL1 and above, the service at EL0. */
function privileged(e: Emitter, o: { word: Parameters<Emitter['service']>[1] }, name: string, inline: () => void): void {
  e.if(e.eqz(e.field32('el')), () => e.service(name, o.word), inline);
}

const mrs = semantics('MRS', {
  computed: whichRead,
  operands: { t: xd('Rt'), word },
  hot: isInlined,
  emit(e, f, o) {
    const encoding = f.which === 0 ? -1 : READABLE[f.which - 1];
    const stored = STORED.find((r) => r.encoding === encoding);
    const remembered = REMEMBERED_READS.indexOf(encoding & 0x7fff);
    if (f.which > INLINED.length) {
      e.if(
        e.and(e.field32('remembered'), e.i32(1 << remembered)),
        () => e.setX(o.t, e.field64('rememberedValues', remembered)),
        () => e.service('mrs', o.word),
      );
    } else if (stored) {
      const read = (): void => e.setX(o.t, e.sysreg(stored.name));
      if (stored.level === 0) read();
      else privileged(e, o, 'mrs', read);
    } else if (encoding === TPIDRRO_EL0) {
      e.setX(o.t, e.sysreg('TPIDRRO_EL0'));
    } else if (encoding === SP_EL0) {
      // UNDEFINED when it is the current stack pointer
      e.if(e.or(e.eqz(e.field32('el')), e.eqz(e.field32('spsel'))), () => e.service('mrs', o.word), () =>
        e.setX(o.t, e.field64('sp', 0)),
      );
    } else if (encoding === NZCV) {
      e.setX(o.t, e.shl(e.extendU(e.nzcv()), e.i64(28)));
    } else if (encoding === DAIF) {
      privileged(e, o, 'mrs', () => e.setX(o.t, e.shl(e.extendU(e.field32('daif')), e.i64(6))));
    } else if (encoding === CURRENT_EL) {
      privileged(e, o, 'mrs', () => e.setX(o.t, e.shl(e.extendU(e.field32('el')), e.i64(2))));
    } else {
      e.service('mrs', o.word);
    }
  },
});

/** After unmasking: back to the run loop if a line is up. */
function checkInterrupts(e: Emitter): void {
  e.if(e.field32('interruptLines'), () => e.exitAfter('interrupts'));
}

const msr = semantics('MSR_reg', {
  computed: which,
  operands: { t: x('Rt'), word },
  hot: isInlined,
  emit(e, f, o) {
    const encoding = f.which === 0 ? -1 : INLINED[f.which - 1];
    const stored = STORED.find((r) => r.encoding === encoding);
    if (stored) {
      const write = (): void => e.setSysreg(stored.name, e.x(o.t));
      if (stored.level === 0) write();
      else privileged(e, o, 'msr', write);
    } else if (encoding === SP_EL0) {
      e.if(e.or(e.eqz(e.field32('el')), e.eqz(e.field32('spsel'))), () => e.service('msr', o.word), () =>
        e.setField64('sp', e.x(o.t), 0),
      );
    } else if (encoding === NZCV) {
      e.setNzcv(e.and(e.shrU(e.w(o.t), e.i32(28)), e.i32(15)));
    } else if (encoding === DAIF) {
      privileged(e, o, 'msr', () => {
        e.setField32('daif', e.and(e.shrU(e.w(o.t), e.i32(6)), e.i32(15)));
        checkInterrupts(e);
      });
    } else {
      e.service('msr', o.word);
    }
  },
});

/** DAIFSet is op1=3 op2=6, DAIFClr op1=3 op2=7. */
const msrImmediate = semantics('MSR_imm', {
  statics: ['op1', 'op2'],
  operands: { imm: imm16((f) => f.CRm), word },
  hot: (f) => f.op1 === 3 && f.op2 >= 6,
  emit(e, f, o) {
    if (f.op1 !== 3 || f.op2 < 6) return e.service('msrImmediate', o.word);
    privileged(e, o, 'msrImmediate', () => {
      const daif = e.field32('daif');
      if (f.op2 === 6) {
        e.setField32('daif', e.or(daif, e.imm(o.imm)));
      } else {
        e.setField32('daif', e.and(daif, e.not(e.imm(o.imm))));
        checkInterrupts(e);
      }
    });
  },
});

/** DC ZVA is op1=3 CRn=7 CRm=4 op2=1. */
const ZERO = register(0, 3, 7, 4, 1);
const encodingOf = ({ op1, CRn, CRm, op2 }: InstructionFields): number => register(0, op1, CRn, CRm, op2);

/** SYS instructions that need not be a service: DC ZVA, and those of GRANTED. */
const INLINE = [ZERO, ...GRANTED.map(({ encoding }) => encoding)];

const sys = semantics('SYS', {
  computed: { which: { values: INLINE.length + 1, of: (f) => INLINE.indexOf(encodingOf(f)) + 1 } },
  operands: { t: x('Rt'), word },
  hot: (f) => INLINE[f.which - 1] === ZERO,
  emit(e, f, o) {
    const service = (): void => e.service('sys', o.word);
    const orService = { name: 'sys', word: o.word };
    if (INLINE[f.which - 1] === ZERO) {
      e.if(e.eqz(e.and(e.field32('remembered'), e.i32(REMEMBERED_ZERO))), service, () => {
        // The probe is for the address as given; the block around it lies in the same page (Arm ARM, C5.3.5).
        const host = e.access(e.x(o.t), 1, { write: true, orService });
        const block = e.and(host, e.i32(-ZERO_BLOCK));
        const zero = e.v128(new Uint8Array(16));
        for (let at = 0; at < ZERO_BLOCK; at += 16) e.store('v128.store', block, zero, at);
      });
      return;
    }
    if (f.which === 0) return service();
    const index = f.which - 2;
    const { does } = GRANTED[index];
    e.if(e.eqz(e.and(e.field32('granted'), e.i32(1 << index))), service, () => {
      if (does === 'nothing') return;
      if (does === 'address') {
        e.access(e.x(o.t), 1, { orService });
        return;
      }
      const done = e.call('invalidatePage', 'i32', e.x(o.t), e.i32(Number(does === 'broadcast')));
      // The page being executed may be gone.
      e.if(done, () => e.exitAfter('synchronize'), service);
    });
  },
});

export const systemSemantics: readonly Semantics[] = [
  exception('SVC', 'svc'),
  exception('HVC', 'hvc'),
  exception('SMC', 'smc'),
  exception('BRK', 'brk'),
  exception('HLT', 'hlt'),
  exception('UDF', 'undefined'),
  ...['NOP', 'DGH', 'PSB_CSYNC', 'TSB_CSYNC', 'CSDB', 'CLRBHB', 'BTI', 'HINT', 'STSHH'].map(nothing),
  semantics('YIELD', {
    operands: {},
    hot: true,
    // for whoever is waited for may need the processor
    emit(e) {
      e.if(e.field32('othersWait'), () => e.exitAfter('yield'));
    },
  }),
  service('ESB', 'barrier'),
  service('SEV', 'sev'),
  service('SEVL', 'sev'),
  service('WFE', 'wfe'),
  service('WFI', 'wfi'),
  service('WFET', 'wfxt'),
  service('WFIT', 'wfxt'),
  service('ERET', 'eret'),
  service('ERETAA', 'eretAuthenticated'),
  service('ERETAB', 'eretAuthenticated'),
  service('DRPS', 'drps'),
  service('DCPS1', 'dcps'),
  service('DCPS2', 'dcps'),
  service('DCPS3', 'dcps'),
  synchronizationBarrier('DSB'),
  memoryBarrier('DMB'),
  synchronizationBarrier('DSB_nXS'),
  semantics('ISB', {
    operands: {},
    hot: true,
    emit(e) {
      e.exitAfter('synchronize');
    },
  }),
  nothing('SB'),
  semantics('CLREX', {
    operands: {},
    hot: true,
    emit: (e) => e.setField32('monitorArmed', e.i32(0)),
  }),
  mrs,
  msr,
  msrImmediate,
  sys,
  service('SYSL', 'sysl'),
  semantics('CFINV', { operands: {}, emit: (e) => e.setNzcv(e.xor(e.nzcv(), e.i32(2))) }),
  semantics('XAFLAG', {
    operands: {},
    emit(e) {
      const f = e.nzcv();
      const bit = (n: number) => e.and(e.shrU(f, e.i32(n)), e.i32(1));
      const c = bit(1);
      const z = bit(2);
      const notC = e.xor(c, e.i32(1));
      const n = e.and(notC, e.xor(z, e.i32(1)));
      const newZ = e.and(z, c);
      const newC = e.or(c, z);
      const v = e.and(notC, z);
      e.setNzcv(e.or(e.or(e.shl(n, e.i32(3)), e.shl(newZ, e.i32(2))), e.or(e.shl(newC, e.i32(1)), v)));
    },
  }),
  semantics('AXFLAG', {
    operands: {},
    emit(e) {
      const f = e.nzcv();
      const bit = (n: number) => e.and(e.shrU(f, e.i32(n)), e.i32(1));
      const v = bit(0);
      const z = e.or(bit(2), v);
      const c = e.and(bit(1), e.xor(v, e.i32(1)));
      e.setNzcv(e.or(e.shl(z, e.i32(2)), e.shl(c, e.i32(1))));
    },
  }),
];
