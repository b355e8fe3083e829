import { describe, expect, it } from 'vitest';
import { elementFlags } from '../../../runtime/mmu/access-flags.js';
import { D, TableBuilder } from './table-builder.js';
import { ALIGNED, R, RAM, RMW, UART, UNPRIVILEGED, vaOperand, VcpuFixture, W } from './vcpu-fixture.js';
import { tcr } from './walk-fixture.js';

const USER = D.AF | D.EL0 | D.NG;
const KERNEL = D.AF | D.UXN;
const HIGH = 0xffff_8000_0000_0000n;

describe('data TLB fills', () => {
  it('gives the offset and hits inline afterwards, for reads and writes', () => {
    const f = new VcpuFixture();
    f.low.map(0x1234_5000n, RAM + 0x3000n, 3, D.AF | D.NG);
    expect(f.probe(0x1234_5678n)).toBeUndefined();
    expect(f.access(0x1234_5678n, 8)).toBe(f.offsetOf(RAM + 0x3678n));
    expect(f.probe(0x1234_5678n, 8)).toBe(f.offsetOf(RAM + 0x3678n));
    expect(f.probe(0x1234_5678n, 8, W)).toBe(f.offsetOf(RAM + 0x3678n));
    expect(f.probe(0x1234_5ff9n, 8)).toBeUndefined();
  });

  it('leaves the write tag of read-only pages out', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, RAM, 3, D.AF | D.RO);
    expect(f.touch(0x1000n)).toBe(false);
    expect(f.touch(0x1000n)).toBe(true);
    expect(f.probe(0x1000n, 1, W)).toBeUndefined();
    expect(f.access(0x1008n, 1, W)).toBe(0);
    expect(f.mmu.fault).toMatchObject({ status: 0x0f, write: true, level: 3, stage2: false, vaLow: 0x1008 });
    expect(f.mmu.fault.fetch).toBe(false);
    expect(f.touch(0x1000n)).toBe(true);
  });

  it('leaves the write tag of clean DBM pages out until a write makes them dirty', () => {
    const f = new VcpuFixture({ tcr: tcr({ extra: 3n << 39n }) });
    f.low.map(0x1000n, RAM, 3, D.RO | D.DBM);
    f.touch(0x1000n);
    expect(f.probe(0x1000n)).toBeDefined();
    expect(f.probe(0x1000n, 1, W)).toBeUndefined();
    expect(f.store.get(0, f.low.at) & (D.RO | D.AF)).toBe(D.RO | D.AF);
    f.touch(0x1000n, W);
    expect(f.probe(0x1000n, 1, W)).toBeDefined();
    expect(f.store.get(0, f.low.at) & (D.RO | D.AF)).toBe(D.AF);
  });

  describe('keeps what another context displaced', () => {
    const VA = 0x1000n;
    const CODE = 0x2000n;
    const BLOCK = 0x4000_0000n;
    /** Two processes have the same address; the first one's entries are in the second level only. */
    const displaced = (): VcpuFixture => {
      const f = new VcpuFixture();
      const other = new TableBuilder(f.store, { granule: 12, inputBits: 48 }, RAM + 0x1c0_0000n);
      f.low.map(VA, RAM, 3, USER);
      f.low.map(CODE, RAM + 0x1000n, 3, D.AF | D.NG);
      f.low.map(BLOCK, RAM, 2, USER);
      other.map(VA, RAM + 0x20_0000n, 3, USER);
      other.map(CODE, RAM + 0x20_1000n, 3, D.AF | D.NG);
      other.map(BLOCK, RAM + 0x20_0000n, 2, USER);
      const touchAll = (): void => {
        f.touch(VA, W);
        f.touch(BLOCK + 0x3000n, W);
        f.fetch(CODE + 0x40n);
      };
      f.switchTo(1);
      touchAll();
      f.switchTo(2, other);
      touchAll();
      f.switchTo(1);
      f.mmu.counters.dataWalks = f.mmu.counters.codeWalks = 0;
      return f;
    };
    const walks = (f: VcpuFixture, action: () => void): number => {
      const { counters } = f.mmu;
      const before = counters.dataWalks + counters.codeWalks;
      action();
      return counters.dataWalks + counters.codeWalks - before;
    };

    it('and gives it back without a walk', () => {
      const f = displaced();
      expect(f.probe(VA)).toBeUndefined();
      expect(walks(f, () => {
        expect(f.access(VA, 8, W)).toBe(f.offsetOf(RAM));
        expect(f.access(BLOCK + 0x3008n, 8)).toBe(f.offsetOf(RAM + 0x3008n));
        f.fetch(CODE);
      })).toBe(0);
      expect(f.probe(VA)).toBe(f.offsetOf(RAM));
      expect(f.probeCode(CODE)).toBeDefined();
    });

    it.each([
      ['VAE1', vaOperand(VA, 1), 1], ['VAAE1', vaOperand(VA), 1], ['VALE1', vaOperand(CODE, 1), 1],
      ['VAE1', vaOperand(BLOCK + 0x1f_f000n, 1), 1],
      ['ASIDE1', 1n << 48n, 3], ['VMALLE1', 0n, 3], ['ALLE1', 0n, 3],
    ] as const)('until TLBI %s, %s', (name, operand, walked) => {
      const f = displaced();
      f.tlbi(name, operand);
      expect(walks(f, () => {
        f.touch(VA, W);
        f.touch(BLOCK + 0x3000n);
        f.fetch(CODE);
      })).toBe(walked);
    });

    it('without the right to write to a page that has become code', () => {
      const f = displaced();
      f.mmu.protectPage(0);
      expect(walks(f, () => f.touch(VA))).toBe(0);
      expect(f.probe(VA, 1, W)).toBeUndefined();
      expect(walks(f, () => f.access(VA, 1, W))).toBe(1);
    });
  });

  it('separates EL0 from EL1, LDTR from LDR, and follows UAO', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, RAM, 3, D.AF | D.NG);
    f.low.map(0x2000n, RAM, 3, USER);
    expect(f.touch(0x1000n)).toBe(false);
    expect(f.access(0x1000n, 1, UNPRIVILEGED)).toBe(0);
    expect(f.mmu.fault.status).toBe(0x0f);
    expect(f.touch(0x2000n, UNPRIVILEGED)).toBe(false);
    f.setEl(0);
    expect(f.probe(0x1000n)).toBeUndefined();
    expect(f.access(0x1000n)).toBe(0);
    expect(f.touch(0x2000n)).toBe(true);
    f.setEl(1, { uao: 1 });
    expect(f.touch(0x1000n, UNPRIVILEGED)).toBe(true);
  });

  it('applies PAN to EL1 but not to LDTR', () => {
    const f = new VcpuFixture();
    f.low.map(0x2000n, RAM, 3, USER);
    expect(f.touch(0x2000n)).toBe(false);
    f.setEl(1, { pan: 1 });
    expect(f.probe(0x2000n)).toBeUndefined();
    expect(f.access(0x2000n)).toBe(0);
    expect(f.mmu.fault.status).toBe(0x0f);
    expect(f.touch(0x2000n, UNPRIVILEGED)).toBe(false);
    f.setEl(1, { pan: 0 });
    expect(f.touch(0x2000n)).toBe(false);
    expect(f.touch(0x2000n)).toBe(true);
  });

  it('shares upper-half kernel pages between PAN states but never user pages there', () => {
    const f = new VcpuFixture();
    f.high.map(HIGH, RAM, 3, KERNEL);
    f.high.map(HIGH + 0x1000n, RAM + 0x1000n, 3, D.AF | D.EL0);
    expect(f.touch(HIGH)).toBe(false);
    expect(f.access(HIGH + 0x1000n)).not.toBe(0);
    expect(f.probe(HIGH + 0x1000n)).toBeUndefined();
    expect(f.access(HIGH + 0x1000n)).toBe(f.offsetOf(RAM + 0x1000n));
    f.setEl(1, { pan: 1 });
    expect(f.touch(HIGH)).toBe(true);
    expect(f.access(HIGH + 0x1000n)).toBe(0);
    expect(f.mmu.fault.status).toBe(0x0f);
  });

  it('reports WnR of atomics by whether a read would fault too', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, RAM, 3, D.AF | D.RO);
    expect(f.access(0x1000n, 8, RMW | ALIGNED)).toBe(0);
    expect(f.mmu.fault.write).toBe(true);
    expect(f.access(0x5000n, 8, RMW | ALIGNED)).toBe(0);
    expect(f.mmu.fault).toMatchObject({ status: 0x07, write: false });
    expect(f.access(0x5000n, 8, W | ALIGNED)).toBe(0);
    expect(f.mmu.fault.write).toBe(true);
  });

  it('enters tagged addresses under their tag', () => {
    const f = new VcpuFixture({ tcr: tcr({ extra: 1n << 37n }) });
    f.low.map(0x1000n, RAM, 3, USER);
    f.setEl(0);
    const tagged = 0xb400_0000_0000_1000n;
    expect(f.touch(tagged)).toBe(false);
    expect(f.touch(tagged)).toBe(true);
    expect(f.probe(0x1000n)).toBeUndefined();
    expect(f.touch(0x1000n)).toBe(false);
    f.tlbi('VAE1', 1n | (1n << 48n));
    expect(f.probe(0x1000n)).toBeUndefined();
    f.touch(tagged);
    f.tlbi('VAE1', 1n | (1n << 48n));
    expect(f.probe(tagged)).toBeUndefined();
    // A fault keeps the tag for FAR.
    expect(f.access(0xb400_0000_0000_5008n)).toBe(0);
    expect(f.mmu.fault.address).toBe(0xb400_0000_0000_5008n);
  });

  it('never caches what no page backs', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, 0x2000_0000n, 3, D.AF);
    for (const flags of [R, W]) {
      expect(f.access(0x1010n, 4, flags)).toBe(0);
      expect(f.mmu.fault).toMatchObject({ status: 0x10, write: flags === W, stage2: false });
    }
  });

  it('leaves the first page of the address space and the last one reachable', () => {
    const f = new VcpuFixture();
    f.low.map(0n, RAM, 3, D.AF);
    f.high.map(0xffff_ffff_ffff_f000n, RAM + 0x1000n, 3, D.AF);
    expect(f.access(0n)).toBe(f.offsetOf(RAM));
    expect(f.touch(0n)).toBe(true);
    expect(f.probe(0xffff_ffff_ffff_ffffn)).toBeUndefined();
    expect(f.access(0xffff_ffff_ffff_ffffn)).toBe(f.offsetOf(RAM + 0x1fffn));
    expect(f.touch(0xffff_ffff_ffff_fff8n)).toBe(true);
  });
});

describe('accesses that are not plain memory', () => {
  it('gathers and scatters accesses that cross pages', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, RAM + 0x5000n, 3, D.AF);
    f.low.map(0x2000n, RAM + 0x3000n, 3, D.AF);
    for (let i = 0; i < 3; i++) f.bytes[f.offsetOf(RAM + 0x5ffdn) + i] = i + 1;
    for (let i = 3; i < 8; i++) f.bytes[f.offsetOf(RAM + 0x3000n) + i - 3] = i + 1;
    const offset = f.access(0x1ffdn, 8);
    expect([...f.bytes.subarray(offset, offset + 8)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(f.control('bouncePending')).toBe(0);
    const store = f.access(0x1ffdn, 8, W);
    expect(f.control('bouncePending')).toBe(1);
    expect(f.control('bounceLength')).toBe(8);
    f.bytes.fill(0xaa, store, store + 8);
    expect(f.bytes[f.offsetOf(RAM + 0x5ffdn)]).toBe(1);
    f.mmu.commit();
    expect(f.control('bouncePending')).toBe(0);
    expect(f.bytes[f.offsetOf(RAM + 0x5ffcn)]).toBe(0);
    expect([...f.bytes.subarray(f.offsetOf(RAM + 0x5ffdn), f.offsetOf(RAM + 0x6000n))]).toEqual([0xaa, 0xaa, 0xaa]);
    const second = f.offsetOf(RAM + 0x3000n);
    expect([...f.bytes.subarray(second, second + 6)]).toEqual([0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0]);
  });

  it('faults a crossing access on the page that fails, before any side effect', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, UART, 3, D.AF | D.attr(2));
    expect(f.access(0x1ffcn, 8)).toBe(0);
    expect(f.mmu.fault).toMatchObject({ status: 0x07, vaLow: 0x2000 });
    expect(f.bus.log).toEqual([]);
    f.low.map(0x3000n, RAM, 3, D.AF);
    expect(f.access(0x2ffcn, 8, W)).toBe(0);
    expect(f.mmu.fault).toMatchObject({ vaLow: 0x2ffc, write: true });
    expect(f.control('bouncePending')).toBe(0);
  });

  it('crosses from the top of the lower 4 GiB', () => {
    const f = new VcpuFixture();
    f.low.map(0xffff_f000n, RAM, 3, D.AF);
    f.low.map(0x1_0000_0000n, RAM + 0x1000n, 3, D.AF);
    f.bytes[f.offsetOf(RAM + 0x1000n)] = 0x77;
    const offset = f.access(0xffff_ffffn, 2);
    expect(f.bytes[offset + 1]).toBe(0x77);
  });

  it('carries out device accesses with the element size, 64-bit ones as two words', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, UART, 3, D.AF | D.attr(1));
    f.bus.value = 0x8899_aabb;
    for (const [size, flags, expected] of [
      [1, R, ['r1 9000010']],
      [2, R, ['r2 9000010']],
      [4, R, ['r4 9000010']],
      [8, R, ['r4 9000010', 'r4 9000014']],
      [8, elementFlags(4), ['r4 9000010', 'r4 9000014']],
      [16, elementFlags(8), ['r4 9000010', 'r4 9000014', 'r4 9000018', 'r4 900001c']],
      [4, elementFlags(1), ['r1 9000010', 'r1 9000011', 'r1 9000012', 'r1 9000013']],
    ] as const) {
      f.bus.log.length = 0;
      const offset = f.access(0x1010n, size, flags);
      expect(f.bus.log).toEqual(expected);
      expect(f.bytes[offset]).toBe(0xbb);
      if (size === 8) expect(new Uint32Array(f.buffer, offset, 2)[1]).toBe(0x8899_aabb);
    }
    f.bus.log.length = 0;
    const store = f.access(0x1020n, 8, W);
    new Uint32Array(f.buffer, store, 2).set([0x1111_2222, 0xf333_4444]);
    expect(f.bus.log).toEqual([]);
    f.mmu.commit();
    expect(f.bus.log).toEqual(['w4 9000020 11112222', 'w4 9000024 f3334444']);
    f.mmu.commit();
    expect(f.bus.log.length).toBe(2);
    expect(f.probe(0x1010n)).toBeUndefined();
  });

  it('reads and then writes for an atomic on a device', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, UART, 3, D.AF | D.attr(1));
    f.bus.value = 5;
    const offset = f.access(0x1000n, 4, RMW | ALIGNED);
    new Uint32Array(f.buffer, offset, 1)[0]++;
    f.mmu.commit();
    expect(f.bus.log).toEqual(['r4 9000000', 'w4 9000000 6']);
  });

  it('splits unaligned accesses to Normal-mapped devices, and faults on Device-mapped ones', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, UART, 3, D.AF | D.attr(2));
    f.low.map(0x2000n, UART, 3, D.AF | D.attr(1));
    f.access(0x1001n, 4);
    expect(f.bus.log).toEqual(['r1 9000001', 'r2 9000002', 'r1 9000004']);
    for (let i = 0; i < 2; i++) {
      expect(f.access(0x2001n, 4)).toBe(0);
      expect(f.mmu.fault.status).toBe(0x21);
      f.access(0x2000n, 4);
    }
    // Two aligned elements are fine at any multiple of the element.
    expect(f.access(0x2004n, 8, elementFlags(4))).not.toBe(0);
  });

  it('takes an external abort for holes in a device page', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, 0x0902_0000n, 3, D.AF | D.attr(1));
    expect(f.access(0x1010n, 8)).not.toBe(0);
    expect(f.access(0x1018n, 4)).toBe(0);
    expect(f.mmu.fault).toMatchObject({ status: 0x10, vaLow: 0x1018 });
    expect(f.access(0x1018n, 4, W)).toBe(0);
    expect(f.mmu.fault).toMatchObject({ status: 0x10, write: true });
    expect(f.control('bouncePending')).toBe(0);
  });

  it('reads and executes ROM in place and sends writes to the bus', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, 0x2000n, 3, D.AF);
    const backing = f.mmu.translateForMaintenance(0, 0x1000, 0) as number;
    expect(f.access(0x1000n, 4)).toBe(backing);
    expect(f.probe(0x1000n, 4)).toBe(backing);
    expect(f.probe(0x1000n, 4, W)).toBeUndefined();
    f.access(0x1004n, 4, W);
    f.mmu.commit();
    expect(f.bus.log).toEqual(['w4 2004 0']);
    expect(f.fetch(0x1000n)).not.toBe(0);
    f.map.setDirect('flash', false);
    f.mmu.tlb.flushAll();
    f.bus.log.length = 0;
    f.access(0x1000n, 2);
    expect(f.bus.log).toEqual(['r2 2000']);
    expect(f.fetch(0x1000n)).toBe(0);
    expect(f.mmu.fault).toMatchObject({ status: 0x10, fetch: true });
  });
});

describe('alignment', () => {
  it('faults on flagged accesses before translation', () => {
    const f = new VcpuFixture();
    expect(f.access(0x1004n, 8, ALIGNED)).toBe(0);
    expect(f.mmu.fault).toMatchObject({ status: 0x21, write: false });
    expect(f.access(0x1008n, 8, ALIGNED)).toBe(0);
    expect(f.mmu.fault.status).toBe(0x04);
  });

  it('checks everything with SCTLR.A, at the cost of inline hits only', () => {
    const f = new VcpuFixture({ sctlr: 2n });
    f.low.map(0x1000n, RAM, 3, D.AF);
    expect(f.access(0x1000n, 4)).toBe(f.offsetOf(RAM));
    expect(f.probe(0x1000n, 4)).toBeUndefined();
    expect(f.access(0x1000n, 4)).toBe(f.offsetOf(RAM));
    expect(f.access(0x1002n, 4)).toBe(0);
    expect(f.mmu.fault.status).toBe(0x21);
    expect(f.access(0x1008n, 16, elementFlags(8))).toBe(f.offsetOf(RAM + 8n));
    expect(f.access(0x1008n, 16)).toBe(0);
    f.cpu.setSysreg('SCTLR_EL1', 1n);
    f.mmu.controlsChanged();
    // The same translations become visible without a walk.
    expect(f.touch(0x1000n)).toBe(true);
    expect(f.access(0x1002n, 4)).toBe(f.offsetOf(RAM + 2n));
  });

  it('refuses unaligned accesses to Device-mapped RAM unless told not to', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, RAM, 3, D.AF | D.attr(1));
    for (let i = 0; i < 2; i++) {
      expect(f.access(0x1004n, 4)).toBe(f.offsetOf(RAM + 4n));
      expect(f.probe(0x1004n, 4)).toBeUndefined();
      expect(f.access(0x1002n, 4)).toBe(0);
      expect(f.mmu.fault.status).toBe(0x21);
    }
    const g = new VcpuFixture({ options: { deviceAlignment: false } });
    g.low.map(0x1000n, RAM, 3, D.AF | D.attr(1));
    expect(g.access(0x1002n, 4)).toBe(g.offsetOf(RAM + 2n));
    expect(g.touch(0x1004n)).toBe(true);
  });

  it('treats data as Device while stage 1 is off', () => {
    const f = new VcpuFixture();
    f.cpu.setSysreg('SCTLR_EL1', 0n);
    f.mmu.controlsChanged();
    expect(f.access(RAM + 0x100n, 8)).toBe(f.offsetOf(RAM + 0x100n));
    expect(f.access(RAM + 0x101n, 8)).toBe(0);
    expect(f.mmu.fault.status).toBe(0x21);
    expect(f.fetch(RAM + 0x100n)).not.toBe(0);
  });
});

describe('code', () => {
  it('fills the code TLB and protects the page from unseen stores', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, RAM + 0x4000n, 3, D.AF | D.GP);
    f.low.map(0x7000n, RAM + 0x4000n, 3, D.AF);
    f.touch(0x7000n, W);
    expect(f.probe(0x7000n, 1, W)).toBeDefined();
    const records = f.fetch(0x1010n);
    expect(f.probeCode(0x1010n)).toEqual({ records, flags: (12 << 8) | 1 });
    expect(f.probe(0x7000n)).toBeDefined();
    expect(f.probe(0x7000n, 1, W)).toBeUndefined();
    f.access(0x7008n, 4, W);
    expect(f.code.log).toEqual(['4+8 4']);
    f.access(0x7010n, 8, RMW | ALIGNED);
    expect(f.code.log).toEqual(['4+8 4', '4+10 8']);
    expect(f.probe(0x7000n, 1, W)).toBeUndefined();
    expect(f.touch(0x7000n)).toBe(true);
  });

  it.each([[1], [2], [3]])('protects a page that %i addresses may write to, in both levels', (writers) => {
    const f = new VcpuFixture();
    const vas = [0x7000n, 0x9_9000n, 0x123_4000n].slice(0, writers);
    const displace = (va: bigint): void => {
      f.low.map(va + 0x100_0000n, RAM + 0x8000n, 3, D.AF);
      f.touch(va + 0x100_0000n, W);
    };
    for (const va of [0x1000n, ...vas]) f.low.map(va, RAM + 0x4000n, 3, D.AF);
    for (let round = 0; round < 2; round++) {
      f.code.pages.clear();
      for (const va of vas) {
        f.touch(va, W);
        expect(f.touch(va, W)).toBe(true);
      }
      // with the second entry in the second level only
      if (writers > 1) displace(vas[1]);
      f.mmu.tlb.flushCode();
      f.fetch(0x1000n);
      f.code.log.length = 0;
      for (const va of vas) f.access(va, 4, W);
      expect(f.code.log.length).toBe(writers);
    }
  });

  it('returns the write tag when the page holds no code any more', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, RAM + 0x4000n, 3, D.AF);
    f.fetch(0x1000n);
    f.touch(0x1000n, W);
    expect(f.probe(0x1000n, 1, W)).toBeUndefined();
    f.code.pages.clear();
    expect(f.touch(0x1000n, W)).toBe(false);
    expect(f.touch(0x1000n, W)).toBe(true);
    expect(f.code.log.length).toBe(1);
  });

  it('reports crossing stores into code', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, RAM, 3, D.AF);
    f.low.map(0x2000n, RAM + 0x1000n, 3, D.AF);
    f.fetch(0x2000n);
    f.access(0x1ffcn, 8, W);
    f.mmu.commit();
    expect(f.code.log).toEqual(['1+0 4']);
  });

  it('lets the engines write to a page that became data, until it is executed again', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, RAM + 0x4000n, 3, D.AF);
    f.low.map(0x2000n, RAM + 0x4000n, 3, D.AF);
    f.fetch(0x1000n);
    // another page takes the entry of the TLB: the second level keeps what leads to the records
    f.low.map(0x1000n + 0x40_0000n, RAM + 0x8000n, 3, D.AF);
    f.fetch(0x1000n + 0x40_0000n);
    f.fetch(0x2000n);
    expect(f.touch(0x2000n, W)).toBe(false);
    expect(f.touch(0x2000n, W)).toBe(false);
    f.code.forget = true;
    expect(f.touch(0x2000n, W)).toBe(false);
    expect(f.touch(0x2000n, W)).toBe(true);
    expect(f.probeCode(0x1000n)).toBeUndefined();
    expect(f.probeCode(0x2000n)).toBeUndefined();
    f.fetch(0x1000n);
    expect([...f.code.pages]).toContain(4);
    expect(f.probe(0x2000n, 1, W)).toBeUndefined();
    f.code.forget = false;
    expect(f.touch(0x2000n, W)).toBe(false);
    expect(f.touch(0x2000n, W)).toBe(false);
  });

  it('records instruction aborts', () => {
    const f = new VcpuFixture();
    f.low.map(0x1000n, RAM, 3, D.AF | D.PXN);
    f.low.map(0x2000n, UART, 3, D.AF);
    for (const [va, status] of [[0x1000n, 0x0f], [0x5000n, 0x07], [0x2000n, 0x10]] as const) {
      expect(f.fetch(va)).toBe(0);
      expect(f.mmu.fault).toMatchObject({ status, fetch: true, write: false });
      expect(f.mmu.fault.address).toBe(va);
    }
    f.setEl(0);
    f.low.map(0x3000n, RAM, 3, USER);
    expect(f.fetch(0x3000n)).not.toBe(0);
    f.setEl(1);
    expect(f.probeCode(0x3000n)).toBeUndefined();
  });
});

describe('watchpoints', () => {
  it('sends accesses near a watchpoint through the unit, and only those', () => {
    let enabled = true;
    const seen: string[] = [];
    const f = new VcpuFixture({
      options: {
        watchpoints: {
          refresh: () => true,
          coversPage: (_high, low) => enabled && low >>> 12 === 1,
          matches: (_high, low, size, write, privileged) => {
            seen.push(`${low.toString(16)}/${size}${write ? 'w' : 'r'}${privileged ? 'p' : 'u'}`);
            return write && low <= 0x1010 && low + size > 0x1010;
          },
        },
      },
    });
    f.low.map(0x1000n, RAM, 3, D.AF);
    f.low.map(0x2000n, RAM + 0x1000n, 3, D.AF);
    expect(f.access(0x1010n, 4)).not.toBe(0);
    expect(f.probe(0x1010n, 4)).toBeUndefined();
    expect(f.access(0x1020n, 4, W)).not.toBe(0);
    expect(f.access(0x100cn, 8, W)).toBe(0);
    expect(f.mmu.fault).toMatchObject({ watchpoint: true, write: true, vaLow: 0x100c });
    expect(f.touch(0x2000n)).toBe(false);
    expect(f.touch(0x2000n)).toBe(true);
    expect(seen[0]).toBe('1010/4rp');
    enabled = false;
    f.mmu.watchpointsChanged();
    expect(f.touch(0x1010n, W)).toBe(false);
    expect(f.touch(0x1010n, W)).toBe(true);
  });
});

describe('watchpoint registers', () => {
  const WCR = (fields: { pac: number; lsc: number; bas?: number; mask?: number }): bigint =>
    1n | (BigInt(fields.pac) << 1n) | (BigInt(fields.lsc) << 3n) | (BigInt(fields.bas ?? 0xff) << 5n) |
    (BigInt(fields.mask ?? 0) << 24n);

  function debugged(wvr: bigint, wcr: bigint): VcpuFixture {
    const f = new VcpuFixture();
    // Debug exceptions from EL0 and, with KDE, from EL1: MDE 15, KDE 13; six watchpoints.
    f.cpu.setSysreg('ID_AA64DFR0_EL1', 0x10_0000n * 5n | 0x5_006n);
    f.cpu.setSysreg('MDSCR_EL1', (1n << 15n) | (1n << 13n));
    f.cpu.setSysreg('DBGWVR1_EL1', wvr);
    f.cpu.setSysreg('DBGWCR1_EL1', wcr);
    f.cpu.setField('daif', 0);
    f.mmu.watchpointsChanged();
    return f;
  }

  it('traps stores to the watched bytes and leaves the page usable', () => {
    const f = debugged(0x1010n, WCR({ pac: 1, lsc: 2, bas: 0x0f }));
    f.low.map(0x1000n, RAM, 3, D.AF);
    expect(f.access(0x1010n, 4)).not.toBe(0);
    expect(f.access(0x1014n, 4, W)).not.toBe(0);
    expect(f.access(0x1008n, 8, W)).not.toBe(0);
    for (const va of [0x1010n, 0x1013n, 0x1008n]) {
      expect(f.access(va, va === 0x1008n ? 16 : 1, W)).toBe(0);
      expect(f.mmu.fault).toMatchObject({ watchpoint: true, write: true });
    }
    expect(f.probe(0x1000n)).toBeUndefined();
    f.cpu.setSysreg('DBGWCR1_EL1', 0n);
    f.mmu.watchpointsChanged();
    expect(f.touch(0x1010n, W)).toBe(false);
    expect(f.touch(0x1010n, W)).toBe(true);
  });

  it('covers all pages of a masked range, in the upper half too', () => {
    const f = debugged(HIGH + 0x4000n, WCR({ pac: 1, lsc: 1, mask: 13 }));
    for (let i = 3n; i < 7n; i++) f.high.map(HIGH + i * 0x1000n, RAM, 3, KERNEL);
    const hit = [3n, 4n, 5n, 6n].map((i) => f.access(HIGH + i * 0x1000n + 0x80n, 8) === 0);
    expect(hit).toEqual([false, true, true, false]);
    expect(f.touch(HIGH + 0x6000n)).toBe(true);
  });

  it('does not flush when nothing about watchpoints changed', () => {
    const f = debugged(0n, 0n);
    f.low.map(0x1000n, RAM, 3, D.AF);
    f.touch(0x1000n);
    f.cpu.setSysreg('MDSCR_EL1', 0n);
    f.mmu.watchpointsChanged();
    expect(f.touch(0x1000n)).toBe(true);
  });
});

describe('physical and debugger access', () => {
  it('copies RAM by physical address and refuses holes', () => {
    const f = new VcpuFixture();
    const data = Uint8Array.from({ length: 6000 }, (_, i) => i);
    expect(f.mmu.physical.write(0, Number(RAM) + 0xf80, data)).toBe(true);
    const back = new Uint8Array(6000);
    expect(f.mmu.physical.read(0, Number(RAM) + 0xf80, back)).toBe(true);
    expect(back).toEqual(data);
    expect(f.mmu.physical.read(0, Number(UART), back)).toBe(false);
  });

  it('reads virtual memory without touching Access flags', () => {
    const f = new VcpuFixture({ tcr: tcr({ extra: 1n << 39n }) });
    f.low.map(0x1000n, RAM, 3, 0n);
    const { at } = f.low;
    f.low.map(0x2000n, RAM + 0x8000n, 3, D.AF);
    f.bytes[f.offsetOf(RAM + 0xfffn)] = 1;
    f.bytes[f.offsetOf(RAM + 0x8000n)] = 2;
    const bytes = new Uint8Array(2);
    expect(f.mmu.readVirtual(0x1fffn, bytes)).toBe(true);
    expect([...bytes]).toEqual([1, 2]);
    expect(f.store.get(0, at) & D.AF).toBe(0n);
    expect(f.mmu.readVirtual(0x2fffn, bytes)).toBe(false);
  });
});
