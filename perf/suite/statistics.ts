/** Medians, geometric means and paired ratios. */

/** The middle value, or the mean of the two in the middle. Not a number without values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Geometric mean of positive values. Not a number without values. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** Ratio of two engines' times, round by round: a neighbour's load on the host mostly meets both of a pair. */
export interface PairedRatio {
  /** Median of the rounds' ratios. */
  readonly ratio: number;
  readonly minimum: number;
  readonly maximum: number;
}

/**
 * `others[i] / own[i]`: larger means that the own engine is faster. A round in which the host saw both ends of a
 * program at once (0 seconds) says nothing and is left out; undefined when none is left.
 */
export function pairedRatio(own: readonly number[], others: readonly number[]): PairedRatio | undefined {
  const ratios = own.flatMap((seconds, i) => (seconds > 0 && others[i] > 0 ? [others[i] / seconds] : []));
  if (ratios.length === 0) return undefined;
  return { ratio: median(ratios), minimum: Math.min(...ratios), maximum: Math.max(...ratios) };
}
