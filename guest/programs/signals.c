/* Sends itself signals: kill, delivery, handler, return. */
#include "bench.h"
#include <signal.h>
#include <unistd.h>

static volatile uint64_t taken;

static void handler(int number, siginfo_t *info, void *context) {
  (void)context;
  taken += number == SIGUSR1 && info->si_pid == getpid();
}

static void prepare(void) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  if (sigaction(SIGUSR1, &action, NULL)) fail("no handler");
}

static uint64_t round_of_work(void) {
  uint64_t before = taken;
  pid_t pid = getpid();
  for (int i = 0; i < 100; i++) kill(pid, SIGUSR1);
  return taken - before;
}

const struct benchmark benchmark = {prepare, round_of_work, 100, 0};
