/* Forks, executes this program anew, waits for it. */
#include "bench.h"
#include <sys/wait.h>
#include <unistd.h>

static int child(void) { return 42; }

static uint64_t round_of_work(void) {
  pid_t pid = fork();
  if (pid < 0) fail("no second process");
  if (pid == 0) {
    char *arguments[] = {"fork-exec", "child", NULL};
    execve("/proc/self/exe", arguments, (char *[]){NULL});
    _exit(1);
  }
  int status;
  if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) fail("the other process did not end");
  return WEXITSTATUS(status);
}

const struct benchmark benchmark = {0, round_of_work, 42, child};
