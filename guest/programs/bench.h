/*
 * What the benchmark programs share. A program defines `benchmark`; bench.c has main. A round is a fixed piece of work
 * with a known answer, so that the answer holds whatever number of rounds is asked for.
 */
#ifndef BENCH_H
#define BENCH_H
#include <stddef.h>
#include <stdint.h>

struct benchmark {
  /* Before the clock runs: makes the input. */
  void (*prepare)(void);
  /* One round; what it gives is compared with `answer`. */
  uint64_t (*round)(void);
  uint64_t answer;
  /* What the program does instead when its first argument is "child". */
  int (*child)(void);
};

extern const struct benchmark benchmark;

/* Ends the program with one line that says why. */
_Noreturn void fail(const char *why);

/* A 64-bit digest, value by value. */
static inline uint64_t mix(uint64_t digest, uint64_t value) {
  digest = (digest ^ value) * 0x9e3779b97f4a7c15u;
  return digest ^ (digest >> 29);
}

static inline uint64_t mix_bytes(uint64_t digest, const void *bytes, size_t size) {
  const unsigned char *p = bytes;
  for (size_t i = 0; i < size; i++) digest = mix(digest, p[i]);
  return digest;
}

static inline uint64_t mix_double(uint64_t digest, double value) {
  uint64_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  return mix(digest, bits);
}

/* Marsaglia's xorshift64: the same numbers everywhere. */
static inline uint64_t next_random(uint64_t *state) {
  uint64_t x = *state;
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  return *state = x;
}

/* Bytes that look random, the same in every program. */
static inline void fill_bytes(void *out, size_t size, uint64_t seed) {
  unsigned char *p = out;
  for (size_t i = 0; i < size; i++) p[i] = next_random(&seed) >> 32;
}

/* Makes the compiler believe that memory was read and written. */
static inline void touch_memory(void) { __asm__ volatile("" ::: "memory"); }

#endif
