import { describe, expect, it } from 'vitest';
import { InterruptLine, pendingInterrupt, wakesFromWfi } from '../../../src/arch/exceptions/interrupts.js';
import { ExceptionKind } from '../../../src/arch/exceptions/take.js';
import { TestCpu } from './machine.js';

const bit = (...numbers: number[]): bigint => numbers.reduce((mask, n) => mask | (1n << BigInt(n)), 0n);

/**
 * Arm ARM, D1.3.6, routing and masking of physical interrupts with EL2 and EL3 there, Non-secure. Columns are the ELs
 * that the PE is at: "nA" taken to ELn when unmasked, "nB" taken to ELn whatever the mask, "C" stays pending.
 */
const TABLE: [string, bigint[], string[]][] = [
  ['SCR 0, TGE 0, xMO 0', [0n, 0n], ['1A', '1A', 'C', 'C']],
  ['SCR 0, TGE 0, xMO 1', [0n, 1n], ['2B', '2B', '2A', 'C']],
  ['SCR 0, TGE 1, E2H 0', [0n, 2n], ['2B', '', '2A', 'C']],
  ['SCR 0, TGE 1, E2H 1', [0n, 4n], ['2A', '', '2A', 'C']],
  ['SCR 1, TGE 0, xMO 0', [1n, 0n], ['3B', '3B', '3B', '3A']],
  ['SCR 1, TGE 0, xMO 1', [1n, 1n], ['3B', '3B', '3B', '3A']],
  ['SCR 1, TGE 1', [1n, 2n], ['3B', '', '3B', '3A']],
];
const KINDS = [
  { line: InterruptLine.Irq, kind: ExceptionKind.Irq, scr: 1, hcr: 4, mask: 2 },
  { line: InterruptLine.Fiq, kind: ExceptionKind.Fiq, scr: 2, hcr: 3, mask: 1 },
  { line: InterruptLine.SError, kind: ExceptionKind.SError, scr: 3, hcr: 5, mask: 4 },
];

describe('physical interrupts', () => {
  for (const [label, [routed, hypervisor], columns] of TABLE) {
    it(label, () => {
      for (const { line, kind, scr, hcr, mask } of KINDS) {
        for (const [el, code] of columns.entries()) {
          if (code === '') continue;
          const cpu = new TestCpu('max', { el2: true, el3: true });
          cpu.state.setSysreg('SCR_EL3', bit(0, 10) | (routed << BigInt(scr)));
          const hcrBits = [0n, bit(hcr), bit(27), 0n, bit(27, 34)][Number(hypervisor)];
          cpu.state.setSysreg('HCR_EL2', bit(31) | hcrBits);
          cpu.at(el);
          const result = (daif: number): string => {
            cpu.state.setField('daif', daif);
            const pending = pendingInterrupt(cpu.state, line);
            expect(pending === undefined || pending.kind === kind).toBe(true);
            return pending === undefined ? '-' : String(pending.targetEl);
          };
          const expected = code === 'C' ? ['-', '-'] : [code[0], code[1] === 'A' ? '-' : code[0]];
          expect([el, result(15 & ~mask), result(mask)]).toEqual([el, ...expected]);
        }
      }
    });
  }

  it('go to EL1 when there is nothing above', () => {
    const cpu = new TestCpu('cortex-a57').at(1);
    cpu.state.setField('daif', 0);
    expect(pendingInterrupt(cpu.state, 0)).toBeUndefined();
    expect(pendingInterrupt(cpu.state, InterruptLine.Irq)).toEqual({ kind: 0x80, targetEl: 1, virtual: false });
    const both = InterruptLine.Irq | InterruptLine.Fiq;
    expect(pendingInterrupt(cpu.state, both)).toEqual({ kind: 0x100, targetEl: 1, virtual: false });
    cpu.state.setField('daif', 1);
    expect(pendingInterrupt(cpu.state, InterruptLine.Irq | InterruptLine.Fiq)?.kind).toBe(0x80);
    cpu.state.setField('daif', 3);
    expect(pendingInterrupt(cpu.state, 3)).toBeUndefined();
    cpu.at(0);
    expect(pendingInterrupt(cpu.state, 3)).toBeUndefined();
  });

  it('ignore EL2 controls in Secure state without Secure EL2', () => {
    const cpu = new TestCpu('max', { el2: true, el3: true });
    cpu.state.setSysreg('SCR_EL3', bit(10));
    cpu.state.setSysreg('HCR_EL2', bit(31, 4));
    cpu.at(1).state.setField('daif', 0);
    expect(pendingInterrupt(cpu.state, 1)?.targetEl).toBe(1);
    cpu.state.setSysreg('SCR_EL3', bit(10, 18));
    expect(pendingInterrupt(cpu.state, 1)?.targetEl).toBe(2);
  });
});

describe('virtual interrupts', () => {
  const guest = (hcr: bigint): TestCpu => {
    const cpu = new TestCpu('max', { el2: true });
    cpu.state.setSysreg('HCR_EL2', bit(31) | hcr);
    cpu.at(1).state.setField('daif', 0);
    return cpu;
  };

  it('come from HCR_EL2 and from the GIC, where the physical ones are routed to EL2', () => {
    for (const [line, pend, route, kind] of [
      [InterruptLine.VirtualIrq, 7, 4, 0x80], [InterruptLine.VirtualFiq, 6, 3, 0x100],
      [InterruptLine.VirtualSError, 8, 5, 0x180],
    ] as const) {
      const expected = { kind, targetEl: 1, virtual: true };
      expect(pendingInterrupt(guest(bit(pend, route)).state, 0)).toEqual(expected);
      expect(pendingInterrupt(guest(bit(route)).state, line)).toEqual(expected);
      expect(pendingInterrupt(guest(bit(pend)).state, line)).toBeUndefined();
      expect(pendingInterrupt(guest(bit(pend, route)).at(0).state, 0)).toEqual(expected);
      expect(pendingInterrupt(guest(bit(pend, route)).at(2).state, line)).toBeUndefined();
      expect(pendingInterrupt(guest(bit(pend, route, 27)).at(0).state, line)).toBeUndefined();
      const masked = guest(bit(pend, route));
      masked.state.setField('daif', 15);
      expect(pendingInterrupt(masked.state, line)).toBeUndefined();
      expect(wakesFromWfi(masked.state, 0)).toBe(true);
    }
  });

  it('wait behind physical ones', () => {
    expect(pendingInterrupt(guest(bit(4, 7)).state, InterruptLine.Irq)?.targetEl).toBe(2);
  });

  it('physical ones wake from WFI whatever the mask', () => {
    const cpu = new TestCpu('max').at(1);
    cpu.state.setField('daif', 15);
    expect(wakesFromWfi(cpu.state, InterruptLine.Irq)).toBe(true);
    expect(wakesFromWfi(cpu.state, InterruptLine.VirtualIrq)).toBe(false);
    expect(wakesFromWfi(cpu.state, 0)).toBe(false);
  });
});
