/* Quicksort and merge sort of the same random numbers; they must agree. */
#include "bench.h"
#include <string.h>

enum { COUNT = 20000 };
static uint32_t input[COUNT], quick[COUNT], merged[COUNT], scratch[COUNT];

static void prepare(void) {
  uint64_t seed = 0x5eed;
  for (int i = 0; i < COUNT; i++) input[i] = next_random(&seed);
}

static void quicksort(uint32_t *a, long low, long high) {
  while (low < high) {
    uint32_t pivot = a[low + (high - low) / 2];
    long i = low, j = high;
    while (i <= j) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i <= j) {
        uint32_t t = a[i];
        a[i++] = a[j];
        a[j--] = t;
      }
    }
    if (j - low < high - i) {
      quicksort(a, low, j);
      low = i;
    } else {
      quicksort(a, i, high);
      high = j;
    }
  }
}

static void merge_sort(uint32_t *a, uint32_t *other, size_t size) {
  if (size < 2) return;
  size_t half = size / 2;
  merge_sort(a, other, half);
  merge_sort(a + half, other, size - half);
  memcpy(other, a, half * sizeof *a);
  size_t i = 0, j = half, k = 0;
  while (i < half && j < size) a[k++] = a[j] < other[i] ? a[j++] : other[i++];
  while (i < half) a[k++] = other[i++];
}

static uint64_t round_of_work(void) {
  memcpy(quick, input, sizeof input);
  memcpy(merged, input, sizeof input);
  quicksort(quick, 0, COUNT - 1);
  merge_sort(merged, scratch, COUNT);
  for (int i = 0; i < COUNT; i++)
    if (quick[i] != merged[i] || (i > 0 && quick[i - 1] > quick[i])) fail("not sorted");
  uint64_t digest = 0;
  for (int i = 0; i < COUNT; i += 100) digest = mix(digest, quick[i]);
  return digest;
}

const struct benchmark benchmark = {prepare, round_of_work, 0x9cacc76cb6580941u, 0};
