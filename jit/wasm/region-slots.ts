/** Most slots of the table of regions. */
export const REGION_SLOTS = 16384;
