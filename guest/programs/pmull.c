/*
 * A polynomial hash over GF(2^128) modulo x^128 + x^7 + x^2 + x + 1 with FEAT_PMULL's instruction: GHASH's arithmetic
 * without its reflected bits. The same hash by shifts, bit by bit, must agree.
 */
#include "bench.h"
#include <arm_neon.h>
#include <string.h>

enum { SIZE = 16 << 10 };
struct element {
  uint64_t low, high;
};
static unsigned char input[SIZE];
static const struct element key = {0x0123456789abcdefu, 0xfedcba9876543210u};
static uint64_t expected;

static poly128_t multiply64(uint64_t a, uint64_t b) { return vmull_p64(a, b); }

static struct element halves(poly128_t product) {
  uint64x2_t v = vreinterpretq_u64_p128(product);
  return (struct element){vgetq_lane_u64(v, 0), vgetq_lane_u64(v, 1)};
}

static struct element multiply(struct element a, struct element b) {
  struct element low = halves(multiply64(a.low, b.low)), high = halves(multiply64(a.high, b.high));
  struct element middle = halves(multiply64(a.low ^ a.high, b.low ^ b.high));
  middle.low ^= low.low ^ high.low;
  middle.high ^= low.high ^ high.high;
  low.high ^= middle.low;
  high.low ^= middle.high;
  /* x^128 = x^7 + x^2 + x + 1: the upper half times 0x87 comes down, and what that carries out once more. */
  struct element first = halves(multiply64(high.high, 0x87));
  low.high ^= first.low;
  high.low ^= first.high;
  struct element second = halves(multiply64(high.low, 0x87));
  return (struct element){low.low ^ second.low, low.high ^ second.high};
}

static struct element multiply_slowly(struct element a, struct element b) {
  struct element sum = {0, 0};
  for (int bit = 127; bit >= 0; bit--) {
    uint64_t carry = sum.high >> 63;
    sum.high = sum.high << 1 | sum.low >> 63;
    sum.low = sum.low << 1 ^ (carry ? 0x87 : 0);
    if ((bit < 64 ? b.low >> bit : b.high >> (bit - 64)) & 1) sum.low ^= a.low, sum.high ^= a.high;
  }
  return sum;
}

static inline uint64_t hash(struct element (*product)(struct element, struct element)) {
  struct element sum = {0, 0}, block;
  for (int i = 0; i < SIZE; i += 16) {
    memcpy(&block, input + i, 16);
    sum.low ^= block.low;
    sum.high ^= block.high;
    sum = product(sum, key);
  }
  return mix(sum.low, sum.high);
}

static void prepare(void) {
  fill_bytes(input, SIZE, 64);
  expected = hash(multiply_slowly);
}

static uint64_t round_of_work(void) {
  touch_memory();
  if (hash(multiply) != expected) fail("the product differs from the one by shifts");
  return 0;
}

const struct benchmark benchmark = {prepare, round_of_work, 0, 0};
