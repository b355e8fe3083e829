/* Ackermann and Peter's function: deep recursion whose results are arguments of further calls. */
#include "bench.h"

__attribute__((noipa)) static unsigned ackermann(unsigned m, unsigned n) {
  if (m == 0) return n + 1;
  if (n == 0) return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}

static uint64_t round_of_work(void) { return ackermann(3, 6); }

const struct benchmark benchmark = {0, round_of_work, 509, 0};
