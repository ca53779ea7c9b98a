/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields whose values follow from where something else lies: displacements in code, addresses and places that load commands and symbols hold. Not yet: chained
 * fixups, exports, starts of functions and the like, whose numbers are as long as they need to be.
 */
#include "verifier/formats/macho/macho.h"

enum { OBJECT = 1 };

/** Where references go, and which bytes they have to touch. */
struct search {
	struct sb_macho *macho;
	uint64_t from, to;
	struct sb_vec *out;
	bool no_memory;
};

static bool take(struct search *search, struct sb_reference reference)
{
	if (reference.offset >= search->to || reference.offset + reference.length <= search->from)
		return true;
	struct sb_reference *slot = sb_vec_push(search->out);
	search->no_memory |= !slot;
	if (slot)
		*slot = reference;
	return slot;
}

static bool take_code(void *context, const struct sb_reference *reference)
{
	return take(context, *reference);
}

/* One function after the other, as far as they have a start. */
static void search_code(struct sb_view *view, struct search *search, const struct sb_macho_section *section)
{
	for (uint64_t at = search->from; at < search->to && !search->no_memory;) {
		struct sb_code code;
		if (!sb_macho_code_at(view, section, at, &code) || !sb_code_references(&code, take_code, search))
			return;
		at = code.offset + code.bytes.n;
	}
}

static uint64_t word(const struct search *search)
{
	return search->macho->wide ? 8 : 4;
}

static uint64_t value(const struct search *search, uint64_t at, uint64_t width)
{
	return sb_macho_uint(search->macho, at, (unsigned)width);
}

/* nlist.h: the name, and where it leads. */
static void search_symbols(struct search *search)
{
	uint64_t each = search->macho->wide ? 16 : 12, table = search->macho->symbols;

	for (uint64_t at = table + (search->from - table) / each * each; at < search->to; at += each) {
		uint64_t text = search->macho->strings + value(search, at, 4);
		bool more = take(search, (struct sb_reference){SB_REFERENCE_TEXT, at, 4, text, 0}) &&
			    take(search, (struct sb_reference){SB_REFERENCE_ADDRESS, at + 8, word(search), value(search, at + 8, word(search)), 0});
		if (!more)
			return;
	}
}

/* Rows of sections: address, size, place in the file. */
static void search_sections(struct search *search)
{
	for (size_t i = 0; i < search->macho->kept_count; i++) {
		uint64_t at = search->macho->kept[i].command, n = word(search), address = value(search, at + 32, n);
		bool more = take(search, (struct sb_reference){SB_REFERENCE_ADDRESS, at + 32, n, address, 0}) &&
			    take(search, (struct sb_reference){SB_REFERENCE_SIZE, at + 32 + n, n, address + value(search, at + 32 + n, n), address}) &&
			    take(search, (struct sb_reference){SB_REFERENCE_OFFSET, at + 32 + 2 * n, 4, value(search, at + 32 + 2 * n, 4), 0});
		if (!more)
			return;
	}
}

/* What a field of a command leads to. A size stands behind the place that it is of; counts of rows, whose names begin with n, are no sizes. */
static bool reference_of(const struct search *search, const struct sb_field *field, const struct sb_field *before, struct sb_reference *out)
{
	uint64_t here = value(search, field->offset, field->length);
	bool adjacent = before && before->offset + before->length == field->offset;
	bool of_place = adjacent && before->kind == SB_FIELD_OFFSET, of_address = adjacent && before->kind == SB_FIELD_ADDRESS;

	*out = (struct sb_reference){.offset = field->offset, .length = field->length, .target = here};
	if (field->kind == SB_FIELD_SIZE && (of_place || of_address) && field->name[0] != 'n') {
		out->kind = of_place ? SB_REFERENCE_FILE_SIZE : SB_REFERENCE_SIZE;
		out->base = value(search, before->offset, before->length);
		out->target += out->base;
		return true;
	}
	out->kind = field->kind == SB_FIELD_OFFSET ? SB_REFERENCE_OFFSET : SB_REFERENCE_ADDRESS;
	return field->kind == SB_FIELD_OFFSET || field->kind == SB_FIELD_ADDRESS;
}

static int search_commands(struct sb_view *view, struct search *search, const struct sb_region *region, struct sb_err *err)
{
	const struct sb_field *before = NULL;
	bool more = true;

	int rc = sb_view_describe(view, region, err);
	for (size_t i = 0; !rc && more && i < view->fields.count; i++) {
		const struct sb_field *field = sb_vec_at(&view->fields, i);
		struct sb_reference reference;
		more = !reference_of(search, field, before, &reference) || take(search, reference);
		before = field;
	}
	if (!rc && (region->tag == SB_MACHO_SEGMENT || region->tag == SB_MACHO_SEGMENT_64))
		search_sections(search);
	return rc;
}

int sb_macho_references(struct sb_view *view, const struct sb_place *place, struct sb_vec *out, struct sb_err *err)
{
	struct sb_macho *macho = view->own;
	struct search search = {macho, place->offset, place->offset + place->length, out, false};
	const struct sb_macho_section *section = sb_macho_section_of(macho, place->region);
	int rc = 0;

	if (sb_macho_uint(macho, 12, 4) == OBJECT || place->offset < place->region->offset || place->length > place->region->length)
		return 0;
	if (section && sb_macho_is_code(section))
		search_code(view, &search, section);
	else if (place->region->tag == SB_MACHO_TAG_SYMBOLS)
		search_symbols(&search);
	else if (place->region->tag && place->region->tag < SB_MACHO_KINDS)
		rc = search_commands(view, &search, place->region, err);
	return rc ? rc : search.no_memory ? sb_no_memory(err) : 0;
}
