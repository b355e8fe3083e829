/* The same CRC-32 with FEAT_CRC32's instructions. */
#include "bench.h"
#include "crc32.h"
#include <arm_acle.h>
#include <string.h>

static uint32_t crc32(const unsigned char *p, size_t size) {
  uint32_t crc = ~0u;
  for (; size >= 8; p += 8, size -= 8) {
    uint64_t value;
    memcpy(&value, p, 8);
    crc = __crc32d(crc, value);
  }
  for (; size > 0; p++, size--) crc = __crc32b(crc, *p);
  return ~crc;
}

static void prepare(void) {
  prepare_crc_input();
  if (crc32((const unsigned char *)"123456789", 9) != CRC32_CHECK) fail("the check value is wrong");
}

static uint64_t round_of_work(void) {
  touch_memory();
  return crc32(crc_input, sizeof crc_input);
}

const struct benchmark benchmark = {prepare, round_of_work, CRC_ANSWER, 0};
