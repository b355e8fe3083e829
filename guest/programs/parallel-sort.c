/* Four threads sort a quarter each, two merge the quarters, one the halves. */
#include "workers.h"
#include <string.h>

enum { COUNT = 1 << 16, QUARTER = COUNT / WORKERS };
static uint32_t input[COUNT], numbers[COUNT], halves[COUNT], sorted[COUNT];

static void quicksort(uint32_t *a, int n) {
  while (n > 16) {
    uint32_t pivot = a[n / 2];
    int i = 0, j = n - 1;
    while (i <= j) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i <= j) {
        uint32_t swapped = a[i];
        a[i++] = a[j];
        a[j--] = swapped;
      }
    }
    if (j + 1 < n - i) {
      quicksort(a, j + 1);
      a += i;
      n -= i;
    } else {
      quicksort(a + i, n - i);
      n = j + 1;
    }
  }
  for (int i = 1; i < n; i++) {
    uint32_t value = a[i];
    int j = i;
    for (; j > 0 && a[j - 1] > value; j--) a[j] = a[j - 1];
    a[j] = value;
  }
}

static void merge(uint32_t *out, const uint32_t *a, const uint32_t *b, int n) {
  const uint32_t *a_end = a + n, *b_end = b + n;
  while (a < a_end && b < b_end) *out++ = *a <= *b ? *a++ : *b++;
  while (a < a_end) *out++ = *a++;
  while (b < b_end) *out++ = *b++;
}

static uint64_t work(unsigned me) {
  uint32_t *mine = numbers + me * QUARTER;
  memcpy(mine, input + me * QUARTER, QUARTER * sizeof *mine);
  quicksort(mine, QUARTER);
  meet();
  if (me % 2 == 0) merge(halves + me * QUARTER, mine, mine + QUARTER, QUARTER);
  meet();
  if (me == 0) merge(sorted, halves, halves + 2 * QUARTER, 2 * QUARTER);
  meet();
  uint64_t digest = 0;
  for (int i = me * QUARTER; i < (int)(me + 1) * QUARTER; i++) {
    if (i && sorted[i - 1] > sorted[i]) return 0;
    digest = mix(digest, sorted[i]);
  }
  return digest;
}

static void prepare(void) {
  uint64_t state = 7;
  for (int i = 0; i < COUNT; i++) input[i] = next_random(&state) >> 20;
  start_workers();
}

const struct benchmark benchmark = {prepare, round_of_workers, 0x63c11a7d8cae4a26, 0};
