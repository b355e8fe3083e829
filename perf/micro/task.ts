/** What a micro-benchmark is: one operation of the emulator's inside, many times. */

export interface MicroTask {
  /** `part: operation`. */
  readonly name: string;
  /** Makes the state and gives the function that is timed. */
  readonly prepare: () => () => unknown;
  /** How many operations a call of that function does. */
  readonly operations: number;
}
