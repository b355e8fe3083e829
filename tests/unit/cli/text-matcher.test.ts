import { describe, expect, it } from 'vitest';
import { TextMatcher } from '../../../src/cli/text-matcher.js';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('a text in a stream', () => {
  it('is found however the stream is cut', () => {
    const stream = 'aabaabaaab: abaabab ends';
    const pattern = 'aabaaab';
    for (let first = 0; first <= stream.length; first++) {
      for (let second = first; second <= stream.length; second++) {
        const matcher = new TextMatcher(pattern);
        const found = [stream.slice(0, first), stream.slice(first, second), stream.slice(second)].map((part) =>
          matcher.push(bytes(part)),
        );
        expect(found.filter((hit) => hit)).toHaveLength(1);
        expect(matcher.isFound).toBe(true);
      }
    }
  });

  it('is found where a partial match begins anew', () => {
    for (const [pattern, stream] of [
      ['aab', 'aaab'],
      ['abcabd', 'abcabcabd'],
      ['aaaa', 'aaabaaaa'],
      ['é\n', 'eé\n'],
    ]) {
      expect(new TextMatcher(pattern!).push(bytes(stream!))).toBe(true);
    }
  });

  it('is not found where it is not', () => {
    const matcher = new TextMatcher('login:');
    expect(matcher.push(bytes('login login;'))).toBe(false);
    expect(matcher.isFound).toBe(false);
  });

  it('agrees with a plain search on random streams', () => {
    let state = 12345;
    const random = (limit: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 16) % limit;
    };
    for (let round = 0; round < 500; round++) {
      const text = (length: number) => Array.from({ length }, () => 'ab'[random(2)]).join('');
      const pattern = text(1 + random(6));
      const stream = text(random(30));
      expect(new TextMatcher(pattern).push(bytes(stream))).toBe(stream.includes(pattern));
    }
  });

  it('is reported once', () => {
    const matcher = new TextMatcher('x');
    expect([matcher.push(bytes('x')), matcher.push(bytes('x'))]).toEqual([true, false]);
  });
});
