/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/trace/needle.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { WINDOW = 16, WINDOWS_MOST = 1 << 16, SHIFTS_MOST = 1 << 14, TRIED_MOST = 32 };
enum { LOOKS_MOST = 16, LOOKS_LEAST = 1 << 20 }; /* bytes compared for each byte of the hay, and at least */

struct sb_window {
	uint64_t hash;
	uint32_t part, at;
	bool used;
};

/** By how much a part would be moved, and how many windows say so. */
struct shift {
	int64_t by;
	uint32_t part, votes;
	bool used;
};

struct search {
	const struct sb_needle *needle;
	struct sb_span hay;
	struct shift *shifts; /* SHIFTS_MOST, a table */
	size_t shift_count;
	uint64_t left;        /* bytes that may still be compared */
	bool complete;
};

/* Rolling, in a base that nobody knows who made the file: what is found does not depend on it, how long that takes would. */
static uint64_t hash_of(const uint8_t *p, uint64_t base)
{
	uint64_t hash = 0;

	for (unsigned i = 0; i < WINDOW; i++)
		hash = hash * base + p[i] + 1;
	return hash;
}

/* The factor of the byte that leaves the window. */
static uint64_t leaving(uint64_t base)
{
	uint64_t factor = 1;

	for (unsigned i = 1; i < WINDOW; i++)
		factor *= base;
	return factor;
}

/* Fill and the like would be found everywhere. */
static bool is_dull(const uint8_t *p)
{
	unsigned changes = 0;

	for (unsigned i = 1; i < WINDOW; i++)
		changes += p[i] != p[i - 1];
	return changes < 4;
}

static size_t slot_of(uint64_t hash, uint64_t base, size_t room)
{
	return (size_t)((hash ^ hash >> 29) * base >> 20) & (room - 1);
}

static void add_window(struct sb_needle *needle, uint32_t part, uint32_t at)
{
	uint64_t hash = hash_of(needle->parts[part].bytes.p + at, needle->base);
	size_t slot = slot_of(hash, needle->base, needle->room);

	while (needle->table[slot].used && needle->table[slot].hash != hash)
		slot = (slot + 1) & (needle->room - 1);
	if (!needle->table[slot].used)
		needle->table[slot] = (struct sb_window){hash, part, at, true};
}

int sb_needle_make(struct sb_span whole, const struct sb_needle_part *parts, size_t count, struct sb_needle *out, struct sb_err *err)
{
	struct sb_needle needle = {.whole = whole, .parts = parts, .count = count, .room = 4 * WINDOWS_MOST};
	uint64_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += parts[i].bytes.n;
	needle.table = calloc(needle.room, sizeof *needle.table);
	if (!needle.table)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (getrandom(&needle.base, sizeof needle.base, 0) != (ssize_t)sizeof needle.base) {
		sb_needle_release(&needle);
		return sb_fail(err, SB_INTERNAL, "trace-no-randomness", "the kernel gives no random bytes");
	}
	needle.base |= 1;
	uint64_t stride = total / WINDOWS_MOST + 1;
	for (size_t i = 0; i < count && i < UINT32_MAX; i++)
		for (uint64_t at = 0; at + WINDOW <= parts[i].bytes.n && at < UINT32_MAX; at += stride)
			if (!is_dull(parts[i].bytes.p + at))
				add_window(&needle, (uint32_t)i, (uint32_t)at);
	*out = needle;
	return 0;
}

void sb_needle_release(struct sb_needle *needle)
{
	free(needle->table);
	*needle = (struct sb_needle){0};
}

static void vote(struct search *s, const struct sb_window *window, uint64_t at)
{
	int64_t by = (int64_t)at - (int64_t)window->at;
	size_t slot = slot_of((uint64_t)by * 31 + window->part, s->needle->base, SHIFTS_MOST);

	while (s->shifts[slot].used && (s->shifts[slot].by != by || s->shifts[slot].part != window->part))
		slot = (slot + 1) & (SHIFTS_MOST - 1);
	if (!s->shifts[slot].used) {
		if (s->shift_count >= SHIFTS_MOST / 2) {
			s->complete = false;
			return;
		}
		s->shift_count++;
		s->shifts[slot] = (struct shift){by, window->part, 0, true};
	}
	s->shifts[slot].votes++;
}

static void collect_votes(struct search *s)
{
	const uint64_t base = s->needle->base, factor = leaving(base);
	const uint8_t *p = s->hay.p;
	uint64_t hash = s->hay.n >= WINDOW ? hash_of(p, base) : 0;

	for (uint64_t at = 0; at + WINDOW <= s->hay.n; at++) {
		for (size_t slot = slot_of(hash, base, s->needle->room); s->needle->table[slot].used; slot = (slot + 1) & (s->needle->room - 1)) {
			const struct sb_window *window = &s->needle->table[slot];
			if (window->hash == hash && memcmp(s->needle->parts[window->part].bytes.p + window->at, p + at, WINDOW) == 0)
				vote(s, window, at);
			if (window->hash == hash)
				break;
		}
		if (at + WINDOW < s->hay.n)
			hash = (hash - (p[at] + UINT64_C(1)) * factor) * base + p[at + WINDOW] + 1;
	}
}

/* Of each part the best first; then what lies lower. */
static int by_votes(const void *a, const void *b)
{
	const struct shift *x = a, *y = b;
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	if (x->votes != y->votes)
		return x->votes > y->votes ? -1 : 1;
	return (x->by > y->by) - (x->by < y->by);
}

/* How many bytes would have to be compared. */
static uint64_t price(const struct search *s, const struct shift *shift)
{
	uint64_t part = s->needle->parts[shift->part].bytes.n;

	return part < s->hay.n ? part : s->hay.n;
}

/* What of @part lies in the hay when it is moved: all of it, or the longest equal stretch. */
static bool look(const struct search *s, const struct shift *shift, struct sb_lineage_place *out)
{
	const struct sb_needle_part *part = &s->needle->parts[shift->part];
	uint64_t first = shift->by < 0 ? (uint64_t)-shift->by : 0, equal = 0, run = 0, longest = 0, end = 0;

	for (uint64_t i = first; i < part->bytes.n && (uint64_t)((int64_t)i + shift->by) < s->hay.n; i++) {
		bool same = part->bytes.p[i] == s->hay.p[(uint64_t)((int64_t)i + shift->by)];
		equal += same;
		run = same ? run + 1 : 0;
		if (run > longest) {
			longest = run;
			end = i + 1;
		}
	}
	bool inside = first == 0 && (uint64_t)shift->by + part->bytes.n <= s->hay.n;
	*out = (struct sb_lineage_place){.part = part->name, .from = part->from, .length = part->bytes.n, .equal = equal};
	if (inside && equal * 2 >= part->bytes.n) {
		out->offset = (uint64_t)shift->by;
		return true;
	}
	out->from += end - longest;
	out->offset = (uint64_t)((int64_t)(end - longest) + shift->by);
	out->length = out->equal = longest;
	return longest >= SB_NEEDLE_STRETCH;
}

static bool overlaps(const struct sb_vec *places, size_t since, const struct sb_lineage_place *place)
{
	for (size_t i = since; i < places->count; i++) {
		const struct sb_lineage_place *other = sb_vec_at(places, i);
		if (place->offset < other->offset + other->length && other->offset < place->offset + place->length)
			return true;
	}
	return false;
}

/* Over the ceiling nothing is added. */
static int add_place(const struct sb_lineage_place *place, const char *inside, struct sb_vec *places, struct sb_err *err)
{
	if (places->ceiling && places->count >= places->ceiling)
		return 0;
	struct sb_lineage_place *slot = sb_vec_push(places);
	if (!slot)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*slot = *place;
	slot->inside = inside;
	return 0;
}

static int list_places(struct search *s, const char *inside, struct sb_vec *places, struct sb_err *err)
{
	size_t tried = 0, since = places->count;

	for (size_t i = 0; i < s->shift_count; i++) {
		const struct shift *shift = &s->shifts[i];
		struct sb_lineage_place place;
		if (i == 0 || shift->part != shift[-1].part)
			tried = 0;
		if (tried++ >= TRIED_MOST)
			continue;
		if (price(s, shift) > s->left) {
			s->complete = false;
			return 0;
		}
		s->left -= price(s, shift);
		if (!look(s, shift, &place) || overlaps(places, since, &place))
			continue;
		int rc = add_place(&place, inside, places, err);
		if (rc)
			return rc;
	}
	return 0;
}

int sb_needle_search(const struct sb_needle *needle, struct sb_span hay, const char *inside, struct sb_vec *places, bool *complete, struct sb_err *err)
{
	struct search s = {.needle = needle, .hay = hay, .left = hay.n * LOOKS_MOST + LOOKS_LEAST, .complete = true};
	const uint8_t *whole = needle->whole.n >= WINDOW && hay.n >= needle->whole.n ? memmem(hay.p, hay.n, needle->whole.p, needle->whole.n) : NULL;
	SB_FREEING struct shift *shifts = calloc(SHIFTS_MOST, sizeof *shifts);

	if (!shifts)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (whole)
		return add_place(&(struct sb_lineage_place){.part = "", .offset = (uint64_t)(whole - hay.p), .length = needle->whole.n, .equal = needle->whole.n},
		                 inside, places, err);
	s.shifts = shifts;
	collect_votes(&s);
	size_t kept = 0;
	for (size_t i = 0; i < SHIFTS_MOST; i++)
		if (shifts[i].used)
			shifts[kept++] = shifts[i];
	qsort(shifts, kept, sizeof *shifts, by_votes);
	int rc = list_places(&s, inside, places, err);
	*complete &= s.complete;
	return rc;
}
