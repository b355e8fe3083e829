import { beforeEach, describe, expect, it } from 'vitest';
import { fpCode, FpOp, FpRounding, Fpsr, FpUnit } from '../../../jit/softfloat/index.js';

const memory = new SharedArrayBuffer(1024);
const unit = new FpUnit(memory, { fpcr: 512, fpsr: 516, nzcv: 520 });
const f32 = new Float32Array(memory);
const f64 = new Float64Array(memory);
const u16 = new Uint16Array(memory);
const u32 = new Uint32Array(memory);
const [D, N, M, A] = [0, 16, 32, 48];

beforeEach(() => {
  u32.fill(0);
  u32.fill(0xdeadbeef, 0, 4);
});

describe('FpUnit', () => {
  it('clears the rest of the destination unless told not to', () => {
    f32.set([1.5], N / 4);
    f32.set([2.25], M / 4);
    unit.execute(fpCode({ op: FpOp.FADD, zeroUpper: false }), D, N, M, 0);
    expect([f32[0], u32[1], u32[2], u32[3]]).toEqual([3.75, 0xdeadbeef, 0xdeadbeef, 0xdeadbeef]);
    unit.execute(fpCode({ op: FpOp.FADD }), D, N, M, 0);
    expect([f32[0], u32[1], u32[2], u32[3]]).toEqual([3.75, 0, 0, 0]);
  });

  it('takes a destination that is an operand, also when lanes change width or place', () => {
    f32.set([1, 2, 3, 4], N / 4);
    unit.execute(fpCode({ op: FpOp.FADD, lanes: 4, pairwise: true }), N, N, N, 0);
    expect([...f32.subarray(4, 8)]).toEqual([3, 7, 3, 7]);
    unit.execute(fpCode({ op: FpOp.FCVT, format: 'single', to: 'double', lanes: 2 }), N, N, 0, 0);
    expect([f64[2], f64[3]]).toEqual([3, 7]);
    unit.execute(fpCode({ op: FpOp.FCVT, format: 'double', to: 'single', lanes: 2 }), N, N, 0, 0);
    expect([...f32.subarray(4, 8)]).toEqual([3, 7, 0, 0]);
    unit.execute(fpCode({ op: FpOp.FMUL, lanes: 4, broadcast: true }), N, N, N + 4, 0);
    expect([...f32.subarray(4, 8)]).toEqual([21, 49, 0, 0]);
  });

  it('accumulates FPSR and reads FPCR from the block', () => {
    u32[512 / 4] = FpRounding.PlusInfinity << 22;
    f32.set([1], N / 4);
    f32.set([3], M / 4);
    u32[516 / 4] = Fpsr.QC;
    unit.execute(fpCode({ op: FpOp.FDIV }), D, N, M, 0);
    expect(u32[0]).toBe(0x3eaaaaab);
    expect(u32[516 / 4]).toBe(Fpsr.QC | Fpsr.IXC);
    f32.set([0], M / 4);
    unit.execute(fpCode({ op: FpOp.FDIV }), D, N, M, 0);
    expect(u32[516 / 4]).toBe(Fpsr.QC | Fpsr.IXC | Fpsr.DZC);
  });

  it('rounds a fused multiply-add once', () => {
    f64.set([1 + 2 ** -30], N / 8);
    f64.set([1 - 2 ** -30], M / 8);
    f64.set([-1], A / 8);
    unit.execute(fpCode({ op: FpOp.FMADD, format: 'double' }), D, N, M, A);
    expect([f64[0], u32[516 / 4]]).toEqual([-(2 ** -60), 0]);
    unit.execute(fpCode({ op: FpOp.FNMADD, format: 'double' }), D, N, M, A);
    expect(f64[0]).toBe(2 ** -60);
  });

  it('writes NZCV for comparisons and masks for element comparisons', () => {
    f32.set([1, NaN, 2], N / 4);
    f32.set([1, 1, 1, 1], M / 4);
    const seen = [0, 4, 8].map((at) => {
      unit.execute(fpCode({ op: FpOp.FCMP }), 0, N + at, M + at, 0);
      return u32[520 / 4];
    });
    expect(seen).toEqual([0b0110, 0b0011, 0b0010]);
    expect(u32[516 / 4]).toBe(0);
    unit.execute(fpCode({ op: FpOp.FCMPE }), 0, N + 4, M + 4, 0);
    expect(u32[516 / 4]).toBe(Fpsr.IOC);
    unit.execute(fpCode({ op: FpOp.FCMGE, lanes: 4 }), D, N, M, 0);
    expect([...u32.subarray(0, 4)]).toEqual([0xffffffff, 0, 0xffffffff, 0]);
  });

  it('converts to integers of every width', () => {
    f64.set([-2.5], N / 8);
    const options = { op: FpOp.FCVTS, format: 'double', rounding: FpRounding.TieAway } as const;
    unit.execute(fpCode({ ...options, size: 64, zeroUpper: false }), D, N, 0, 0);
    expect([u32[0], u32[1], u32[2]]).toEqual([0xfffffffd, 0xffffffff, 0xdeadbeef]);
    u16.set([0xc100], N / 2);
    unit.execute(fpCode({ op: FpOp.FCVTU, format: 'half', size: 16 }), D, N, 0, 0);
    expect([u32[0], u32[516 / 4]]).toEqual([0, Fpsr.IXC | Fpsr.IOC]);
    u16.set([0xc100], N / 2);
    unit.execute(fpCode({ op: FpOp.FCVTS, format: 'half', size: 16, fractionBits: 1 }), D, N, 0, 0);
    expect(u32[0]).toBe(0xfffb);
  });
});
