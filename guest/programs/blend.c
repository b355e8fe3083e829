/* Blends one 8-bit image over another by an alpha of each pixel: widening multiplies, rounding narrowing. */
#include "bench.h"
#include <arm_neon.h>
#include <string.h>

enum { PIXELS = 16384 };
static uint8_t top[PIXELS], bottom[PIXELS], alpha[PIXELS], out[PIXELS];
static uint8_t expected[PIXELS];

/* v / 255, rounded, of a product of bytes: (v + ((v + 128) >> 8) + 128) >> 8. */
static uint8x8_t divide(uint16x8_t v) { return vraddhn_u16(v, vrshrq_n_u16(v, 8)); }

static void prepare(void) {
  fill_bytes(top, PIXELS, 11);
  fill_bytes(bottom, PIXELS, 12);
  fill_bytes(alpha, PIXELS, 13);
  for (int i = 0; i < PIXELS; i++) {
    unsigned sum = (top[i] * alpha[i] + bottom[i] * (255u - alpha[i]));
    expected[i] = (sum + 127) / 255;
  }
}

static uint64_t round_of_work(void) {
  touch_memory();
  for (int i = 0; i < PIXELS; i += 16) {
    uint8x16_t a = vld1q_u8(alpha + i), b = vmvnq_u8(a), t = vld1q_u8(top + i), u = vld1q_u8(bottom + i);
    uint16x8_t low = vmlal_u8(vmull_u8(vget_low_u8(t), vget_low_u8(a)), vget_low_u8(u), vget_low_u8(b));
    uint16x8_t high = vmlal_u8(vmull_u8(vget_high_u8(t), vget_high_u8(a)), vget_high_u8(u), vget_high_u8(b));
    vst1q_u8(out + i, vcombine_u8(divide(low), divide(high)));
  }
  if (memcmp(out, expected, PIXELS)) fail("a pixel is wrong");
  return 0;
}

const struct benchmark benchmark = {prepare, round_of_work, 0, 0};
