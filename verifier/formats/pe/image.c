/* SPDX-License-Identifier: Apache-2.0 */
/* What a loader does with an image: how bad a place is, how it reads, what protects it. */
#include "verifier/formats/pe/pe.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static bool is_zero(const struct sb_view *view, const struct sb_place *place)
{
	struct sb_span bytes;
	return sb_span_cut(view->file, place->offset, place->length, &bytes) && sb_span_all_zero(bytes);
}

static enum sb_severity severity(struct sb_view *view, const struct sb_place *place)
{
	const struct sb_pe *pe = view->own;
	const struct sb_pe_section *section = sb_pe_section_of(pe, place->region);

	if (section)
		return sb_pe_is_code(section) || sb_pe_is_followed(view, place->offset, place->length) ? SB_SEVERITY_CRITICAL : SB_SEVERITY_MAJOR;
	if (place->region->kind == SB_REGION_GAP || place->region->kind == SB_REGION_OVERLAY || place->region->kind == SB_REGION_PADDING)
		return is_zero(view, place) ? SB_SEVERITY_MINOR : SB_SEVERITY_CRITICAL;
	if (place->region->kind == SB_REGION_SIGNATURE)
		return SB_SEVERITY_MAJOR;
	if (strcmp(place->region->name, "DOS stub") == 0 || strcmp(place->region->name, "Rich header") == 0)
		return SB_SEVERITY_MAJOR;
	return place->region->loaded ? SB_SEVERITY_CRITICAL : SB_SEVERITY_MINOR;
}

bool sb_pe_acted_on(struct sb_view *view, const struct sb_place *place)
{
	return severity(view, place) == SB_SEVERITY_CRITICAL;
}

static const char *show(struct sb_view *view, const struct sb_place *place, struct sb_arena *arena)
{
	struct sb_pe *pe = view->own;
	const struct sb_pe_section *section = sb_pe_section_of(pe, place->region);
	struct sb_code code;

	if (!section || !sb_pe_is_code(section) || !sb_pe_code_at(view, section, place->offset, &code) || !sb_decoded_spend(&pe->decoded, code.bytes.n))
		return NULL;
	return sb_code_show(&code, place->offset - code.offset, place->length, arena);
}

static int push(struct sb_vec *out, struct sb_anchor anchor, struct sb_err *err)
{
	struct sb_anchor *slot = sb_vec_push(out);
	if (slot)
		*slot = anchor;
	return slot ? 0 : sb_no_memory(err);
}

static int anchors(struct sb_view *view, struct sb_vec *out, struct sb_err *err)
{
	struct sb_pe *pe = view->own;
	int rc = 0;

	for (size_t i = 0; !rc && i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		const struct sb_pe_section *section = sb_pe_section_of(pe, region);
		if (section && region->offset == section->offset)
			rc = push(out, (struct sb_anchor){SB_ANCHOR_SECTION, section->name, pe->image_base + section->address, region->length, section->offset, region}, err);
	}
	for (size_t i = 0; !rc && i < pe->section_count; i++) {
		const struct sb_pe_section *section = &pe->sections[i];
		if (section->size == 0 && section->virtual_size)
			rc = push(out, (struct sb_anchor){SB_ANCHOR_SECTION, section->name, pe->image_base + section->address, section->virtual_size, UINT64_MAX, NULL}, err);
	}
	sb_pe_index_build(pe, view->arena);
	sb_pe_jumps_index(pe, view->arena);
	for (size_t i = 0; !rc && i < pe->index.count; i++)
		rc = push(out, pe->index.items[i], err);
	for (size_t i = 0; !rc && i < pe->jumps_count; i++) {
		const struct sb_jumps *table = &pe->jumps[i];
		struct sb_anchor anchor = {SB_ANCHOR_OBJECT, "", table->address, table->length, UINT64_MAX, NULL};
		if (sb_pe_offset(pe, table->address - pe->image_base, table->length, &anchor.offset))
			rc = push(out, anchor, err);
	}
	return rc;
}

/* DllCharacteristics, winnt.h. */
static const struct {
	unsigned bit;
	const char *name;
	bool protects; /* when it is set */
} flags[] = {
	{0x0020, "high entropy ASLR", true}, {0x0040, "ASLR", true}, {0x0080, "forced integrity", true}, {0x0100, "nx", true}, {0x0400, "no structured exceptions", true},
	{0x1000, "AppContainer", true},      {0x4000, "control flow guard", true},
};

static int facts(struct sb_view *view, struct sb_vec *out, struct sb_err *err)
{
	const struct sb_pe *pe = view->own;
	size_t writable = 0;

	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		bool set = pe->dll_characteristics & flags[i].bit;
		struct sb_fact *slot = sb_vec_push(out);
		if (!slot)
			return sb_no_memory(err);
		*slot = (struct sb_fact){.name = flags[i].name, .value = set ? "yes" : "no", .strength = set == flags[i].protects};
	}
	for (size_t i = 0; i < pe->section_count; i++)
		writable += (pe->sections[i].characteristics & SB_PE_EXECUTE) && (pe->sections[i].characteristics & SB_PE_WRITE);
	struct sb_fact *slot = sb_vec_push(out);
	if (!slot)
		return sb_no_memory(err);
	*slot = (struct sb_fact){.name = "w^x", .value = writable ? "a section is writable and executable" : "yes", .strength = writable == 0};
	return 0;
}

const struct sb_image_format sb_pe_image = {
	.severity = severity,
	.show = show,
	.anchors = anchors,
	.references = sb_pe_references,
	.rows = sb_pe_rows,
	.facts = facts,
};
