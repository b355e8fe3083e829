/* One dependent load after the other, through a random cycle (Sattolo) over all cache lines of BYTES bytes. */
#include "bench.h"
#include <stdlib.h>

enum { LINE = 64, LINES = BYTES / LINE };
struct line {
  struct line *next;
  uint64_t number;
  char rest[LINE - 16];
};
static struct line *lines;

static void prepare(void) {
  if (!(lines = aligned_alloc(4096, BYTES))) fail("no memory");
  uint64_t seed = 8;
  for (uint32_t i = 0; i < LINES; i++) lines[i].number = i;
  for (uint32_t i = LINES - 1; i > 0; i--) {
    uint32_t j = next_random(&seed) % i;
    uint64_t t = lines[i].number;
    lines[i].number = lines[j].number;
    lines[j].number = t;
  }
  for (uint32_t i = 0; i < LINES; i++) {
    lines[i].next = &lines[lines[i].number];
    lines[i].number = i;
  }
}

static uint64_t round_of_work(void) {
  const struct line *p = lines;
  uint64_t sum = 0;
  for (uint32_t i = 0; i < LINES; i++) {
    sum += p->number;
    p = p->next;
  }
  if (p != lines) fail("the cycle does not close");
  return sum;
}

const struct benchmark benchmark = {prepare, round_of_work, (uint64_t)LINES * (LINES - 1) / 2, 0};
