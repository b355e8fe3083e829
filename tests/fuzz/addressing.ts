/** Where a load or store goes, from the fields of its encoding: what is added to the base register. */
import type { Encoding, Fields } from '../../jit/a64/encoding.js';

export interface Access {
  /** Added to the base register, from the immediate alone. */
  readonly immediate: number;
  /** Register added, with the shift of its value, or -1. */
  readonly index: number;
  readonly option: number;
  readonly shift: number;
  /** Bytes of one element, which is how accesses are mostly aligned. */
  readonly element: number;
  /** Alignment that the architecture asks for whatever SCTLR_EL1.A is. */
  readonly ordered: boolean;
  readonly writeback: boolean;
}

function signed(value: number, bits: number): number {
  return (value << (32 - bits)) >> (32 - bits);
}

function scaleOf(encoding: Encoding, f: Fields): number {
  if (encoding.name.includes('_simd')) return ((f.opc & 2) << 1) | f.size;
  if (encoding.name.startsWith('PRF')) return 3;
  return f.size ?? 3;
}

const ORDERED = /^ldst\/(ldstexcl|ldstord|comswap|memop|ldapstl)/;

/** The access of a load or store with a base register; undefined for literals and memory copies. */
export function accessOf(encoding: Encoding, f: Fields): Access | undefined {
  const group = encoding.group.slice('ldst/'.length);
  if (group === 'loadlit' || group === 'memcms' || group === 'memset_go') return undefined;
  const scale = scaleOf(encoding, f);
  const ordered = ORDERED.test(encoding.group);
  const access = (immediate: number, element: number, writeback = false): Access => ({
    immediate, element, writeback, index: -1, option: 0, shift: 0, ordered,
  });
  switch (group) {
    case 'ldst_pos':
      return access(f.imm12 << scale, 1 << scale);
    case 'ldst_immpost':
      return access(0, 1 << scale, true);
    case 'ldst_immpre':
      return access(signed(f.imm9, 9), 1 << scale, true);
    case 'ldst_regoff':
      return { ...access(0, 1 << scale), index: f.Rm, option: f.option, shift: f.S === 1 ? scale : 0 };
    case 'ldst_pac':
      return access(8 * signed((f.S << 9) | f.imm9, 10), 8, f.W === 1);
    case 'ldsttags':
      return access(
        encoding.name.endsWith('_post') ? 0 : 16 * signed(f.imm9, 9), 16, !/_off$|^LDG/.test(encoding.name),
      );
    case 'ldstpair_off':
    case 'ldstpair_post':
    case 'ldstpair_pre':
    case 'ldstnapair_offs': {
      if (encoding.name.startsWith('STGP')) {
        const immediate = group === 'ldstpair_post' ? 0 : 16 * signed(f.simm7, 7);
        return access(immediate, 16, group !== 'ldstpair_off');
      }
      const general = encoding.name.startsWith('LDPSW') ? 2 : 2 + (f.opc >> 1);
      const size = encoding.name.includes('_simd') ? 2 + f.opc : general;
      const immediate = group === 'ldstpair_post' ? 0 : signed(f.imm7, 7) * 2 ** size;
      return access(immediate, 1 << size, group === 'ldstpair_post' || group === 'ldstpair_pre');
    }
    case 'ldstexclp':
    case 'comswappr':
      return access(0, 8 << f.sz);
    case 'memop_128':
      return access(0, 16);
    case 'asisdlse':
    case 'asisdlso':
      return access(0, 8);
    case 'asisdlsep':
    case 'asisdlsop':
      return access(0, 8, true);
    default:
      return access(f.imm9 === undefined ? 0 : signed(f.imm9, 9), 1 << scale);
  }
}

/** What an index register adds. */
export function indexOffset(value: bigint, option: number, shift: number): bigint {
  const extended =
    option === 2 ? BigInt.asUintN(32, value) : option === 6 ? BigInt.asIntN(32, value) : BigInt.asIntN(64, value);
  return extended << BigInt(shift);
}
