/* SPDX-License-Identifier: Apache-2.0 */
/* Every byte of the file gets one owner. */
#include "verifier/formats/elf/elf.h"

#include <stdlib.h>
#include <string.h>

/** Something that claims a range; ranges may overlap and lie outside until the sweep has passed. */
struct owner {
	uint64_t offset, end;
	enum sb_region_kind kind;
	uint32_t tag;
	const char *name;
	bool loaded;
};

static int by_offset(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return (x->tag > y->tag) - (x->tag < y->tag);
}

static int notice(struct sb_view *view, uint64_t offset, struct sb_err *err, const char *what, const char *name)
{
	char *shown = sb_escape_copy(view->arena, sb_span_text(name));
	char *text = shown ? sb_arena_printf(view->arena, "%s: %s", what, shown) : NULL;
	if (!text)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	return sb_emit_notice(view, &(struct sb_notice){.text = text, .offset = offset}, err);
}

/* Clip an owner to the file; a notice tells of what lies outside. */
static int add(struct sb_view *view, struct sb_vec *owners, struct owner owner, struct sb_err *err)
{
	uint64_t size = view->file.n;
	int rc = 0;

	if (owner.end == owner.offset)
		return 0;
	if (owner.end > size || owner.end < owner.offset) {
		rc = notice(view, owner.offset, err, "lies outside the file", owner.name);
		owner.end = size;
	}
	if (rc || owner.offset >= size)
		return rc;
	struct owner *slot = sb_vec_push(owners);
	if (!slot)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*slot = owner;
	return 0;
}

static uint64_t end_of(uint64_t offset, uint64_t size)
{
	uint64_t end;
	return sb_add(offset, size, &end) ? end : UINT64_MAX;
}

/* A section is loaded when a segment maps it, whatever its own flags say: the kernel reads program headers only, and maps whole pages. A linker reads the flags. */
static bool is_mapped(const struct sb_elf *elf, uint64_t from, uint64_t end)
{
	return sb_elf_in_segment(elf, from, end, 0) || sb_elf_in_mapped_page(elf, from, end, true) || sb_elf_stays_in_memory(elf, from, end);
}

static int add_tables(struct sb_view *view, const struct sb_elf *elf, struct sb_vec *owners, struct sb_err *err)
{
	uint64_t segments = elf->segment_count * elf->phentsize, sections = elf->section_count * elf->shentsize;
	struct owner header = {0, elf->ehsize, SB_REGION_HEADER, SB_ELF_TAG_HEADER, "ELF header", true};
	struct owner phdrs = {elf->phoff, end_of(elf->phoff, segments), SB_REGION_TABLE, SB_ELF_TAG_SEGMENTS, "program headers", true};
	struct owner shdrs = {elf->shoff, end_of(elf->shoff, sections), SB_REGION_TABLE, SB_ELF_TAG_SECTIONS, "section headers", false};

	shdrs.loaded = is_mapped(elf, shdrs.offset, shdrs.end);
	int rc = add(view, owners, header, err);
	if (!rc)
		rc = add(view, owners, phdrs, err);
	if (!rc)
		rc = add(view, owners, shdrs, err);
	struct owner signature = {elf->signature, view->file.n, SB_REGION_SIGNATURE, SB_ELF_TAG_SIGNATURE, "module signature", false};
	return rc ? rc : add(view, owners, signature, err);
}

static int add_sections(struct sb_view *view, const struct sb_elf *elf, struct sb_vec *owners, struct sb_err *err)
{
	int rc = 0;
	for (size_t i = 1; !rc && i < elf->section_count; i++) {
		const struct sb_elf_section *s = &elf->sections[i];
		if (s->type != SB_SHT_NOBITS && s->size)
			rc = add(view, owners,
			         (struct owner){s->offset, end_of(s->offset, s->size), SB_REGION_SECTION, (uint32_t)i, s->name,
			                        (s->flags & SB_SHF_ALLOC) || is_mapped(elf, s->offset, end_of(s->offset, s->size))},
			         err);
	}
	return rc;
}

/* Without a section table the segments that have a meaning of their own stand out of the PT_LOAD ranges around them. */
static int add_segments(struct sb_view *view, const struct sb_elf *elf, struct sb_vec *owners, struct sb_err *err)
{
	int rc = 0;
	for (size_t i = 0; !rc && i < elf->segment_count; i++) {
		const struct sb_elf_segment *s = &elf->segments[i];
		const char *name = s->type == SB_PT_DYNAMIC  ? "PT_DYNAMIC"
		                   : s->type == SB_PT_INTERP ? "PT_INTERP"
		                   : s->type == SB_PT_NOTE   ? "PT_NOTE"
		                                             : NULL;
		if (name)
			rc = add(view, owners,
			         (struct owner){s->offset, end_of(s->offset, s->filesz), SB_REGION_SECTION, SB_ELF_TAG_SEGMENT, name, true}, err);
	}
	return rc;
}

static int emit(struct sb_view *view, const struct owner *owner, uint64_t from, struct sb_err *err)
{
	struct sb_region region = {
		.offset = from, .length = owner->end - from, .kind = owner->kind, .loaded = owner->loaded, .tag = owner->tag, .name = owner->name};
	return sb_emit_region(view, &region, err);
}

/* Bytes that no table mentions. */
static int emit_hole(struct sb_view *view, const struct sb_elf *elf, uint64_t from, uint64_t to, struct sb_err *err)
{
	bool loaded = sb_elf_in_mapped_page(elf, from, to, false), bare = elf->section_count == 0 && loaded;
	bool last = to == view->file.n && !bare;
	struct owner hole = {
		.end = to,
		.kind = bare ? SB_REGION_SECTION : last ? SB_REGION_OVERLAY : SB_REGION_GAP,
		.tag = SB_ELF_TAG_OTHER,
		.name = bare ? "segment" : last ? "overlay" : loaded ? "gap-loaded" : "gap",
		.loaded = loaded,
	};
	return from < to ? emit(view, &hole, from, err) : 0;
}

static int sweep(struct sb_view *view, const struct sb_elf *elf, const struct sb_vec *owners, struct sb_err *err)
{
	uint64_t at = 0;
	int rc = 0;

	for (size_t i = 0; !rc && i < owners->count; i++) {
		const struct owner *owner = sb_vec_at(owners, i);
		if (owner->offset < at)
			rc = notice(view, owner->offset, err, "overlaps with what stands before it", owner->name);
		if (!rc && owner->offset > at)
			rc = emit_hole(view, elf, at, owner->offset, err);
		if (owner->offset > at)
			at = owner->offset;
		if (!rc && owner->end > at) {
			rc = emit(view, owner, at, err);
			at = owner->end;
		}
	}
	return rc ? rc : emit_hole(view, elf, at, view->file.n, err);
}

int sb_elf_partition(struct sb_view *view, const struct sb_elf *elf, struct sb_err *err)
{
	SB_VEC struct sb_vec owners = {.size = sizeof(struct owner)};

	int rc = add_tables(view, elf, &owners, err);
	if (!rc)
		rc = elf->section_count ? add_sections(view, elf, &owners, err) : add_segments(view, elf, &owners, err);
	if (rc)
		return rc;
	qsort(owners.items, owners.count, owners.size, by_offset);
	return sweep(view, elf, &owners, err);
}
