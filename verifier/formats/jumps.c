/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/formats/jumps.h"

#include <stdlib.h>
#include <string.h>

enum {
	MOST_CODE = 64 << 20,   /* bytes of code that are looked through */
	MOST_TABLES = 1 << 16,
	MOST_ENTRIES = 1 << 20, /* of all tables together: hostile code leads to any place */
	INSTRUCTION = 7,        /* bytes of one that leads to a table */
};

/* The start of a text in data that is only read: clang writes tables of distances to texts as well. */
static bool is_text(const struct sb_jump_search *search, uint64_t address)
{
	uint64_t start;
	struct sb_span data = search->in.data(search->in.image, address, &start);
	uint64_t inside = address - start;

	return data.n && inside > 0 && inside < data.n && data.p[inside - 1] == 0 && data.p[inside] >= ' ' && data.p[inside] < 0x7f;
}

static bool is_target(const struct sb_jump_search *search, uint64_t address)
{
	return search->in.is_code(search->in.image, address) || is_text(search, address);
}

uint64_t sb_jumps_lead(const struct sb_jumps *table, struct sb_span entry)
{
	struct sb_rd rd = sb_rd_of(entry, false);
	uint64_t value = sb_rd_uint(&rd, table->width);

	return table->width == 4 ? table->base + (uint64_t)(int64_t)(int32_t)(uint32_t)value : value;
}

/* Does the entry at @address, a multiple of the width behind the start, lead somewhere? @data begins at @start. */
static bool leads(const struct sb_jump_search *search, const struct sb_jumps *table, struct sb_span data, uint64_t start, uint64_t address)
{
	struct sb_span entry;
	return sb_span_cut(data, address - start, table->width, &entry) && is_target(search, sb_jumps_lead(table, entry));
}

/*
 * `lea reg, [rip + d]` before a table of distances; `jmp [reg * 8 + d]` and `mov reg, [reg * 8 + d]` before one of addresses. Intel SDM
 * volume 2, chapter 2: 8D and ModRM 00.reg.101; FF /4 and 8B with SIB 11.index.101.
 */
static bool leads_to_table(const struct sb_jump_search *search, struct sb_span code, uint64_t address, size_t at, struct sb_jumps *out)
{
	const uint8_t *p = code.p + at;
	bool relative = p[1] == 0x8d && (p[0] == 0x48 || p[0] == 0x4c) && (p[2] & 0xc7) == 0x05;
	bool indexed = (p[2] & 0xc7) == 0xc5 && ((p[0] == 0xff && p[1] == 0x24) || (p[0] == 0x8b && (p[1] & 0xc7) == 0x04)) && search->in.fixed;
	struct sb_rd rd = sb_rd_of(code, false);

	if (!relative && !indexed)
		return false;
	sb_rd_seek(&rd, at + 3);
	uint64_t distance = (uint64_t)(int64_t)(int32_t)(uint32_t)sb_rd_uint(&rd, 4), place = relative ? address + at + INSTRUCTION + distance : distance;
	*out = (struct sb_jumps){.address = place, .base = relative ? place : 0, .width = relative ? 4 : 8};
	return true;
}

/* The next place at or behind @at that may lead to a table: relative ones, which alone are looked for in what moves, have 8D as their second byte. */
static size_t next_place(const struct sb_jump_search *search, struct sb_span code, size_t at)
{
	if (search->in.fixed || at + 1 >= code.n)
		return at;
	const uint8_t *lea = memchr(code.p + at + 1, 0x8d, code.n - at - 1);
	return lea ? (size_t)(lea - code.p) - 1 : code.n;
}

void sb_jumps_look(struct sb_jump_search *search, struct sb_span code, uint64_t address)
{
	if (code.n > MOST_CODE - search->looked)
		return;
	search->looked += code.n;
	for (size_t at = 0; (at = next_place(search, code, at)) + INSTRUCTION <= code.n && search->found.count < MOST_TABLES; at++) {
		struct sb_jumps found;
		uint64_t start;
		if (!leads_to_table(search, code, address, at, &found) || found.address % found.width)
			continue;
		struct sb_span data = search->in.data(search->in.image, found.address, &start);
		struct sb_jumps *slot = data.n && leads(search, &found, data, start, found.address) ? sb_vec_push(&search->found) : NULL;
		if (slot)
			*slot = found;
	}
}

static int by_address(const void *a, const void *b)
{
	const struct sb_jumps *x = a, *y = b;
	return x->address != y->address ? (x->address < y->address ? -1 : 1) : (x->width > y->width) - (x->width < y->width);
}

/* A table ends where another begins, where its section ends, or where an entry leads nowhere. */
static void measure(struct sb_jump_search *search, struct sb_jumps *table, uint64_t next)
{
	uint64_t start;
	struct sb_span data = search->in.data(search->in.image, table->address, &start);

	while (table->address + table->length + table->width <= next && search->entries < MOST_ENTRIES && leads(search, table, data, start, table->address + table->length)) {
		table->length += table->width;
		search->entries++;
	}
}

struct sb_jumps *sb_jumps_measured(struct sb_jump_search *search, struct sb_arena *arena, size_t *count)
{
	struct sb_vec *found = &search->found;
	struct sb_jumps *tables = found->count ? sb_arena_array(arena, found->count, sizeof *tables) : NULL;

	*count = 0;
	if (!tables)
		return NULL;
	qsort(found->items, found->count, found->size, by_address);
	for (size_t i = 0; i < found->count; i++) {
		struct sb_jumps *table = sb_vec_at(found, i);
		const struct sb_jumps *next = i + 1 < found->count ? sb_vec_at(found, i + 1) : NULL;
		if (next && next->address == table->address)
			continue;
		measure(search, table, next ? next->address : UINT64_MAX);
		if (table->length)
			tables[(*count)++] = *table;
	}
	return tables;
}

size_t sb_jumps_from(const struct sb_jumps *tables, size_t count, uint64_t at)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (tables[middle].address + tables[middle].length <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
