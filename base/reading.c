/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reading.h"

#include <string.h>

/** What Linux maps around a page that is missing (fault_around_bytes) is a window. */
enum { PIECE = 1 << 20, WINDOW_BITS = 16, WINDOW = 1 << WINDOW_BITS };

void sb_reading_more(struct sb_reading *reading, size_t n)
{
	uint64_t read = reading ? __atomic_add_fetch(&reading->read, n, __ATOMIC_RELAXED) : 0;

	/* Of several threads that come here at once one takes the sum, and gives back for all of them. */
	if (reading && read >= reading->most && __atomic_compare_exchange_n(&reading->read, &read, 0, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		reading->give_back(reading->ctx);
}

/* A neighbour of what was read lately costs nothing more. */
void sb_reading_at(struct sb_reading *reading, const uint8_t *p)
{
	if (!reading)
		return;
	uintptr_t number = (uintptr_t)p >> WINDOW_BITS;
	uintptr_t *lately = &reading->windows[number % SB_READING_WINDOWS];

	if (__atomic_exchange_n(lately, number, __ATOMIC_RELAXED) != number)
		sb_reading_more(reading, WINDOW);
}

static void count_compared(struct sb_reading *reading, const uint8_t *a, const uint8_t *b, size_t n)
{
	if (n >= WINDOW) {
		sb_reading_more(reading, 2 * n);
	} else {
		sb_reading_at(reading, a);
		sb_reading_at(reading, b);
	}
}

bool sb_reading_next(struct sb_reading *reading, struct sb_span *rest, struct sb_span *piece)
{
	*piece = sb_span_of(rest->p, rest->n < PIECE ? rest->n : PIECE);
	if (piece->n == 0)
		return false;
	*rest = sb_span_of(rest->p + piece->n, rest->n - piece->n);
	sb_reading_more(reading, piece->n);
	return true;
}

bool sb_reading_equal(struct sb_reading *reading, struct sb_span a, struct sb_span b)
{
	return a.n == b.n && (a.p == b.p || sb_reading_common_prefix(reading, a, b) == a.n);
}

bool sb_reading_all_zero(struct sb_reading *reading, struct sb_span bytes)
{
	for (struct sb_span piece; sb_reading_next(reading, &bytes, &piece);)
		if (!sb_span_all_zero(piece))
			return false;
	return true;
}

size_t sb_reading_common_prefix(struct sb_reading *reading, struct sb_span a, struct sb_span b)
{
	size_t common = a.n < b.n ? a.n : b.n, at = 0;

	while (at < common) {
		size_t n = common - at < PIECE ? common - at : PIECE;
		size_t same = sb_span_common_prefix(sb_span_of(a.p + at, n), sb_span_of(b.p + at, n));
		count_compared(reading, a.p + at, b.p + at, same);
		at += same;
		if (same < n)
			break;
	}
	return at;
}

size_t sb_reading_common_suffix(struct sb_reading *reading, struct sb_span a, struct sb_span b)
{
	size_t common = a.n < b.n ? a.n : b.n, same = 0;

	while (same < common && a.p[a.n - 1 - same] == b.p[b.n - 1 - same])
		if (++same % PIECE == 0)
			sb_reading_more(reading, 2 * (size_t)PIECE);
	return same;
}

size_t sb_reading_find(struct sb_reading *reading, struct sb_span in, struct sb_span needle)
{
	for (size_t from = 0; in.n - from >= needle.n;) {
		size_t n = in.n - from < PIECE ? in.n - from : PIECE;
		const uint8_t *found = memmem(in.p + from, n, needle.p, needle.n);
		sb_reading_more(reading, found ? (size_t)(found - in.p) - from : n);
		if (found)
			return (size_t)(found - in.p);
		if (n < PIECE)
			break;
		from += n - (needle.n - 1); /* a place may end in the next piece */
	}
	return SIZE_MAX;
}
