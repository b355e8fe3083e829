import type { InterruptLine } from '../../../../devices/bus/device.js';
import { Line } from '../../../../devices/gic/index.js';
import { Bench, TABLES } from '../bench.js';
import { GICD, GICR, GITS, type Machine, type Op, type Result, UART_INTID } from './script.js';

/** Carries accesses out on a controller of ours. */
export class Replay {
  readonly bench: Bench;
  private readonly wire: InterruptLine;

  constructor(private readonly machine: Machine) {
    this.bench = new Bench({ ...machine });
    this.wire = this.bench.gic.line(UART_INTID);
  }

  step(op: Op): Result {
    const { bench, machine } = this;
    const cpu = op.cpu ?? 0;
    bench.enter(op.el, op.scr, op.hcr, cpu);
    const trap = typeof op.target === 'string' ? bench.interfaces[cpu].trap(op.target) : 0;
    if (trap !== 0) return { value: 0n, isr: 0, trap };
    const value = this.carryOut(op);
    // At EL1 ISR_EL1 shows the virtual interrupt where HCR_EL2 routes the physical one away.
    const lines = bench.lines[cpu];
    const virtual = op.el === 1 && machine.el2 && (!machine.el3 || (op.scr & 1) !== 0) ? op.hcr : 0;
    const irq = (lines & ((virtual & 0x10) !== 0 ? Line.vIRQ : Line.IRQ)) !== 0;
    const fiq = (lines & ((virtual & 0x08) !== 0 ? Line.vFIQ : Line.FIQ)) !== 0;
    return { value, isr: (irq ? 2 : 0) | (fiq ? 1 : 0), trap };
  }

  private carryOut(op: Op): bigint {
    const { bench } = this;
    const cpu = op.cpu ?? 0;
    if (op.kind === 'wire') {
      this.wire.set(op.value !== 0n);
      return 0n;
    }
    if (typeof op.target === 'string') {
      if (op.kind === 'mrs') return bench.interfaces[cpu].read(op.target);
      bench.interfaces[cpu].write(op.target, op.value);
      return 0n;
    }
    const size = op.kind === 'readb' || op.kind === 'writeb' ? 1 : 4;
    if (op.target >= TABLES) return this.tableAccess(op.kind, op.target, Number(op.value));
    if (op.target >= GITS && op.target < GICR) {
      if (op.kind === 'read') return BigInt(bench.gits(op.target - GITS));
      bench.setGits(op.target - GITS, Number(op.value), size);
      return 0n;
    }
    const distributor = op.target < GICR;
    const offset = op.target - (distributor ? GICD : GICR);
    if (op.kind === 'read' || op.kind === 'readb') {
      return BigInt(distributor ? bench.gicd(offset, size, cpu) : bench.gicr(offset, 0, size, cpu));
    }
    if (distributor) bench.setGicd(offset, Number(op.value), size, cpu);
    else bench.setGicr(offset, Number(op.value), 0, size, cpu);
    return 0n;
  }

  /** What the PE does in guest memory. */
  private tableAccess(kind: Op['kind'], address: number, value: number): bigint {
    const { view } = this.bench.ram;
    const at = address - TABLES;
    switch (kind) {
      case 'write': view.setUint32(at, value, true); return 0n;
      case 'writeb': view.setUint8(at, value); return 0n;
      case 'readb': return BigInt(view.getUint8(at));
      default: return BigInt(view.getUint32(at, true));
    }
  }
}
