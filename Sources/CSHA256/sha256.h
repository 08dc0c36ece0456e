/* SHA-256 by the processor's own instructions (Intel SDM 2, SHA256RNDS2), six times as fast as any
   portable code. Static inline, so that there is no C object to link; the compiler's own headers
   are all it needs. Whoever calls it asks iauth_has_sha() first. */
#ifndef IAUTH_SHA256_H
#define IAUTH_SHA256_H

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

static inline int iauth_has_sha(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSSE3) || !(c & bit_SSE4_1)) return 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

/* Adds `blocks` blocks of 64 bytes to `state`; `k` are the 64 round constants. */
__attribute__((target("sha,sse4.1,ssse3"))) static inline void iauth_sha256(
    uint32_t *state, const uint8_t *data, size_t blocks, const uint32_t *k) {
  const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0bULL, 0x0405060700010203ULL);
  __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
  __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);
  __m128i abef = _mm_alignr_epi8(low, high, 8), cdgh = _mm_blend_epi16(high, low, 0xF0);
  for (; blocks > 0; blocks--, data += 64) {
    const __m128i abef0 = abef, cdgh0 = cdgh;
    __m128i w[4];
    for (int i = 0; i < 4; i++)
      w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(data + 16 * i)), order);
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) { /* four rounds each */
      __m128i wk = _mm_add_epi32(w[i & 3], _mm_loadu_si128((const __m128i *)(k + 4 * i)));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, wk);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(wk, 0x0E));
      if (i < 12) { /* w[i] becomes the words of four groups later */
        __m128i x = _mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]);
        x = _mm_add_epi32(x, _mm_alignr_epi8(w[(i + 3) & 3], w[(i + 2) & 3], 4));
        w[i & 3] = _mm_sha256msg2_epu32(x, w[(i + 3) & 3]);
      }
    }
    abef = _mm_add_epi32(abef, abef0);
    cdgh = _mm_add_epi32(cdgh, cdgh0);
  }
  low = _mm_shuffle_epi32(abef, 0x1B);
  high = _mm_shuffle_epi32(cdgh, 0xB1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(low, high, 0xF0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(high, low, 8));
}

/* One block of `data` into `lane`: the state as the instructions want it. */
typedef struct {
  __m128i abef, cdgh;
} iauth_lane;

__attribute__((target("sha,sse4.1,ssse3"), always_inline)) static inline void iauth_two_blocks(
    iauth_lane *a, iauth_lane *b, const uint8_t *p, const uint8_t *q, const uint32_t *k) {
  const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0bULL, 0x0405060700010203ULL);
  __m128i a1 = a->abef, a2 = a->cdgh, b1 = b->abef, b2 = b->cdgh, v[4], w[4];
  for (int i = 0; i < 4; i++) {
    v[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(p + 16 * i)), order);
    w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(q + 16 * i)), order);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; i++) {
    const __m128i round = _mm_loadu_si128((const __m128i *)(k + 4 * i));
    __m128i x = _mm_add_epi32(v[i & 3], round), y = _mm_add_epi32(w[i & 3], round);
    a2 = _mm_sha256rnds2_epu32(a2, a1, x);
    b2 = _mm_sha256rnds2_epu32(b2, b1, y);
    a1 = _mm_sha256rnds2_epu32(a1, a2, _mm_shuffle_epi32(x, 0x0E));
    b1 = _mm_sha256rnds2_epu32(b1, b2, _mm_shuffle_epi32(y, 0x0E));
    if (i < 12) {
      x = _mm_sha256msg1_epu32(v[i & 3], v[(i + 1) & 3]);
      y = _mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]);
      x = _mm_add_epi32(x, _mm_alignr_epi8(v[(i + 3) & 3], v[(i + 2) & 3], 4));
      y = _mm_add_epi32(y, _mm_alignr_epi8(w[(i + 3) & 3], w[(i + 2) & 3], 4));
      v[i & 3] = _mm_sha256msg2_epu32(x, v[(i + 3) & 3]);
      w[i & 3] = _mm_sha256msg2_epu32(y, w[(i + 3) & 3]);
    }
  }
  a->abef = _mm_add_epi32(a->abef, a1);
  a->cdgh = _mm_add_epi32(a->cdgh, a2);
  b->abef = _mm_add_epi32(b->abef, b1);
  b->cdgh = _mm_add_epi32(b->cdgh, b2);
}

/* The hashes of `count` messages that lie one after the other in `data`, each padded to its
   `blocks[i]` whole blocks: two at a time, since one waits for its own rounds half of the time. */
__attribute__((target("sha,sse4.1,ssse3"))) static inline void iauth_sha256_each(
    const uint8_t *data, const uint32_t *blocks, size_t count, const uint32_t *start,
    const uint32_t *k, uint8_t *hashes) {
  const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0bULL, 0x0405060700010203ULL);
  const __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)start), 0xB1);
  const __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(start + 4)), 0x1B);
  const iauth_lane first = {_mm_alignr_epi8(low, high, 8), _mm_blend_epi16(high, low, 0xF0)};
  iauth_lane lanes[2];
  const uint8_t *at[2] = {data, data};
  uint32_t left[2] = {0, 0};
  size_t place[2] = {count, count}, next = 0;
  for (;;) {
    for (int i = 0; i < 2; i++) {
      if (left[i] > 0) continue;
      if (place[i] < count) {
        const __m128i x = _mm_shuffle_epi32(lanes[i].abef, 0x1B);
        const __m128i y = _mm_shuffle_epi32(lanes[i].cdgh, 0xB1);
        __m128i *hash = (__m128i *)(hashes + 32 * place[i]);
        _mm_storeu_si128(hash, _mm_shuffle_epi8(_mm_blend_epi16(x, y, 0xF0), order));
        _mm_storeu_si128(hash + 1, _mm_shuffle_epi8(_mm_alignr_epi8(y, x, 8), order));
        place[i] = count;
      }
      if (next < count) {
        lanes[i] = first;
        place[i] = next;
        at[i] = data;
        left[i] = blocks[next];
        data += (size_t)64 * blocks[next++];
      }
    }
    if (left[0] == 0 && left[1] == 0) return;
    /* One that is alone is hashed beside itself. */
    iauth_lane idle = first;
    if (left[0] > 0 && left[1] > 0) {
      uint32_t both = left[0] < left[1] ? left[0] : left[1];
      left[0] -= both;
      left[1] -= both;
      for (; both > 0; both--, at[0] += 64, at[1] += 64)
        iauth_two_blocks(&lanes[0], &lanes[1], at[0], at[1], k);
    } else {
      int one = left[0] > 0 ? 0 : 1;
      for (; left[one] > 0; left[one]--, at[one] += 64)
        iauth_two_blocks(&lanes[one], &idle, at[one], at[one], k);
    }
  }
}
#else
static inline int iauth_has_sha(void) { return 0; }
static inline void iauth_sha256(uint32_t *s, const uint8_t *d, size_t n, const uint32_t *k) {}
static inline void iauth_sha256_each(
    const uint8_t *d, const uint32_t *b, size_t n, const uint32_t *s, const uint32_t *k,
    uint8_t *h) {}
#endif

#endif
