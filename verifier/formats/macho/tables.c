/* SPDX-License-Identifier: Apache-2.0 */
/* Which table is read how, and what was read of it. */
#include "verifier/formats/macho/tables.h"

#include "verifier/formats/leb.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/** Rows and references of one table and of all, and bytes of what rows say. */
enum { MOST_TOLD = 1 << 20, MOST_TOLD_OF_ALL = 4 << 20, MOST_TEXT = 16 << 20 };

static bool has_name(const struct sb_macho_section *section, const char *name)
{
	return strcmp(section->name, name) == 0;
}

static sb_macho_read_table *section_reader(const struct sb_macho *macho, const struct sb_region *region)
{
	const struct sb_macho_section *section = sb_macho_section_of(macho, region);

	if (!section || sb_macho_is_code(section))
		return NULL;
	if (has_name(section, "__TEXT,__unwind_info"))
		return sb_macho_read_unwind;
	if (has_name(section, "__LD,__compact_unwind"))
		return sb_macho_read_compact_unwind;
	return has_name(section, "__TEXT,__eh_frame") ? sb_macho_read_frames : sb_macho_read_pointers;
}

static sb_macho_read_table *reader_of(const struct sb_macho *macho, const struct sb_region *region)
{
	switch (region->tag) {
	case SB_MACHO_TAG_SYMBOLS:
		return sb_macho_read_symbols;
	case SB_MACHO_TAG_INDIRECT:
		return sb_macho_read_indirect;
	case SB_MACHO_TAG_REBASE:
		return sb_macho_read_rebase;
	case SB_MACHO_TAG_BIND:
	case SB_MACHO_TAG_WEAK_BIND:
	case SB_MACHO_TAG_LAZY_BIND:
		return sb_macho_read_bind;
	case SB_MACHO_TAG_EXPORTS:
		return sb_macho_read_exports;
	case SB_MACHO_TAG_STARTS:
		return sb_macho_read_starts;
	case SB_MACHO_TAG_DATA_IN_CODE:
		return sb_macho_read_data_in_code;
	case SB_MACHO_TAG_FIXUPS:
		return sb_macho_read_fixups;
	case SB_MACHO_TAG_HINTS:
		return sb_macho_read_hints;
	}
	return region->tag >= SB_MACHO_TAG_RELOCATIONS ? sb_macho_read_relocations : section_reader(macho, region);
}

/* ---- for readers ---- */

/* One more; NULL without memory, or when it is one too many. */
static void *one_more(struct sb_macho_telling *telling, struct sb_vec *list)
{
	if (telling->macho->told >= MOST_TOLD_OF_ALL || list->count >= MOST_TOLD)
		return NULL;
	void *slot = sb_vec_push(list);
	telling->macho->told++;
	telling->no_memory |= !slot;
	return slot;
}

bool sb_macho_tell_row(struct sb_macho_telling *telling, uint64_t at, uint64_t length, struct sb_span says)
{
	struct sb_row *slot = one_more(telling, &telling->rows);

	if (slot)
		*slot = (struct sb_row){.offset = telling->region->offset + at, .length = length, .says = says};
	return slot;
}

bool sb_macho_tell(struct sb_macho_telling *telling, struct sb_reference reference)
{
	struct sb_reference *slot = one_more(telling, &telling->references);

	if (slot)
		*slot = reference;
	return slot;
}

struct sb_span sb_macho_says(struct sb_macho_telling *telling, struct sb_span foreign, const char *fmt, ...)
{
	char head[192];
	va_list args;

	va_start(args, fmt);
	int n = vsnprintf(head, sizeof head, fmt, args);
	va_end(args);
	size_t used = n > 0 && (size_t)n < sizeof head ? (size_t)n + 1 : sizeof head, whole = used + foreign.n;
	uint8_t *copy = whole <= MOST_TEXT && telling->macho->text < MOST_TEXT ? sb_arena_alloc(telling->view->arena, whole) : NULL;
	if (!copy)
		return (struct sb_span){0};
	telling->macho->text += whole;
	memcpy(copy, head, used);
	if (foreign.n)
		memcpy(copy + used, foreign.p, foreign.n);
	return sb_span_of(copy, whole);
}

uint64_t sb_macho_leb(struct sb_rd *rd)
{
	size_t from = rd->at;
	uint64_t value = sb_leb(rd);

	rd->bad |= !rd->bad && rd->at - from > 1 && rd->in.p[rd->at - 1] == 0;
	return value;
}

bool sb_macho_tell_fill(struct sb_macho_telling *telling, uint64_t at)
{
	struct sb_span rest;

	if (at == telling->bytes.n)
		return true;
	if (!sb_span_cut(telling->bytes, at, telling->bytes.n - at, &rest) || !sb_span_all_zero(rest))
		return false;
	return sb_macho_tell_row(telling, at, rest.n, sb_span_text("zeros"));
}

bool sb_macho_tell_rows(struct sb_macho_telling *telling, uint64_t each)
{
	for (uint64_t at = 0; each && at + each <= telling->bytes.n; at += each)
		if (!sb_macho_tell_row(telling, at, each, (struct sb_span){0}))
			return false;
	return true;
}

/* ---- what was read ---- */

static int by_offset(const void *a, const void *b)
{
	const struct sb_reference *x = a, *y = b;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

static bool is_sorted(const struct sb_vec *references)
{
	for (size_t i = 1; i < references->count; i++)
		if (by_offset(sb_vec_at(references, i - 1), sb_vec_at(references, i)) > 0)
			return false;
	return true;
}

static const struct sb_macho_table *read_table(const struct sb_view *view, const struct sb_region *region)
{
	struct sb_macho_telling telling = {.view = view, .macho = view->own, .region = region, .rows = {.size = sizeof(struct sb_row)},
					   .references = {.size = sizeof(struct sb_reference)}};
	sb_macho_read_table *reader = reader_of(view->own, region);
	struct sb_macho_table *table = sb_arena_alloc(view->arena, sizeof *table);

	if (table && reader && sb_span_cut(view->file, region->offset, region->length, &telling.bytes) && !reader(&telling))
		telling.rows.count = telling.references.count = 0;
	if (!is_sorted(&telling.references))
		qsort(telling.references.items, telling.references.count, telling.references.size, by_offset);
	const void *rows = sb_list_keep(view->arena, &telling.rows), *references = sb_list_keep(view->arena, &telling.references);
	bool fine = table && rows && references && !telling.no_memory;
	if (fine)
		*table = (struct sb_macho_table){rows, telling.rows.count, references, telling.references.count};
	sb_vec_release(&telling.rows);
	sb_vec_release(&telling.references);
	return fine ? table : NULL;
}

/* Regions tile the file: the one that begins at @offset, as an index; the count of regions when none does. */
static size_t index_of(const struct sb_view *view, uint64_t offset)
{
	size_t low = 0, high = view->regions.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (sb_view_region(view, middle)->offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low < view->regions.count && sb_view_region(view, low)->offset == offset ? low : view->regions.count;
}

const struct sb_macho_table *sb_macho_table_of(const struct sb_view *view, const struct sb_region *region)
{
	static const struct sb_macho_table nothing = {0};
	struct sb_macho *macho = view->own;
	size_t i = index_of(view, region->offset);

	if (i == view->regions.count || sb_view_region(view, i)->tag != region->tag || !reader_of(macho, region))
		return &nothing;
	if (!macho->tables) {
		macho->tables = sb_arena_array(view->arena, view->regions.count, sizeof(const struct sb_macho_table *));
		if (!macho->tables)
			return NULL;
		memset(macho->tables, 0, view->regions.count * sizeof(const struct sb_macho_table *));
	}
	if (!macho->tables[i])
		macho->tables[i] = read_table(view, sb_view_region(view, i));
	return macho->tables[i];
}

/* What the first address in a row leads to. */
static const char *lead_of(const struct sb_view *view, const struct sb_macho_table *table, const struct sb_row *row, struct sb_arena *arena)
{
	size_t low = 0, high = table->reference_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (table->references[middle].offset < row->offset)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < table->reference_count && table->references[low].offset < row->offset + row->length; low++)
		if (table->references[low].kind == SB_REFERENCE_ADDRESS)
			return sb_macho_name_address(view->own, table->references[low].target, arena);
	return "";
}

const char *sb_macho_row_name(const struct sb_view *view, const struct sb_region *region, uint64_t offset, struct sb_arena *arena)
{
	enum { LONGEST_SHOWN = 120 };
	const struct sb_macho_table *table = sb_macho_table_of(view, region);
	const struct sb_row *row = table ? sb_row_at(table->rows, table->row_count, offset) : NULL;

	if (!row)
		return NULL;
	const char *lead = lead_of(view, table, row, arena);
	if (!row->says.p)
		return lead && *lead ? lead : NULL;
	const uint8_t *end = memchr(row->says.p, 0, row->says.n);
	size_t head = end ? (size_t)(end - row->says.p) : row->says.n, left = end ? row->says.n - head - 1 : 0;
	struct sb_span foreign = end ? sb_span_of(end + 1, left) : (struct sb_span){0};
	foreign.n = foreign.n ? strnlen((const char *)foreign.p, foreign.n < LONGEST_SHOWN ? foreign.n : LONGEST_SHOWN) : 0;
	const char *name = sb_escape_copy(arena, foreign);
	return name && lead ? sb_arena_printf(arena, "%.*s%s%s%s%s", (int)head, (const char *)row->says.p, *name ? " " : "", name, *lead ? " at " : "", lead) : NULL;
}
