import { describe, expect, it } from 'vitest';
import { explain } from '../../../jit/a64/explain.js';

describe('explain', () => {
  it('shows name, group, feature, text, bits and fields', () => {
    expect(explain(0xb8a103e2).split('\n')).toEqual([
      'word      0xb8a103e2',
      'text      ldadda w1, w2, [sp]',
      'encoding  LDADD, group ldst/memop',
      'feature   FEAT_LSE',
      'bits      size 111 0 00 A R 1 Rs    0 000 00 Rn    Rt',
      '          10   111 0 00 1 0 1 00001 0 000 00 11111 00010',
      'field     size [31:30] 0b10 = 2',
      'field     A    [23]    0b1 = 1',
      'field     R    [22]    0b0 = 0',
      'field     Rs   [20:16] 0b00001 = 1',
      'field     Rn   [9:5]   0b11111 = 31',
      'field     Rt   [4:0]   0b00010 = 2',
    ]);
  });

  it('says so when a word is unallocated, not implemented, or has wrong should-be bits', () => {
    expect(explain(0xffffffff)).toBe('0xffffffff: unallocated, UNDEFINED');
    expect(explain(0x9ac01000)).toContain('feature   FEAT_MTE, not implemented: UNDEFINED');
    expect(explain(0x08d4e6f0)).toContain('note      bits 0xb1800 are not as they should be; they are ignored');
  });

  it('has no field lines for an instruction without fields', () => {
    expect(explain(0xd503201f).split('\n')).toHaveLength(6);
  });
});
