/* A recursive-descent JSON parser (RFC 8259) over a generated document: counts, sums, hashes of names and strings. */
#include "bench.h"
#include <stdio.h>
#include <string.h>

enum { SIZE = 64 << 10 };
static char document[SIZE];
static size_t length;
static const char *at;
static uint64_t objects, arrays, numbers, strings, digest;
static double sum;

static void put(const char *text) {
  size_t size = strlen(text);
  memcpy(document + length, text, size);
  length += size;
}

static void prepare(void) {
  uint64_t seed = 4711;
  put("{\"version\": 1.0e0, \"entries\": [");
  for (int i = 0; length < SIZE - 400; i++) {
    char text[320];
    uint64_t r = next_random(&seed) >> 8;
    snprintf(text, sizeof text,
             "%s\n  {\"id\": %d, \"name\": \"item \\\"%x\\\"\\n\", \"weight\": -%u.%02ue-1, \"flags\": [true, "
             "false, null], \"nested\": {\"a\": [%u, [%u, []]], \"b\": {}}, \"text\": \"\\u00e9t\\u00e9 %x\"}",
             i ? "," : "", i, (unsigned)(r & 0xffff), (unsigned)(r >> 16 & 0xff), (unsigned)(r >> 24) % 100,
             (unsigned)(r >> 8 & 0xfff), (unsigned)(r >> 20 & 0xffff), (unsigned)(r >> 32 & 0xffffff));
    put(text);
  }
  put("\n]}");
  document[length] = 0;
}

static void space(void) {
  while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++;
}

static void expect(char c) {
  if (*at++ != c) fail("another character was expected");
}

static void literal(const char *text) {
  for (; *text; text++) expect(*text);
}

static unsigned hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  fail("not a hexadecimal digit");
}

static void string(void) {
  uint64_t hash = 0;
  expect('"');
  while (*at != '"') {
    unsigned c = (unsigned char)*at++;
    if (c < 32) fail("a control character in a string");
    if (c == '\\') {
      switch (c = *at++) {
      case 'n': c = '\n'; break;
      case 't': c = '\t'; break;
      case 'r': c = '\r'; break;
      case 'b': c = '\b'; break;
      case 'f': c = '\f'; break;
      case 'u':
        c = 0;
        for (int i = 0; i < 4; i++) c = c << 4 | hex_digit(*at++);
        break;
      case '"': case '\\': case '/': break;
      default: fail("not an escape");
      }
    }
    hash = hash * 31 + c;
  }
  at++;
  strings++;
  digest += hash;
}

static void number(void) {
  int negative = *at == '-', exponent = 0;
  if (negative) at++;
  if (*at < '0' || *at > '9') fail("not a number");
  double value = 0;
  while (*at >= '0' && *at <= '9') value = value * 10 + (*at++ - '0');
  if (*at == '.') {
    double unit = 1;
    for (at++; *at >= '0' && *at <= '9'; at++) {
      value = value * 10 + (*at - '0');
      unit *= 10;
    }
    value /= unit;
  }
  if (*at == 'e' || *at == 'E') {
    int down = *++at == '-';
    if (*at == '-' || *at == '+') at++;
    while (*at >= '0' && *at <= '9') exponent = exponent * 10 + (*at++ - '0');
    for (; exponent > 0; exponent--) value = down ? value / 10 : value * 10;
  }
  numbers++;
  sum += negative ? -value : value;
}

static void value(void) {
  space();
  switch (*at) {
  case '{':
    objects++;
    at++;
    space();
    if (*at == '}') { at++; break; }
    for (;;) {
      space();
      string();
      space();
      expect(':');
      value();
      if (*at != ',') break;
      at++;
    }
    expect('}');
    break;
  case '[':
    arrays++;
    at++;
    space();
    if (*at == ']') { at++; break; }
    for (;;) {
      value();
      if (*at != ',') break;
      at++;
    }
    expect(']');
    break;
  case '"': string(); break;
  case 't': literal("true"); break;
  case 'f': literal("false"); break;
  case 'n': literal("null"); break;
  default: number();
  }
  space();
}

static uint64_t round_of_work(void) {
  objects = arrays = numbers = strings = digest = 0;
  sum = 0;
  at = document;
  value();
  if (*at) fail("something behind the document");
  return mix_double(mix(mix(mix(mix(digest, objects), arrays), numbers), strings), sum);
}

const struct benchmark benchmark = {prepare, round_of_work, 0x21fce132e175882fu, 0};
