/* What both CRC programs work on. */
#include "bench.h"

/* CRC-32 of "123456789", the catalogue's check value. */
#define CRC32_CHECK 0xcbf43926u
#define CRC_ANSWER 0x11ba2153u

static unsigned char crc_input[64 << 10];

static void prepare_crc_input(void) { fill_bytes(crc_input, sizeof crc_input, 99); }
