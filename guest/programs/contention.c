/* Four threads and one mutex: short critical sections on a list that all of them change, a little work outside. */
#include "workers.h"

enum { TURNS = 2000, NODES = 64 };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct node { struct node *next; uint64_t uses; } nodes[NODES], *first;
static uint64_t total;

static uint64_t work(unsigned me) {
  uint64_t state = me + 1, digest = 0;
  if (me == 0) {
    first = 0;
    total = 0;
    for (int i = 0; i < NODES; i++) {
      nodes[i] = (struct node){first, 0};
      first = &nodes[i];
    }
  }
  meet();
  for (int i = 0; i < TURNS; i++) {
    pthread_mutex_lock(&mutex);
    struct node *node = first;
    first = node->next;
    node->uses++;
    total++;
    pthread_mutex_unlock(&mutex);
    for (int k = 0; k < 20; k++) digest = mix(digest, next_random(&state));
    pthread_mutex_lock(&mutex);
    node->next = first;
    first = node;
    pthread_mutex_unlock(&mutex);
  }
  meet();
  uint64_t uses = 0, length = 0;
  for (struct node *node = first; node && length <= NODES; node = node->next, length++) uses += node->uses;
  return digest + (uses == total && total == WORKERS * TURNS && length == NODES);
}

const struct benchmark benchmark = {start_workers, round_of_workers, 0x409a5fb2f2d9267d, 0};
