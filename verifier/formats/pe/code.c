/* SPDX-License-Identifier: Apache-2.0 */
/* Machine code of one function, and how the addresses in it read. */
#include "verifier/formats/pe/pe.h"

#include <inttypes.h>

enum { LARGEST_FUNCTION = 1 << 20 /* bytes; what is longer is not decoded */ };

/* How long an object is nobody says: its name stands for its first byte alone. */
static bool is_named(const struct sb_anchor *anchor, uint64_t address)
{
	return anchor && anchor->name[0] && (anchor->kind == SB_ANCHOR_FUNCTION || anchor->address == address);
}

static const char *name_address(void *image, uint64_t address, struct sb_arena *arena)
{
	const struct sb_anchor *anchor = sb_anchor_index_at(&((const struct sb_pe *)image)->index, address);
	const char *name = is_named(anchor, address) ? sb_escape_copy(arena, sb_span_text(anchor->name)) : NULL;

	if (!name)
		return sb_arena_printf(arena, "0x%" PRIx64, address);
	uint64_t inside = address - anchor->address;
	return inside ? sb_arena_printf(arena, "0x%" PRIx64 " (%s+0x%" PRIx64 ")", address, name, inside) : sb_arena_printf(arena, "0x%" PRIx64 " (%s)", address, name);
}

bool sb_pe_code_at(struct sb_view *view, const struct sb_pe_section *section, uint64_t offset, struct sb_code *out)
{
	struct sb_pe *pe = view->own;
	struct sb_span bytes;

	sb_pe_index_build(pe, view->arena);
	const struct sb_anchor *function = sb_anchor_index_at(&pe->index, pe->image_base + section->address + (offset - section->offset));
	if (!function || function->kind != SB_ANCHOR_FUNCTION || function->length > LARGEST_FUNCTION ||
	    !sb_span_cut(pe->file, function->offset, function->length, &bytes))
		return false;
	*out = (struct sb_code){.machine = sb_pe_machine(pe), .bytes = bytes, .address = function->address, .offset = function->offset, .image = pe, .name = name_address};
	return true;
}
