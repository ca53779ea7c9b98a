/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces to numbers: a table by hash, decided by bytes. */
#include "verifier/compare/align.h"

#include <stdlib.h>
#include <string.h>

/**
 * Half of the table stays empty, so that an honest piece is found within a few slots. Pieces that crowd into one place are somebody's
 * work: after so many slots a piece counts as new, which only costs a match.
 */
enum { LONGEST_CHAIN = 128 };

/** Pieces known so far, by hash; a slot holds 1 + index into seen. */
struct table {
	uint32_t *slot;
	size_t mask;
	struct seen {
		struct sb_span bytes;
		uint64_t hash;
	} *seen;
	uint32_t count;
	struct sb_reading *reading;
};

static uint64_t hash(struct sb_span bytes)
{
	uint64_t h = UINT64_C(0x243f6a8885a308d3) ^ bytes.n, word;

	for (; bytes.n >= sizeof word; bytes = sb_span_of(bytes.p + sizeof word, bytes.n - sizeof word)) {
		memcpy(&word, bytes.p, sizeof word);
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	word = 0;
	if (bytes.n)
		memcpy(&word, bytes.p, bytes.n);
	h = (h ^ word) * UINT64_C(0xbf58476d1ce4e5b9);
	return h ^ h >> 32;
}

static uint32_t number(struct table *table, struct sb_span bytes)
{
	uint64_t h = hash(bytes);
	sb_reading_more(table->reading, bytes.n);
	size_t at = (size_t)h & table->mask, chain = 0;

	for (; table->slot[at] && chain < LONGEST_CHAIN; at = (at + 1) & table->mask, chain++) {
		const struct seen *seen = &table->seen[table->slot[at] - 1];
		if (seen->hash == h && sb_reading_equal(table->reading, seen->bytes, bytes))
			return table->slot[at] - 1;
	}
	table->seen[table->count] = (struct seen){bytes, h};
	if (chain < LONGEST_CHAIN)
		table->slot[at] = table->count + 1;
	return table->count++;
}

static void number_side(struct table *table, struct sb_span bytes, struct sb_pieces *side)
{
	uint64_t from = 0;

	for (size_t i = 0; i < side->count; from = side->end[i++])
		side->id[i] = number(table, sb_span_of(bytes.p + from, (size_t)(side->end[i] - from)));
}

bool sb_pieces_number(struct sb_reading *reading, const struct sb_span bytes[SB_SIDES], struct sb_pieces side[SB_SIDES], uint32_t *ids)
{
	size_t total = side[0].count + side[1].count, slots = 16;

	while (slots < 2 * total)
		slots *= 2;
	struct table table = {.slot = calloc(slots, sizeof *table.slot), .mask = slots - 1, .seen = calloc(total, sizeof *table.seen), .reading = reading};
	bool fine = table.slot && table.seen;
	for (unsigned s = 0; fine && s < SB_SIDES; s++)
		number_side(&table, bytes[s], &side[s]);
	*ids = table.count;
	free(table.slot);
	free(table.seen);
	return fine;
}
