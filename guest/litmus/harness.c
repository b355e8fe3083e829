/*
 * Runs litmus tests. For each it prints its name, how often its condition held and of how many instances, and every
 * outcome with its number. Instances lie in arrays in which the threads run side by side: in step or freely, with
 * locations in one line, one page or far apart, each thread on each PE in turn.
 */
#include "harness.h"

#define COUNT 4
#define GROUP 128
#define LOOKS 20000
/* LIMIT: microseconds for a test; the least number of groups is run in any case. */
#define LEAST 16
#define MEMORY_BASE 0x50000000ul
#define RESULTS 0x51000000ul
#define MEETING 0x51100000ul
#define NOTHING 0xdeaddeaddeaddeadul
#define MAX_OUTCOMES 64

static struct run run;
static const struct test *test;
static u64 rotation, threads_ready[MAX_THREADS];
static struct { u64 value[MAX_TERMS], times; } outcomes[MAX_OUTCOMES];
static unsigned outcome_count;
static u64 others;

static u64 mmu(u64 unused) {
  mmu_on(tcr_for(12, 0), 0);
  return unused;
}

/* The thread that a PE is: those beyond the test's have nothing to do. */
static u64 thread_of(u64 pe) { return (pe + rotation) % COUNT; }

static u64 run_thread(u64 thread) {
  STORE_RELEASE(&threads_ready[thread], 1);
  for (u64 other = 0; other < test->threads; other++) {
    while (!LOAD_ACQUIRE(&threads_ready[other])) {}
  }
  /* One or the other is late by some of its own instances. */
  for (volatile u64 skew = (rotation * 7 + thread * 13) % 29; skew; skew--) {}
  test->body[thread](&run);
  return 0;
}

static void lay_out(unsigned how) {
  static const u64 distance[] = {0x200000, 16, 64, 0x210040}, stride[] = {128, 64, 256, 4160};
  for (u64 i = 0; i < 4; i++) run.location[i] = MEMORY_BASE + i * distance[how];
  run.stride = stride[how];
  run.results = RESULTS;
  run.meeting = MEETING;
  run.count = GROUP;
  for (u64 n = 0; n < GROUP; n++) {
    for (u64 i = 0; i < 4; i++) {
      volatile u64 *at = (volatile u64 *)(run.location[i] + n * run.stride);
      at[0] = test->initial[i];
      at[1] = 0;
    }
  }
  clear((void *)MEETING, GROUP * 256);
  /* No outcome is what was there before. */
  for (u64 i = 0; i < GROUP * 256 / 8; i++) ((volatile u64 *)RESULTS)[i] = NOTHING;
}

static void run_group(unsigned number) {
  lay_out(number % 4);
  run.looks = number / 4 % 2 ? 0 : LOOKS;
  rotation = number / 8 % COUNT;
  for (int i = 0; i < MAX_THREADS; i++) threads_ready[i] = 0;
  asm volatile("dsb ish" ::: "memory");
  for (u64 pe = 1; pe < COUNT; pe++) {
    if (thread_of(pe) < test->threads) give_work(pe, run_thread, thread_of(pe));
  }
  if (thread_of(0) < test->threads) run_thread(thread_of(0));
  for (u64 pe = 1; pe < COUNT; pe++) finish_work(pe);
}

static u64 value_of(const struct term *term, u64 instance) {
  if (term->thread < MAX_THREADS) return ((u64 *)(RESULTS + instance * 256 + term->thread * 64))[term->index];
  return *(volatile u64 *)(run.location[term->index] + instance * run.stride + term->offset);
}

static int holds(const u64 *value) {
  for (unsigned a = 0; a < test->alternatives; a++) {
    const struct alternative *one = &test->alternative[a];
    int all = 1;
    for (unsigned i = 0; i < test->terms; i++) all &= !(one->mask >> i & 1) || one->value[i] == value[i];
    if (all) return 1;
  }
  return 0;
}

static void count_outcome(const u64 *value) {
  unsigned at;
  for (at = 0; at < outcome_count; at++) {
    int same = 1;
    for (unsigned i = 0; i < test->terms; i++) same &= outcomes[at].value[i] == value[i];
    if (same) break;
  }
  if (at == MAX_OUTCOMES) {
    others++;
    return;
  }
  if (at == outcome_count) {
    outcome_count++;
    outcomes[at].times = 0;
    for (unsigned i = 0; i < test->terms; i++) outcomes[at].value[i] = value[i];
  }
  outcomes[at].times++;
}

static void run_test(void) {
  u64 seen = 0, done = 0, limit = now() + microseconds(LIMIT);
  outcome_count = 0;
  others = 0;
  for (unsigned group = 0; done < INSTANCES && (group < LEAST || now() < limit); group++, done += GROUP) {
    run_group(group);
    for (u64 n = 0; n < GROUP; n++) {
      u64 value[MAX_TERMS];
      for (unsigned i = 0; i < test->terms; i++) value[i] = value_of(&test->term[i], n);
      seen += holds(value);
      count_outcome(value);
    }
  }
  print(test->name);
  show("held", seen);
  show("of", done);
  line("");
  for (unsigned at = 0; at < outcome_count; at++) {
    for (unsigned i = 0; i < test->terms; i++) {
      put(' ');
      hex(outcomes[at].value[i]);
    }
    show("times", outcomes[at].times);
    line("");
  }
  if (others) {
    show("other outcomes", others);
    line("");
  }
}

static unsigned features(void) {
  return (FIELD(id_aa64isar0_el1, 20) >= 2 ? LSE : 0) | (FIELD(id_aa64isar1_el1, 20) ? RCPC : 0) |
         (FIELD(s3_0_c0_c7_2, 32) ? LSE2 : 0);
}

int main(void) {
  start_pes(COUNT);
  mmu(0);
  for (int pe = 1; pe < COUNT; pe++) {
    give_work(pe, mmu, 0);
    finish_work(pe);
  }
  for (unsigned i = 0; i < test_count; i++) {
    test = &tests[i];
    if (test->needs & ~features()) {
      print(test->name);
      line(" absent");
    } else {
      run_test();
    }
  }
  return 0;
}
