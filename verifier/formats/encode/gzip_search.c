/* SPDX-License-Identifier: Apache-2.0 */
/* Where bytes stood before: places of three bytes with one hash, looked through from the newest on. */
#include "verifier/formats/encode/gzip.h"

#include <string.h>

/** So much must be known from a place on, unless the content ends: a match, what the next hash takes, and a byte. */
enum { AHEAD = SB_MATCH_MOST + SB_MATCH_LEAST + 1, REACH = SB_WINDOW - AHEAD, HASH_SHIFT = 5 };

static void leave(uint16_t *places, size_t count)
{
	for (size_t i = 0; i < count; i++)
		places[i] = (uint16_t)(places[i] >= SB_WINDOW ? places[i] - SB_WINDOW : 0);
}

/* The upper window becomes the lower one, and its bytes stay above as well until others come. */
static void slide(struct sb_search *search)
{
	memcpy(search->bytes, search->bytes + SB_WINDOW, SB_WINDOW);
	leave(search->newest, SB_HASHES);
	leave(search->older, SB_WINDOW);
	search->at -= SB_WINDOW;
	search->found -= SB_WINDOW;
	search->block -= SB_WINDOW;
}

bool sb_search_fill(struct sb_search *search, struct sb_span *content, bool last)
{
	while (search->ahead < AHEAD && !search->ended) {
		if (search->at >= SB_WINDOW + REACH)
			slide(search);
		size_t end = search->at + search->ahead, room = sizeof search->bytes - end;
		size_t n = content->n < room ? content->n : room;
		if (n == 0 && !last)
			return false;
		memcpy(search->bytes + end, content->p, n);
		*content = sb_span_of(content->p + n, content->n - n);
		search->ahead += (unsigned)n;
		search->ended = n == 0;
		if (search->ended) /* what the last hashes take; behind it stands what stood there before */
			memset(search->bytes + end, 0, room < SB_MATCH_LEAST - 1 ? room : SB_MATCH_LEAST - 1);
	}
	return true;
}

unsigned sb_search_remember(struct sb_search *search)
{
	const uint8_t *p = search->bytes + search->at;
	unsigned hash = ((unsigned)p[0] << 2 * HASH_SHIFT ^ (unsigned)p[1] << HASH_SHIFT ^ p[2]) & (SB_HASHES - 1), newest = search->newest[hash];

	search->older[search->at & (SB_WINDOW - 1)] = (uint16_t)newest;
	search->newest[hash] = (uint16_t)search->at;
	return newest;
}

bool sb_search_reaches(const struct sb_search *search, unsigned candidate)
{
	return candidate != 0 && search->at - candidate <= REACH && (!search->past || search->at <= sizeof search->bytes - AHEAD);
}

static unsigned count_equal(const uint8_t *a, const uint8_t *b, unsigned most)
{
	unsigned n = 0;

	while (n < most && a[n] == b[n])
		n++;
	return n;
}

unsigned sb_search_longest(struct sb_search *search, unsigned candidate, unsigned least)
{
	const uint8_t *here = search->bytes + search->at;
	unsigned most = search->past || search->ahead > SB_MATCH_MOST ? SB_MATCH_MOST : search->ahead;
	unsigned nice = search->effort->nice < most ? search->effort->nice : most, limit = search->at > REACH ? search->at - REACH : 0;
	unsigned tries = least >= search->effort->good ? search->effort->tries / 4U : search->effort->tries, best = least;

	if (least >= most)
		return least;
	do {
		const uint8_t *there = search->bytes + candidate;
		unsigned n = there[best] == here[best] && there[best - 1] == here[best - 1] ? count_equal(there, here, most) : 0;
		if (n > best) {
			search->found = candidate;
			best = n;
			if (n >= nice)
				break;
		}
		candidate = search->older[candidate & (SB_WINDOW - 1)];
	} while (candidate > limit && --tries != 0);
	return best;
}
