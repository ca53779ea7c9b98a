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

/** MD5 or SHA-1 while bytes come in. */
struct blocks {
	uint32_t state[5];
	uint64_t total;
	uint8_t tail[128]; /* bytes that make no whole block yet; room for the padding behind them */
	size_t waiting;
	bool sha1;
};

static void take_block(struct blocks *blocks, const uint8_t *block)
{
	if (blocks->sha1)
		sha1_block(blocks->state, block);
	else
		md5_block(blocks->state, block);
}

static void take_bytes(struct blocks *blocks, struct sb_span bytes)
{
	size_t at = 0;

	blocks->total += bytes.n;
	if (blocks->waiting) {
		at = bytes.n < 64 - blocks->waiting ? bytes.n : 64 - blocks->waiting;
		if (at)
			memcpy(blocks->tail + blocks->waiting, bytes.p, at);
		blocks->waiting += at;
		if (blocks->waiting < 64)
			return;
		take_block(blocks, blocks->tail);
	}
	for (; bytes.n - at >= 64; at += 64)
		take_block(blocks, bytes.p + at);
	blocks->waiting = bytes.n - at;
	if (blocks->waiting)
		memcpy(blocks->tail, bytes.p + at, blocks->waiting);
}

/* The padding that both share: a one bit, zeros, the length in bits (RFC 1321 3.1 and 3.2, RFC 3174 4). */
static void finish_blocks(struct blocks *blocks, uint8_t *out)
{
	size_t end = blocks->waiting < 56 ? 64 : 128;
	uint64_t bits = blocks->total * 8;

	memset(blocks->tail + blocks->waiting, 0, end - blocks->waiting);
	blocks->tail[blocks->waiting] = 0x80;
	for (unsigned i = 0; i < 8; i++)
		blocks->tail[blocks->sha1 ? end - 1 - i : end - 8 + i] = (uint8_t)(bits >> (8 * i));
	for (size_t at = 0; at < end; at += 64)
		take_block(blocks, blocks->tail + at);
	for (unsigned i = 0; i < (blocks->sha1 ? 5u : 4u); i++)
		store(out + 4 * i, blocks->state[i], blocks->sha1);
}

static void hash_blocks(struct sb_reading *reading, const struct sb_span *pieces, size_t count, bool sha1, uint8_t *out)
{
	struct blocks blocks = {.state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}, .sha1 = sha1};

	for (size_t i = 0; i < count; i++)
		for (struct sb_span rest = pieces[i], piece; sb_reading_next(reading, &rest, &piece);)
			take_bytes(&blocks, piece);
	finish_blocks(&blocks, out);
}

static void hash_sha256(struct sb_reading *reading, const struct sb_span *pieces, size_t count, uint8_t *out)
{
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	for (size_t i = 0; i < count; i++)
		for (struct sb_span rest = pieces[i], piece; sb_reading_next(reading, &rest, &piece);)
			crypto_hash_sha256_update(&state, piece.p, piece.n);
	crypto_hash_sha256_final(&state, out);
}

/* FIPS 180-4, 5.3.4 and 6.5: SHA-384 is SHA-512 from another start, cut to 48 bytes. */
static void hash_sha512(struct sb_reading *reading, const struct sb_span *pieces, size_t count, bool short_form, uint8_t *out)
{
	static const uint64_t start[8] = {0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
	                                  0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4};
	uint8_t digest[64];
	crypto_hash_sha512_state state;

	crypto_hash_sha512_init(&state);
	if (short_form)
		memcpy(state.state, start, sizeof start);
	for (size_t i = 0; i < count; i++)
		for (struct sb_span rest = pieces[i], piece; sb_reading_next(reading, &rest, &piece);)
			crypto_hash_sha512_update(&state, piece.p, piece.n);
	crypto_hash_sha512_final(&state, digest);
	memcpy(out, digest, short_form ? 48 : 64);
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
	case SB_DECLARED_SHA384:
		return 48;
	case SB_DECLARED_SHA512:
		return 64;
	}
	return 0;
}

void sb_declared_hash_row(struct sb_reading *reading, enum sb_declared_digest kind, const struct sb_span *pieces, size_t count, uint8_t *out)
{
	switch (kind) {
	case SB_DECLARED_MD5:
	case SB_DECLARED_SHA1:
		hash_blocks(reading, pieces, count, kind == SB_DECLARED_SHA1, out);
		break;
	case SB_DECLARED_SHA256:
		hash_sha256(reading, pieces, count, out);
		break;
	case SB_DECLARED_SHA384:
	case SB_DECLARED_SHA512:
		hash_sha512(reading, pieces, count, kind == SB_DECLARED_SHA384, out);
		break;
	}
}

void sb_declared_hash(struct sb_reading *reading, enum sb_declared_digest kind, struct sb_span bytes, uint8_t *out)
{
	sb_declared_hash_row(reading, kind, &bytes, 1, out);
}
