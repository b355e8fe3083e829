/* The shortest system call. */
#include "bench.h"
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t round_of_work(void) {
  uint64_t sum = 0, pid = getpid();
  for (int i = 0; i < 1000; i++) sum += syscall(SYS_getpid);
  return sum - 1000 * pid;
}

const struct benchmark benchmark = {0, round_of_work, 0, 0};
