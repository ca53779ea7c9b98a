/* SPDX-License-Identifier: Apache-2.0 */
/* Every byte of the tree, and of what lies behind it, gets its owner. */
#include "verifier/formats/fdt/fdt.h"

#include <string.h>

struct layout {
	struct sb_view *view;
	const struct sb_fdt *fdt;
	struct sb_tiles tiles;
};

static int add(struct layout *layout, struct sb_region region, uint64_t end, struct sb_err *err)
{
	region.length = end - region.offset;
	return sb_tiles_add(&layout->tiles, layout->view->file.n, &region, err);
}

/* The content of an image stands by itself between the head of its property and the fill behind it. */
static int add_data(struct layout *layout, const struct sb_fdt_property *property, struct sb_region head, struct sb_err *err)
{
	struct sb_region content = {.offset = sb_fdt_value_at(property), .kind = SB_REGION_CONTENT, .member = head.member, .name = "content"};
	struct sb_region fill = {.offset = content.offset + property->length, .kind = SB_REGION_PADDING, .member = head.member, .align = 4, .name = "padding"};

	int rc = add(layout, head, content.offset, err);
	if (!rc)
		rc = add(layout, content, fill.offset, err);
	return rc ? rc : add(layout, fill, sb_fdt_property_end(property), err);
}

static int add_property(struct layout *layout, uint32_t index, struct sb_err *err)
{
	const struct sb_fdt_property *property = &layout->fdt->properties[index];
	const struct sb_fdt_node *node = &layout->fdt->nodes[property->node];
	struct sb_region region = {.offset = property->at, .kind = SB_REGION_TABLE, .member = node->member, .tag = SB_FDT_TAG_PROPERTY + index, .loaded = true};

	if (!(region.name = sb_arena_printf(layout->view->arena, "%s:%s", node->path, property->name)))
		return sb_no_memory(err);
	const struct sb_member *member = node->member ? sb_view_member(layout->view, node->member - 1) : NULL;
	if (member && member->offset == sb_fdt_value_at(property) && strcmp(property->name, "data") == 0)
		return add_data(layout, property, region, err);
	return add(layout, region, sb_fdt_property_end(property), err);
}

static int add_node(struct layout *layout, const struct sb_fdt_node *node, struct sb_err *err)
{
	struct sb_region begin = {.offset = node->begin, .kind = SB_REGION_HEADER, .member = node->member, .tag = SB_FDT_TAG_NODE, .loaded = true, .name = node->path};
	struct sb_region end = {.offset = node->end - 4, .kind = SB_REGION_TABLE, .member = node->member, .loaded = true, .name = node->path};
	int rc;

	if (node->signature) {
		begin.kind = SB_REGION_SIGNATURE;
		begin.tag = SB_FDT_TAG_NONE;
		return add(layout, begin, node->end, err);
	}
	rc = add(layout, begin, node->body, err);
	for (uint32_t i = 0; !rc && i < node->count; i++)
		rc = add_property(layout, node->first + i, err);
	return rc ? rc : add(layout, end, node->end, err);
}

static int add_structure(struct layout *layout, struct sb_err *err)
{
	const struct sb_fdt *fdt = layout->fdt;
	struct sb_region end = {.offset = fdt->structure_end - 4, .kind = SB_REGION_TABLE, .loaded = true, .name = "end of the structure"};
	int rc = 0;

	for (uint32_t i = 0; !rc && i < fdt->node_count; i++)
		rc = add_node(layout, &fdt->nodes[i], err);
	for (uint32_t i = 0; !rc && i < fdt->nop_count; i++)
		rc = add(layout, (struct sb_region){.offset = fdt->nops[i].at, .kind = SB_REGION_GAP, .name = "tokens that say nothing"}, fdt->nops[i].end, err);
	return rc ? rc : add(layout, end, fdt->structure_end, err);
}

/** What the block of strings is used for, a byte each. */
enum use { UNUSED = 0, STARTS = 1, STARTS_SIGNATURE = 2 };

static uint8_t *mark_strings(const struct layout *layout)
{
	const struct sb_fdt *fdt = layout->fdt;
	uint8_t *uses = sb_arena_alloc(layout->view->arena, (size_t)fdt->strings_size);

	for (uint32_t i = 0; uses && i < fdt->property_count; i++) {
		bool signature = fdt->nodes[fdt->properties[i].node].signature;
		uses[fdt->properties[i].name_offset] |= signature ? STARTS_SIGNATURE : STARTS;
	}
	return uses;
}

/* A string ends with its NUL, or where another name begins that shares its end. */
static uint64_t end_of_string(struct sb_span strings, const uint8_t *uses, uint64_t at)
{
	bool used = uses[at] != UNUSED;

	do
		at++;
	while (at < strings.n && uses[at] == UNUSED && (!used || strings.p[at - 1] != '\0'));
	return at;
}

static int add_strings(struct layout *layout, struct sb_err *err)
{
	const struct sb_fdt *fdt = layout->fdt;
	const uint8_t *uses = mark_strings(layout);
	struct sb_span strings;
	bool shared = false;
	int rc = 0;

	if (!uses || !sb_span_cut(layout->view->file, fdt->strings, fdt->strings_size, &strings))
		return sb_no_memory(err);
	for (uint64_t at = 0, end; !rc && at < strings.n; at = end) {
		end = end_of_string(strings, uses, at);
		struct sb_region region = {.offset = fdt->strings + at, .kind = uses[at] == UNUSED ? SB_REGION_GAP : SB_REGION_TABLE, .loaded = uses[at] != UNUSED,
		                           .name = "unreferenced strings"};
		if (uses[at] == STARTS_SIGNATURE && !shared)
			region.kind = SB_REGION_SIGNATURE;
		shared = strings.p[end - 1] != '\0';
		if (uses[at] != UNUSED && !(region.name = sb_arena_copy(layout->view->arena, sb_span_of(strings.p + at, (size_t)(end - at - !shared)))))
			return sb_no_memory(err);
		rc = add(layout, region, fdt->strings + end, err);
	}
	return rc;
}

/* Images that lie behind the tree, each filled up to four bytes. */
static int add_outside(struct layout *layout, struct sb_err *err)
{
	const struct sb_view *view = layout->view;
	int rc = 0;

	for (size_t i = 0; !rc && i < view->members.count; i++) {
		const struct sb_member *member = sb_view_member(view, i);
		struct sb_region content = {.offset = member->offset, .kind = SB_REGION_CONTENT, .member = (uint32_t)i + 1, .loaded = true, .name = "content"};
		struct sb_span fill;
		uint64_t end = member->offset + member->length, rest = (4 - end % 4) % 4;
		if (member->offset < layout->fdt->total && member->length)
			continue; /* inside, or an overlap that the tiles refuse */
		rc = add(layout, content, end, err);
		if (!rc && rest && sb_span_cut(view->file, end, rest, &fill) && sb_span_all_zero(fill))
			rc = add(layout, (struct sb_region){.offset = end, .kind = SB_REGION_PADDING, .member = (uint32_t)i + 1, .align = 4, .name = "padding"}, end + rest, err);
	}
	return rc;
}

static uint64_t end_of_blocks(const struct sb_fdt *fdt)
{
	uint64_t ends[] = {fdt->header, fdt->structure_end, fdt->reservations_end, fdt->strings + fdt->strings_size}, last = 0;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		last = ends[i] > last ? ends[i] : last;
	return last;
}

/* Room that the packer left behind the last block. */
static int add_free_space(struct layout *layout, struct sb_err *err)
{
	struct sb_region space = {.offset = end_of_blocks(layout->fdt), .kind = SB_REGION_PADDING, .name = "free space"};
	struct sb_span bytes;

	if (!sb_span_cut(layout->view->file, space.offset, layout->fdt->total - space.offset, &bytes) || !sb_span_all_zero(bytes))
		space.kind = SB_REGION_GAP;
	return add(layout, space, layout->fdt->total, err);
}

static int add_all(struct layout *layout, struct sb_err *err)
{
	const struct sb_fdt *fdt = layout->fdt;
	int rc = add(layout, (struct sb_region){.kind = SB_REGION_HEADER, .tag = SB_FDT_TAG_HEADER, .loaded = true, .name = "header"}, fdt->header, err);

	if (!rc)
		rc = add(layout, (struct sb_region){.offset = fdt->reservations, .kind = SB_REGION_TABLE, .tag = SB_FDT_TAG_RESERVATIONS, .loaded = true, .name = "reserved memory"},
		         fdt->reservations_end, err);
	if (!rc)
		rc = add_structure(layout, err);
	if (!rc)
		rc = add_strings(layout, err);
	if (!rc)
		rc = add_free_space(layout, err);
	return rc ? rc : add_outside(layout, err);
}

int sb_fdt_emit(struct sb_view *view, const struct sb_fdt *fdt, struct sb_err *err)
{
	struct layout layout = {.view = view, .fdt = fdt};
	int rc = add_all(&layout, err);

	if (!rc)
		rc = sb_tiles_emit(&layout.tiles, view, err);
	sb_tiles_release(&layout.tiles);
	return rc;
}
