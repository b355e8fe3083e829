import { ArchState } from '../../src/arch/state-layout.js';
import { defineStruct, hashText } from '../../src/support/struct.js';
import { BROADCAST_BYTES, BROADCASTS } from './broadcast-layout.js';
import { CodeTlbEntry, ControlState, DataTlbEntry, VcpuLayout } from './vcpu-layout.js';

/** Start of the shared memory. */
export const HeaderLayout = defineStruct('Header', {
  magic: 'u32',
  layoutHash: 'u32',
  vcpuCount: 'u32',
  /** Sequence lock shared by 128-bit atomics. */
  atomicLock: 'u32',
  /** Work for the I/O side: bit per doorbell, and its futex word. */
  doorbell: 'u32',
  ioWake: 'u32',
  /** Non-zero: power off / reset / panic requested; see MachineRequest. */
  machineRequest: 'u32',
  machineRequestInfo: 'u32',
  /** Code pages taken that never were before, and how often the whole decoded-code store was dropped. */
  codePagesUsed: 'u32',
  codeGeneration: 'u32',
  /** Modules of translated code that all threads of vCPUs have been sent; see ThreadedTranslations. */
  translationsFinished: 'u32',
  /** First code page given back, by its index + 1; 0 for none. */
  codePagesFree: 'u32',
  /** How often code pages were given back: their records may be another page's since. */
  codeReleases: 'u32',
  headerPad: ['u32', 3],
  /** Constants of core.wasm, which it puts here when it is instantiated. */
  constants: ['v128', 64],
  /** Tables of jit/a64/semantics/library/crc-tables.ts, from core.wasm too. */
  crcTables: ['u32', 2 * 8 * 256],
  /** Last code page given back, by its index + 1: they are taken again in the order in which they came. */
  codePagesFreeLast: 'u32',
  /** SharedLock of the decoded code: its pages, records, map and free list. */
  codeLock: 'u32',
  /** SharedLock of the broadcast log, and how many messages were posted to it (runtime/mmu/broadcast-log.ts). */
  broadcastLock: 'u32',
  broadcastHead: 'u32',
  /** vCPUs that wait for others to answer, and the futex word that these bump (runtime/vcpu/vcpu-group.ts). */
  answersAwaited: 'u32',
  answers: 'u32',
  /** 1 + index of the vCPU that executes while all others stand still; a futex word. */
  aloneOwner: 'u32',
  /** Modules of translated code whose regions were made enterable, and how often their slots were begun anew. */
  modulesPublished: 'u32',
  regionEpoch: 'u32',
  /** Tables of jit/interpreter/fusion-table.ts, from core.wasm. */
  fusionClasses: ['u32', 2048],
  fusionSteps: ['u32', 2 * 4096],
  /** WasmOffset of the RAM area, where core.wasm may decode by itself (jit/wasm/decoding.ts); else 0. */
  decodableRam: 'u32',
  /** Code pages that were ever taken: those behind have no bytes but 0. */
  codePagesTouched: 'u32',
  /** Records that were added to those kept by instruction word. */
  recordsKept: 'u32',
  /** WasmOffset of the broadcast log. */
  broadcasts: 'u32',
});

/** One decoded instruction, 16 bytes; `op` 0 means "not decoded yet". */
export const RECORD_SHIFT = 4;
/**
 * Records of one 4 KiB page, then one that leaves the page, one that names the page, and twice 128 bytes with a bit for each
 * record, padded to a 64-byte multiple.
 */
export const CODE_PAGE_BYTES = (1024 + 20) << RECORD_SHIFT;
/** Word of a code page, in the record behind the sentinel: index of the RAM page that it belongs to. */
export const OWNER_WORD = (1025 << 2) + 1;
/** In the same record: how many more stores to the page are looked at before it is taken for data, */
export const PATIENCE_WORD = (1025 << 2) + 2;
/** and in the one behind, how many it is whenever something of the page is decoded. */
export const FULL_PATIENCE_WORD = (1026 << 2) + 2;
/** Records decoded at most in one go. */
export const DECODED_RUN = 32;
/** Offset in a code page of the bits of records that translated code depends on. */
export const COVERAGE_OFFSET = (1024 + 4) << RECORD_SHIFT;
/** And of those records that are part of a region in other ways than by a copy. */
export const OWN_COVERAGE_OFFSET = COVERAGE_OFFSET + 128;
/** Words of both. */
export const COVERAGE_WORDS = 64;

export const MAX_VCPUS = 16;
const PAGE = 65536;
const align = (n: number): number => Math.ceil(n / PAGE) * PAGE;

/** Bytes of shared device state handed out by DeviceMemory. */
export const DEVICE_STATE_BYTES = 1 << 20;
/** Decoded code pages kept at once (16 KiB each). */
export const CODE_PAGES = 8192;

/** Where decoded code begins: the same in every machine, so that generated code has it as a constant. */
export const CODE_PAGES_START = align(HeaderLayout.size);
const ENTRIES_START = align(CODE_PAGES_START + CODE_PAGES * CODE_PAGE_BYTES);
const HEAT_START = align(ENTRIES_START + CODE_PAGES * (CODE_PAGE_BYTES >> 2));
/**
 * Records by instruction word (runtime/code/record-memo.ts): a record, its word, and MEMO_TAG. One lies in the place of its hash,
 * or in one of those behind.
 */
export const RECORD_MEMO = {
  start: align(HEAT_START + CODE_PAGES * (CODE_PAGE_BYTES >> 2)), bits: 18, probes: 8, entryBytes: 24, word: 16, tag: 20,
  /** By which a word is multiplied for its hash, the product's upper bits. */
  factor: 0x9e3779b1 | 0,
} as const;
/** A memo entry's tag: whether there is a record, whether a straight run ends with it, and nearBranch of the word. */
export const MEMO_TAG = { used: 1, endsRun: 2, near: 4 } as const;
export const RECORD_MEMO_BYTES = ((1 << RECORD_MEMO.bits) + RECORD_MEMO.probes) * RECORD_MEMO.entryBytes;
export const VCPUS_START = align(RECORD_MEMO.start + RECORD_MEMO_BYTES);
/**
 * Beside each record, at (its WasmOffset >> 2) + ENTRY_OFFSET, lies a u32 that matters where a region of translated code
 * starts (the record's operation is PseudoOperation.EnterRegion): the operation it would have otherwise in bits 15..0, the
 * region's slot in bits 31..16.
 */
export const ENTRY_OFFSET = ENTRIES_START - CODE_PAGES_START / 4;
/** At (its WasmOffset >> 2) + HEAT_OFFSET: how often control may still branch to it until a translation is asked for. */
export const HEAT_OFFSET = HEAT_START - CODE_PAGES_START / 4;

export interface MemoryLayout {
  readonly header: number;
  readonly vcpus: number;
  readonly deviceState: number;
  /** One u32 a RAM page: 0 = no decoded code, else 1 + index of its decoded page. */
  readonly codeMap: number;
  readonly codePages: number;
  /** One u32 a RAM page: bit n set when vCPU n's data TLBs may let it write there unseen. */
  readonly writers: number;
  readonly broadcasts: number;
  readonly ram: number;
  readonly ramBytes: number;
  readonly totalBytes: number;
}

/** Places everything for `vcpus` vCPUs and `ramBytes` of backing for RAM and flash (a multiple of 64 KiB). */
export function memoryLayout(vcpus: number, ramBytes: number): MemoryLayout {
  const vcpuBase = VCPUS_START;
  const deviceState = vcpuBase + vcpus * VcpuLayout.size;
  const codeMap = deviceState + DEVICE_STATE_BYTES;
  const codePages = CODE_PAGES_START;
  const writers = codeMap + (ramBytes / 4096) * 4;
  const broadcasts = writers + (ramBytes / 4096) * 4;
  const ram = align(broadcasts + BROADCASTS * BROADCAST_BYTES);
  return {
    header: 0, vcpus: vcpuBase, deviceState, codeMap, codePages, writers, broadcasts, ram, ramBytes, totalBytes: ram + ramBytes,
  };
}

/** Names the binary layout; core.wasm and the runtime refuse to start together when theirs differ. */
export const LAYOUT_HASH = hashText(
  [ArchState, ControlState, DataTlbEntry, CodeTlbEntry, HeaderLayout].map((s) => s.description).join(';') +
    JSON.stringify(VcpuLayout) + `;record=${RECORD_SHIFT};codepage=${CODE_PAGE_BYTES};entries=${ENTRY_OFFSET};heat=${HEAT_OFFSET};` +
    JSON.stringify(RECORD_MEMO),
);
