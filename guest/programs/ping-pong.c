/* Two pairs of threads at once: in each, one sleeps on a futex until the other wakes it. */
#include "workers.h"
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TURNS = 200 };
static struct { _Alignas(64) uint32_t turn; uint32_t sum; } pairs[WORKERS / 2];

static uint64_t work(unsigned me) {
  uint32_t *turn = &pairs[me / 2].turn, mine = me % 2;
  for (uint32_t i = 0; i < TURNS; i++) {
    while (__atomic_load_n(turn, __ATOMIC_ACQUIRE) != mine) {
      syscall(SYS_futex, turn, FUTEX_WAIT_PRIVATE, !mine, NULL, NULL, 0);
    }
    pairs[me / 2].sum = mine == 0 && i == 0 ? me : pairs[me / 2].sum * 3 + i;
    __atomic_store_n(turn, !mine, __ATOMIC_RELEASE);
    syscall(SYS_futex, turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
  }
  meet();
  return pairs[me / 2].sum;
}

const struct benchmark benchmark = {start_workers, round_of_workers, 0x956a5808a164f50f, 0};
