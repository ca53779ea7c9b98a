/* SPDX-License-Identifier: Apache-2.0 */
/* Symbols, and the sorted index that names a place: for people only, never for a verdict. */
#include "verifier/formats/elf/elf.h"

#include <stdlib.h>
#include <string.h>

/** Symbols that begin before a place and still cover it are looked for this far back: nested ones are few. */
enum { LOOK_BACK = 64 };
/** Files with more symbols than that, or with tables that overlap, are not indexed: their places have no names. */
enum { MOST_SYMBOLS = 4 << 20 };

size_t sb_elf_symbol_size(const struct sb_elf *elf)
{
	return elf->is64 ? 24 : 16;
}

bool sb_elf_symbol_read(const struct sb_elf *elf, const struct sb_elf_section *table, size_t i, struct sb_elf_symbol *out)
{
	struct sb_rd rd = sb_rd_of(table->bytes, elf->be);
	uint32_t name;

	sb_rd_seek(&rd, i * sb_elf_symbol_size(elf));
	name = (uint32_t)sb_rd_uint(&rd, 4);
	if (!elf->is64) {
		out->value = sb_rd_uint(&rd, 4);
		out->size = sb_rd_uint(&rd, 4);
	}
	out->info = (uint8_t)sb_rd_uint(&rd, 1);
	out->other = (uint8_t)sb_rd_uint(&rd, 1);
	out->section = (uint32_t)sb_rd_uint(&rd, 2);
	if (elf->is64) {
		out->value = sb_rd_uint(&rd, 8);
		out->size = sb_rd_uint(&rd, 8);
	}
	struct sb_span strings = table->link < elf->section_count ? elf->sections[table->link].bytes : (struct sb_span){0};
	bool named = name < strings.n && memchr(strings.p + name, 0, strings.n - name);
	out->name = named ? (const char *)strings.p + name : "";
	return !rd.bad;
}

/* STT_SECTION and STT_FILE cover nothing; what is undefined here lies elsewhere. */
static bool is_indexed(const struct sb_elf_symbol *symbol)
{
	unsigned type = symbol->info & 15;
	return (type <= SB_STT_FUNC || type == SB_STT_GNU_IFUNC) && symbol->section && symbol->size && symbol->name[0];
}

/* Only objects count addresses from the start of a section. */
static bool place_symbol(const struct sb_elf *elf, struct sb_elf_symbol *symbol)
{
	if (elf->type != SB_ET_REL)
		return true;
	if (symbol->section >= elf->section_count)
		return false;
	symbol->value += elf->sections[symbol->section].addr;
	return true;
}

static int by_address(const void *a, const void *b)
{
	const struct sb_elf_symbol *x = a, *y = b;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void index_symbols(struct sb_elf *elf, struct sb_arena *arena)
{
	size_t most = 0;

	for (size_t s = 1; s < elf->section_count; s++)
		if (elf->sections[s].type == SB_SHT_SYMTAB || elf->sections[s].type == SB_SHT_DYNSYM)
			most += elf->sections[s].bytes.n / sb_elf_symbol_size(elf);
	if (most > MOST_SYMBOLS)
		return;
	elf->index.symbols = most ? sb_arena_array(arena, most, sizeof *elf->index.symbols) : NULL;
	for (size_t s = 1; elf->index.symbols && s < elf->section_count; s++) {
		const struct sb_elf_section *table = &elf->sections[s];
		if (table->type != SB_SHT_SYMTAB && table->type != SB_SHT_DYNSYM)
			continue;
		for (size_t i = 1; i < table->bytes.n / sb_elf_symbol_size(elf); i++) {
			struct sb_elf_symbol *slot = &elf->index.symbols[elf->index.symbol_count];
			if (elf->index.symbol_count < most && sb_elf_symbol_read(elf, table, i, slot) && is_indexed(slot) && place_symbol(elf, slot))
				elf->index.symbol_count++;
		}
	}
	if (elf->index.symbol_count)
		qsort(elf->index.symbols, elf->index.symbol_count, sizeof *elf->index.symbols, by_address);
}

static int by_start(const void *a, const void *b)
{
	const struct sb_elf_frame *x = a, *y = b;
	return x->start != y->start ? (x->start < y->start ? -1 : 1) : (x->field > y->field) - (x->field < y->field);
}

static void index_frames(struct sb_elf *elf, struct sb_arena *arena)
{
	SB_VEC struct sb_vec frames = {.size = sizeof(struct sb_elf_frame)};

	sb_elf_frames_read(elf, &frames);
	elf->index.frames = frames.count ? sb_arena_array(arena, frames.count, sizeof *elf->index.frames) : NULL;
	if (!elf->index.frames)
		return;
	memcpy(elf->index.frames, frames.items, frames.count * sizeof *elf->index.frames);
	elf->index.frame_count = frames.count;
	qsort(elf->index.frames, frames.count, sizeof *elf->index.frames, by_start);
}

void sb_elf_index_build(struct sb_elf *elf, struct sb_arena *arena)
{
	if (elf->index.built)
		return;
	elf->index.built = true;
	index_symbols(elf, arena);
	index_frames(elf, arena);
}

/* How many symbols begin at or before @at. */
static size_t symbols_until(const struct sb_elf_index *index, uint64_t at)
{
	size_t low = 0, high = index->symbol_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (index->symbols[middle].value <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct sb_elf_symbol *sb_elf_symbol_covering(const struct sb_elf *elf, uint64_t at)
{
	size_t end = symbols_until(&elf->index, at);
	const struct sb_elf_symbol *best = NULL;

	for (size_t i = end; i-- > 0 && end - i <= LOOK_BACK;) {
		const struct sb_elf_symbol *symbol = &elf->index.symbols[i];
		if (at - symbol->value < symbol->size && (!best || symbol->size < best->size))
			best = symbol;
	}
	return best;
}

/* How many frames begin at or before @at. */
static size_t frames_until(const struct sb_elf_index *index, uint64_t at)
{
	size_t low = 0, high = index->frame_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (index->frames[middle].start <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct sb_elf_frame *sb_elf_frame_covering(const struct sb_elf *elf, uint64_t at)
{
	size_t until = frames_until(&elf->index, at);
	const struct sb_elf_frame *last = until ? &elf->index.frames[until - 1] : NULL;

	return last && at - last->start < last->length ? last : NULL;
}

uint64_t sb_elf_last_end(const struct sb_elf *elf, uint64_t at)
{
	size_t symbol = symbols_until(&elf->index, at), frame = frames_until(&elf->index, at);
	uint64_t last = 0;

	if (symbol)
		last = elf->index.symbols[symbol - 1].value + elf->index.symbols[symbol - 1].size;
	if (frame && elf->index.frames[frame - 1].start + elf->index.frames[frame - 1].length > last)
		last = elf->index.frames[frame - 1].start + elf->index.frames[frame - 1].length;
	return last;
}

uint64_t sb_elf_next_start(const struct sb_elf *elf, uint64_t at)
{
	size_t symbol = symbols_until(&elf->index, at), frame = frames_until(&elf->index, at);
	uint64_t next = UINT64_MAX;

	if (symbol < elf->index.symbol_count)
		next = elf->index.symbols[symbol].value;
	if (frame < elf->index.frame_count && elf->index.frames[frame].start < next)
		next = elf->index.frames[frame].start;
	return next;
}
