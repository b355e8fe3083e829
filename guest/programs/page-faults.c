/* Maps a megabyte of fresh memory, touches each of its pages, unmaps it. */
#include "bench.h"
#include <sys/mman.h>

enum { PAGE = 4096, PAGES = 256 };

static uint64_t round_of_work(void) {
  unsigned char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) fail("no memory");
  uint64_t sum = 0;
  for (int i = 0; i < PAGES; i++) {
    sum += p[i * PAGE + i]; /* fresh memory is zero */
    p[i * PAGE + i] = i;
  }
  for (int i = 0; i < PAGES; i++) sum += p[i * PAGE + i];
  if (munmap(p, PAGES * PAGE)) fail("cannot unmap");
  return sum;
}

const struct benchmark benchmark = {0, round_of_work, 255 * 256 / 2, 0};
