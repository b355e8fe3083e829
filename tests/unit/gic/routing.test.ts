import { describe, expect, it } from 'vitest';
import { affinityOf, Line } from '../../../devices/gic/index.js';
import { Bench } from './bench.js';

const SPURIOUS = 1023;
interface Targets {
  aff1?: number;
  range?: number;
  irm?: boolean;
}
/** ICC_SGI1R_EL1 value: INTID, target list; cluster Aff1, range selector, all but self. */
const sgi = (intid: number, targets: number, { aff1 = 0, range = 0, irm = false }: Targets = {}): bigint => {
  return (BigInt(range) << 44n) | (irm ? 1n << 40n : 0n) | BigInt(intid << 24) | BigInt(aff1 << 16) | BigInt(targets);
};

describe('SGIs', () => {
  const withSgis = (cpus: number): Bench => {
    const bench = new Bench({ cpus }).open();
    for (let cpu = 0; cpu < cpus; cpu++) bench.configure(5, { cpu });
    return bench;
  };
  const signalled = (bench: Bench): number[] => bench.lines.flatMap((line, cpu) => (line !== 0 ? [cpu] : []));

  it.each<[string, bigint, number[]]>([
    ['one', sgi(5, 0b0100), [2]],
    ['several', sgi(5, 0b1011), [0, 1, 3]],
    ['self', sgi(5, 0b0010), [1]],
    ['all but self', sgi(5, 0, { irm: true }), [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]],
    ['the second cluster', sgi(5, 0b11, { aff1: 1 }), [16, 17]],
    ['a cluster that is not there', sgi(5, 0xffff, { aff1: 2 }), []],
    ['several, the range selector being RES0', sgi(5, 0b110, { range: 15 }), [1, 2]],
    ['targets that are not there', sgi(5, 0b1100, { aff1: 1 }), []],
    ['another Aff3', sgi(5, 1) | (1n << 48n), []],
    ['another Aff2', sgi(5, 1) | (1n << 32n), []],
  ])('to %s', (_, value, targets) => {
    const bench = withSgis(18);
    bench.msr('ICC_SGI1R_EL1', value, 1);
    expect(signalled(bench)).toEqual(targets);
    for (const cpu of targets) expect(bench.mrs('ICC_IAR1_EL1', cpu)).toBe(5);
  });

  it('are private: each PE ends its own', () => {
    const bench = withSgis(2);
    bench.msr('ICC_SGI1R_EL1', sgi(5, 3));
    expect([bench.mrs('ICC_IAR1_EL1', 0), bench.mrs('ICC_IAR1_EL1', 1)]).toEqual([5, 5]);
    bench.msr('ICC_EOIR1_EL1', 5, 0);
    expect([bench.gicr(0x1_0300, 0), bench.gicr(0x1_0300, 1)]).toEqual([0, 1 << 5]);
  });

  it.each([['ICC_SGI0R_EL1', 0], ['ICC_ASGI1R_EL1', 0], ['ICC_SGI1R_EL1', 1]] as const)(
    'with one Security state %s reaches Group %i', (name, group) => {
      const bench = new Bench().open();
      bench.configure(1, { group: 0 });
      bench.configure(2, { group: 1 });
      bench.msr(name, sgi(1, 1));
      bench.msr(name, sgi(2, 1));
      expect(bench.gicr(0x1_0200)).toBe(group === 0 ? 2 : 4);
    });

  it('are edge-triggered for good', () => {
    const bench = new Bench();
    bench.setGicr(0x1_0c00, 0);
    expect(bench.gicr(0x1_0c00)).toBe(0xaaaa_aaaa);
  });

  // Rows: what sends, from where; columns: SGI configured as Secure Group 0, Secure Group 1, Non-secure Group 1, then
  // GICR_NSACR 0, 1, 2.
  it.each<[string, string, boolean, string]>([
    ['ICC_SGI0R_EL1', 'Secure', true, '100 100 100'],
    ['ICC_SGI1R_EL1', 'Secure', true, '110 110 110'],
    ['ICC_ASGI1R_EL1', 'Secure', true, '001 001 001'],
    ['ICC_SGI0R_EL1', 'Non-secure', false, '000 100 100'],
    ['ICC_SGI1R_EL1', 'Non-secure', false, '001 001 001'],
    ['ICC_ASGI1R_EL1', 'Non-secure', false, '000 100 110'],
  ])('%s from %s state', (name, _, secure, table) => {
    const got: string[] = [];
    for (const nsacr of [0, 1, 2]) {
      const bench = new Bench({ el3: true }).open();
      bench.setGicr(0x1_0080, 1 << 2);
      bench.setGicr(0x1_0d00, 1 << 1);
      bench.setGicr(0x1_0e00, nsacr | (nsacr << 2) | (nsacr << 4));
      bench.enter(1, secure ? 0 : 1);
      for (const intid of [0, 1, 2]) bench.msr(name, sgi(intid, 1));
      bench.enter(3);
      const pending = bench.gicr(0x1_0200);
      got.push([0, 1, 2].map((intid) => (pending >>> intid) & 1).join(''));
    }
    expect(got.join(' ')).toBe(table);
  });
});

describe('SPIs', () => {
  it('go to the PE that GICD_IROUTER names', () => {
    const bench = new Bench({ cpus: 18 }).open();
    bench.configure(40);
    const line = bench.gic.line(40);
    for (const cpu of [0, 3, 15, 16, 17]) {
      bench.setGicd(0x6000 + 8 * 40, affinityOf(cpu));
      expect(bench.gicd(0x6000 + 8 * 40)).toBe(affinityOf(cpu));
      line.set(true);
      expect(bench.lines.map((l, n) => (l !== 0 ? n : -1)).filter((n) => n >= 0)).toEqual([cpu]);
      line.set(false);
    }
  });

  it('move while pending', () => {
    const bench = new Bench({ cpus: 2 }).open();
    bench.configure(40);
    bench.setGicd(0x204, 1 << 8);
    expect(bench.lines).toEqual([Line.IRQ, 0]);
    bench.setGicd(0x6140, 1);
    expect(bench.lines).toEqual([0, Line.IRQ]);
    expect(bench.mrs('ICC_IAR1_EL1', 0)).toBe(SPURIOUS);
    expect(bench.mrs('ICC_IAR1_EL1', 1)).toBe(40);
    bench.setGicd(0x6140, 0);
    bench.msr('ICC_EOIR1_EL1', 40, 1);
    expect(bench.mrs('ICC_RPR_EL1', 1)).toBe(0xff);
    expect(bench.gicd(0x304)).toBe(0);
  });

  it('go nowhere when the affinity names no PE', () => {
    const bench = new Bench({ cpus: 2 }).open();
    bench.configure(40);
    bench.setGicd(0x204, 1 << 8);
    bench.setGicd(0x6144, 1);
    expect(bench.lines).toEqual([0, 0]);
    expect(bench.gicd(0x6144)).toBe(1);
    bench.setGicd(0x6144, 0);
    expect(bench.lines).toEqual([Line.IRQ, 0]);
  });

  it('may be ended on another PE', () => {
    const bench = new Bench({ cpus: 2 }).open();
    for (const cpu of [0, 1]) bench.msr('ICC_CTLR_EL1', 2, cpu);
    bench.configure(40);
    bench.setGicd(0x204, 1 << 8);
    bench.mrs('ICC_IAR1_EL1', 0);
    bench.msr('ICC_EOIR1_EL1', 40, 0);
    bench.setGicd(0x204, 1 << 8);
    expect(bench.lines[0]).toBe(0);
    bench.msr('ICC_DIR_EL1', 40, 1);
    expect(bench.lines[0]).toBe(Line.IRQ);
  });

  it('hold no 1-of-N bit by default', () => {
    const bench = new Bench();
    expect(bench.gicd(4) & (1 << 25)).not.toBe(0);
    bench.setGicd(0x6140, 0x8000_0003);
    expect(bench.gicd(0x6140)).toBe(3);
  });
});

describe('1 of N', () => {
  const oneOfN = (): { bench: Bench; raise: () => number; end: (cpu: number) => void } => {
    const bench = new Bench({ cpus: 3, oneOfN: true }).open();
    bench.configure(40, { edge: true });
    bench.setGicd(0x6140, 0x8000_0000);
    const line = bench.gic.line(40);
    return {
      bench,
      raise: () => {
        line.set(true);
        line.set(false);
        const signalled = bench.lines.flatMap((l, cpu) => (l !== 0 ? [cpu] : []));
        expect(signalled.length).toBeLessThanOrEqual(1);
        return signalled[0] ?? -1;
      },
      end: (cpu) => {
        expect(bench.mrs('ICC_IAR1_EL1', cpu)).toBe(40);
        bench.msr('ICC_EOIR1_EL1', 40, cpu);
      },
    };
  };

  it('goes to one PE at a time, in turn', () => {
    const { bench, raise, end } = oneOfN();
    expect(bench.gicd(4) & (1 << 25)).toBe(0);
    expect(bench.gicd(0x6140)).toBe(0x8000_0000);
    const seen = [0, 1, 2, 3].map(() => {
      const cpu = raise();
      end(cpu);
      return cpu;
    });
    expect(seen).toEqual([0, 1, 2, 0]);
  });

  it.each<[string, (bench: Bench) => void]>([
    ['sleeps', (b) => b.setGicr(0x14, 2, 0)],
    ['has the group disabled', (b) => b.msr('ICC_IGRPEN1_EL1', 0, 0)],
    ['sets GICR_CTLR.DPG1NS', (b) => b.setGicr(0, 0x0200_0000, 0)],
  ])('passes over a PE that %s', (_, leave) => {
    const { bench, raise } = oneOfN();
    expect(raise()).toBe(0);
    leave(bench);
    expect(bench.lines).toEqual([0, Line.IRQ, 0]);
  });

  it('waits when no PE takes part', () => {
    const { bench, raise } = oneOfN();
    for (const cpu of [0, 1, 2]) bench.setGicr(0x14, 2, cpu);
    expect(raise()).toBe(-1);
    bench.setGicr(0x14, 0, 2);
    expect(bench.lines).toEqual([0, 0, Line.IRQ]);
  });
});
