/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/formats/told.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

static int by_reference(const void *a, const void *b)
{
	const struct sb_reference *x = a, *y = b;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

void sb_references_order(struct sb_vec *references)
{
	struct sb_reference *items = references->items;
	size_t kept = 0;

	if (references->count)
		qsort(items, references->count, references->size, by_reference);
	for (size_t i = 0; i < references->count; i++)
		if (kept == 0 || items[kept - 1].offset + items[kept - 1].length <= items[i].offset)
			items[kept++] = items[i];
	references->count = kept;
}

static int by_row(const void *a, const void *b)
{
	const struct sb_row *x = a, *y = b;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

void sb_rows_order(struct sb_vec *rows)
{
	struct sb_row *items = rows->items;
	size_t kept = 0;

	if (rows->count)
		qsort(items, rows->count, rows->size, by_row);
	for (size_t i = 0; i < rows->count; i++)
		if (kept == 0 || items[kept - 1].offset + items[kept - 1].length <= items[i].offset)
			items[kept++] = items[i];
	rows->count = kept;
}

size_t sb_references_from(const struct sb_reference *items, size_t count, uint64_t offset)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (items[middle].offset + items[middle].length <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t sb_rows_from(const struct sb_row *items, size_t count, uint64_t offset)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (items[middle].offset + items[middle].length <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct sb_row *sb_row_at(const struct sb_row *items, size_t count, uint64_t offset)
{
	size_t i = sb_rows_from(items, count, offset);
	return i < count && items[i].offset <= offset ? &items[i] : NULL;
}

const void *sb_list_keep(struct sb_arena *arena, const struct sb_vec *items)
{
	void *copy = sb_arena_array(arena, items->count + 1, items->size);

	if (copy && items->count)
		memcpy(copy, items->items, items->count * items->size);
	return copy;
}
