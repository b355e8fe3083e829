import { describe, expect, it } from 'vitest';
import { FP_INSTRUCTIONS, recordedOutcome, softfloatOutcome } from '../../harness/fp-instructions.js';
import { readVectors } from '../../harness/vectors.js';

const FORMS = new Map(FP_INSTRUCTIONS.map((form) => [form.word, form]));

describe.each(['softfloat', 'softfloat-alternate'])('recorded vectors: %s', (name) => {
  const { header, vectors } = readVectors(new URL(`../../vectors/data/${name}.jsonl.gz`, import.meta.url));

  it('says where it comes from', () => {
    expect(header.version).toMatch(/qemu-aarch64 version \d+/);
    expect(header.date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  });

  it('covers every form', () => {
    expect(new Set(vectors.map((v) => v.input.word)).size).toBe(FORMS.size);
  });

  it('agrees on value, NZCV and FPSR', () => {
    const wrong: string[] = [];
    for (const { input, result } of vectors) {
      const form = FORMS.get(input.word);
      if (form === undefined) {
        wrong.push(`unknown form ${input.word.toString(16)}`);
        continue;
      }
      const actual = softfloatOutcome(form, input);
      const expected = recordedOutcome(form, input, result);
      if (
        result.kind !== 'completed' ||
        actual.value !== expected.value ||
        actual.fpsr !== expected.fpsr ||
        actual.nzcv !== expected.nzcv
      ) {
        wrong.push(`${form.name} fpcr=${input.fpcr} ${JSON.stringify(input, (_, x) => String(x))}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
