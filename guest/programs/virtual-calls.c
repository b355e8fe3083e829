/* The shape of a C++ program's virtual calls: objects of several classes in random order, their table one load away. */
#include "bench.h"
#include <stdlib.h>

enum { OBJECTS = 1024 };
struct shape;
struct methods {
  uint32_t (*area)(const struct shape *);
  uint32_t (*perimeter)(const struct shape *);
  void (*grow)(struct shape *, uint32_t);
};
struct shape {
  const struct methods *methods;
  uint32_t a, b, c;
};

static uint32_t rectangle_area(const struct shape *s) { return s->a * s->b; }
static uint32_t rectangle_perimeter(const struct shape *s) { return 2 * (s->a + s->b); }
static void rectangle_grow(struct shape *s, uint32_t by) { s->a += by, s->b += by; }
static uint32_t square_area(const struct shape *s) { return s->a * s->a; }
static uint32_t square_perimeter(const struct shape *s) { return 4 * s->a; }
static void square_grow(struct shape *s, uint32_t by) { s->a += by; }
static uint32_t triangle_area(const struct shape *s) { return s->a * s->b / 2; }
static uint32_t triangle_perimeter(const struct shape *s) { return s->a + s->b + s->c; }
static void triangle_grow(struct shape *s, uint32_t by) { s->a += by, s->b += by, s->c += by; }
static uint32_t nothing(const struct shape *s) { return s->c & 1; }
static void nothing_grow(struct shape *s, uint32_t by) { s->c ^= by; }

static const struct methods classes[4] = {
  {rectangle_area, rectangle_perimeter, rectangle_grow},
  {square_area, square_perimeter, square_grow},
  {triangle_area, triangle_perimeter, triangle_grow},
  {nothing, nothing, nothing_grow},
};
static struct shape *shapes[OBJECTS];
static uint64_t seed;

static void prepare(void) {
  for (int i = 0; i < OBJECTS; i++)
    if (!(shapes[i] = malloc(sizeof *shapes[i]))) fail("no memory");
}

static uint64_t round_of_work(void) {
  seed = 1971;
  for (int i = 0; i < OBJECTS; i++) {
    uint64_t r = next_random(&seed) >> 7;
    *shapes[i] = (struct shape){&classes[r & 3], r >> 2 & 255, r >> 10 & 255, r >> 18 & 255};
  }
  uint64_t sum = 0;
  for (unsigned pass = 0; pass < 16; pass++)
    for (int i = 0; i < OBJECTS; i++) {
      struct shape *s = shapes[i];
      sum += s->methods->area(s);
      s->methods->grow(s, pass);
      sum ^= s->methods->perimeter(s);
    }
  return sum;
}

const struct benchmark benchmark = {prepare, round_of_work, 0x00000000119801d8u, 0};
