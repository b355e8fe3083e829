/* Dot products of vectors of 16-bit integers, as a small neural network or a filter has them. */
#include "bench.h"
#include <arm_neon.h>

enum { LENGTH = 256, ROWS = 64 };
static int16_t rows[ROWS][LENGTH], vector[LENGTH];
static int32_t expected[ROWS];

static void prepare(void) {
  fill_bytes(rows, sizeof rows, 17);
  fill_bytes(vector, sizeof vector, 18);
  for (int i = 0; i < LENGTH; i++) vector[i] >>= 4;
  for (int r = 0; r < ROWS; r++)
    for (int i = 0; i < LENGTH; i++) expected[r] += (rows[r][i] >>= 4) * vector[i];
}

static uint64_t round_of_work(void) {
  touch_memory();
  for (int r = 0; r < ROWS; r++) {
    int32x4_t low = vdupq_n_s32(0), high = low;
    for (int i = 0; i < LENGTH; i += 8) {
      int16x8_t a = vld1q_s16(rows[r] + i), b = vld1q_s16(vector + i);
      low = vmlal_s16(low, vget_low_s16(a), vget_low_s16(b));
      high = vmlal_high_s16(high, a, b);
    }
    if (vaddvq_s32(vaddq_s32(low, high)) != expected[r]) fail("a product is wrong");
  }
  return 0;
}

const struct benchmark benchmark = {prepare, round_of_work, 0, 0};
