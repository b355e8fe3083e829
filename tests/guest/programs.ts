/** The programs of guest/bare-metal: the machines each runs on, and where Ulna and the recorded QEMU are not alike. */

/** Exception levels above EL1, as --machine has them. */
export const MACHINES = {
  el1: 'virt,gic-version=3',
  el2: 'virt,gic-version=3,virtualization=on',
  el3: 'virt,gic-version=3,secure=on',
  el23: 'virt,gic-version=3,virtualization=on,secure=on',
} as const;
export type MachineName = keyof typeof MACHINES;
export type CpuName = 'cortex-a57' | 'neoverse-n1' | 'max' | 'max-qarma5' | 'max-qarma3';

/** The CPU as options of Ulna and of QEMU: max with the same kind of pointer authentication as Ulna's default. */
export function cpuOption(cpu: CpuName): string {
  const [model, pauth = 'impdef'] = cpu === 'max' || cpu.startsWith('max-') ? cpu.split('-') : [cpu, ''];
  return pauth === '' ? model : `${model},pauth-${pauth}=on`;
}

export interface Program {
  readonly name: string;
  readonly machines: readonly MachineName[];
  readonly cpus: readonly CpuName[];
  /** PEs of the machine; 1 without it. */
  readonly pes?: number;
  /** It resets the machine and goes on. */
  readonly resets?: boolean;
}

const all: readonly MachineName[] = ['el1', 'el2', 'el3', 'el23'];

/**
 * Recorded on QEMU 10.0.2, for 7.2 is wrong in too many places (HVC at EL3, block descriptors at any level, no
 * alignment faults with the MMU off); what looks at FEAT_LSE2, FEAT_PAuth2, FEAT_FPAC or
 * FEAT_MTE on max (alignment, pauth, codes, tags) on 11.1.3. Bugs that both have are below.
 */
export const PROGRAMS: readonly Program[] = [
  { name: 'exceptions', machines: all, cpus: ['cortex-a57', 'max'] },
  { name: 'stage1', machines: ['el1', 'el3'], cpus: ['cortex-a57', 'max'] },
  { name: 'stage2', machines: ['el2'], cpus: ['cortex-a57', 'max'] },
  { name: 'alignment', machines: ['el1'], cpus: ['cortex-a57', 'neoverse-n1', 'max'] },
  { name: 'tlb', machines: ['el1'], cpus: ['cortex-a57', 'max'] },
  { name: 'debug', machines: ['el1', 'el2'], cpus: ['cortex-a57', 'max'] },
  { name: 'code', machines: ['el1'], cpus: ['cortex-a57', 'max'] },
  { name: 'exclusives', machines: ['el1'], cpus: ['cortex-a57', 'max'] },
  { name: 'pauth', machines: ['el1', 'el2'], cpus: ['max'] },
  { name: 'tags', machines: ['el1', 'el2'], cpus: ['max'] },
  { name: 'codes', machines: ['el1'], cpus: ['max-qarma5', 'max-qarma3'] },
  { name: 'timers', machines: ['el1', 'el2'], cpus: ['cortex-a57', 'max'] },
  { name: 'gic', machines: all, cpus: ['cortex-a57'] },
  { name: 'its', machines: all, cpus: ['cortex-a57'] },
  { name: 'wait', machines: ['el1', 'el2', 'el23'], cpus: ['cortex-a57', 'max'] },
  { name: 'traps', machines: ['el1', 'el2', 'el23'], cpus: ['cortex-a57'] },
  { name: 'psci', machines: ['el1', 'el2'], cpus: ['cortex-a57', 'max'], pes: 4 },
  { name: 'reset', machines: ['el1', 'el2'], cpus: ['cortex-a57'], pes: 4, resets: true },
  { name: 'broadcast', machines: ['el1'], cpus: ['cortex-a57', 'max'], pes: 4 },
  { name: 'ipi', machines: ['el1', 'el2', 'el3'], cpus: ['cortex-a57'], pes: 4 },
];

/** What they print is not the same in each run: tests/deterministic is about them. */
export const UNPREDICTABLE: readonly string[] = ['race'];

/** A line of QEMU's output that Ulna's is not expected to equal. */
export interface Difference {
  readonly program: string;
  /** The last line before it that begins with "--" or "==" matches. */
  readonly section?: RegExp;
  readonly cpu?: CpuName;
  readonly qemu: RegExp;
  readonly ulna: RegExp;
  readonly reason: string;
}

export const DIFFERENCES: readonly Difference[] = [
  {
    program: 'exceptions',
    qemu: /^daifset at EL0: .* ESR 620793e4 /,
    ulna: /^daifset at EL0: .* ESR 620cd3e4 /,
    reason: 'QEMU exchanges op1 and op2 in the syndrome of MSR DAIFSet trapped by SCTLR_EL1.UMA',
  },
  {
    program: 'exceptions',
    section: /^-- EL1 Secure/,
    qemu: /^hvc: \[EL2 sync@600 /,
    ulna: /^hvc: \[EL1 sync@200 ESR 2000000 /,
    reason: 'HVC is UNDEFINED at Secure EL1 while Secure EL2 is not enabled; QEMU takes it to EL2',
  },
  {
    program: 'code',
    cpu: 'max',
    qemu: /^dc zva: \[EL1 sync@200 ESR 2000000 ELR 40a00000 SPSR 7c5\]/,
    ulna: /^dc zva: \[EL1 sync@200 ESR 2000000 ELR 40a00000 SPSR 3c5\]/,
    reason: 'PSTATE.BTYPE is not kept over a branch to a cached page that is not guarded: only SPSR could tell',
  },
  {
    program: 'timers',
    cpu: 'max',
    qemu: /^ monotonic=1 virtual=1 offset=\w+ frequency=3b9aca00$/,
    ulna: /^ monotonic=1 virtual=1 offset=\w+ frequency=3b9aca0$/,
    reason: 'the counter of every model runs at 62.5 MHz; QEMU from 9.0 on gives max 1 GHz',
  },
  {
    program: 'stage2',
    qemu: /^dc i?c?ivac, x0: ok$/,
    ulna: /^dc i?c?ivac, x0: \[EL2 sync@400 ESR 92000147 /,
    reason: 'QEMU does not translate the address of cache maintenance instructions other than DC ZVA',
  },
  {
    program: 'alignment',
    qemu: /^stxr w4, x1, \[x0\] \+1: ok$/,
    ulna: /^stxr w4, x1, \[x0\] \+1: \[EL1 sync@\w00 ESR 9[26]000061 /,
    reason: 'the alignment of a store-exclusive is checked before its monitor; QEMU looks at the monitor first',
  },
  {
    program: 'alignment',
    cpu: 'max',
    qemu: /^(ldadd x1, x2|ldxr x1), \[x0\] \+(9|12): .* ESR 9[26]000061 /,
    ulna: /^(ldadd x1, x2|ldxr x1), \[x0\] \+(9|12): .* ESR 9[26]000021 /,
    reason: 'WnR is 0 for what a read would cause too; with FEAT_LSE2 QEMU says 1 for atomics and load-exclusives',
  },
  {
    program: 'alignment',
    section: /^-- Device-nGnR/,
    qemu: /: ok$/,
    ulna: /: \[EL1 sync@\w00 ESR 9[26]0000[26]1 /,
    reason: 'unaligned accesses to Device memory fault; QEMU 10.0 sees to it only while stage 1 is off',
  },
  {
    program: 'alignment',
    section: /^-- border: right Device/,
    qemu: /^\w+ [^:]*: ok$|^ left=| x0=/,
    ulna: /ESR 960000[26]1 FAR ffff800000101000 |^ left=| x0=/,
    reason: 'the same, for the part of an access that lies in Device memory',
  },
  {
    program: 'alignment',
    section: /^-- border: right in nothing/,
    qemu: /^dc zva, x0 \+8: \[EL1 sync@200 ESR 96000050 FAR ffff800000101000 /,
    ulna: /^dc zva, x0 \+8: \[EL1 sync@200 ESR 96000050 FAR ffff800000101008 /,
    reason: 'FAR of DC ZVA holds its operand for every abort; in QEMU not for external ones',
  },
  {
    program: 'debug',
    qemu: /^both, OS lock .*: \[/,
    ulna: /^both, OS lock .*: ok$/,
    reason: 'the OS lock disables debug exceptions; QEMU tests another bit than OSLSR_EL1.OSLK',
  },
  {
    program: 'debug',
    qemu: /ESR d6000062 /,
    ulna: /ESR d6000022 /,
    reason: 'WnR of a watchpoint hit by a load is 0; QEMU says 1 once a store has hit the watchpoint',
  },
  {
    program: 'traps',
    qemu: /s3_0_c0_c4_0 value=100[02][02]22$/,
    ulna: /s3_0_c0_c4_0 value=100[01][01]11$/,
    reason: 'no Exception level can use AArch32',
  },
  {
    program: 'traps',
    qemu: /^s3_0_c0_c7_0 value=1124$/,
    ulna: /^s3_0_c0_c7_0 value=1024$/,
    reason: 'no mixed-endian support',
  },
  {
    program: 'psci',
    section: /^-- AFFINITY_INFO/,
    qemu: /^ target=\w+ level=\w+( level=0){4} SMC32=\w+$/,
    ulna: /^ target=\w+ level=\w+( level=0){3} level=fffffffffffffffe SMC32=\w+$/,
    reason: 'there is no affinity level 4 (DEN 0022, 5.1.5); and SMC32 functions take W registers (DEN 0028, 3), '
      + 'of which QEMU uses all 64 bits',
  },
  {
    program: 'psci',
    section: /^-- another entry and context/,
    qemu: /^ result=fffffffffffffffe context=5$/,
    ulna: /^ result=0 context=9abcdef0$/,
    reason: 'the same, for CPU_ON',
  },
  {
    program: 'psci',
    qemu: /^second CPU_ON: allowed$/,
    ulna: /^second CPU_ON: refused$/,
    reason: 'QEMU calls a PE off until it begins to run: CPU_ON has no ON_PENDING there',
  },
  {
    program: 'psci',
    qemu: /^states: off when it is on$/,
    ulna: /^states: in order$/,
    reason: 'the same, for AFFINITY_INFO',
  },
  {
    program: 'psci',
    qemu: /^successes: not one$/,
    ulna: /^successes: one$/,
    reason: 'the same, for two PEs that turn on a third',
  },
  {
    program: 'broadcast',
    section: /^-- a block/,
    qemu: /^vale1is code: unseen=\w+ stale=\w+ late stores=0$/,
    ulna: /^vale1is code: unseen=0 stale=0 late stores=0$/,
    reason: 'a TLBI by address takes a whole block away; QEMU goes on executing translated code of its other pages',
  },
  {
    program: 'broadcast',
    section: /^-- code/,
    qemu: /^ic (ivau|ialluis), while it runs wrong=\w+$/,
    ulna: /^ic (ivau|ialluis), while it runs wrong=0$/,
    reason: 'QEMU may translate code while another PE is about to write to it, and does nothing for IC IVAU',
  },
];
