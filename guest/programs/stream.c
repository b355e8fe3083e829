/* McCalpin's four kernels on arrays that are larger than a second-level cache: copy, scale, add, triad. */
#include "bench.h"

enum { COUNT = 1 << 18 };
static double a[COUNT], b[COUNT], c[COUNT];

static void prepare(void) {
  for (int i = 0; i < COUNT; i++) a[i] = i % 1000, b[i] = 2, c[i] = 0;
}

__attribute__((noipa)) static void copy(double *restrict to, const double *restrict from) {
  for (int i = 0; i < COUNT; i++) to[i] = from[i];
}
__attribute__((noipa)) static void scale(double *restrict to, const double *restrict from, double by) {
  for (int i = 0; i < COUNT; i++) to[i] = by * from[i];
}
__attribute__((noipa)) static void add(double *restrict to, const double *restrict x, const double *restrict y) {
  for (int i = 0; i < COUNT; i++) to[i] = x[i] + y[i];
}
__attribute__((noipa)) static void triad(double *restrict to, const double *restrict x, const double *restrict y,
                                         double by) {
  for (int i = 0; i < COUNT; i++) to[i] = x[i] + by * y[i];
}

static uint64_t round_of_work(void) {
  copy(c, a);          /* c = a */
  scale(b, c, 3);      /* b = 3a */
  add(c, a, b);        /* c = 4a */
  triad(a, c, b, -1);  /* a = 4a - 3a */
  for (int i = 0; i < COUNT; i += 97)
    if (a[i] != i % 1000 || c[i] != 4 * (i % 1000)) fail("an element is wrong");
  return 0;
}

const struct benchmark benchmark = {prepare, round_of_work, 0, 0};
