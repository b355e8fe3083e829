/* The C library's memcpy, memset and strlen on sizes and alignments as programs have them: mostly small, some large. */
#include "bench.h"
#include <string.h>

enum { SIZE = 256 << 10, CALLS = 512 };
static unsigned char from[SIZE], to[SIZE];
static struct {
  uint32_t source, target, size;
} calls[CALLS];
/* The compiler must not look through these. */
static void *(*volatile copy)(void *, const void *, size_t) = memcpy;
static void *(*volatile set)(void *, int, size_t) = memset;
static size_t (*volatile length)(const char *) = strlen;

static void prepare(void) {
  fill_bytes(from, SIZE, 3);
  for (int i = 0; i < SIZE; i++) from[i] |= 1;
  uint64_t seed = 21;
  for (int i = 0; i < CALLS; i++) {
    uint64_t r = next_random(&seed) >> 5;
    unsigned bits = i % 64 == 0 ? 16 : i % 8 == 0 ? 12 : i % 2 ? 6 : 8;
    calls[i].size = (r & ((1u << bits) - 1)) + 1;
    calls[i].source = (r >> 16) % (SIZE / 2);
    calls[i].target = (r >> 32) % (SIZE / 2);
  }
}

static uint64_t round_of_work(void) {
  uint64_t digest = 0;
  memset(to, 0x55, SIZE);
  for (int i = 0; i < CALLS; i++) {
    unsigned char *target = to + calls[i].target;
    size_t size = calls[i].size;
    copy(target, from + calls[i].source, size);
    target[size] = 0;
    digest = mix(digest, length((char *)target));
    set(target, 0x80 | i, size / 2 + 1);
    target[size - 1] = 0;
    digest = mix(digest, length((char *)target));
  }
  for (int i = 0; i < SIZE; i += 61) digest = mix(digest, to[i]);
  return digest;
}

const struct benchmark benchmark = {prepare, round_of_work, 0x2d0e4fbf47de64d7u, 0};
