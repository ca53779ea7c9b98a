/* SPDX-License-Identifier: Apache-2.0 */
/* What a place is called: a function, a symbol, a row of the table of exceptions, or the directory that leads there. */
#include "verifier/formats/pe/pe.h"

#include <limits.h>
#include <string.h>

/* A symbol is called by its name. */
static const char *locate_symbol(const struct sb_view *view, uint64_t offset, struct sb_arena *arena)
{
	const struct sb_pe *pe = view->own;
	const struct sb_row *row = offset >= pe->symbols && offset < pe->symbols + pe->symbol_count * SB_PE_SYMBOL ? sb_pe_row_at(view, offset) : NULL;
	struct sb_span record, name = {0};

	if (row && sb_span_cut(pe->file, row->offset, SB_PE_SYMBOL, &record))
		name = sb_pe_symbol_name(pe, record);
	return name.n ? sb_arena_copy(arena, name) : NULL;
}

/* A row of the table of exceptions is called by its function. */
static const char *locate_unwound(const struct sb_view *view, uint64_t offset, struct sb_arena *arena)
{
	const struct sb_pe *pe = view->own;
	const struct sb_row *row = sb_pe_row_at(view, offset);
	const struct sb_anchor *function = row ? sb_anchor_index_at(&pe->index, pe->image_base + sb_pe_uint(pe, row->offset, 4)) : NULL;

	return function && function->name[0] ? sb_arena_printf(arena, "frame of %s", function->name) : NULL;
}

const char *sb_pe_locate(const struct sb_view *view, const struct sb_region *region, uint64_t offset, struct sb_arena *arena)
{
	struct sb_pe *pe = view->own;
	const struct sb_pe_section *section = sb_pe_section_of(pe, region);

	if (!section)
		return locate_symbol(view, offset, arena);
	sb_pe_index_build(pe, view->arena);
	const struct sb_anchor *anchor = sb_anchor_index_at(&pe->index, pe->image_base + section->address + (offset - section->offset));
	if (anchor && anchor->name[0] && anchor->kind == SB_ANCHOR_FUNCTION)
		return sb_arena_copy(arena, sb_span_text(anchor->name));
	if (strncmp(section->name, ".debug", 6) == 0)
		return sb_arena_copy(arena, sb_span_text("debug information"));
	unsigned directory = sb_pe_directory_at(pe, offset);
	const char *frame = directory == SB_PE_EXCEPTION ? locate_unwound(view, offset, arena) : NULL;
	if (frame)
		return frame;
	return directory == UINT_MAX ? NULL : sb_arena_printf(arena, "%s directory", sb_pe_directory_name(directory));
}
