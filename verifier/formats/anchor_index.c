/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/formats/anchor_index.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

static int by_address(const void *a, const void *b)
{
	const struct sb_anchor *x = a, *y = b;
	if (!x->name[0] != !y->name[0])
		return x->name[0] ? -1 : 1;
	return x->address != y->address ? (x->address < y->address ? -1 : 1) : strcmp(x->name, y->name);
}

static void set_lengths(struct sb_anchor *items, size_t count)
{
	for (size_t i = count, next = count; i-- > 0;) {
		if (i + 1 < count && items[i + 1].address != items[i].address)
			next = i + 1;
		if (next < count && items[next].address - items[i].address < items[i].length)
			items[i].length = items[next].address - items[i].address;
	}
}

static bool is_repeated(const struct sb_anchor *before, const struct sb_anchor *anchor)
{
	return anchor->name[0] && by_address(before, anchor) == 0;
}

/* Tables may tell of one thing twice: a slot of an import is listed, and has a symbol. The shorter one knows its end. How many are left of the sorted ones. */
static size_t drop_repeated(struct sb_anchor *items, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (kept == 0 || !is_repeated(&items[kept - 1], &items[i]))
			items[kept++] = items[i];
		else if (items[i].length < items[kept - 1].length)
			items[kept - 1].length = items[i].length;
	return kept;
}

void sb_anchor_index_make(struct sb_anchor_index *index, const struct sb_vec *found, struct sb_arena *arena)
{
	struct sb_anchor *items = found->count ? sb_arena_array(arena, found->count, sizeof *items) : NULL;
	size_t named = 0;

	*index = (struct sb_anchor_index){.built = true};
	if (!items)
		return;
	memcpy(items, found->items, found->count * sizeof *items);
	qsort(items, found->count, sizeof *items, by_address);
	size_t count = drop_repeated(items, found->count);
	while (named < count && items[named].name[0])
		named++;
	set_lengths(items, named);
	set_lengths(items + named, count - named);
	*index = (struct sb_anchor_index){true, items, named, count};
}

/* The first of [from, end) that begins behind @at. */
static size_t first_behind(const struct sb_anchor_index *index, size_t from, size_t end, uint64_t at)
{
	while (from < end) {
		size_t middle = from + (end - from) / 2;
		if (index->items[middle].address <= at)
			from = middle + 1;
		else
			end = middle;
	}
	return from;
}

static const struct sb_anchor *find(const struct sb_anchor_index *index, size_t from, size_t end, uint64_t at)
{
	size_t behind = first_behind(index, from, end, at);
	const struct sb_anchor *last = behind > from ? &index->items[behind - 1] : NULL;

	return last && at - last->address < last->length ? last : NULL;
}

const struct sb_anchor *sb_anchor_index_at(const struct sb_anchor_index *index, uint64_t at)
{
	const struct sb_anchor *named = find(index, 0, index->named, at);
	return named ? named : find(index, index->named, index->count, at);
}

uint64_t sb_anchor_index_next(const struct sb_anchor_index *index, uint64_t at)
{
	size_t named = first_behind(index, 0, index->named, at), nameless = first_behind(index, index->named, index->count, at);
	uint64_t a = named < index->named ? index->items[named].address : UINT64_MAX, b = nameless < index->count ? index->items[nameless].address : UINT64_MAX;

	return a < b ? a : b;
}
