/* Naive recursion: two calls a level. */
#include "bench.h"

__attribute__((noipa)) static uint64_t fib(unsigned n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static uint64_t round_of_work(void) { return fib(22); }

const struct benchmark benchmark = {0, round_of_work, 17711, 0};
