import { describe, expect, it } from 'vitest';
import { explain, type ExplainOptions } from '../../../jit/explain/explain.js';
import { createCpuModel } from '../../../src/arch/features/cpu-model.js';

/** Lines with a label, without the generated code; labels that repeat are joined. */
function labelled(word: number, options: ExplainOptions = {}): Record<string, string> {
  const result: Record<string, string> = {};
  for (const line of explain(word, options).split('\ncode\n')[0].split('\n')) {
    const label = line.slice(0, 10).trim();
    const text = line.slice(10);
    if (label !== '') result[label] = result[label] === undefined ? text : `${result[label]}; ${text}`;
  }
  return result;
}
const on = (name: string): ExplainOptions => ({ cpu: createCpuModel(name, { el2: true, el3: true }) });

describe('explain', () => {
  it('shows text, encoding, feature, status, bits, fields, effects, the record and the code', () => {
    expect(explain(0x91000420).split('\n')).toEqual([
      'word      0x91000420',
      'text      add x0, x1, #0x1',
      'encoding  ADD_imm, group dpimm/addsub_imm',
      'feature   Armv8.0',
      'status    implemented in the main loop',
      'bits      sf 0 0 100010 sh imm12        Rn    Rd',
      '          1  0 0 100010 0  000000000001 00001 00000',
      'field     sf    [31]    0b1 = 1',
      'field     sh    [22]    0b0 = 0',
      'field     imm12 [21:10] 0b000000000001 = 1',
      'field     Rn    [9:5]   0b00001 = 1',
      'field     Rd    [4:0]   0b00000 = 0',
      'reads     X1',
      'writes    X0',
      expect.stringMatching(/^record {4}operation \d+ ADD_imm\.sf1, imm@8: imm64 1, d@2: X 0, n@4: X 8$/),
      'code',
      '  (func $op:ADD_imm.sf1 (param $vcpu i32) (param $record i32) (param $pc i64) (result i32)',
      expect.stringMatching(/^ {3}\(i64\.store .*\(; X file: d ;\)$/),
      '    (i32.add (i32.load16_u offset=2 (; d ;) (local.get $record)) (local.get $vcpu))',
      '    (i64.add',
      '     (i64.load offset=8 (; imm ;) (local.get $record))',
      expect.stringMatching(/^ {5}\(i64\.load .*\(; X file: n ;\)/),
      '   (i32.const 0))',
    ]);
  });

  it('says so when a word is unallocated, not implemented, or has wrong should-be bits', () => {
    expect(explain(0xffffffff)).toBe('0xffffffff: unallocated, UNDEFINED');
    const tstart = labelled(0xd5233060);
    expect(tstart).toMatchObject({ feature: 'FEAT_TME' });
    expect(tstart.status).toMatch(/^not implemented: UNDEFINED/);
    expect(tstart).not.toHaveProperty('reads');
    expect(explain(0xd5233060)).not.toContain('code');
    expect(labelled(0x08d4e6f0).note).toBe('bits 0xb1800 are not as they should be; they are ignored');
  });

  it('tells which CPU executes the word', () => {
    const ldadd = 0xb8a103e2;
    expect(labelled(ldadd).cpu).toBe('executed on cortex-a76, neoverse-n1, max');
    expect(labelled(ldadd, on('neoverse-n1')).cpu).toBe('neoverse-n1: executed');
    const absent = labelled(ldadd, on('cortex-a57'));
    expect(absent.cpu).toBe('cortex-a57: UNDEFINED, there is no FEAT_LSE');
    expect(absent).not.toHaveProperty('writes');
    expect(labelled(0xd503233f, on('cortex-a57')).cpu).toBe('cortex-a57: NOP, there is no FEAT_PAuth');
    const half = 0x1ee22820;
    expect(labelled(half).feature).toBe('FEAT_FP16');
    expect(labelled(half, on('cortex-a57')).cpu).toBe('cortex-a57: UNDEFINED, there is no FEAT_FP16');
    expect(labelled(0xd5233060, on('max')).cpu).toBe('max: UNDEFINED');
    expect(labelled(0x91000420)).not.toHaveProperty('cpu');
  });
});

describe('effects', () => {
  it.each([
    ['ldr x1, [sp, #16]', 0xf9400be1, { reads: 'SP', writes: 'X1', memory: 'reads 8 bytes at SP + 16' }],
    ['stp x29, x30, [sp, #-16]!', 0xa9bf7bfd, {
      reads: 'SP, X29, X30', writes: 'SP', memory: 'writes 16 bytes at SP - 16, in elements of 8',
      'may take': 'Data Abort',
    }],
    ['ldtr x0, [x1]', 0xf8400820, { memory: 'reads 8 bytes at X1, with the permissions of EL0' }],
    ['ldadda w1, w2, [sp]', 0xb8a103e2, {
      reads: 'SP, X1', writes: 'X2',
      memory: 'reads and writes 4 bytes at SP, aligned to 4; atomic, sequentially consistent',
      'may take': 'Data Abort (also for an unaligned address)',
    }],
    ['ldxr x0, [x1]', 0xc85f7c20, { writes: 'the exclusive monitor, X0' }],
    ['subs xzr, x1, x2', 0xeb02003f, { reads: 'X1, X2', writes: 'NZCV' }],
    ['adc x0, x1, x2', 0x9a020020, { reads: 'X1, X2, NZCV' }],
    ['b.eq', 0x54000040, { reads: 'NZCV', branches: 'to PC + 8 (0x8) (maybe)' }],
    ['bl, backwards', 0x97ffffff, { writes: 'X30', branches: 'to PC - 4 (0xfffffffffffffffc)' }],
    ['br x3', 0xd61f0060, { reads: 'X3', branches: 'to X3, PSTATE.BTYPE becomes 3 if this page is guarded' }],
    ['svc', 0xd4000001, { takes: 'Supervisor Call' }],
    ['nop', 0xd503201f, { effects: 'none' }],
    ['mrs x1, tpidr_el1', 0xd538d081, {
      reads: 'PSTATE.EL, TPIDR_EL1', writes: 'X1',
      'may take': 'Undefined Instruction, trap to a higher Exception level',
    }],
    ['msr vbar_el2, x3', 0xd51cc003, { reads: 'X3', writes: 'VBAR_EL2' }],
    ['msr daifset', 0xd50342df, { reads: 'PSTATE.EL, PSTATE.DAIF', writes: 'PSTATE.DAIF' }],
    ['dc zva, x1', 0xd50b7421, { reads: 'X1', memory: 'writes zeros to a block of the size in DCZID_EL0.BS' }],
    ['tlbi vae1is, x2', 0xd5088322, { reads: 'X2', writes: 'TLB entries' }],
    ['eret', 0xd69f03e0, { reads: 'ELR_ELx, SPSR_ELx', branches: 'to ELR_ELx, in the state of SPSR_ELx' }],
    ['isb', 0xd5033fdf, {
      system: 'context synchronization: what follows is fetched again, and no translated caller goes on',
    }],
    ['wfe', 0xd503205f, { writes: 'the event register' }],
    ['cpyfp [x0]!, [x1]!, x2!', 0x19010440, {
      reads: 'the FEAT_MOPS enables, X0, X2, X1', writes: 'X0, X2, X1, NZCV',
    }],
    ['and v0.16b, v1.16b, v2.16b', 0x4e221c20, { reads: 'the FP traps, V1, V2', writes: 'V0' }],
    ['fadd d0, d1, d2', 0x1e622820, {
      reads: 'the FP traps, V1 (low 64 bits), V2 (low 64 bits), FPCR, FPSR', writes: 'V0, FPSR (maybe)',
    }],
    ['fcmp d0, d1', 0x1e612000, { writes: 'NZCV, FPSR (maybe)' }],
  ])('of %s', (_name, word, wanted) => {
    expect(labelled(word)).toMatchObject(wanted);
  });

  it('give branch targets from the address', () => {
    expect(labelled(0x14000002, { pc: 0xffff800080000000n }).branches).toBe('to PC + 8 (0xffff800080000008)');
  });
});
