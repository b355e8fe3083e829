/** Loops that the engine's benchmarks run. X0 counts down from far away, X4 is the address of the first page of data. */

export const ARITHMETIC = [
  0x8b020021, // add x1, x1, x2
  0xca411c63, // eor x3, x3, x1, lsr #7
  0xf1000400, // subs x0, x0, #1
  0x54ffffa1, // b.ne to the first
];
export const MEMORY = [
  0xf8636881, // ldr x1, [x4, x3]
  0x8b020021, // add x1, x1, x2
  0xf8236881, // str x1, [x4, x3]
  0x91002063, // add x3, x3, #8
  0x927d2063, // and x3, x3, #0xff8
  0xf1000400, // subs x0, x0, #1
  0x54ffff41, // b.ne to the first
];
/** One load a turn, each from the page behind that of the last one, 16 pages in all. */
export const PAGES = [
  0xf8636881, // ldr x1, [x4, x3]
  0x91400463, // add x3, x3, #1, lsl #12
  0x92740c63, // and x3, x3, #0xf000
  0xf1000400, // subs x0, x0, #1
  0x54ffff81, // b.ne to the first
];
/** A call of a function of the page, at its sixteenth byte. */
export const CALL = [
  0x94000004, // bl to the function
  0xf1000400, // subs x0, x0, #1
  0x54ffffc1, // b.ne to the first
  0xd503201f, // nop
  0x8b020021, // add x1, x1, x2
  0xd65f03c0, // ret
];
/** Two pages that jump to each other. */
export const THERE = [
  0xf1000400, // subs x0, x0, #1
  0x140003ff, // b to the start of the next page
];
export const BACK = [
  0x17fffc00, // b to the start of the page before
];
/** One load. */
export const LOAD = [
  0xf9400481, // ldr x1, [x4, #8]
  0xf1000400, // subs x0, x0, #1
  0x54ffffc1, // b.ne to the first
];
