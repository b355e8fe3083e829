/** What generated code counts in ControlState, by name; the position is the index. */

/** Why control came back from translated code. */
export const REGION_LEFT = [
  /** It went on where no region could be entered. */
  'elsewhere',
  /** An access had no translation in the TLB, went to a device, or was not aligned. */
  'miss',
  /** FP and AdvSIMD instructions trap. */
  'fpTrapped',
  /** An instruction whose rare case the interpreter does: an exception, a service. */
  'service',
  /** The slice ended, or a loop was left to look around. */
  'budget',
  /** Control flow without structure. */
  'irreducible',
  /** An instruction's function form branched, trapped or asked for something. */
  'step',
] as const;
export type RegionLeft = (typeof REGION_LEFT)[number];
export const regionLeftIndex = (reason: RegionLeft): number => REGION_LEFT.indexOf(reason);

/** Why the main loop ran; its instructions. */
export const INTERPRETED_BECAUSE = [
  /** Not branched to often enough where it began. */
  'cold',
  /** A translation had been asked for there, and was not to be had yet, or never. */
  'waiting',
  /** Translated code left an instruction to it. */
  'left',
] as const;
