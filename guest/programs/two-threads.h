/* Two threads take turns; how one waits for the other is the program's own affair. */
#include "bench.h"
#include <pthread.h>

enum { TURNS = 100 };
static uint32_t turn;
static uint64_t handed_over;

static void wait_for(uint32_t wanted);
static void hand_over(uint32_t to);

static void *other(void *unused) {
  for (;;) {
    wait_for(1);
    handed_over++;
    hand_over(0);
  }
  return unused;
}

static void prepare(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, other, NULL)) fail("no second thread");
}

static uint64_t round_of_work(void) {
  uint64_t before = handed_over;
  for (int i = 0; i < TURNS; i++) {
    hand_over(1);
    wait_for(0);
  }
  return handed_over - before;
}

const struct benchmark benchmark = {prepare, round_of_work, TURNS, 0};
