/* y = a x + y in single precision with vectors of four and fused multiply-add. */
#include "bench.h"
#include <arm_neon.h>
#include <string.h>

enum { COUNT = 4096 };
static float x[COUNT], y[COUNT], start[COUNT], expected[COUNT];

static void prepare(void) {
  /* 0.5 (1 + ... + 32) = 264; every intermediate is a multiple of 1/16 below 2^14, so nothing is rounded. */
  for (int i = 0; i < COUNT; i++) {
    x[i] = (i % 251) / 8.0f;
    start[i] = i % 17;
    expected[i] = start[i] + 264 * x[i];
  }
}

__attribute__((noipa)) static void saxpy(float factor) {
  float32x4_t a = vdupq_n_f32(factor);
  for (int i = 0; i < COUNT; i += 8) {
    vst1q_f32(y + i, vfmaq_f32(vld1q_f32(y + i), a, vld1q_f32(x + i)));
    vst1q_f32(y + i + 4, vfmaq_f32(vld1q_f32(y + i + 4), a, vld1q_f32(x + i + 4)));
  }
}

static uint64_t round_of_work(void) {
  memcpy(y, start, sizeof y);
  for (int pass = 1; pass <= 32; pass++) saxpy(pass * 0.5f);
  if (memcmp(y, expected, sizeof y)) fail("an element is wrong");
  return 0;
}

const struct benchmark benchmark = {prepare, round_of_work, 0, 0};
