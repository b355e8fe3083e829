/** A device that acts by itself at a point in virtual time. Whoever runs the event loop asks and calls. */
export interface TimedDevice {
  /** Virtual time of the next event in nanoseconds; Infinity when none is due. Any thread. */
  nextDeadline(): number;
  /** Carries out what is due by now; harmless when called early or twice. Any thread. */
  expire(): void;
}
