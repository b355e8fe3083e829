/*
 * NAME ROUNDS: prints "begin NAME", does the rounds, prints "end NAME ok" or "end NAME bad WHY" (exit status 1). The
 * host looks at the clock when these lines arrive; guest clocks differ from one machine to another.
 */
#include "bench.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const char *name;

static void say(const char *line) {
  size_t size = strlen(line);
  if (write(STDOUT_FILENO, line, size) != (ssize_t)size) _exit(1);
}

_Noreturn void fail(const char *why) {
  char line[200];
  snprintf(line, sizeof line, "end %s bad %s\n", name, why);
  say(line);
  _exit(1);
}

int main(int argc, char **argv) {
  const char *slash = strrchr(argv[0], '/');
  name = slash ? slash + 1 : argv[0];
  if (argc == 2 && benchmark.child && !strcmp(argv[1], "child")) return benchmark.child();
  unsigned long rounds = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
  if (rounds == 0) {
    fprintf(stderr, "usage: %s ROUNDS\n", name);
    return 2;
  }
  if (benchmark.prepare) benchmark.prepare();
  char line[200];
  snprintf(line, sizeof line, "begin %s\n", name);
  say(line);
  tcdrain(STDOUT_FILENO); /* fails where that is no terminal, and is not needed there */
  for (unsigned long i = 0; i < rounds; i++) {
    uint64_t got = benchmark.round();
    if (got != benchmark.answer) {
      snprintf(line, sizeof line, "round %lu gave %016llx, not %016llx", i, (unsigned long long)got,
               (unsigned long long)benchmark.answer);
      fail(line);
    }
  }
  snprintf(line, sizeof line, "end %s ok\n", name);
  say(line);
  return 0;
}
