/* Indirect calls through a table: an interpreter of byte codes, one function a code. */
#include "bench.h"

enum { CODES = 8, LENGTH = 4096 };
struct machine {
  uint64_t a, b, steps;
};
static unsigned char program[LENGTH];

static void add(struct machine *m, unsigned i) { m->a += m->b + i; }
static void subtract(struct machine *m, unsigned i) { m->a -= m->b ^ i; }
static void rotate(struct machine *m, unsigned i) { m->a = m->a << 7 | m->a >> 57, m->b += i; }
static void swap(struct machine *m, unsigned i) {
  uint64_t t = m->a;
  m->a = m->b ^ i;
  m->b = t;
}
static void multiply(struct machine *m, unsigned i) { m->b = m->b * 0x5851f42d4c957f2du + i; }
static void shift(struct machine *m, unsigned i) { m->b ^= m->a >> (i & 31); }
static void invert(struct machine *m, unsigned i) { m->a = ~m->a + i; }
static void count(struct machine *m, unsigned i) { m->steps += i & 1; }

static void (*const operations[CODES])(struct machine *, unsigned) = {add,      subtract, rotate, swap,
                                                                      multiply, shift,    invert, count};

static void prepare(void) {
  fill_bytes(program, sizeof program, 5);
  for (int i = 0; i < LENGTH; i++) program[i] %= CODES;
}

static uint64_t round_of_work(void) {
  struct machine m = {1, 2, 0};
  for (int pass = 0; pass < 8; pass++)
    for (unsigned i = 0; i < LENGTH; i++) operations[program[i]](&m, i);
  return mix(mix(mix(0, m.a), m.b), m.steps);
}

const struct benchmark benchmark = {prepare, round_of_work, 0xe2c0a32f099c9634u, 0};
