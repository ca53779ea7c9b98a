/* SPDX-License-Identifier: Apache-2.0 */
/* Content-defined pieces. The hash is shifted left for each byte, so that its bit k tells of the last k + 1 bytes and no others. */
#include "verifier/compare/chunks.h"

/* SplitMix64 (S. Vigna, public domain algorithm): the same table on every machine. */
static void fill(struct sb_chunker *chunker)
{
	uint64_t state = UINT64_C(0x5a3eb01d);

	for (size_t i = 0; i < 256; i++) {
		uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
		z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
		chunker->gear[i] = z ^ z >> 31;
	}
}

/* @low: bits below the pattern. The window, low + bits bytes, must not be longer than the shortest piece. */
static uint64_t pattern(unsigned bits, unsigned low)
{
	return ((UINT64_C(1) << bits) - 1) << low;
}

void sb_chunks_coarse(struct sb_chunker *out, uint64_t bytes)
{
	enum { MANY = 1 << 19 };
	unsigned bits = 10;

	while (bits < 24 && bytes >> bits > MANY)
		bits++;
	fill(out);
	out->mask = pattern(bits, 22);
	out->least = (size_t)1 << (bits - 2);
	out->most = (size_t)1 << (bits + 3);
}

void sb_chunks_fine(struct sb_chunker *out)
{
	fill(out);
	out->mask = pattern(5, 3);
	out->least = 8;
	out->most = 128;
}

size_t sb_chunks_cut(struct sb_span rest, const void *chunker)
{
	const struct sb_chunker *c = chunker;
	size_t end = rest.n < c->most ? rest.n : c->most;
	uint64_t h = 0;

	if (end <= c->least)
		return end;
	for (size_t i = c->least > 64 ? c->least - 64 : 0; i < c->least; i++)
		h = (h << 1) + c->gear[rest.p[i]];
	for (size_t i = c->least; i < end; i++) {
		h = (h << 1) + c->gear[rest.p[i]];
		if ((h & c->mask) == 0)
			return i + 1;
	}
	return end;
}
