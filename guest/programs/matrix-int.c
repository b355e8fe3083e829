/* Product of two matrices of 32-bit integers. */
#include "bench.h"

enum { N = 96 };
static int32_t a[N][N], b[N][N], c[N][N];

static void prepare(void) {
  uint64_t seed = 31;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      a[i][j] = (int32_t)(next_random(&seed) % 2001) - 1000;
      b[i][j] = (int32_t)(next_random(&seed) % 2001) - 1000;
    }
}

static uint64_t round_of_work(void) {
  touch_memory();
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      int32_t sum = 0;
      for (int k = 0; k < N; k++) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
  uint64_t digest = 0;
  for (int i = 0; i < N; i++) digest = mix(digest, (uint32_t)c[i][(7 * i) % N]);
  return digest;
}

const struct benchmark benchmark = {prepare, round_of_work, 0x51583c72818d365bu, 0};
