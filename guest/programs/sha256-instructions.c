/* SHA-256 with FEAT_SHA256's instructions. */
#include "sha256.h"
#include <arm_neon.h>

static void sha256_blocks(uint32_t state[8], const unsigned char *p, size_t blocks) {
  uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4);
  for (; blocks > 0; blocks--, p += 64) {
    uint32x4_t w[4], was_abcd = abcd, was_efgh = efgh;
    for (int i = 0; i < 4; i++) w[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(p + 16 * i)));
    for (int i = 0; i < 16; i++) {
      uint32x4_t sum = vaddq_u32(w[i % 4], vld1q_u32(sha256_k + 4 * i)), before = abcd;
      if (i < 12)
        w[i % 4] = vsha256su1q_u32(vsha256su0q_u32(w[i % 4], w[(i + 1) % 4]), w[(i + 2) % 4], w[(i + 3) % 4]);
      abcd = vsha256hq_u32(abcd, efgh, sum);
      efgh = vsha256h2q_u32(efgh, before, sum);
    }
    abcd = vaddq_u32(abcd, was_abcd);
    efgh = vaddq_u32(efgh, was_efgh);
  }
  vst1q_u32(state, abcd);
  vst1q_u32(state + 4, efgh);
}
