import { describe, expect, it } from 'vitest';
import { ExitReason, Status } from '../../../jit/emitter/services.js';
import { executeMemoryCopySet, type MemoryCopySetContext } from '../../../runtime/vcpu/memory-copy.js';
import { CpuState } from '../../../src/arch/cpu-state.js';
import { ArchState } from '../../../src/arch/state-layout.js';
import type { SystemTrap } from '../../../src/arch/sysreg/access.js';
import { Engine } from './engine.js';

const RAM = 0x40000;
const RAM_BYTES = 0x10000;
const BOUNCE = 0x30000;
/** Guest addresses of the RAM. */
const BASE = 0xffff_8000_0000_0000n;
const SIZE = ArchState.size + 16;

/** Memory in which some pages fault and some are devices that only take single bytes. */
class Fixture implements MemoryCopySetContext {
  readonly buffer = new SharedArrayBuffer(RAM + RAM_BYTES);
  readonly bytes = new Uint8Array(this.buffer);
  readonly ram = this.bytes.subarray(RAM);
  readonly cpu = new CpuState(this.buffer, 0);
  readonly missing = new Set<number>();
  readonly devices = new Set<number>();
  readonly unprivileged: string[] = [];
  faultAt = -1;
  reason: ExitReason | undefined;
  trapped: SystemTrap | undefined;
  requested = false;
  private pending = -1;

  readonly mmu = {
    bounce: { offset: BOUNCE },
    access: (high: number, low: number, size: number, flags: number): number => {
      const at = Number(BigInt.asUintN(64, (BigInt(high) << 32n) + BigInt(low >>> 0) - BASE));
      const page = at >> 12;
      if ((at & 4095) + size > 4096) throw new Error('crosses a page');
      if (flags & 4) this.unprivileged.push(flags & 1 ? 'write' : 'read');
      if (at >= RAM_BYTES || this.missing.has(page)) {
        this.faultAt = at;
        return 0;
      }
      if (!this.devices.has(page)) return RAM + at;
      if (size !== 1) throw new Error('wide device access');
      this.bytes[BOUNCE] = this.ram[at];
      this.pending = flags & 1 ? at : -1;
      return BOUNCE;
    },
    failAlignment: (): void => undefined,
    commit: (): void => {
      this.ram[this.pending] = this.bytes[BOUNCE];
    },
  };
  constructor() {
    this.cpu.setField('el', 1);
    for (let i = 0; i < RAM_BYTES; i++) this.ram[i] = (i * 7 + (i >> 8)) & 255;
  }
  exitRequested(): boolean {
    return this.requested;
  }
  leave(reason: ExitReason): void {
    this.reason = reason;
  }
  trap(trap: SystemTrap): void {
    this.trapped = trap;
  }
}

type Kind = 'CPYF' | 'CPY' | 'SET';
/** X0 destination, X1 source or value, X2 size. */
function words(kind: Kind, options = 0): number[] {
  const registers = (1 << 16) | (2 << 5) | 0;
  if (kind === 'SET') return [0, 1, 2].map((s) => 0x19c00400 | (s << 14) | (options << 12) | registers);
  const base = kind === 'CPY' ? 0x1d000400 : 0x19000400;
  return [0, 1, 2].map((s) => base | (s << 22) | (options << 12) | registers);
}
const start = (f: Fixture, to: number, from: bigint, size: bigint): void => {
  f.cpu.setX(0, BASE + BigInt(to));
  f.cpu.setX(1, from);
  f.cpu.setX(2, size);
};
const registers = (f: Fixture): bigint[] => [0, 1, 2].map((n) => f.cpu.x(n));

function sequence(f: Fixture, kind: Kind): void {
  for (const word of words(kind)) expect(executeMemoryCopySet(word, f)).toBe(Status.Next);
}

const OFFSETS = [
  [0x100, 0x5300], [0x1ff0, 0x5008], [0x5000, 0x1000], [0x2ffd, 0x6001],
  [0x3000, 0x3010], [0x3010, 0x3000], [0x3fff, 0x2001], [0x2001, 0x3fff],
];
const SIZES = [0, 1, 15, 16, 4095, 4096, 4097, 9000, 16384];

describe('memory copy and set', () => {
  it.each(['CPY', 'CPYF'] as const)('%s copies as memmove does, in every alignment and overlap', (kind) => {
    for (const devices of [[], [3, 6]]) {
      for (const [to, from] of OFFSETS) {
        for (const size of SIZES) {
          const overlapsUpwards = from < to && from + size > to;
          if (kind === 'CPYF' && overlapsUpwards) continue;
          const f = new Fixture();
          devices.forEach((d) => f.devices.add(d));
          const expected = f.ram.slice();
          expected.copyWithin(to, from, from + size);
          start(f, to, BASE + BigInt(from), BigInt(size));
          f.cpu.setField('nzcv', 15);
          sequence(f, kind);
          expect(Buffer.compare(f.ram, expected), `${to} ${from} ${size}`).toBe(0);
          const moved = kind === 'CPY' && overlapsUpwards ? 0n : BigInt(size);
          expect(registers(f)).toEqual([BASE + BigInt(to) + moved, BASE + BigInt(from) + moved, 0n]);
          expect(f.cpu.field('nzcv')).toBe(0);
        }
      }
    }
  });

  it('SET fills with the low byte of Xs', () => {
    for (const devices of [[], [3]]) {
      for (const [to] of OFFSETS) {
        for (const size of SIZES) {
          const f = new Fixture();
          devices.forEach((d) => f.devices.add(d));
          const expected = f.ram.slice().fill(0xa5, to, to + size);
          start(f, to, 0x12a5n, BigInt(size));
          sequence(f, 'SET');
          expect(Buffer.compare(f.ram, expected)).toBe(0);
          expect(registers(f)).toEqual([BASE + BigInt(to + size), 0x12a5n, 0n]);
        }
      }
    }
  });

  it('the prologue stops at the page end, the main part leaves less than a page', () => {
    const f = new Fixture();
    start(f, 0x1f00, BASE + 0x5000n, 10000n);
    const [p, m] = words('CPYF');
    executeMemoryCopySet(p, f);
    expect(registers(f)).toEqual([BASE + 0x1f00n + 10000n, BASE + 0x5000n + 10000n, BigInt.asUintN(64, -9744n)]);
    executeMemoryCopySet(m, f);
    const rest = BigInt.asIntN(64, -f.cpu.x(2));
    expect(rest).toBeGreaterThan(0n);
    expect(rest).toBeLessThan(4096n);
  });

  it('a fault leaves registers from which the instruction goes on', () => {
    for (const kind of ['CPYF', 'CPY', 'SET'] as const) {
      for (const missing of [1, 2, 3, 6, 7, 8]) {
        const f = new Fixture();
        f.missing.add(missing);
        const expected = f.ram.slice();
        const value = kind === 'SET' ? 0x77n : BASE + 0x5123n;
        if (kind === 'SET') expected.fill(0x77, 0x1080, 0x1080 + 12000);
        else expected.copyWithin(0x1080, 0x5123, 0x5123 + 12000);
        start(f, 0x1080, value, 12000n);
        for (const word of words(kind)) {
          if (executeMemoryCopySet(word, f) === Status.Next) continue;
          expect(f.reason).toBe(ExitReason.DataAbort);
          expect(f.faultAt >> 12).toBe(missing);
          f.missing.clear();
          expect(executeMemoryCopySet(word, f)).toBe(Status.Next);
        }
        expect(Buffer.compare(f.ram, expected), `${kind} ${missing}`).toBe(0);
      }
    }
  });

  it('a fault of a backward copy too', () => {
    const f = new Fixture();
    f.missing.add(2);
    const expected = f.ram.slice();
    expected.copyWithin(0x1800, 0x1000, 0x1000 + 10000);
    start(f, 0x1800, BASE + 0x1000n, 10000n);
    let faults = 0;
    for (const word of words('CPY')) {
      if (executeMemoryCopySet(word, f) === Status.Next) continue;
      faults++;
      f.missing.clear();
      expect(executeMemoryCopySet(word, f)).toBe(Status.Next);
    }
    expect(faults).toBe(1);
    expect(Buffer.compare(f.ram, expected)).toBe(0);
  });

  it('a request to leave stops the main part between pages', () => {
    const f = new Fixture();
    start(f, 0x1000, 0n, 0x8000n);
    const [p, m, e] = words('SET');
    executeMemoryCopySet(p, f);
    f.requested = true;
    let rounds = 0;
    while (executeMemoryCopySet(m, f) === Status.Exit) {
      expect(f.reason).toBe(ExitReason.Slice);
      rounds++;
    }
    expect(rounds).toBe(6);
    executeMemoryCopySet(e, f);
    expect(f.ram.subarray(0x1000, 0x9000).every((b) => b === 0)).toBe(true);
    expect(f.ram[0x9000]).not.toBe(0);
  });

  it('saturates sizes', () => {
    const f = new Fixture();
    start(f, 0xf000, 1n, ~0n);
    executeMemoryCopySet(words('SET')[0], f);
    expect(f.cpu.x(2)).toBe(BigInt.asUintN(64, -(0x7fff_ffff_ffff_ffffn - 0x1000n)));
    expect(executeMemoryCopySet(words('SET')[1], f)).toBe(Status.Exit);
    expect(f.faultAt).toBe(0x10000);
    start(f, 0xf000, BASE, ~0n);
    executeMemoryCopySet(words('CPY')[0], f);
    expect(f.faultAt).toBeGreaterThanOrEqual(RAM_BYTES);
  });

  it('takes the Memory Copy and Memory Set exception for the wrong option and for a long epilogue', () => {
    const f = new Fixture();
    start(f, 0x1000, 0n, BigInt.asUintN(64, -5000n));
    expect(executeMemoryCopySet(words('SET', 2)[2], f)).toBe(Status.Exit);
    expect(f.reason).toBe(ExitReason.Trap);
    const common = (1 << 16) | (1 << 5) | 2;
    expect(f.trapped).toMatchObject({ targetEl: 1, ec: 0x27, iss: common | (1 << 24) | (2 << 19) | (1 << 18) });
    f.cpu.setField('nzcv', 2);
    executeMemoryCopySet(words('CPYF', 5)[1], f);
    expect(f.trapped).toMatchObject({ iss: common | (5 << 19) | (1 << 17) });
    f.cpu.setX(2, 0n);
    expect(executeMemoryCopySet(words('CPYF')[1], f)).toBe(Status.Next);
  });

  it('is UNDEFINED at EL0 without SCTLR_EL1.MSCEn, and passes unprivileged options on', () => {
    const f = new Fixture();
    start(f, 0x1000, BASE, 8n);
    executeMemoryCopySet(words('CPYF', 1)[0], f);
    expect(new Set(f.unprivileged)).toEqual(new Set(['write']));
    f.unprivileged.length = 0;
    start(f, 0x1000, BASE, 8n);
    executeMemoryCopySet(words('CPYF', 2)[0], f);
    expect(new Set(f.unprivileged)).toEqual(new Set(['read']));
    f.cpu.setField('el', 0);
    expect(executeMemoryCopySet(words('CPYF')[0], f)).toBe(Status.Exit);
    expect(f.reason).toBe(ExitReason.Undefined);
  });

  it.each(['function', 'loop'] as const)('generated code calls for bytes to move only (%s)', (form) => {
    const e = new Engine();
    e.cpu.setField('el', 1);
    const [p, m, last] = words('CPYF');
    e.cpu.setX(2, 0n);
    expect(e.execute(p, form).services).toEqual([`memoryCopySet ${p.toString(16)}`]);
    expect(e.execute(m, form).services).toEqual([]);
    expect(e.execute(last, form).pc).toBe(0x1004n);
    e.cpu.setX(2, ~0n);
    expect(e.execute(last, form).services).toHaveLength(1);
    e.cpu.setField('el', 0);
    expect(e.execute(m, form).undefined).toBe(true);
  });
});

it('the fixture leaves room for the registers', () => {
  expect(SIZE).toBeLessThan(BOUNCE);
});
