/** Operands of the system instructions: SYS aliases, PSTATE fields, barriers, prefetches (Arm ARM, C5.1 to C5.6). */

/** Items `op1.CRn.CRm.op2=name`; a name that ends in `!` takes no register. */
const OPERATIONS: Readonly<Record<string, string>> = {
  ic: '0.7.1.0=ialluis! 0.7.5.0=iallu! 3.7.5.1=ivau',
  dc: `0.7.6.1=ivac 0.7.6.2=isw 0.7.6.3=igvac 0.7.6.4=igsw 0.7.6.5=igdvac 0.7.6.6=igdsw 0.7.10.2=csw 0.7.10.4=cgsw
    0.7.10.6=cgdsw 0.7.14.2=cisw 0.7.14.4=cigsw 0.7.14.6=cigdsw 3.7.4.1=zva 3.7.4.3=gva 3.7.4.4=gzva 3.7.10.1=cvac
    3.7.10.3=cgvac 3.7.10.5=cgdvac 3.7.11.1=cvau 3.7.12.1=cvap 3.7.12.3=cgvap 3.7.12.5=cgdvap 3.7.13.1=cvadp
    3.7.13.3=cgvadp 3.7.13.5=cgdvadp 3.7.14.1=civac 3.7.14.3=cigvac 3.7.14.5=cigdvac 6.7.14.1=cipapa
    6.7.14.5=cigdpapa 0.7.15.1=civaps 0.7.15.5=cigdvaps 3.7.11.0=cvaoc 3.7.11.7=cgdvaoc 3.7.15.0=civaoc
    3.7.15.7=cigdvaoc 4.7.14.0=cipae 4.7.14.7=cigdpae`,
  at: `0.7.8.0=s1e1r 0.7.8.1=s1e1w 0.7.8.2=s1e0r 0.7.8.3=s1e0w 0.7.9.0=s1e1rp 0.7.9.1=s1e1wp 0.7.9.2=s1e1a
    4.7.8.0=s1e2r 4.7.8.1=s1e2w 4.7.8.4=s12e1r 4.7.8.5=s12e1w 4.7.8.6=s12e0r 4.7.8.7=s12e0w 4.7.9.2=s1e2a
    6.7.8.0=s1e3r 6.7.8.1=s1e3w 6.7.9.2=s1e3a`,
  tlbi: `0.8.1.0=vmalle1os! 0.8.1.1=vae1os 0.8.1.2=aside1os 0.8.1.3=vaae1os 0.8.1.5=vale1os 0.8.1.7=vaale1os
    0.8.2.1=rvae1is 0.8.2.3=rvaae1is 0.8.2.5=rvale1is 0.8.2.7=rvaale1is 0.8.3.0=vmalle1is! 0.8.3.1=vae1is
    0.8.3.2=aside1is 0.8.3.3=vaae1is 0.8.3.5=vale1is 0.8.3.7=vaale1is 0.8.5.1=rvae1os 0.8.5.3=rvaae1os
    0.8.5.5=rvale1os 0.8.5.7=rvaale1os 0.8.6.1=rvae1 0.8.6.3=rvaae1 0.8.6.5=rvale1 0.8.6.7=rvaale1 0.8.7.0=vmalle1!
    0.8.7.1=vae1 0.8.7.2=aside1 0.8.7.3=vaae1 0.8.7.5=vale1 0.8.7.7=vaale1 4.8.0.1=ipas2e1is 4.8.0.2=ripas2e1is
    4.8.0.5=ipas2le1is 4.8.0.6=ripas2le1is 4.8.1.0=alle2os! 4.8.1.1=vae2os 4.8.1.4=alle1os! 4.8.1.5=vale2os
    4.8.1.6=vmalls12e1os! 4.8.2.1=rvae2is 4.8.2.5=rvale2is 4.8.3.0=alle2is! 4.8.3.1=vae2is 4.8.3.4=alle1is!
    4.8.3.5=vale2is 4.8.3.6=vmalls12e1is! 4.8.4.0=ipas2e1os 4.8.4.1=ipas2e1 4.8.4.2=ripas2e1 4.8.4.3=ripas2e1os
    4.8.4.4=ipas2le1os 4.8.4.5=ipas2le1 4.8.4.6=ripas2le1 4.8.4.7=ripas2le1os 4.8.5.1=rvae2os 4.8.5.5=rvale2os
    4.8.6.1=rvae2 4.8.6.5=rvale2 4.8.7.0=alle2! 4.8.7.1=vae2 4.8.7.4=alle1! 4.8.7.5=vale2 4.8.7.6=vmalls12e1!
    6.8.1.0=alle3os! 6.8.1.1=vae3os 6.8.1.4=paallos! 6.8.1.5=vale3os 6.8.2.1=rvae3is 6.8.2.5=rvale3is
    6.8.3.0=alle3is! 6.8.3.1=vae3is 6.8.3.5=vale3is 6.8.4.3=rpaos 6.8.4.7=rpalos 6.8.5.1=rvae3os 6.8.5.5=rvale3os
    6.8.6.1=rvae3 6.8.6.5=rvale3 6.8.7.0=alle3! 6.8.7.1=vae3 6.8.7.4=paall! 6.8.7.5=vale3`,
  cfp: '3.7.3.4=rctx',
  dvp: '3.7.3.5=rctx',
  cosp: '3.7.3.6=rctx',
  cpp: '3.7.3.7=rctx',
  brb: '1.7.2.4=iall! 1.7.2.5=inj!',
  trcit: '3.7.2.7=',
  gcspushm: '3.7.7.0=',
  gcsss1: '3.7.7.2=',
  gcspushx: '0.7.7.4=!',
  gcspopcx: '0.7.7.5=!',
  gcspopx: '0.7.7.6=!',
};

interface Operation {
  readonly text: string;
  readonly takesRegister: boolean;
}

function operationKey(op1: number, CRn: number, CRm: number, op2: number): number {
  return (op1 << 11) | (CRn << 7) | (CRm << 3) | op2;
}

let operations: Map<number, Operation> | undefined;

/** The preferred alias of SYS, without its register; undefined when there is none. */
export function systemOperation(op1: number, CRn: number, CRm: number, op2: number): Operation | undefined {
  if (!operations) {
    operations = new Map();
    for (const [mnemonic, items] of Object.entries(OPERATIONS)) {
      for (const item of items.split(/\s+/)) {
        const [position, name] = item.split('=') as [string, string];
        const [a, b, c, d] = position.split('.').map(Number);
        const takesRegister = !name.endsWith('!');
        const text = `${mnemonic} ${name.replace('!', '')}`.trim();
        operations.set(operationKey(a, b, c, d), { text, takesRegister });
      }
    }
  }
  // TLBI by CRn 9 is the nXS variant of the operation by CRn 8.
  if (CRn === 9) {
    const plain = operations.get(operationKey(op1, 8, CRm, op2));
    return plain && { ...plain, text: `${plain.text}nxs` };
  }
  return operations.get(operationKey(op1, CRn, CRm, op2));
}

const PSTATE_FIELDS: Readonly<Record<number, string>> = {
  0o03: 'uao', 0o04: 'pan', 0o05: 'spsel', 0o31: 'ssbs', 0o32: 'dit', 0o33: 'svcr', 0o34: 'tco', 0o36: 'daifset',
  0o37: 'daifclr',
};

/** The field that MSR (immediate) names by op1:op2, where op1 001 is ALLINT or PM by CRm. */
export function pstateField(op1: number, op2: number, CRm: number): string {
  if (op1 === 1) return CRm < 2 ? 'allint' : 'pm';
  return PSTATE_FIELDS[op1 * 8 + op2];
}

const BARRIERS = [
  '', 'oshld', 'oshst', 'osh', '', 'nshld', 'nshst', 'nsh', '', 'ishld', 'ishst', 'ish', '', 'ld', 'st', 'sy',
];

/** Operand of DMB and DSB. */
export function barrier(CRm: number): string {
  return BARRIERS[CRm] || `#0x${CRm.toString(16).padStart(2, '0')}`;
}

const PREFETCHES = ['pld', 'pli', 'pst'];

/** Operand of PRFM and PRFUM: a type, a target (SLC is the system level cache) and a policy. */
export function prefetchOperation(Rt: number): string {
  const target = (Rt >> 1) & 3;
  const type = PREFETCHES[Rt >> 3];
  if (type === undefined) return `#0x${Rt.toString(16).padStart(2, '0')}`;
  return `${type}${target === 3 ? 'slc' : `l${target + 1}`}${Rt & 1 ? 'strm' : 'keep'}`;
}

/** The six bits option<2>:option<0>:S:Rt<2:0> of RPRFM. */
export function rangePrefetchOperation(operation: number): string {
  const names: Readonly<Record<number, string>> = { 0: 'pldkeep', 1: 'pstkeep', 4: 'pldstrm', 5: 'pststrm' };
  return names[operation] ?? `#${operation}`;
}
