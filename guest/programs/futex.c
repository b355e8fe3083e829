/* Context switches between two threads of one process by futexes: each sleeps until the other wakes it. */
#include "two-threads.h"
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

static void wait_for(uint32_t wanted) {
  while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != wanted)
    syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, !wanted, NULL, NULL, 0);
}

static void hand_over(uint32_t to) {
  __atomic_store_n(&turn, to, __ATOMIC_RELEASE);
  syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}
