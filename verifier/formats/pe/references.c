/* SPDX-License-Identifier: Apache-2.0 */
/* Fields whose values follow from where something else lies: what tables say, and displacements in code. */
#include "verifier/formats/pe/tables.h"

#include <string.h>

enum { MOST_TOLD = 1 << 20 };

/* ---- telling ---- */

static bool tell(struct sb_pe_telling *telling, struct sb_vec *list, const void *item)
{
	void *slot = list->count < MOST_TOLD ? sb_vec_push(list) : NULL;

	telling->no_memory |= !slot && list->count < MOST_TOLD;
	if (slot)
		memcpy(slot, item, list->size);
	return slot;
}

bool sb_pe_tell(struct sb_pe_telling *telling, struct sb_reference reference)
{
	uint64_t size = telling->pe->file.n;
	return reference.offset <= size && reference.length <= size - reference.offset && tell(telling, &telling->references, &reference);
}

bool sb_pe_tell_address(struct sb_pe_telling *telling, uint64_t offset, uint64_t length, uint64_t address)
{
	return sb_pe_tell(telling, (struct sb_reference){SB_REFERENCE_ADDRESS, offset, length, telling->pe->image_base + address, 0, 0});
}

bool sb_pe_tell_row(struct sb_pe_telling *telling, uint64_t offset, uint64_t length, const char *says)
{
	const struct sb_row row = {.offset = offset, .length = length, .says = says ? sb_span_text(says) : (struct sb_span){0}};
	return tell(telling, &telling->rows, &row);
}

bool sb_pe_tell_fill(struct sb_pe_telling *telling, uint64_t offset, const struct sb_pe_section *section)
{
	uint64_t end = section ? section->offset + sb_pe_used(section) : offset;
	struct sb_span rest;

	if (offset >= end)
		return offset == end;
	return sb_span_cut(telling->pe->file, offset, end - offset, &rest) && sb_span_all_zero(rest) && sb_pe_tell_row(telling, offset, end - offset, "zeros");
}

/* ---- what was told ---- */

static void read_tables(struct sb_pe_telling *telling)
{
	static sb_pe_read_table *const readers[] = {sb_pe_read_headers,   sb_pe_read_sections,   sb_pe_read_symbols,     sb_pe_read_imports, sb_pe_read_exports, sb_pe_read_debug,
						    sb_pe_read_exceptions, sb_pe_read_resources, sb_pe_read_relocations, sb_pe_read_pseudo_relocations, sb_pe_read_jumps};

	for (size_t i = 0; i < sizeof readers / sizeof *readers && !telling->no_memory; i++) {
		size_t references = telling->references.count, rows = telling->rows.count;
		if (readers[i](telling))
			continue;
		telling->references.count = references;
		telling->rows.count = rows;
	}
}

/* Read once; false without memory. */
static bool find_told(const struct sb_view *view)
{
	struct sb_pe *pe = view->own;
	struct sb_pe_telling telling = {.view = view, .pe = pe, .references = {.size = sizeof(struct sb_reference)}, .rows = {.size = sizeof(struct sb_row)}};

	if (pe->told.read)
		return true;
	read_tables(&telling);
	sb_references_order(&telling.references);
	sb_rows_order(&telling.rows);
	const void *references = sb_list_keep(view->arena, &telling.references), *rows = sb_list_keep(view->arena, &telling.rows);
	bool fine = references && rows && !telling.no_memory;
	if (fine)
		pe->told = (struct sb_pe_told){true, references, telling.references.count, rows, telling.rows.count};
	sb_vec_release(&telling.references);
	sb_vec_release(&telling.rows);
	return fine;
}

/** Where references go, and which bytes they have to touch. */
struct search {
	const struct sb_pe_told *told;
	uint64_t from, to;
	struct sb_vec *out;
	bool no_memory;
};

static bool take(void *context, const struct sb_reference *reference)
{
	struct search *search = context;

	if (reference->offset >= search->to || reference->offset + reference->length <= search->from)
		return true;
	struct sb_reference *slot = sb_vec_push(search->out);
	search->no_memory |= !slot;
	if (slot)
		*slot = *reference;
	return slot;
}

static void search_told(struct search *search)
{
	const struct sb_pe_told *told = search->told;

	for (size_t i = sb_references_from(told->references, told->reference_count, search->from); i < told->reference_count && told->references[i].offset < search->to; i++)
		if (!take(search, &told->references[i]))
			return;
}

/* What a table says of a place counts before what an instruction seems to say: there may be data between instructions. */
static bool take_code(void *context, const struct sb_reference *reference)
{
	const struct sb_pe_told *told = ((const struct search *)context)->told;
	size_t i = sb_references_from(told->references, told->reference_count, reference->offset);
	bool known = i < told->reference_count && told->references[i].offset < reference->offset + reference->length;

	return known || take(context, reference);
}

/* One function after the other; what lies between them is no code. */
static void search_code(struct sb_view *view, struct search *search, const struct sb_pe_section *section)
{
	struct sb_pe *pe = view->own;
	uint64_t start = pe->image_base + section->address;

	for (uint64_t at = search->from; at < search->to && !search->no_memory;) {
		struct sb_code code;
		if (!sb_decoded_holds(&pe->decoded, at)) {
			if (!sb_pe_code_at(view, section, at, &code)) {
				uint64_t inside = at - section->offset, next = sb_anchor_index_next(&pe->index, start + inside) - start;
				at = next > inside && next < section->size ? section->offset + next : search->to; /* addresses of hostile images wrap */
				continue;
			}
			search->no_memory |= !sb_decoded_read(&pe->decoded, &code, view->arena);
		}
		bool held = sb_decoded_holds(&pe->decoded, at); /* sections of a damaged image may share addresses */
		if (!held || !sb_decoded_find(&pe->decoded, at, search->to, take_code, search))
			return;
		at = pe->decoded.end;
	}
}

int sb_pe_references(struct sb_view *view, const struct sb_place *place, struct sb_vec *out, struct sb_err *err)
{
	struct sb_pe *pe = view->own;
	const struct sb_pe_section *section = sb_pe_section_of(pe, place->region);
	struct search search = {&pe->told, place->offset, place->offset + place->length, out, false};

	if (place->offset < place->region->offset || place->length > place->region->length)
		return 0;
	if (!find_told(view))
		return sb_no_memory(err);
	search_told(&search);
	size_t told = out->count;
	if (section && sb_pe_is_code(section))
		search_code(view, &search, section);
	if (told && told < out->count)
		sb_references_order(out);
	return search.no_memory ? sb_no_memory(err) : 0;
}

int sb_pe_rows(struct sb_view *view, const struct sb_region *region, struct sb_vec *out, struct sb_err *err)
{
	const struct sb_pe_told *told = &((struct sb_pe *)view->own)->told;
	uint64_t end = region->offset + region->length;

	if (!find_told(view))
		return sb_no_memory(err);
	if (region->kind != SB_REGION_TABLE)
		return 0;
	for (size_t i = sb_rows_from(told->rows, told->row_count, region->offset); i < told->row_count && told->rows[i].offset + told->rows[i].length <= end; i++) {
		if (told->rows[i].offset < region->offset) /* regions of a damaged image may share bytes */
			continue;
		struct sb_row *slot = sb_vec_push(out);
		if (!slot)
			return sb_no_memory(err);
		*slot = told->rows[i];
	}
	return 0;
}

const struct sb_row *sb_pe_row_at(const struct sb_view *view, uint64_t offset)
{
	const struct sb_pe_told *told = &((struct sb_pe *)view->own)->told;
	return find_told(view) ? sb_row_at(told->rows, told->row_count, offset) : NULL;
}
