/* Four threads that do a round together: this one and three more, which wait at a barrier in between. */
#include "bench.h"
#include <pthread.h>

enum { WORKERS = 4 };

/* What worker `me` does in a round; the results of all are mixed in their order. */
static uint64_t work(unsigned me);

static pthread_barrier_t round_begins, round_ends, halfway;
static struct { _Alignas(64) uint64_t value; } results[WORKERS];

/* Waits for the other workers in the middle of a round. */
static inline void meet(void) { pthread_barrier_wait(&halfway); }

static void *worker(void *number) {
  unsigned me = (uintptr_t)number;
  for (;;) {
    pthread_barrier_wait(&round_begins);
    results[me].value = work(me);
    pthread_barrier_wait(&round_ends);
  }
  return 0;
}

static inline void start_workers(void) {
  pthread_barrier_init(&round_begins, 0, WORKERS);
  pthread_barrier_init(&round_ends, 0, WORKERS);
  pthread_barrier_init(&halfway, 0, WORKERS);
  for (uintptr_t me = 1; me < WORKERS; me++) {
    pthread_t thread;
    if (pthread_create(&thread, 0, worker, (void *)me)) fail("not enough threads");
  }
}

static uint64_t round_of_workers(void) {
  pthread_barrier_wait(&round_begins);
  results[0].value = work(0);
  pthread_barrier_wait(&round_ends);
  uint64_t digest = 0;
  for (unsigned me = 0; me < WORKERS; me++) digest = mix(digest, results[me].value);
  return digest;
}
