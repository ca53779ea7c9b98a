/* SPDX-License-Identifier: Apache-2.0 */
/* Every byte of an image gets one owner: headers, sections, symbols, certificates; what nobody mentions is a gap or an overlay. */
#include "verifier/formats/pe/pe.h"

#include <stdlib.h>
#include <string.h>

enum { RICH_KEY = 8, RICH_WITHIN = 4096 };

static int add(struct sb_view *view, struct sb_vec *owners, struct sb_region region, struct sb_err *err)
{
	uint64_t end;
	int rc = 0;

	if (region.length == 0)
		return 0;
	if (!sb_add(region.offset, region.length, &end) || end > view->file.n) {
		rc = sb_emit_remark(view, (struct sb_notice){.offset = region.offset}, err, "a part that lies outside the file");
		region.length = region.offset < view->file.n ? view->file.n - region.offset : 0;
	}
	struct sb_region *slot = rc || region.length == 0 ? NULL : sb_vec_push(owners);
	if (slot)
		*slot = region;
	return slot || rc || region.length == 0 ? rc : sb_no_memory(err);
}

/* "Rich" and a key; "DanS", encoded by it, stands where it begins. */
static bool find_rich(const struct sb_pe *pe, uint64_t *from, uint64_t *to)
{
	uint64_t end = pe->header < RICH_WITHIN ? pe->header : RICH_WITHIN;

	for (uint64_t at = SB_PE_DOS; at + RICH_KEY <= end; at += 4) {
		struct sb_rd rd = sb_rd_of(pe->file, false);
		if (!sb_magic(pe->file, at, "Rich", 4))
			continue;
		sb_rd_seek(&rd, at + 4);
		uint64_t key = sb_rd_uint(&rd, 4);
		for (uint64_t start = SB_PE_DOS; start < at; start += 4) {
			sb_rd_seek(&rd, start);
			if ((sb_rd_uint(&rd, 4) ^ key) != 0x536e6144)
				continue;
			*from = start;
			*to = at + RICH_KEY;
			return true;
		}
	}
	return false;
}

static int add_headers(struct sb_view *view, const struct sb_pe *pe, struct sb_vec *owners, struct sb_err *err)
{
	uint64_t rich = pe->header, rich_end = pe->header;
	bool has_rich = find_rich(pe, &rich, &rich_end);
	const struct sb_region parts[] = {
		{.length = SB_PE_DOS, .kind = SB_REGION_HEADER, .loaded = true, .tag = SB_PE_TAG_DOS, .name = "DOS header"},
		{.offset = SB_PE_DOS, .length = rich - SB_PE_DOS, .kind = SB_REGION_HEADER, .loaded = true, .name = "DOS stub"},
		{.offset = rich, .length = rich_end - rich, .kind = SB_REGION_HEADER, .loaded = true, .name = "Rich header"},
		{.offset = rich_end, .length = has_rich ? pe->header - rich_end : 0, .kind = SB_REGION_GAP, .loaded = true, .name = "gap-loaded"},
		{.offset = pe->header, .length = SB_PE_COFF, .kind = SB_REGION_HEADER, .loaded = true, .tag = SB_PE_TAG_COFF, .name = "COFF header"},
		{.offset = pe->optional, .length = pe->optional_size, .kind = SB_REGION_HEADER, .loaded = true, .tag = SB_PE_TAG_OPTIONAL, .name = "optional header"},
		{.offset = pe->table, .length = pe->section_count * SB_PE_SECTION, .kind = SB_REGION_TABLE, .loaded = true, .tag = SB_PE_TAG_TABLE, .name = "section headers"},
		{.offset = pe->symbols, .length = pe->symbol_count * SB_PE_SYMBOL, .kind = SB_REGION_TABLE, .name = "COFF symbols"},
		{.offset = pe->strings, .length = pe->strings_size, .kind = SB_REGION_TABLE, .name = "COFF strings"},
	};
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof parts / sizeof *parts; i++)
		rc = add(view, owners, parts[i], err);
	return rc;
}

/* A section that is one table is told by its rows. */
static bool is_table(const struct sb_pe *pe, const struct sb_pe_section *section)
{
	return !sb_pe_is_code(section) && (sb_pe_section_of_directory(pe, SB_PE_EXCEPTION) == section || sb_pe_section_of_directory(pe, SB_PE_RELOCATION) == section);
}

/* Zeros, and in code INT3. */
static bool is_fill(const struct sb_pe_section *section, struct sb_span bytes)
{
	return sb_span_all_zero(bytes) || (sb_pe_is_code(section) && bytes.n && bytes.p[0] == 0xcc && memcmp(bytes.p, bytes.p + 1, bytes.n - 1) == 0);
}

/* What the file has of a section beyond its size in memory. */
static int add_section(struct sb_view *view, const struct sb_pe *pe, size_t i, struct sb_vec *owners, struct sb_err *err)
{
	const struct sb_pe_section *section = &pe->sections[i];
	struct sb_region owner = {.offset = section->offset, .length = section->size, .kind = SB_REGION_SECTION, .loaded = true, .tag = SB_PE_TAG_SECTION + (uint32_t)i,
				  .name = section->name};
	uint64_t used = sb_pe_used(section);
	struct sb_span rest;

	if (is_table(pe, section))
		owner.kind = SB_REGION_TABLE;
	if (used == section->size || !sb_span_cut(view->file, section->offset + used, section->size - used, &rest) || !is_fill(section, rest))
		return add(view, owners, owner, err);
	struct sb_region fill = {.offset = section->offset + used, .length = rest.n, .kind = SB_REGION_PADDING, .loaded = true};
	fill.name = sb_arena_printf(view->arena, "%s fill", section->name);
	owner.length = used;
	if (!fill.name)
		return sb_no_memory(err);
	int rc = add(view, owners, owner, err);
	return rc ? rc : add(view, owners, fill, err);
}

static int add_sections(struct sb_view *view, const struct sb_pe *pe, struct sb_vec *owners, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < pe->section_count; i++)
		rc = add_section(view, pe, i, owners, err);
	return rc;
}

static int by_offset(const void *a, const void *b)
{
	const struct sb_region *x = a, *y = b;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return (x->length > y->length) - (x->length < y->length);
}

/* In front of the certificates a signer fills up to eight bytes; the headers are mapped as far as they say. */
static int emit_hole(struct sb_view *view, const struct sb_pe *pe, uint64_t from, uint64_t to, const struct sb_region *next, struct sb_err *err)
{
	struct sb_region hole = {.offset = from, .length = to - from, .kind = SB_REGION_GAP, .name = "gap", .loaded = from < pe->headers_size};
	struct sb_span bytes;

	if (from >= to)
		return 0;
	if (hole.loaded)
		hole.name = "gap-loaded";
	if (!next) {
		hole.kind = SB_REGION_OVERLAY;
		hole.name = "overlay";
	} else if (next->kind == SB_REGION_SIGNATURE && hole.length < 8 && sb_span_cut(view->file, from, hole.length, &bytes) && sb_span_all_zero(bytes)) {
		hole.kind = SB_REGION_PADDING;
		hole.name = "certificate padding";
	} else if (next->kind == SB_REGION_SIGNATURE) {
		hole.kind = SB_REGION_OVERLAY;
		hole.name = "overlay";
	}
	return sb_emit_region(view, &hole, err);
}

static int sweep(struct sb_view *view, const struct sb_pe *pe, const struct sb_vec *owners, struct sb_err *err)
{
	uint64_t at = 0;
	int rc = 0;

	for (size_t i = 0; !rc && i < owners->count; i++) {
		struct sb_region owner = *(const struct sb_region *)sb_vec_at(owners, i);
		uint64_t end = owner.offset + owner.length;
		if (owner.offset < at)
			rc = sb_emit_remark(view, (struct sb_notice){.offset = owner.offset}, err, "a part that overlaps with what stands before it");
		else
			rc = emit_hole(view, pe, at, owner.offset, &owner, err);
		if (owner.offset < at) {
			owner.tag = SB_PE_TAG_NONE; /* its fields are not all its own */
			owner.offset = at;
		}
		if (!rc && end > at) {
			owner.length = end - owner.offset;
			rc = sb_emit_region(view, &owner, err);
			at = end;
		}
	}
	return rc ? rc : emit_hole(view, pe, at, view->file.n, NULL, err);
}

/* Sections lie in blocks of what the header says, at least 512 bytes: a loader maps the last one whole. */
static uint64_t end_in_blocks(const struct sb_pe *pe, const struct sb_pe_section *section)
{
	enum { LEAST = 512, MOST = 65536, FILE_ALIGNMENT = 36 };
	uint64_t block = sb_pe_uint(pe, pe->optional + FILE_ALIGNMENT, 4), end = section->offset + section->size;

	return block >= LEAST && block <= MOST && (block & (block - 1)) == 0 ? (end + block - 1) & ~(block - 1) : end;
}

/* Bytes of certificates are the signer's to choose, so a loader may map none of them: not with a section and not with the headers. */
static bool is_mapped(const struct sb_pe *pe, const struct sb_pe_range *certificates)
{
	bool mapped = certificates->at < pe->headers_size || certificates->at < pe->table + pe->section_count * SB_PE_SECTION;

	for (size_t i = 0; !mapped && i < pe->section_count; i++) {
		const struct sb_pe_section *section = &pe->sections[i];
		mapped = section->size && section->offset < certificates->at + certificates->size && certificates->at < end_in_blocks(pe, section);
	}
	return mapped;
}

static struct sb_region table_of_certificates(const struct sb_pe *pe)
{
	const struct sb_pe_range *certificates = &pe->directory[SB_PE_CERTIFICATE];
	bool mapped = is_mapped(pe, certificates);

	return (struct sb_region){.offset = certificates->at, .length = certificates->size, .kind = mapped ? SB_REGION_TABLE : SB_REGION_SIGNATURE, .loaded = mapped,
				  .tag = SB_PE_TAG_CERTIFICATES, .name = mapped ? "certificate table that is mapped" : "certificate table"};
}

int sb_pe_partition(struct sb_view *view, const struct sb_pe *pe, struct sb_err *err)
{
	SB_VEC struct sb_vec owners = {.size = sizeof(struct sb_region)};
	int rc = add_headers(view, pe, &owners, err);

	if (!rc)
		rc = add_sections(view, pe, &owners, err);
	if (!rc && pe->directory[SB_PE_CERTIFICATE].at)
		rc = add(view, &owners, table_of_certificates(pe), err);
	if (rc)
		return rc;
	qsort(owners.items, owners.count, owners.size, by_offset);
	return sweep(view, pe, &owners, err);
}
