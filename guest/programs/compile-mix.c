/*
 * What a parallel build does: four processes at once, each forked and executed anew, which read a program text, look its
 * names up in a hash table, make trees of its expressions with malloc(), fold constants, and write text.
 */
#include "bench.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS = 4, LINES = 600, BUCKETS = 256, RESULT = 3 };

struct name { struct name *next; unsigned uses; char text[]; };
struct tree { struct tree *left, *right; struct name *name; int64_t value; char kind; };
static struct name *buckets[BUCKETS];
static const char *at;
static char *output;
static size_t used, room;

static void *allocate(size_t size) {
  void *memory = malloc(size);
  if (!memory) _exit(1);
  return memory;
}

static struct name *intern(const char *text, size_t size) {
  unsigned hash = 5381;
  for (size_t i = 0; i < size; i++) hash = hash * 33 ^ text[i];
  struct name **bucket = &buckets[hash % BUCKETS];
  for (struct name *name = *bucket; name; name = name->next) {
    if (!strncmp(name->text, text, size) && !name->text[size]) return name->uses++, name;
  }
  struct name *name = allocate(sizeof *name + size + 1);
  memcpy(name->text, text, size);
  name->text[size] = 0;
  name->uses = 1;
  name->next = *bucket;
  return *bucket = name;
}

static struct tree *make(char kind, struct tree *left, struct tree *right) {
  struct tree *tree = allocate(sizeof *tree);
  *tree = (struct tree){left, right, 0, 0, kind};
  return tree;
}

static struct tree *expression(int level) {
  static const char operators[2][3] = {"+-", "*&"};
  struct tree *left;
  if (level < 2) {
    left = expression(level + 1);
    while (*at && strchr(operators[level], *at)) {
      char kind = *at++;
      left = make(kind, left, expression(level + 1));
    }
    return left;
  }
  if (*at == '(') {
    at++;
    left = expression(0);
    if (*at++ != ')') _exit(2);
    return left;
  }
  const char *start = at;
  if (*at >= '0' && *at <= '9') {
    left = make('#', 0, 0);
    left->value = strtol(at, (char **)&at, 10);
    return left;
  }
  while (*at >= 'a' && *at <= 'z') at++;
  left = make('a', 0, 0);
  left->name = intern(start, at - start);
  return left;
}

static void fold(struct tree *tree) {
  if (!tree->left) return;
  fold(tree->left);
  fold(tree->right);
  if (tree->left->kind != '#' || tree->right->kind != '#') return;
  int64_t a = tree->left->value, b = tree->right->value;
  tree->value = tree->kind == '+' ? a + b : tree->kind == '-' ? a - b : tree->kind == '*' ? (a * b) % 9973 : (a & b);
  tree->kind = '#';
  free(tree->left);
  free(tree->right);
  tree->left = tree->right = 0;
}

static void emit(const char *text, size_t size) {
  if (used + size > room) {
    room = room * 2 + size;
    output = realloc(output, room);
    if (!output) _exit(1);
  }
  memcpy(output + used, text, size);
  used += size;
}

static void write_code(struct tree *tree) {
  char text[64];
  if (tree->left) {
    write_code(tree->left);
    write_code(tree->right);
    emit(text, snprintf(text, sizeof text, "  op %c\n", tree->kind));
  } else if (tree->name) {
    emit(text, snprintf(text, sizeof text, "  load %s %u\n", tree->name->text, tree->name->uses));
  } else {
    emit(text, snprintf(text, sizeof text, "  push %lld\n", (long long)tree->value));
  }
  free(tree);
}

/* An expression of random names and numbers, deep for a while. */
static char *random_text(char *out, uint64_t *state, int depth) {
  static const char operators[] = "+-*&";
  uint64_t choice = next_random(state) >> 16;
  if (depth && choice % 8 < 5) {
    int brackets = choice >> 8 & 1;
    if (brackets) *out++ = '(';
    out = random_text(out, state, depth - 1);
    *out++ = operators[choice >> 4 & 3];
    out = random_text(out, state, depth - 1);
    if (brackets) *out++ = ')';
  } else if (choice & 8) {
    out += sprintf(out, "%u", (unsigned)(choice >> 8) % 1000);
  } else {
    for (unsigned i = 0; i < 2 + (choice >> 8) % 3; i++) *out++ = 'a' + (choice >> (12 + 5 * i)) % 13;
  }
  return out;
}

static int compile(void) {
  /* The job's number is the first thing on the pipe's other side. */
  uint64_t job;
  if (read(RESULT + 1, &job, sizeof job) != sizeof job) return 1;
  uint64_t state = job + 1, digest = 0;
  char *line = allocate(4096);
  for (int i = 0; i < LINES; i++) {
    *random_text(line, &state, 6) = 0;
    at = line;
    struct tree *tree = expression(0);
    if (*at) return 2;
    fold(tree);
    write_code(tree);
  }
  digest = mix_bytes(digest, output, used);
  return write(RESULT, &digest, sizeof digest) != sizeof digest;
}

static uint64_t round_of_work(void) {
  int from[JOBS][2], to[JOBS][2];
  pid_t pids[JOBS];
  for (uint64_t job = 0; job < JOBS; job++) {
    if (pipe(from[job]) || pipe(to[job])) fail("no pipe");
    if (write(to[job][1], &job, sizeof job) != sizeof job) fail("the pipe broke");
    pids[job] = fork();
    if (pids[job] < 0) fail("not enough processes");
    if (pids[job] > 0) continue;
    /* First out of the way of the numbers that they get. */
    int result = dup2(from[job][1], 100), input = dup2(to[job][0], 101);
    if (dup2(result, RESULT) < 0 || dup2(input, RESULT + 1) < 0) _exit(1);
    char *arguments[] = {"compile-mix", "child", NULL};
    execve("/proc/self/exe", arguments, (char *[]){NULL});
    _exit(1);
  }
  uint64_t digest = 0;
  for (int job = 0; job < JOBS; job++) {
    int status;
    uint64_t value;
    if (waitpid(pids[job], &status, 0) != pids[job] || status != 0) fail("a job failed");
    if (read(from[job][0], &value, sizeof value) != sizeof value) fail("a job said nothing");
    digest = mix(digest, value);
    close(from[job][0]);
    close(from[job][1]);
    close(to[job][0]);
    close(to[job][1]);
  }
  return digest;
}

const struct benchmark benchmark = {0, round_of_work, 0x98369bc9a2a87ebf, compile};
