/* A byte goes to another process through a pipe and comes back through a second one. */
#include "bench.h"
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

static int there[2], back[2];

static void prepare(void) {
  if (pipe(there) || pipe(back)) fail("no pipe");
  pid_t pid = fork();
  if (pid < 0) fail("no second process");
  if (pid > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  unsigned char byte;
  while (read(there[0], &byte, 1) == 1) {
    byte++;
    if (write(back[1], &byte, 1) != 1) break;
  }
  _exit(0);
}

static uint64_t round_of_work(void) {
  uint64_t sum = 0;
  for (unsigned i = 0; i < 100; i++) {
    unsigned char byte = i;
    if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) fail("the pipe broke");
    sum += byte;
  }
  return sum;
}

const struct benchmark benchmark = {prepare, round_of_work, 5050, 0};
