/* What the table of tests is made of. */
#ifndef HARNESS_H
#define HARNESS_H
#include "pes.h"

#define MAX_THREADS 4
#define MAX_TERMS 6
#define MAX_ALTERNATIVES 2

/* Where a thread finds its instances; offsets are known to the generated loops. */
struct run {
  u64 location[4];
  /* Bytes from one instance's locations to the next one's. */
  u64 stride;
  /* X0..X7 of each thread, and a word of each for the meeting before an instance. */
  u64 results, meeting;
  /* Looks at the others' words before an instance; 0: the threads do not wait for each other. */
  u64 looks;
  u64 count;
};

/* A register of a thread, or with thread MAX_THREADS a doubleword of memory. */
struct term { u8 thread, index, offset; };
struct alternative { u64 mask, value[MAX_TERMS]; };
enum verdict { FORBIDDEN, REQUIRED, ALLOWED };
enum feature { LSE = 1, RCPC = 2, LSE2 = 4 };

struct test {
  const char *name;
  u8 verdict, needs, threads, terms, alternatives;
  struct term term[MAX_TERMS];
  struct alternative alternative[MAX_ALTERNATIVES];
  u64 initial[4];
  void (*body[MAX_THREADS])(struct run *);
};

extern const struct test tests[];
extern const unsigned test_count;
#endif
