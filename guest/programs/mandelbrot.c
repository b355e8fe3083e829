/* Escape times of the Mandelbrot set on a small grid. */
#include "bench.h"

enum { WIDTH = 64, HEIGHT = 48, LIMIT = 200 };

static uint64_t round_of_work(void) {
  uint64_t digest = 0;
  touch_memory();
  for (int row = 0; row < HEIGHT; row++)
    for (int column = 0; column < WIDTH; column++) {
      double cr = -2.0 + 3.0 * column / WIDTH, ci = -1.2 + 2.4 * row / HEIGHT, zr = 0, zi = 0;
      int n = 0;
      for (; n < LIMIT; n++) {
        double rr = zr * zr, ii = zi * zi;
        if (rr + ii > 4) break;
        zi = 2 * zr * zi + ci;
        zr = rr - ii + cr;
      }
      digest = mix(digest, n);
    }
  return digest;
}

const struct benchmark benchmark = {0, round_of_work, 0x1db65e56ca79fe59u, 0};
