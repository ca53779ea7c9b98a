/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a kernel and a dynamic linker see of an ELF file: the header, the program headers and every byte of a PT_LOAD range. Only what
 * lies outside may differ in a file whose image is identical; whatever cannot be looked up counts as inside.
 */
#include "verifier/judge/judging.h"

#include <string.h>

enum { ET_EXECUTABLE = 2, ET_SHARED = 3 };

static bool is_elf(const struct sb_pair *pair)
{
	return pair->state == SB_PAIR_OPENED && strcmp(pair->format->name, "elf") == 0;
}

/* Objects and kernel modules are input of a linker, which reads symbols and relocations that nothing maps. System V ABI, e_type. */
static bool is_linked(struct sb_span file)
{
	if (file.n < 18)
		return false;
	unsigned type = file.p[5] == 2 ? file.p[16] * 256U + file.p[17] : file.p[17] * 256U + file.p[16];
	return type == ET_EXECUTABLE || type == ET_SHARED;
}

static uint64_t field_value(const struct sb_view *view, const struct sb_field *field)
{
	struct sb_span bytes;
	if (!sb_span_cut(view->file, field->offset, field->length, &bytes))
		return 0;
	struct sb_rd rd = sb_rd_of(bytes, field->encoding == SB_ENC_BE);
	return sb_rd_uint(&rd, (unsigned)bytes.n);
}

static bool is_column(const struct sb_field *field, const char *column)
{
	const char *last = strrchr(field->name, ' ');
	return last && strcmp(last + 1, column) == 0;
}

/*
 * Does [@offset, @offset + @length) meet what a program header leads to? Not PT_LOAD alone: the kernel reads PT_INTERP by its offset in
 * the file. In both classes a row names its offset before its size.
 */
static bool meets_image(struct sb_view *view, uint64_t offset, uint64_t length)
{
	const struct sb_region *table = sb_view_region_of(view, SB_REGION_TABLE, "program headers");
	uint64_t from = 0, end, stop;
	size_t rows = 0;

	if (!table || sb_view_describe(view, table, NULL) || !sb_add(offset, length, &stop))
		return true;
	for (size_t i = 0; i < view->fields.count; i++) {
		const struct sb_field *field = sb_vec_at(&view->fields, i);
		if (is_column(field, "p_offset"))
			from = field_value(view, field);
		if (!is_column(field, "p_filesz"))
			continue;
		rows++;
		if (!sb_add(from, field_value(view, field), &end) || (offset < end && stop > from))
			return true;
	}
	return rows == 0;
}

/* A section with bytes that no side loads. */
static bool is_unloaded(const struct sb_view *view, struct sb_span name)
{
	size_t found = 0;

	for (size_t i = 0; i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		if (region->kind != SB_REGION_SECTION || !sb_span_equal(sb_span_text(region->name), name))
			continue;
		found++;
		if (region->loaded)
			return false;
	}
	return found > 0;
}

/* "section .comment sh_size": a header of a section that neither side loads. */
static bool describes_unloaded(const struct sb_pair *pair, const struct sb_diff *diff)
{
	const char *last = strrchr(diff->name, ' ');

	if (strncmp(diff->name, "section ", 8) != 0 || !last || last < diff->name + 8)
		return false;
	struct sb_span name = sb_span_of(diff->name + 8, (size_t)(last - diff->name) - 8);
	return is_unloaded(pair->view[SB_SHIPPED], name) && is_unloaded(pair->view[SB_REBUILT], name);
}

/** What the table says of one section that is loaded: docs/levels.md, "image-identical". */
struct row {
	struct sb_span name;
	uint64_t flags;
	uint64_t said[7]; /* as in columns below */
};

static const char *const columns[] = {"sh_type", "sh_flags", "sh_addr", "sh_offset", "sh_size", "sh_addralign", "sh_entsize"};

static bool fill_row(const struct sb_view *view, const struct sb_field *field, struct row *row)
{
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		if (is_column(field, columns[i]))
			row->said[i] = field_value(view, field);
	if (is_column(field, "sh_flags"))
		row->flags = field_value(view, field);
	row->name = sb_span_of((const uint8_t *)field->name, (size_t)(strrchr(field->name, ' ') - field->name));
	return is_column(field, "sh_entsize"); /* the last column of both classes */
}

/* The next loaded section of the table last described, from field *@at on; false behind the last one. */
static bool next_loaded(const struct sb_view *view, size_t *at, struct row *row)
{
	enum { ALLOC = 2 };

	for (*row = (struct row){0}; *at < view->fields.count;) {
		const struct sb_field *field = sb_vec_at(&view->fields, (*at)++);
		if (!strrchr(field->name, ' '))
			return false;
		if (!fill_row(view, field, row))
			continue;
		if (row->flags & ALLOC)
			return true;
		*row = (struct row){0};
	}
	return false;
}

/* Tables of another length, as strip(1) leaves them, still have to say the same of everything that is loaded. */
static bool tables_agree(const struct sb_pair *pair)
{
	size_t at[SB_SIDES] = {0, 0}, rows = 0;

	for (unsigned side = 0; side < SB_SIDES; side++) {
		const struct sb_region *table = sb_view_region_of(pair->view[side], SB_REGION_TABLE, "section headers");
		if (!table || sb_view_describe(pair->view[side], table, NULL))
			return false;
	}
	for (;; rows++) {
		struct row a, b;
		bool more = next_loaded(pair->view[SB_SHIPPED], &at[SB_SHIPPED], &a);
		if (more != next_loaded(pair->view[SB_REBUILT], &at[SB_REBUILT], &b))
			return false;
		if (!more)
			return rows > 0;
		if (!sb_span_equal(a.name, b.name) || memcmp(a.said, b.said, sizeof a.said) != 0)
			return false;
	}
}

/* A hole outside of segments that nobody filled; the rest of a segment's last page may be one. */
static bool is_empty_gap(const struct sb_pair *pair, unsigned side, const struct sb_region *region)
{
	struct sb_span bytes;
	return region->kind == SB_REGION_GAP && !meets_image(pair->view[side], region->offset, region->length) && sb_span_cut(pair->bytes[side], region->offset, region->length, &bytes) &&
	       sb_span_all_zero(bytes);
}

/* e_shoff, e_shnum and e_shstrndx say where the section table lies, which nothing reads at run time. */
static bool locates_sections(const struct sb_diff *diff)
{
	return strcmp(diff->name, "e_shoff") == 0 || strcmp(diff->name, "e_shnum") == 0 || strcmp(diff->name, "e_shstrndx") == 0;
}

/* Where bytes begin that nothing in the file owns; its end when there are none. */
static uint64_t overlay_at(const struct sb_pair *pair, unsigned side)
{
	const struct sb_view *view = pair->view[side];
	const struct sb_region *last = view->regions.count ? sb_view_region(view, view->regions.count - 1) : NULL;

	return last && last->kind == SB_REGION_OVERLAY ? last->offset : view->file.n;
}

/*
 * What a program carries behind its sections, the runtime of an AppImage say, it finds by the end of the table of sections, or of the last one. In such a file no more than
 * the content of sections is free.
 */
static bool may_lead_elsewhere(const struct sb_pair *pair, const struct sb_diff *diff)
{
	uint64_t at[SB_SIDES] = {overlay_at(pair, SB_SHIPPED), overlay_at(pair, SB_REBUILT)};

	if (at[SB_SHIPPED] == pair->bytes[SB_SHIPPED].n && at[SB_REBUILT] == pair->bytes[SB_REBUILT].n)
		return false;
	for (unsigned side = 0; side < SB_SIDES; side++) {
		const struct sb_diff_side *place = &diff->side[side];
		if (!place->present || !place->region || place->region->kind != SB_REGION_SECTION)
			return true;
	}
	return at[SB_SHIPPED] != at[SB_REBUILT];
}

/* One side of a difference of fields, bytes or a region: nothing that is seen at run time, nor anything that says where that lies. */
static bool is_outside(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side)
{
	const struct sb_diff_side *at = &diff->side[side];
	const struct sb_region *region = at->region;

	if (!region)
		return !at->present;
	if (diff->kind == SB_DIFF_FIELD && region->kind == SB_REGION_HEADER && strcmp(region->name, "ELF header") == 0)
		return locates_sections(diff);
	if (is_empty_gap(pair, side, region))
		return true;
	if (region->loaded || meets_image(pair->view[side], at->offset, at->length))
		return false;
	if (region->kind == SB_REGION_SECTION)
		return true;
	return region->kind == SB_REGION_TABLE && strcmp(region->name, "section headers") == 0 &&
	       (diff->kind == SB_DIFF_FIELD ? describes_unloaded(pair, diff) : tables_agree(pair));
}

static bool is_program(const struct sb_pair *pair)
{
	return is_elf(pair) && !pair->parent && is_linked(pair->bytes[SB_SHIPPED]) && is_linked(pair->bytes[SB_REBUILT]);
}

bool sb_judge_outside_image(const struct sb_pair *pair, const struct sb_diff *diff)
{
	if (!is_program(pair) || may_lead_elsewhere(pair, diff))
		return false;
	if (diff->kind == SB_DIFF_ORDER)
		return diff->placed && !diff->loaded;
	if (diff->kind != SB_DIFF_FIELD && diff->kind != SB_DIFF_BYTES && diff->kind != SB_DIFF_REGION)
		return false;
	return is_outside(pair, diff, SB_SHIPPED) && is_outside(pair, diff, SB_REBUILT);
}
