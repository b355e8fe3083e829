import { describe, expect, it } from 'vitest';
import { geometricMean, median, pairedRatio } from '../../../perf/suite/statistics.js';

describe('statistics', () => {
  it('median is the middle value, or the mean of the two in the middle, and leaves the values as they are', () => {
    const values = [3, 1, 2];
    expect(median(values)).toBe(2);
    expect(values).toEqual([3, 1, 2]);
    expect(median([10, 1, 2, 4])).toBe(3);
    expect(median([5])).toBe(5);
    expect(median([])).toBeNaN();
  });

  it('geometric mean of ratios and of their inverses are inverse', () => {
    expect(geometricMean([2, 8])).toBeCloseTo(4, 12);
    expect(geometricMean([0.5, 0.125])).toBeCloseTo(0.25, 12);
    expect(geometricMean([])).toBeNaN();
  });

  it('ratios are taken round by round', () => {
    // The host was half as fast in the second round; the pairs do not show it.
    expect(pairedRatio([1, 2, 1], [3, 6, 3])).toEqual({ ratio: 3, minimum: 3, maximum: 3 });
    expect(pairedRatio([1, 0, 2], [0, 1, 6])).toEqual({ ratio: 3, minimum: 3, maximum: 3 });
    expect(pairedRatio([1, 0], [0, 1])).toBeUndefined();
    expect(pairedRatio([2, 1, 4], [1, 1, 1])).toEqual({ ratio: 0.5, minimum: 0.25, maximum: 1 });
  });
});
