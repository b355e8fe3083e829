/**
 * QARMA-64 as pointer authentication uses it (Arm ARM, ComputePAC; R. Avanzi, "The QARMA Block Cipher Family", 2016):
 * QARMA5 with S-box sigma 2, QARMA3 with sigma 1. Blocks are 16 cells of 4 bits, cell i in bits 4i+3..4i.
 */

/** Forward rounds before the reflector, less one. */
export type QarmaRounds = 3 | 5;

const SIGMA: Readonly<Record<QarmaRounds, readonly number[]>> = {
  5: [0xb, 0x6, 0x8, 0xf, 0xc, 0x0, 0x9, 0xe, 0x3, 0x7, 0x4, 0x5, 0xd, 0x2, 0x1, 0xa],
  3: [0xa, 0xd, 0xe, 0x6, 0xf, 0x7, 0x3, 0x5, 0x9, 0x8, 0x0, 0xc, 0xb, 0x1, 0x2, 0x4],
};
/** Cell that goes to position i, for the state and for the tweak. */
const SHUFFLE = [13, 6, 11, 0, 7, 12, 1, 10, 8, 3, 14, 5, 2, 9, 4, 15];
const TWEAK_SHUFFLE = [4, 5, 6, 7, 11, 2, 3, 8, 12, 13, 14, 15, 0, 1, 10, 9];
/** Positions whose tweak cell is stepped through the shift register. */
const TWEAK_STEPPED = [2, 4, 7, 11, 12, 14, 15];
/** Fractional digits of pi, as in the paper. */
const ROUND_CONSTANTS = [0n, 0x13198a2e03707344n, 0xa4093822299f31d0n, 0x082efa98ec4e6c89n, 0x452821e638d01377n];
const ALPHA = 0xc0ac29b7c97c50ddn;

type Cells = Uint8Array;

/** Fills `cells` from a 64-bit value. */
function split(value: bigint, cells: Cells = new Uint8Array(16)): Cells {
  let low = Number(value & 0xffffffffn);
  let high = Number((value >> 32n) & 0xffffffffn);
  for (let i = 0; i < 8; i++) {
    cells[i] = low & 15;
    cells[i + 8] = high & 15;
    low >>>= 4;
    high >>>= 4;
  }
  return cells;
}

function join(cells: Cells): bigint {
  let low = 0;
  let high = 0;
  for (let i = 7; i >= 0; i--) {
    low = (low << 4) | cells[i];
    high = (high << 4) | cells[i + 8];
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

const inverted = (table: readonly number[]): Cells => {
  const result = new Uint8Array(16);
  table.forEach((value, i) => (result[value] = i));
  return result;
};

const BOXES = {
  5: { forward: Uint8Array.from(SIGMA[5]), backward: inverted(SIGMA[5]) },
  3: { forward: Uint8Array.from(SIGMA[3]), backward: inverted(SIGMA[3]) },
};
const SHUFFLE_BACK = inverted(SHUFFLE);
const CONSTANTS = ROUND_CONSTANTS.map((c) => split(c));
const ALPHA_CELLS = split(ALPHA);
/** Cell values rotated left by 1 and by 2. */
const ROTATE1 = Uint8Array.from({ length: 16 }, (_, c) => ((c << 1) | (c >> 3)) & 15);
const ROTATE2 = Uint8Array.from({ length: 16 }, (_, c) => ((c << 2) | (c >> 2)) & 15);
const STEP = Array.from({ length: 16 }, (_, c) => (c >> 1) | (((c ^ (c >> 1)) & 1) << 3));
const STEP_BACK = inverted(STEP);

const state = new Uint8Array(16);
const tweak = new Uint8Array(16);
const spare = new Uint8Array(16);
const key0 = new Uint8Array(16);
const key1 = new Uint8Array(16);
const whitening = new Uint8Array(16);

function addTo(target: Cells, other: Cells): void {
  for (let i = 0; i < 16; i++) target[i] ^= other[i];
}

function substitute(box: Cells): void {
  for (let i = 0; i < 16; i++) state[i] = box[state[i]];
}

function shuffle(from: ArrayLike<number>): void {
  spare.set(state);
  for (let i = 0; i < 16; i++) state[i] = spare[from[i]];
}

/** The involutory MixColumns matrix circ(0, rho, rho^2, rho). */
function mix(): void {
  for (let b = 0; b < 4; b++) {
    const c0 = state[b];
    const c4 = state[b + 4];
    const c8 = state[b + 8];
    const c12 = state[b + 12];
    state[b] = ROTATE1[c12 ^ c4] ^ ROTATE2[c8];
    state[b + 4] = ROTATE2[c12] ^ ROTATE1[c8 ^ c0];
    state[b + 8] = ROTATE1[c12 ^ c4] ^ ROTATE2[c0];
    state[b + 12] = ROTATE1[c8 ^ c0] ^ ROTATE2[c4];
  }
}

function tweakForward(): void {
  spare.set(tweak);
  for (let i = 0; i < 16; i++) tweak[i] = spare[TWEAK_SHUFFLE[i]];
  for (const i of TWEAK_STEPPED) tweak[i] = STEP[tweak[i]];
}

function tweakBackward(): void {
  spare.set(tweak);
  for (const i of TWEAK_STEPPED) spare[i] = STEP_BACK[spare[i]];
  for (let i = 0; i < 16; i++) tweak[TWEAK_SHUFFLE[i]] = spare[i];
}

/**
 * Encrypts `data` under the tweak `modifier`; 64-bit values.
 * @param keyHigh bits 127..64 of the key (w0); @param keyLow bits 63..0 (k0)
 */
export function qarma64(rounds: QarmaRounds, data: bigint, modifier: bigint, keyHigh: bigint, keyLow: bigint): bigint {
  const { forward, backward } = BOXES[rounds];
  const last = rounds - 1;
  split(keyHigh, key0);
  split(keyLow, key1);
  split((keyHigh << 63n) | ((keyHigh >> 1n) ^ (keyHigh >> 63n)), whitening);
  split(modifier, tweak);
  split(data, state);
  addTo(state, key0);
  for (let i = 0; i <= last; i++) {
    addTo(state, key1);
    addTo(state, tweak);
    addTo(state, CONSTANTS[i]);
    if (i > 0) {
      shuffle(SHUFFLE);
      mix();
    }
    substitute(forward);
    tweakForward();
  }
  addTo(state, whitening);
  addTo(state, tweak);
  shuffle(SHUFFLE);
  mix();
  substitute(forward);
  shuffle(SHUFFLE);
  mix();
  addTo(state, key1);
  shuffle(SHUFFLE_BACK);
  substitute(backward);
  mix();
  shuffle(SHUFFLE_BACK);
  addTo(state, key0);
  addTo(state, tweak);
  for (let i = 0; i <= last; i++) {
    substitute(backward);
    if (i < last) {
      mix();
      shuffle(SHUFFLE_BACK);
    }
    tweakBackward();
    addTo(state, key1);
    addTo(state, tweak);
    addTo(state, CONSTANTS[last - i]);
    addTo(state, ALPHA_CELLS);
  }
  addTo(state, whitening);
  return join(state);
}
