/* A byte-oriented LZ77: compresses generated text with a hash of four bytes, expands it, compares. */
#include "bench.h"
#include <string.h>

enum { SIZE = 128 << 10, HASH_BITS = 13, MIN_MATCH = 4, WINDOW = 65535 };
static unsigned char text[SIZE], packed[SIZE + SIZE / 8 + 64], unpacked[SIZE];
static uint32_t heads[1 << HASH_BITS];

static void prepare(void) {
  static const char *const words[] = {"the", "register", "of", "translation", "is", "a", "page", "exception", "level",
                                      "and", "to", "virtual", "address", "in", "state", "memory", "for", "instruction",
                                      "when", "execution"};
  uint64_t seed = 77;
  size_t at = 0;
  while (at < SIZE) {
    uint64_t r = next_random(&seed) >> 16;
    /* small numbers are frequent, as frequent words are */
    const char *word = words[(r % 20) * ((r >> 8) % 20) / 20];
    for (size_t i = 0; word[i] && at < SIZE; i++) text[at++] = word[i];
    if (at < SIZE) text[at++] = (r >> 20) % 12 ? ' ' : '\n';
    if ((r >> 28) % 16 == 0)
      for (int i = 0; i < 6 && at < SIZE; i++) text[at++] = '0' + next_random(&seed) % 10;
  }
}

static uint32_t four(const unsigned char *p) {
  uint32_t value;
  memcpy(&value, p, 4);
  return value;
}

/* A length of 15 or more goes on in bytes, as long as they are 255. */
static size_t put_length(unsigned char *out, size_t length) {
  size_t size = 0;
  for (length -= 15; length >= 255; length -= 255) out[size++] = 255;
  out[size++] = length;
  return size;
}

static size_t put_literals(unsigned char *out, const unsigned char *from, size_t count, unsigned match) {
  size_t size = 1;
  out[0] = (count < 15 ? count : 15) << 4 | match;
  if (count >= 15) size += put_length(out + size, count);
  for (size_t i = 0; i < count; i++) out[size++] = from[i];
  return size;
}

static size_t compress(void) {
  memset(heads, 0, sizeof heads);
  size_t at = 1, start = 0, size = 0;
  while (at + 12 < SIZE) {
    uint32_t *head = &heads[(four(text + at) * 2654435761u) >> (32 - HASH_BITS)];
    size_t candidate = *head;
    *head = at;
    if (at - candidate > WINDOW || four(text + candidate) != four(text + at)) {
      at++;
      continue;
    }
    size_t length = MIN_MATCH;
    while (at + length < SIZE && text[candidate + length] == text[at + length]) length++;
    size_t code = length - MIN_MATCH;
    size += put_literals(packed + size, text + start, at - start, code < 15 ? code : 15);
    packed[size++] = at - candidate;
    packed[size++] = (at - candidate) >> 8;
    if (code >= 15) size += put_length(packed + size, code);
    at += length;
    start = at;
  }
  return size + put_literals(packed + size, text + start, SIZE - start, 0);
}

static size_t get_length(const unsigned char **p, size_t length) {
  if (length < 15) return length;
  unsigned char byte;
  do length += byte = *(*p)++;
  while (byte == 255);
  return length;
}

static size_t expand(size_t size) {
  const unsigned char *p = packed, *end = packed + size;
  size_t at = 0;
  while (p < end) {
    unsigned token = *p++;
    size_t literals = get_length(&p, token >> 4);
    if (at + literals > SIZE) fail("expands beyond the end");
    for (size_t i = 0; i < literals; i++) unpacked[at++] = *p++;
    if (p == end) break;
    size_t distance = p[0] | p[1] << 8;
    p += 2;
    size_t length = get_length(&p, token & 15) + MIN_MATCH;
    if (distance == 0 || distance > at || at + length > SIZE) fail("a match is out of range");
    for (; length > 0; length--, at++) unpacked[at] = unpacked[at - distance];
  }
  return at;
}

static uint64_t round_of_work(void) {
  size_t size = compress();
  memset(unpacked, 0, sizeof unpacked);
  if (expand(size) != SIZE || memcmp(text, unpacked, SIZE)) fail("the text changed");
  uint64_t digest = mix(0, size);
  for (size_t i = 0; i < size; i += 64) digest = mix(digest, packed[i]);
  return digest;
}

const struct benchmark benchmark = {prepare, round_of_work, 0xb6a61bcb769c4911u, 0};
