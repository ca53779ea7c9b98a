/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members that are equal have no pair, so nobody looked into them. As they lie in the file their bytes are searched with it; what a
 * decoder makes of them has to be searched here, for a value that stands there was not changed with the others.
 */
#include "verifier/explain/values.h"

#include <string.h>

/** What a search needs at every depth. */
struct search {
	struct sb_values *values;
	struct sb_unpack_budget budget;
};

static void break_all(struct search *search)
{
	for (size_t i = 0; i < search->values->count; i++)
		search->values->items[i].broken |= search->values->items[i].candidate;
}

static bool any_left(const struct search *search)
{
	for (size_t i = 0; i < search->values->count; i++)
		if (search->values->items[i].candidate && !search->values->items[i].broken)
			return true;
	return false;
}

static void search_bytes(struct search *search, struct sb_span bytes)
{
	for (size_t i = 0; i < search->values->count; i++) {
		struct sb_value *value = &search->values->items[i];
		if (value->candidate && !value->broken && sb_value_next(search->values, i, bytes, 0, bytes.n) != SIZE_MAX)
			value->broken = true;
	}
}

static const struct sb_region *region_named(const struct sb_view *view, const char *name)
{
	for (size_t i = 0; i < view->regions.count; i++)
		if (strcmp(sb_view_region(view, i)->name, name) == 0)
			return sb_view_region(view, i);
	return NULL;
}

/* SHF_COMPRESSED of the gABI: sections that only a debugger unpacks. */
static bool has_compressed_sections(struct sb_view *view)
{
	const struct sb_region *table = region_named(view, "section headers");

	if (!table || sb_view_describe(view, table, NULL))
		return table != NULL;
	for (size_t i = 0; i < view->fields.count; i++) {
		const struct sb_field *field = sb_vec_at(&view->fields, i);
		const char *column = strrchr(field->name, ' ');
		struct sb_span bytes;
		uint64_t flags;
		if (!column || strcmp(column, " sh_flags") != 0)
			continue;
		if (!sb_span_cut(view->file, field->offset, field->length, &bytes) || !sb_field_number(bytes, field->encoding, &flags) || flags & 0x800)
			return true;
	}
	return false;
}

static void look_into(struct search *search, struct sb_span bytes, const char *name, unsigned depth);

static void look_into_member(struct search *search, const struct sb_view *view, const struct sb_member *member, unsigned depth)
{
	const char *name = (const char *)member->name.p;
	struct sb_blob decoded = {.fd = -1};
	struct sb_span bytes;
	uint64_t consumed;

	if (member->codec == SB_CODEC_NONE) {
		if (sb_span_cut(view->file, member->offset, member->length, &bytes))
			look_into(search, bytes, name, depth);
		return;
	}
	if (sb_formats_decode(view->file, member, &search->budget, &decoded, &consumed, NULL) || consumed != member->length) {
		break_all(search);
	} else {
		search_bytes(search, decoded.bytes);
		look_into(search, decoded.bytes, name, depth);
	}
	sb_blob_release(&decoded);
}

/* @bytes themselves have been searched. */
static void look_into(struct search *search, struct sb_span bytes, const char *name, unsigned depth)
{
	const struct sb_format *format = sb_formats_probe(bytes, name);
	struct sb_arena *arena = format && any_left(search) ? sb_arena_new(0) : NULL;
	struct sb_view view;

	if (!format || !any_left(search))
		return;
	if (!arena || depth > SB_LIMIT_OF(NEST_DEPTH) || sb_view_open(format, bytes, name, arena, &view, NULL)) {
		break_all(search);
	} else {
		if (strcmp(format->name, "elf") == 0 && has_compressed_sections(&view))
			break_all(search);
		for (size_t i = 0; i < view.members.count && any_left(search); i++)
			look_into_member(search, &view, sb_view_member(&view, i), depth + 1);
		sb_view_release(&view);
	}
	sb_arena_free(&arena);
}

/* Members of an opened pair without a pair of their own: equal on both sides. */
static void look_into_pair(struct sb_explaining *in, struct search *search, const struct sb_pair *pair, unsigned depth)
{
	const struct sb_view *view = pair->state == SB_PAIR_OPENED ? pair->view[SB_SHIPPED] : NULL;
	size_t count = view ? view->members.count : 0;
	bool *seen = sb_arena_array(in->arena, count, sizeof *seen);

	if (!seen) {
		in->no_memory = true;
		break_all(search);
		return;
	}
	if (pair->state == SB_PAIR_EQUAL) /* encoded in two ways, and nobody looked into what came out */
		look_into(search, pair->bytes[SB_SHIPPED], pair->name, depth);
	if (view && strcmp(pair->format->name, "elf") == 0 && has_compressed_sections(pair->view[SB_SHIPPED]))
		break_all(search);
	for (size_t i = 0; i < pair->child_count; i++) {
		const struct sb_member *member = pair->children[i]->member[SB_SHIPPED];
		if (member && count)
			seen[member - sb_view_member(view, 0)] = true;
	}
	for (size_t i = 0; i < count && any_left(search); i++)
		if (!seen[i])
			look_into_member(search, view, sb_view_member(view, i), depth + 1);
	for (size_t i = 0; i < pair->child_count && any_left(search); i++)
		look_into_pair(in, search, pair->children[i], depth + 1);
}

void sb_values_look_inside(struct sb_explaining *in, struct sb_values *values)
{
	const struct sb_pair *pair = in->artifact->pair;
	struct search search = {.values = values, .budget = {.packed = pair->bytes[SB_SHIPPED].n, .most = SB_LIMIT_OF(UNPACKED_TOTAL)}};

	if (any_left(&search))
		look_into_pair(in, &search, pair, 0);
}
