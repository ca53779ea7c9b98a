/* SPDX-License-Identifier: Apache-2.0 */
/* What lies where at run time: sections, functions, objects. */
#include "verifier/formats/elf/elf.h"

#include <stdlib.h>

static int add(struct sb_vec *out, struct sb_anchor anchor, struct sb_err *err)
{
	struct sb_anchor *slot = sb_vec_push(out);
	if (!slot)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*slot = anchor;
	return 0;
}

/* The region of each section that no overlap cut, by index. */
static const struct sb_region **regions_of(struct sb_view *view)
{
	const struct sb_elf *elf = view->own;
	const struct sb_region **of = sb_arena_array(view->arena, elf->section_count, sizeof *of);

	for (size_t i = 0; of && i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		if (region->tag < elf->section_count && region->length == elf->sections[region->tag].size)
			of[region->tag] = region;
	}
	return of;
}

static int add_sections(struct sb_view *view, struct sb_vec *out, struct sb_err *err)
{
	const struct sb_elf *elf = view->own;
	const struct sb_region **of = regions_of(view);
	int rc = of ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");

	for (size_t i = 1; !rc && i < elf->section_count; i++) {
		const struct sb_elf_section *s = &elf->sections[i];
		struct sb_anchor anchor = {.kind = SB_ANCHOR_SECTION, .name = s->name, .address = s->addr, .length = s->size,
		                           .offset = of[i] ? s->offset : UINT64_MAX, .region = of[i]};
		if ((s->flags & SB_SHF_ALLOC) && s->size)
			rc = add(out, anchor, err);
	}
	return rc;
}

static uint64_t offset_of(const struct sb_elf *elf, uint64_t address)
{
	const struct sb_elf_section *section = sb_elf_object_section(elf, address);
	struct sb_span mapped = sb_elf_mapped(elf, address, 1);

	if (section)
		return address - section->addr < section->bytes.n ? section->offset + (address - section->addr) : UINT64_MAX;
	return mapped.n ? (uint64_t)(mapped.p - elf->file.p) : UINT64_MAX;
}

/* Functions of a stripped file have their frames only. */
static int add_frames(const struct sb_elf *elf, struct sb_vec *out, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < elf->index.frame_count; i++) {
		const struct sb_elf_frame *frame = &elf->index.frames[i];
		rc = add(out, (struct sb_anchor){.kind = SB_ANCHOR_FUNCTION, .name = "", .address = frame->start, .length = frame->length,
		                                 .offset = offset_of(elf, frame->start)}, err);
	}
	return rc;
}

/* The description of a frame is called like the function: in an object it moves by itself. */
static int add_descriptions(const struct sb_elf *elf, struct sb_vec *out, struct sb_err *err)
{
	const struct sb_elf_section *frames = sb_elf_section_named(elf, ".eh_frame");
	int rc = 0;

	for (size_t i = 0; frames && !rc && i < elf->index.frame_count; i++) {
		const struct sb_elf_frame *frame = &elf->index.frames[i];
		const struct sb_elf_symbol *symbol = sb_elf_symbol_covering(elf, frame->start);
		uint64_t offset = frame->field - 8;
		if (symbol && symbol->value == frame->start)
			rc = add(out, (struct sb_anchor){.kind = SB_ANCHOR_OBJECT, .name = symbol->name, .address = frames->addr + (offset - frames->offset), .length = 8,
			                                 .offset = offset}, err);
	}
	return rc;
}

static int by_address(const void *a, const void *b)
{
	const struct sb_anchor *x = a, *y = b;
	return x->address != y->address ? (x->address < y->address ? -1 : 1) : (x->length < y->length) - (x->length > y->length);
}

/* A table of jumps has no name: it is known by its length among others. */
static int add_jumps(const struct sb_elf *elf, struct sb_vec *out, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < elf->index.jumps_count; i++) {
		const struct sb_jumps *table = &elf->index.jumps[i];
		rc = add(out, (struct sb_anchor){.kind = SB_ANCHOR_OBJECT, .name = "", .address = table->address, .length = table->length,
		                                 .offset = offset_of(elf, table->address)}, err);
	}
	return rc;
}

int sb_elf_anchors(struct sb_view *view, struct sb_vec *out, struct sb_err *err)
{
	struct sb_elf *elf = view->own;
	int rc = 0;

	sb_elf_index_build(elf, view->arena);
	sb_elf_jumps_index(elf, view->arena);
	rc = add_sections(view, out, err);
	size_t sections = out->count;
	for (size_t i = 0; !rc && i < elf->index.symbol_count; i++) {
		const struct sb_elf_symbol *symbol = &elf->index.symbols[i];
		if (sb_elf_object_is_numbered(elf, symbol))
			continue;
		enum sb_anchor_kind kind = (symbol->info & 15) == SB_STT_OBJECT ? SB_ANCHOR_OBJECT : SB_ANCHOR_FUNCTION;
		rc = add(out, (struct sb_anchor){.kind = kind, .name = symbol->name, .address = symbol->value, .length = symbol->size,
		                                 .offset = offset_of(elf, symbol->value)}, err);
	}
	if (!rc && elf->type == SB_ET_REL)
		rc = add_descriptions(elf, out, err);
	if (!rc && out->count > sections)
		qsort((struct sb_anchor *)out->items + sections, out->count - sections, out->size, by_address);
	if (!rc)
		rc = add_frames(elf, out, err);
	return rc ? rc : add_jumps(elf, out, err);
}
