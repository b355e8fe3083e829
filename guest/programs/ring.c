/* Tokens go round a ring of four by pipes, all at once; with PROCESSES the four are processes, otherwise threads. */
#include "bench.h"
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { MEMBERS = 4, TOKENS = 4, HOPS = 400 };
/* to[n] leads to member n, `home` back to the one who waits for the tokens. */
static int to[MEMBERS][2], home[2];

struct token {
  uint32_t hops, sum;
};

static void *member(void *number) {
  uintptr_t me = (uintptr_t)number;
  struct token token;
  while (read(to[me][0], &token, sizeof token) == sizeof token) {
    token.sum = token.sum * 5 + me;
    int out = ++token.hops == HOPS ? home[1] : to[(me + 1) % MEMBERS][1];
    if (write(out, &token, sizeof token) != sizeof token) break;
  }
  return 0;
}

static void prepare(void) {
  if (pipe(home)) fail("no pipe");
  for (int i = 0; i < MEMBERS; i++) {
    if (pipe(to[i])) fail("no pipe");
  }
  for (uintptr_t i = 0; i < MEMBERS; i++) {
#ifdef PROCESSES
    pid_t pid = fork();
    if (pid < 0) fail("not enough processes");
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      member((void *)i);
      _exit(0);
    }
#else
    pthread_t thread;
    if (pthread_create(&thread, 0, member, (void *)i)) fail("not enough threads");
#endif
  }
}

static uint64_t round_of_work(void) {
  for (uint32_t i = 0; i < TOKENS; i++) {
    struct token token = {0, i};
    if (write(to[i % MEMBERS][1], &token, sizeof token) != sizeof token) fail("the ring broke");
  }
  /* They come home in any order. */
  uint64_t sum = 0;
  for (int i = 0; i < TOKENS; i++) {
    struct token token;
    if (read(home[0], &token, sizeof token) != sizeof token) fail("the ring broke");
    sum += mix(token.hops, token.sum);
  }
  return sum;
}

const struct benchmark benchmark = {prepare, round_of_work, 0x9e00c6a0e12211ab, 0};
