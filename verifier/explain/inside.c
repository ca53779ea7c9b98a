/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members that are equal have no pair, so nobody looked into them. As they lie in the file their bytes are searched with it; what a
 * decoder makes of them has to be searched here.
 */
#include "verifier/explain/inside.h"
#include "verifier/parsing/parsing.h"

#include <string.h>

/** What a search needs at every depth. */
struct search {
	const struct sb_inside *of;
	struct sb_parser_side *side; /* whoever parses: these bytes are as foreign as those of the comparison */
	struct sb_unpack_budget budget;
};

static void give_up(struct search *search)
{
	search->of->give_up(search->of->ctx);
}

static bool any_left(const struct search *search)
{
	return search->of->any_left(search->of->ctx);
}

static const char debugdata[] = ".gnu_debugdata";

/* "section .zdebug_info sh_flags": is it of a section whose name begins with @name? */
static bool is_of_section(const struct sb_field *field, const char *name)
{
	static const char row[] = "section ";
	return strncmp(field->name, row, sizeof row - 1) == 0 && strncmp(field->name + sizeof row - 1, name, strlen(name)) == 0;
}

/* Sections that only a debugger unpacks: SHF_COMPRESSED of the gABI, and what GNU tools wrote before it. *packed counts the rows of those that are a file of xz. */
static bool has_compressed_sections(struct sb_view *view, size_t *packed)
{
	const struct sb_region *table = sb_view_region_of(view, SB_REGION_TABLE, "section headers");

	if (!table || sb_view_describe(view, table, NULL))
		return table != NULL;
	for (size_t i = 0; i < view->fields.count; i++) {
		const struct sb_field *field = sb_vec_at(&view->fields, i);
		const char *column = strrchr(field->name, ' ');
		struct sb_span bytes;
		uint64_t flags;
		if (!column || strcmp(column, " sh_flags") != 0)
			continue;
		if (!sb_span_cut(view->file, field->offset, field->length, &bytes) || !sb_field_number(bytes, field->encoding, &flags) || flags & 0x800 || is_of_section(field, ".zdebug"))
			return true;
		*packed += is_of_section(field, debugdata);
	}
	return false;
}

static void look_into(struct search *search, struct sb_span bytes, const char *name, unsigned depth);

static void look_into_member(struct search *search, const struct sb_view *view, struct sb_source *source, const struct sb_member *member, unsigned depth)
{
	const char *name = (const char *)member->name.p;
	struct sb_decoding decoding = {.member = member, .blob = {.fd = -1}};
	struct sb_span bytes;

	if (member->codec == SB_CODEC_NONE) {
		if (sb_span_cut(view->file, member->offset, member->length, &bytes))
			look_into(search, bytes, name, depth);
		return;
	}
	if (sb_parsing_decode(search->side, source, &decoding, 1, &search->budget, NULL) || decoding.rc || decoding.consumed != member->length) {
		give_up(search);
	} else {
		search->of->search(search->of->ctx, decoding.blob.bytes);
		look_into(search, decoding.blob.bytes, name, depth);
	}
	sb_blob_release(&decoding.blob);
}

/* MiniDebugInfo: a table of symbols as a file of xz. A section that another one covers has no bytes of its own to be looked into. */
static void look_into_sections(struct search *search, struct sb_view *view, struct sb_source *source, unsigned depth)
{
	size_t packed = 0;

	if (!search->of->programs || strcmp(view->format->name, "elf") != 0)
		return;
	if (has_compressed_sections(view, &packed)) {
		give_up(search);
		return;
	}
	for (size_t i = 0; packed && i < view->regions.count && any_left(search); i++) {
		const struct sb_region *region = sb_view_region(view, i);
		const struct sb_member member = {.name = sb_span_text(debugdata), .type = SB_MEMBER_PART, .codec = SB_CODEC_XZ, .offset = region->offset, .length = region->length, .size = UINT64_MAX};
		if (region->kind != SB_REGION_SECTION || strncmp(region->name, debugdata, sizeof debugdata - 1) != 0)
			continue;
		packed--;
		look_into_member(search, view, source, &member, depth + 1);
	}
	if (packed)
		give_up(search);
}

static void look_into_view(struct search *search, struct sb_view *view, struct sb_source *source, unsigned depth)
{
	look_into_sections(search, view, source, depth);
	for (size_t i = 0; i < view->members.count && any_left(search); i++)
		look_into_member(search, view, source, sb_view_member(view, i), depth + 1);
}

static void look_into_source(struct search *search, struct sb_source *source, const char *name, unsigned depth)
{
	const struct sb_format *format = NULL;
	struct sb_arena *arena;
	struct sb_view view;

	if (sb_parsing_probe(search->side, source, name, &format, NULL)) {
		give_up(search);
		return;
	}
	if (!format)
		return;
	arena = sb_arena_new(0);
	if (!arena || depth > SB_LIMIT_OF(NEST_DEPTH) || sb_parsing_open(search->side, source, format, name, arena, &view, NULL)) {
		if (search->of->programs || !arena || sb_format_packs(format) || format->tree)
			give_up(search);
	} else {
		look_into_view(search, &view, source, depth);
		sb_view_release(&view);
	}
	sb_arena_free(&arena);
}

/* @bytes themselves have been searched. */
static void look_into(struct search *search, struct sb_span bytes, const char *name, unsigned depth)
{
	struct sb_source source;

	if (!any_left(search))
		return;
	sb_source_init(&source, search->side, search->of->reading, bytes, NULL);
	look_into_source(search, &source, name, depth);
	sb_source_close(&source);
}

/* Which members of the shipped side have a pair of their own; NULL when out of memory. */
static const bool *find_paired(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_view *view)
{
	bool *paired = sb_arena_array(in->arena, view->members.count, sizeof *paired);

	for (size_t i = 0; paired && i < pair->child_count; i++) {
		const struct sb_member *member = pair->children[i]->member[SB_SHIPPED];
		if (member && view->members.count)
			paired[member - sb_view_member(view, 0)] = true;
	}
	return paired;
}

static void look_into_equal(struct sb_explaining *in, struct search *search, const struct sb_pair *pair, unsigned depth)
{
	struct sb_view *view = pair->view[SB_SHIPPED];
	const bool *paired = find_paired(in, pair, view);
	struct sb_source source;

	if (!paired) {
		in->no_memory = true;
		give_up(search);
		return;
	}
	sb_source_init(&source, search->side, search->of->reading, view->file, NULL);
	look_into_sections(search, view, &source, depth);
	for (size_t i = 0; i < view->members.count && any_left(search); i++)
		if (!paired[i])
			look_into_member(search, view, &source, sb_view_member(view, i), depth + 1);
	sb_source_close(&source);
}

/* Members of an opened pair without a pair of their own are equal on both sides; so is all that was encoded in two ways. */
static void look_into_pair(struct sb_explaining *in, struct search *search, const struct sb_pair *pair, unsigned depth)
{
	if (pair->state == SB_PAIR_EQUAL)
		look_into(search, pair->bytes[SB_SHIPPED], pair->name, depth);
	else if (pair->state == SB_PAIR_OPENED)
		look_into_equal(in, search, pair, depth);
	for (size_t i = 0; i < pair->child_count && any_left(search); i++)
		look_into_pair(in, search, pair->children[i], depth + 1);
}

void sb_explain_look_inside(struct sb_explaining *in, const struct sb_inside *of)
{
	const struct sb_pair *pair = in->artifact->pair;
	struct search search = {.of = of, .budget = {.packed = pair->bytes[SB_SHIPPED].n, .most = SB_LIMIT_OF(UNPACKED_TOTAL)}};

	if (!any_left(&search))
		return;
	search.side = sb_parser_side_new(in->comparison->parsers);
	if (search.side)
		look_into_pair(in, &search, pair, 0);
	else
		give_up(&search);
	sb_parser_side_free(&search.side);
}
