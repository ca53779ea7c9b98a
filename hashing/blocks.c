/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FIPS 180-4, section 6.2, by the SHA extensions of x86-64 (Intel SDM volume 2: SHA256RNDS2, SHA256MSG1, SHA256MSG2): five times as fast as
 * instructions that every processor has. libsodium begins and ends each digest, and sb_hashing_start compares the two.
 */
#include "hashing/blocks.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>

#define WITH_SHA __attribute__((target("sha,sse4.1")))

static const uint32_t constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
	0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
	0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
	0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
	0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
	0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static WITH_SHA __m128i load(const void *from)
{
	return _mm_loadu_si128((const __m128i *)from);
}

/** Words 4r to 4r+3 of the message schedule, in place of those sixteen words before. */
static WITH_SHA __m128i schedule(const __m128i w[4], unsigned r)
{
	__m128i before = _mm_alignr_epi8(w[(r + 3) % 4], w[(r + 2) % 4], 4);

	return _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(w[r % 4], w[(r + 1) % 4]), before), w[(r + 3) % 4]);
}

/** The state as the instructions want it: a b e f, and c d g h. */
static WITH_SHA void compress(__m128i *abef, __m128i *cdgh, const uint8_t *block)
{
	const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i x = *abef, y = *cdgh, w[4];

#pragma GCC unroll 16
	for (unsigned r = 0; r < 16; r++) {
		w[r % 4] = r < 4 ? _mm_shuffle_epi8(load(block + 16 * r), big_endian) : schedule(w, r);
		__m128i sum = _mm_add_epi32(w[r % 4], load(constants + 4 * r));
		y = _mm_sha256rnds2_epu32(y, x, sum);
		x = _mm_sha256rnds2_epu32(x, y, _mm_shuffle_epi32(sum, 0x0e));
	}
	*abef = _mm_add_epi32(*abef, x);
	*cdgh = _mm_add_epi32(*cdgh, y);
}

static WITH_SHA void take(uint32_t state[8], const uint8_t *bytes, size_t n)
{
	__m128i dcba = load(state), hgfe = load(state + 4);
	__m128i cdab = _mm_shuffle_epi32(dcba, 0xb1), efgh = _mm_shuffle_epi32(hgfe, 0x1b);
	__m128i abef = _mm_alignr_epi8(cdab, efgh, 8), cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);

	for (size_t at = 0; at < n; at += SB_SHA256_BLOCK)
		compress(&abef, &cdgh, bytes + at);
	__m128i feba = _mm_shuffle_epi32(abef, 0x1b), dchg = _mm_shuffle_epi32(cdgh, 0xb1);
	_mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

size_t sb_sha256_blocks(uint32_t state[8], const uint8_t *bytes, size_t n)
{
	n -= n % SB_SHA256_BLOCK;
	if (n == 0 || !__builtin_cpu_supports("sha") || !__builtin_cpu_supports("sse4.1"))
		return 0;
	take(state, bytes, n);
	return n;
}

#else

size_t sb_sha256_blocks(uint32_t state[8], const uint8_t *bytes, size_t n)
{
	(void)state;
	(void)bytes;
	(void)n;
	return 0;
}

#endif
