import { INTERPRETED_BECAUSE, REGION_LEFT } from './engine-counters.js';
import { ArchState } from '../../src/arch/state-layout.js';
import { defineStruct } from '../../src/support/struct.js';

/** Data TLB geometry; the probe in generated code is inlined with these constants. */
export const DATA_TLB_ENTRIES = 4096;
export const DATA_TLB_ENTRY_SHIFT = 5;
/**
 * One data TLB entry, 32 bytes. Indexed by VA[23:12]. A tag is VA[63:12] with the access context in bits 11..0
 * (see ControlState.contextLow/High); the value all-ones never matches. An access hits when
 * ((va + size - 1) & ~0xfff | context) equals the tag, which also refuses accesses that cross a page.
 */
export const DataTlbEntry = defineStruct('DataTlbEntry', {
  readTag: 'u64',
  writeTag: 'u64',
  /** Added, modulo 2^32, to the low word of the VA to give the byte's WasmOffset. */
  addend: 'u32',
  /** log2 of the translation's size in bytes (12 and up), for TLBI by address. */
  blockShift: 'u32',
  /** Physical page number and address space: space << 28 | index of the RAM page; for diagnosis and TLBI. */
  page: 'u32',
  flags: 'u32',
});

/** What turns an address into the offset of its entry: shifted right, then masked. */
export const DATA_TLB_INDEX = { shift: 12 - DATA_TLB_ENTRY_SHIFT, mask: (DATA_TLB_ENTRIES - 1) << DATA_TLB_ENTRY_SHIFT } as const;

export const CODE_TLB_ENTRIES = 1024;
export const CODE_TLB_ENTRY_SHIFT = 4;
/** One code TLB entry, 16 bytes. Indexed by VA[21:12]; tag as in DataTlbEntry with the fetch context. */
export const CodeTlbEntry = defineStruct('CodeTlbEntry', {
  tag: 'u64',
  /** WasmOffset of the page's first decoded record. */
  records: 'u32',
  /** Bit 0: guarded page (BTI). Bits 31..8: log2 of the translation's size. */
  flags: 'u32',
});

export const CODE_TLB_INDEX = { shift: 12 - CODE_TLB_ENTRY_SHIFT, mask: (CODE_TLB_ENTRIES - 1) << CODE_TLB_ENTRY_SHIFT } as const;

/** Second level of the code TLB (runtime/mmu/second-level-tlb.ts): entries as above, by VA[19:12], with several ways. */
export const CODE_TLB2 = { sets: 256, ways: 8 } as const;

/** Second level of the data TLB: entries by VA[22:12]. With eight ways four processes' user and kernel tables can share an address. */
export const DATA_TLB2 = { sets: 2048, ways: 8 } as const;

/**
 * Sizes, as binary logarithms, that translations of more than 4 KiB are told apart by: pages and contiguous pages of other granules,
 * blocks. Where pages of them may be in the TLBs (runtime/mmu/block-summary.ts) lies in so many places a size: regions of 2 MiB of
 * 16 GiB in a row can be told apart. Where pages of even larger ones may be is not told: see ControlState.hugeFragments.
 */
export const BLOCK_SUMMARY = { shifts: [14, 16, 21, 25, 30], placeBits: 13 } as const;
const SUMMARY_BYTES = 4 << BLOCK_SUMMARY.placeBits;

/** State the engines and the run loop share beside the architectural registers. */
export const ControlState = defineStruct('ControlState', {
  /** Non-zero asks a running engine to return at its next taken branch. Written by any thread (atomic). */
  exitRequest: 'u32',
  /** Futex word of the parked thread with this vCPU's number; bumped and notified by whoever has something for a vCPU of it. */
  wake: 'u32',
  /** Levels into the PE from the GIC: bit 0 IRQ, bit 1 FIQ, bit 2 vIRQ, bit 3 vFIQ, bit 4 vSError. Atomic. */
  interruptLines: 'u32',
  /** Why the engine returned; ExitReason. */
  exitReason: 'u32',
  /** Non-zero while FP and AdvSIMD instructions trap at the current EL. */
  fpTrapped: 'u32',
  exitInfo: ['u32', 4],
  /** Instructions retired by this vCPU. */
  instructions: 'u64',
  /** Of those, retired by translated code. */
  instructionsTranslated: 'u64',
  /**
   * The interpreter's place in the code: the record it is at, that plus 16 times the unused part of its budget, and what
   * turns a record into its instruction's address, which is pcBias + record / 4.
   */
  record: 'u32',
  limit: 'u32',
  pcBias: 'u64',
  /** Translated code: instructions it may still execute; negative when it has executed more. */
  budget: 'u32',
  /**
   * Translated code: NZCV as the operation that set it (FLAGS_KINDS in jit/emitter/flags-kind.ts) and its operands. Holds while
   * translated code runs; `nzcv` holds otherwise.
   */
  flagsKind: 'u32',
  flagsA: 'u64',
  flagsB: 'u64',
  /** How often the run loop entered translated code, and was left one instruction by it. */
  regionEntries: 'u64',
  regionInterprets: 'u64',
  /**
   * While a callee of translated code is interpreted: the record and address where that code goes on, and HeaderLayout's
   * codeReleases when translated code was entered. Records are never 0.
   */
  stopRecord: 'u32',
  seenReleases: 'u32',
  stopPc: 'u64',
  /** Translated code: why it leaves, while it does; how often it did so, and instructions of the main loop (engine-counters.ts). */
  regionReason: 'u32',
  regionReasonPad: 'u32',
  regionLeft: ['u64', REGION_LEFT.length],
  interpreted: ['u64', INTERPRETED_BECAUSE.length],
  /** Instructions that `run` executed by their function forms. */
  functionForms: 'u64',
  /** Bit n: rememberedValues[n] is what reading REMEMBERED_READS[n] gives now; and REMEMBERED_ZERO. */
  remembered: 'u32',
  /** Bit n: GRANTED[n] may be executed as it is. */
  granted: 'u32',
  rememberedValues: ['u64', 4],
  /** How often the second level of the code TLB had what the first had not. */
  codeRecalls: 'u64',
  /** Address of the branch whose target could not be gone on at. */
  branchSource: 'u64',
  /** Address of the access in flight. */
  accessAddress: 'u64',
  /**
   * Data access contexts for VA[63]=0 and VA[63]=1, bits 11..0, the rest zero; then the same for unprivileged
   * accesses (LDTR/STTR), then for instruction fetch. Recomputed by the runtime whenever EL, PAN, UAO, ASID, VMID
   * or a translation control changes.
   */
  contextLow: 'u64',
  contextHigh: 'u64',
  unprivilegedLow: 'u64',
  unprivilegedHigh: 'u64',
  fetchLow: 'u64',
  fetchHigh: 'u64',
  /** Exclusive monitor: armed, size in bytes, WasmOffset of the location, value loaded. */
  monitorArmed: 'u32',
  monitorSize: 'u32',
  monitorAddress: 'u32',
  /** Location of the last access in the bounce buffer when the monitor was armed: tells such accesses apart. */
  monitorLocation: 'u32',
  monitorValue: ['u64', 2],
  /** Bounce buffer for accesses that the runtime carries out (MMIO, page crossing); 128 bytes, 16-aligned. */
  bounce: ['v128', 8],
  /** Non-zero: the bounce buffer holds a store that the runtime must still carry out. */
  bouncePending: 'u32',
  bounceLength: 'u32',
  /** WasmOffset of `bounce`, and where the bytes last put there belong: WasmOffset or address, modulo 2^32. */
  bounceBase: 'u32',
  bounceLocation: 'u32',
  /** Operands and results of calls between generated code and TypeScript. */
  scratch: ['u64', 16],
  /** Pointer authentication at the current EL (PauthControls in src/arch/pauth.ts): control word and pointer layout. */
  pauthControl: 'u32',
  /** Non-zero while CPY and SET instructions (FEAT_MOPS) may run at the current EL; they are UNDEFINED otherwise. */
  memoryCopyEnabled: 'u32',
  pauthInstruction: ['u64', 3],
  pauthData: ['u64', 3],
  /** The rest matters with several vCPUs (runtime/vcpu/vcpu-group.ts). Non-zero while this one may execute; atomic. */
  running: 'u32',
  /** Messages of the broadcast log that it has acted on; atomic. */
  applied: 'u32',
  /** Non-zero: it has broadcast maintenance that no DSB of it has waited for. */
  broadcastPending: 'u32',
  /** Event register of WFE; atomic. */
  eventRegister: 'u32',
  /** Non-zero: the TLBs may have pages of translations larger than BLOCK_SUMMARY tells apart. */
  hugeFragments: 'u32',
  /** Thread that the vCPU runs on; and of the thread with its number, 1 + vCPUs that have something to do; 0: it is not there. */
  thread: 'u32',
  threadLoad: 'u32',
  /** Non-zero: other vCPUs of the thread have something to do, and YIELD ends the turn. */
  othersWait: 'u32',
  /** PSCI: AffinityState (hv/psci/power.ts), entry point and context of CPU_ON. */
  powerState: 'u32',
  powerEntry: 'u64',
  powerContext: 'u64',
});

const align = (n: number, to: number): number => Math.ceil(n / to) * to;

const controlOffset = ArchState.size;
const dataTlbOffset = align(controlOffset + ControlState.size, 4096);
const codeTlbOffset = dataTlbOffset + (DATA_TLB_ENTRIES << DATA_TLB_ENTRY_SHIFT);
const codeTlb2Offset = codeTlbOffset + (CODE_TLB_ENTRIES << CODE_TLB_ENTRY_SHIFT);
const dataTlb2Offset = codeTlb2Offset + ((CODE_TLB2.sets * CODE_TLB2.ways) << CODE_TLB_ENTRY_SHIFT);
const summariesOffset = dataTlb2Offset + ((DATA_TLB2.sets * DATA_TLB2.ways) << DATA_TLB_ENTRY_SHIFT);

/** One vCPU's block: byte offsets from its base. */
export const VcpuLayout = {
  arch: 0,
  control: controlOffset,
  dataTlb: dataTlbOffset,
  codeTlb: codeTlbOffset,
  codeTlb2: codeTlb2Offset,
  dataTlb2: dataTlb2Offset,
  /** By size of BLOCK_SUMMARY.shifts. */
  summaries: BLOCK_SUMMARY.shifts.map((_, i) => summariesOffset + i * SUMMARY_BYTES),
  size: align(summariesOffset + BLOCK_SUMMARY.shifts.length * SUMMARY_BYTES, 65536),
} as const;

/** Byte offset of an architectural field from the vCPU base. */
export const archOffset = ArchState.offset;
/** Byte offset of a control field from the vCPU base. */
export const controlFieldOffset = Object.fromEntries(
  Object.entries(ControlState.offset).map(([k, v]) => [k, v + controlOffset]),
) as Record<keyof typeof ControlState.offset, number>;
