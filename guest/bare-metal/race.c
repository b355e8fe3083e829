/*
 * A race on purpose: PEs add to a counter without a lock, so additions are lost. How many depends on how the PEs are
 * interleaved; what is printed between the braces is different from run to run unless the schedule is the same.
 */
#include "pes.h"

#define ADDITIONS 100000

static volatile u64 counter, last[MAX_PES];
static int count;

static u64 add(u64 me) {
  u64 lost = 0;
  meet(count);
  for (u64 i = 0; i < ADDITIONS; i++) {
    u64 before = counter;
    counter = before + 1;
    /* Somebody has gone back in between. */
    lost += counter != before + 1;
  }
  last[me] = counter;
  return lost;
}

int main(void) {
  count = count_pes();
  show("PEs", count);
  line("");
  start_pes(count);
  u64 seen = run_on_all(count, add);
  print("{");
  show("sum", counter);
  show("seen", seen);
  for (int pe = 0; pe < count; pe++) show("last", last[pe]);
  line(" }");
  return 0;
}
