/* SPDX-License-Identifier: Apache-2.0 */
/* Digests that other people's documents declare. MD5: RFC 1321. SHA-1: RFC 3174. Broken for security: never used to decide equality. */
#include "hashing/hashing.h"

#include <sodium.h>
#include <string.h>

static uint32_t rotate(uint32_t x, unsigned by)
{
	return x << by | x >> (32 - by);
}

static uint32_t load(const uint8_t *p, bool big_endian)
{
	return big_endian ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
	                  : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static void store(uint8_t *p, uint32_t x, bool big_endian)
{
	for (unsigned i = 0; i < 4; i++)
		p[big_endian ? 3 - i : i] = (uint8_t)(x >> (8 * i));
}

static void md5_block(uint32_t state[5], const uint8_t block[64])
{
	/* floor(2^32 · |sin(i + 1)|), RFC 1321 section 3.4 */
	static const uint32_t sines[64] = {
		0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1,
		0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453,
		0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942,
		0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05,
		0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d,
		0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
	};
	static const uint8_t turns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];

	for (unsigned i = 0; i < 64; i++) {
		uint32_t f;
		unsigned word;
		switch (i / 16) {
		case 0: f = (b & c) | (~b & d); word = i; break;
		case 1: f = (d & b) | (~d & c); word = (5 * i + 1) % 16; break;
		case 2: f = b ^ c ^ d; word = (3 * i + 5) % 16; break;
		default: f = c ^ (b | ~d); word = 7 * i % 16; break;
		}
		uint32_t sum = a + f + sines[i] + load(block + 4 * word, false);
		a = d;
		d = c;
		c = b;
		b += rotate(sum, turns[i / 16][i % 4]);
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
}

static void sha1_block(uint32_t state[5], const uint8_t block[64])
{
	uint32_t w[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];

	for (unsigned i = 0; i < 16; i++)
		w[i] = load(block + 4 * i, true);
	for (unsigned i = 16; i < 80; i++)
		w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (unsigned i = 0; i < 80; i++) {
		uint32_t f, k;
		switch (i / 20) {
		case 0: f = (b & c) | (~b & d); k = 0x5a827999; break;
		case 1: f = b ^ c ^ d; k = 0x6ed9eba1; break;
		case 2: f = (b & c) | (b & d) | (c & d); k = 0x8f1bbcdc; break;
		default: f = b ^ c ^ d; k = 0xca62c1d6; break;
		}
		uint32_t next = rotate(a, 5) + f + e + k + w[i];
		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = next;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
}

/* The padding that both share: a one bit, zeros, the length in bits (RFC 1321 3.1 and 3.2, RFC 3174 4). */
static void hash_blocks(struct sb_span bytes, bool sha1, uint8_t *out)
{
	uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
	void (*block)(uint32_t *, const uint8_t *) = sha1 ? sha1_block : md5_block;
	uint64_t bits = (uint64_t)bytes.n * 8;
	uint8_t tail[128] = {0};
	size_t whole = bytes.n / 64 * 64, rest = bytes.n - whole, end = rest < 56 ? 64 : 128;

	for (size_t at = 0; at < whole; at += 64)
		block(state, bytes.p + at);
	if (rest)
		memcpy(tail, bytes.p + whole, rest);
	tail[rest] = 0x80;
	for (unsigned i = 0; i < 8; i++)
		tail[sha1 ? end - 1 - i : end - 8 + i] = (uint8_t)(bits >> (8 * i));
	for (size_t at = 0; at < end; at += 64)
		block(state, tail + at);
	for (unsigned i = 0; i < (sha1 ? 5u : 4u); i++)
		store(out + 4 * i, state[i], sha1);
}

size_t sb_declared_size(enum sb_declared_digest kind)
{
	switch (kind) {
	case SB_DECLARED_MD5:
		return 16;
	case SB_DECLARED_SHA1:
		return 20;
	case SB_DECLARED_SHA256:
		return 32;
	case SB_DECLARED_SHA512:
		return 64;
	}
	return 0;
}

void sb_declared_hash(enum sb_declared_digest kind, struct sb_span bytes, uint8_t *out)
{
	switch (kind) {
	case SB_DECLARED_MD5:
		hash_blocks(bytes, false, out);
		break;
	case SB_DECLARED_SHA1:
		hash_blocks(bytes, true, out);
		break;
	case SB_DECLARED_SHA256:
		crypto_hash_sha256(out, bytes.p, bytes.n);
		break;
	case SB_DECLARED_SHA512:
		crypto_hash_sha512(out, bytes.p, bytes.n);
		break;
	}
}
