/* Open addressing with linear probing: insertions, hits, misses, deletions that close the gap. */
#include "bench.h"
#include <string.h>

enum { BITS = 15, SLOTS = 1 << BITS, KEYS = 20000 };
struct slot {
  uint64_t key, value;
};
static struct slot table[SLOTS];
static uint64_t keys[2 * KEYS];

static void prepare(void) {
  uint64_t seed = 0x1234567;
  for (int i = 0; i < 2 * KEYS; i++) keys[i] = next_random(&seed) | 1; /* 0 marks a free slot */
}

static unsigned home(uint64_t key) { return (key * 0x9e3779b97f4a7c15u) >> (64 - BITS); }

static struct slot *find(uint64_t key) {
  unsigned at = home(key);
  while (table[at].key != 0 && table[at].key != key) at = (at + 1) % SLOTS;
  return &table[at];
}

static void delete(struct slot *slot) {
  unsigned gap = slot - table;
  for (unsigned at = (gap + 1) % SLOTS; table[at].key != 0; at = (at + 1) % SLOTS) {
    unsigned wanted = home(table[at].key);
    if ((at - wanted) % SLOTS < (at - gap) % SLOTS) continue;
    table[gap] = table[at];
    gap = at;
  }
  table[gap].key = 0;
}

static uint64_t round_of_work(void) {
  memset(table, 0, sizeof table);
  for (int i = 0; i < KEYS; i++) {
    struct slot *slot = find(keys[i]);
    slot->key = keys[i];
    slot->value += i;
  }
  uint64_t sum = 0, hits = 0;
  for (int i = 0; i < 2 * KEYS; i++) {
    struct slot *slot = find(keys[i]);
    if (slot->key != 0) {
      hits++;
      sum += slot->value;
    }
  }
  for (int i = 0; i < KEYS; i += 2) delete(find(keys[i]));
  for (int i = 0; i < KEYS; i++)
    if ((find(keys[i])->key != 0) != (i % 2 == 1)) fail("a deletion was lost or was too much");
  return mix(mix(0, hits), sum);
}

const struct benchmark benchmark = {prepare, round_of_work, 0x4e0ec34c0296f757u, 0};
