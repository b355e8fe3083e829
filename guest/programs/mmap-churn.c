/* Small mappings come and go, change their protection, and are split in the middle. */
#include "bench.h"
#include <sys/mman.h>

enum { PAGE = 4096, MAPPINGS = 32, PAGES = 8 };

static uint64_t round_of_work(void) {
  unsigned char *maps[MAPPINGS];
  uint64_t sum = 0;
  for (int i = 0; i < MAPPINGS; i++) {
    /* Neighbours differ in protection, so that the kernel does not merge them. */
    int protection = i % 2 ? PROT_READ | PROT_WRITE : PROT_READ;
    maps[i] = mmap(NULL, PAGES * PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (maps[i] == MAP_FAILED) fail("no mapping");
    sum += maps[i][PAGE];
  }
  for (int i = 0; i < MAPPINGS; i++) {
    if (mprotect(maps[i], PAGES * PAGE, PROT_READ | PROT_WRITE)) fail("cannot change the protection");
    maps[i][0] = i;
    if (mprotect(maps[i] + PAGE, PAGE, PROT_NONE)) fail("cannot change the protection of a page");
    if (munmap(maps[i] + 4 * PAGE, PAGE)) fail("cannot split");
  }
  for (int i = 0; i < MAPPINGS; i++) {
    sum += maps[i][0];
    if (munmap(maps[i], PAGES * PAGE)) fail("cannot unmap");
  }
  return sum;
}

const struct benchmark benchmark = {0, round_of_work, MAPPINGS * (MAPPINGS - 1) / 2, 0};
