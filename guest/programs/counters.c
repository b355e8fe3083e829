/* Four threads count: in one atomic counter, in counters of their own in one cache line, and to a maximum. */
#include "workers.h"

enum { TURNS = 20000 };
static struct { _Alignas(64) uint64_t shared, largest; } counter;
static struct { _Alignas(64) uint64_t own[WORKERS]; } line;

static uint64_t work(unsigned me) {
  if (me == 0) counter.shared = counter.largest = 0;
  line.own[me] = 0;
  meet();
  for (uint64_t i = 0; i < TURNS; i++) {
    __atomic_fetch_add(&counter.shared, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&line.own[me], line.own[me] + i, __ATOMIC_RELAXED);
    if (i % 4 == 0) {
      uint64_t largest = __atomic_load_n(&counter.largest, __ATOMIC_RELAXED), wanted = i * 8 + me;
      while (largest < wanted &&
             !__atomic_compare_exchange_n(&counter.largest, &largest, wanted, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {}
    }
  }
  meet();
  return mix(mix(counter.shared, line.own[me]), counter.largest);
}

const struct benchmark benchmark = {start_workers, round_of_workers, 0x9add600656bc8d87, 0};
