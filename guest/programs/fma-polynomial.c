/* Horner's rule with fused multiply-add, the heart of a library's exp() and sin(), on many arguments. */
#include "bench.h"

enum { COUNT = 2048, DEGREE = 12 };
static double coefficients[DEGREE + 1], arguments[COUNT];

static void prepare(void) {
  double factorial = 1;
  for (int i = 0; i <= DEGREE; i++) {
    coefficients[i] = 1 / factorial;
    factorial *= i + 1;
  }
  for (int i = 0; i < COUNT; i++) arguments[i] = (i - COUNT / 2) / (double)COUNT;
}

static uint64_t round_of_work(void) {
  uint64_t digest = 0;
  touch_memory();
  for (int i = 0; i < COUNT; i++) {
    double x = arguments[i], y = coefficients[DEGREE];
    for (int k = DEGREE - 1; k >= 0; k--) y = __builtin_fma(y, x, coefficients[k]);
    if (x == 0 && y != 1) fail("exp(0) is not 1");
    digest = mix_double(digest, y);
  }
  return digest;
}

const struct benchmark benchmark = {prepare, round_of_work, 0x388519b2bc7cbb22u, 0};
