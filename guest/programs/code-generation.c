/*
 * A small just-in-time compiler at work: writes functions into a mapping that is writable and executable, maintains the
 * caches, calls each some times, and writes others over them.
 */
#include "bench.h"
#include <sys/mman.h>

enum { FUNCTIONS = 64, WORDS = 16, CALLS = 8 };
static uint32_t (*code)[WORDS];

static void prepare(void) {
  code = mmap(NULL, sizeof(uint32_t[FUNCTIONS][WORDS]), PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
              -1, 0);
  if (code == MAP_FAILED) fail("no executable memory");
}

/* A64: MADD, MOVZ, ADD (immediate), EOR (shifted register), RET, of 32-bit registers. */
static uint32_t movz(unsigned d, unsigned value) { return 0x52800000 | value << 5 | d; }
static uint32_t add(unsigned d, unsigned n, unsigned value) { return 0x11000000 | value << 10 | n << 5 | d; }
static uint32_t eor(unsigned d, unsigned n, unsigned m) { return 0x4a000000 | m << 16 | n << 5 | d; }
static uint32_t madd(unsigned d, unsigned n, unsigned m, unsigned a) {
  return 0x1b000000 | m << 16 | a << 10 | n << 5 | d;
}

/* Writes f(x) = ((x * factor + added) ^ x) + more. */
static void generate(uint32_t *out, unsigned factor, unsigned added, unsigned more) {
  *out++ = movz(1, factor);
  *out++ = movz(2, added);
  *out++ = madd(3, 0, 1, 2);
  *out++ = eor(3, 3, 0);
  *out++ = add(0, 3, more);
  *out++ = 0xd65f03c0;
}

static uint64_t round_of_work(void) {
  uint64_t digest = 0;
  for (unsigned pass = 1; pass <= 4; pass++) {
    for (unsigned i = 0; i < FUNCTIONS; i++) {
      unsigned factor = 3 * i + pass, added = 100 * pass + i, more = i ^ pass;
      generate(code[i], factor, added, more);
      __builtin___clear_cache((char *)code[i], (char *)code[i + 1]);
      uint32_t (*function)(uint32_t) = (uint32_t(*)(uint32_t))code[i];
      uint32_t x = i;
      for (int call = 0; call < CALLS; call++) {
        uint32_t expected = ((x * factor + added) ^ x) + more;
        x = function(x);
        if (x != expected) fail("a function that was overwritten still runs, or runs wrong");
      }
      digest = mix(digest, x);
    }
  }
  return digest;
}

const struct benchmark benchmark = {prepare, round_of_work, 0xd94916a2301ea963u, 0};
