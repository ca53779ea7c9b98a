/* SPDX-License-Identifier: Apache-2.0 */
/* Fields whose values follow from where something else lies: displacements in code, addresses and places in load commands, and what tables say (tables.h). */
#include "verifier/formats/macho/tables.h"

#include <string.h>

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
		struct sb_decoded *decoded = &search->macho->decoded;
		struct sb_code code;
		if (!sb_decoded_holds(decoded, at)) {
			if (!sb_macho_code_at(view, section, at, &code))
				return;
			search->no_memory |= !sb_decoded_read(decoded, &code, view->arena);
		}
		bool inside = sb_decoded_holds(decoded, at); /* sections of a damaged image may share addresses */
		if (!inside || !sb_decoded_find(decoded, at, search->to, take_code, search))
			return;
		at = decoded->end;
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

/* What a table says of the asked place, and all of the row that it begins in. */
static void search_table(struct search *search, const struct sb_macho_table *table)
{
	const struct sb_reference *items = table->references;

	for (size_t i = sb_references_from(items, table->reference_count, search->from); i < table->reference_count && items[i].offset < search->to; i++)
		if (!take(search, items[i]))
			return;
}

/* Rows of sections: address, size, place in the file, relocations and how many: where those end. */
static bool take_section(struct search *search, const struct sb_macho_section *section)
{
	enum { RELOCATION = 8 };
	uint64_t at = section->command + 32, n = word(search), size = value(search, at + n, n), file = at + 2 * n;

	bool more = take(search, (struct sb_reference){SB_REFERENCE_ADDRESS, at, n, section->address, 0, 0}) &&
		    take(search, (struct sb_reference){SB_REFERENCE_SIZE, at + n, n, section->address + size, section->address, 0}) &&
		    take(search, (struct sb_reference){SB_REFERENCE_OFFSET, file, 4, value(search, file, 4), 0, 0});
	if (more && section->relocation_count)
		more = take(search, (struct sb_reference){SB_REFERENCE_OFFSET, file + 8, 4, section->relocations, 0, 0}) &&
		       take(search, (struct sb_reference){SB_REFERENCE_OFFSET, file + 12, 4, section->relocations + RELOCATION * section->relocation_count, 0, 0});
	return more;
}

static void search_sections(struct search *search, const struct sb_region *region)
{
	size_t low = 0, high = search->macho->kept_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (search->macho->kept[middle].command < region->offset)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < search->macho->kept_count && search->macho->kept[low].command < region->offset + region->length; low++)
		if (!take_section(search, &search->macho->kept[low]))
			return;
}

/* Indices and counts of rows lead to a row of a table, or to its end. */
static bool row_of(const struct search *search, const struct sb_region *region, const char *name, uint64_t here, uint64_t *out)
{
	const struct sb_macho *macho = search->macho;
	static const char *const ranges[][2] = {{"ilocalsym", "nlocalsym"}, {"iextdefsym", "nextdefsym"}, {"iundefsym", "nundefsym"}};
	uint64_t each = macho->wide ? 16 : 12;

	if (region->tag == SB_MACHO_SYMTAB && strcmp(name, "nsyms") == 0)
		*out = macho->symbols + each * here;
	else if (region->tag == SB_MACHO_DYSYMTAB && strcmp(name, "nindirectsyms") == 0)
		*out = value(search, region->offset + 56, 4) + 4 * here;
	else if (region->tag != SB_MACHO_DYSYMTAB)
		return false;
	else
		for (unsigned i = 0; i < 3; i++) {
			if (strcmp(name, ranges[i][0]) == 0)
				*out = macho->symbols + each * here;
			else if (strcmp(name, ranges[i][1]) == 0)
				*out = macho->symbols + each * (value(search, region->offset + 8 + 8 * i, 4) + here);
			else
				continue;
			return true;
		}
	return region->tag == SB_MACHO_SYMTAB || strcmp(name, "nindirectsyms") == 0;
}

/* What a field of a command leads to. A size stands behind the place that it is of; counts of rows, whose names begin with n, are no sizes. */
static bool reference_of(const struct search *search, const struct sb_region *region, const struct sb_field *field, const struct sb_field *before, struct sb_reference *out)
{
	uint64_t here = value(search, field->offset, field->length);
	bool adjacent = before && before->offset + before->length == field->offset;
	bool of_place = adjacent && before->kind == SB_FIELD_OFFSET, of_address = adjacent && before->kind == SB_FIELD_ADDRESS;

	*out = (struct sb_reference){.offset = field->offset, .length = field->length, .target = here};
	if (row_of(search, region, field->name, here, &out->target)) {
		out->kind = SB_REFERENCE_OFFSET;
		return true;
	}
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
		more = !reference_of(search, region, field, before, &reference) || take(search, reference);
		before = field;
	}
	if (!rc && (region->tag == SB_MACHO_SEGMENT || region->tag == SB_MACHO_SEGMENT_64))
		search_sections(search, region);
	return rc;
}

int sb_macho_references(struct sb_view *view, const struct sb_place *place, struct sb_vec *out, struct sb_err *err)
{
	struct sb_macho *macho = view->own;
	struct search search = {macho, place->offset, place->offset + place->length, out, false};
	const struct sb_macho_section *section = sb_macho_section_of(macho, place->region);
	const struct sb_macho_table *table = NULL;
	int rc = 0;

	if (place->offset < place->region->offset || place->length > place->region->length)
		return 0;
	if (section && sb_macho_is_code(section))
		search_code(view, &search, section);
	else if (place->region->tag && place->region->tag < SB_MACHO_KINDS)
		rc = search_commands(view, &search, place->region, err);
	else if ((table = sb_macho_table_of(view, place->region)))
		search_table(&search, table);
	else
		search.no_memory = true;
	return rc ? rc : search.no_memory ? sb_no_memory(err) : 0;
}

int sb_macho_rows(struct sb_view *view, const struct sb_region *region, struct sb_vec *out, struct sb_err *err)
{
	const struct sb_macho_table *table = sb_macho_table_of(view, region);

	for (size_t i = 0; table && i < table->row_count; i++) {
		struct sb_row *slot = sb_vec_push(out);
		if (!slot)
			return sb_no_memory(err);
		*slot = table->rows[i];
	}
	return table ? 0 : sb_no_memory(err);
}
