/* SPDX-License-Identifier: Apache-2.0 */
/* What every format is put through: open, describe each region, decode each member within a tiny budget, and check the
 * promises. */
#ifndef TESTS_FUZZ_FORMAT_FUZZ_H
#define TESTS_FUZZ_FORMAT_FUZZ_H

#include "base/cleanup.h"
#include "verifier/formats/formats.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static inline void must(bool holds)
{
	if (!holds)
		abort();
}

static inline void fuzz_check_code(int rc, const struct sb_err *err)
{
	must(rc == 0 || rc == SB_FORMAT || rc == SB_LIMIT || rc == SB_NOMEM);
	must(rc == 0 || err->id);
}

/* What may be asked of executable files, of one region. */
static inline void fuzz_image(struct sb_view *view, const struct sb_region *region)
{
	const struct sb_image_format *image = view->format->image;
	const struct sb_place place = {region, region->offset, region->length};
	SB_VEC struct sb_vec references = {.size = sizeof(struct sb_reference)};
	SB_VEC struct sb_vec rows = {.size = sizeof(struct sb_row)};
	struct sb_err err = {0};

	(void)image->severity(view, &place);
	(void)image->show(view, &place, view->arena);
	fuzz_check_code(image->references(view, &place, &references, &err), &err);
	fuzz_check_code(image->rows(view, region, &rows, &err), &err);
	for (size_t i = 0; i < references.count; i++) {
		const struct sb_reference *reference = sb_vec_at(&references, i);
		must(reference->length <= 16 && reference->offset <= view->file.n && reference->length <= view->file.n - reference->offset);
	}
	uint64_t at = region->offset;
	for (size_t i = 0; i < rows.count; i++) {
		const struct sb_row *row = sb_vec_at(&rows, i);
		must(row->offset >= at && row->length <= region->length && row->offset - region->offset <= region->length - row->length);
		at = row->offset + row->length;
		if (view->format->locate)
			(void)view->format->locate(view, region, row->offset, view->arena);
	}
}

static inline void fuzz_whole_image(struct sb_view *view)
{
	SB_VEC struct sb_vec anchors = {.size = sizeof(struct sb_anchor)};
	SB_VEC struct sb_vec facts = {.size = sizeof(struct sb_fact)};
	struct sb_err err = {0};

	fuzz_check_code(view->format->image->anchors(view, &anchors, &err), &err);
	fuzz_check_code(view->format->image->facts(view, &facts, &err), &err);
}

/* What a region says: clauses that tile it, each of which may be shown. */
static inline void fuzz_meaning(struct sb_view *view, const struct sb_region *region)
{
	enum { SHOWN = 8 };
	SB_VEC struct sb_vec clauses = {.size = sizeof(struct sb_clause)};
	struct sb_err err = {0};
	uint64_t at = region->offset;
	int rc = view->format->meaning->clauses(view, region, &clauses, &err);

	fuzz_check_code(rc, &err);
	for (size_t i = 0; !rc && i < clauses.count; i++) {
		const struct sb_clause *clause = sb_vec_at(&clauses, i);
		must(clause->offset == at && clause->length && clause->severity < SB_SEVERITIES);
		const struct sb_place place = {region, clause->offset, clause->length};
		at += clause->length;
		if (i < SHOWN || i + SHOWN > clauses.count)
			(void)view->format->meaning->show(view, &place, view->arena);
	}
	must(rc || at == region->offset + region->length);
}

static inline void fuzz_gists(struct sb_view *view)
{
	SB_VEC struct sb_vec gists = {.size = sizeof(struct sb_gist)};
	struct sb_err err = {0};
	int rc = view->format->meaning->gists(view, &gists, &err);

	fuzz_check_code(rc, &err);
	must(rc || gists.count == view->regions.count);
}

static inline void fuzz_regions(struct sb_view *view)
{
	struct sb_err err = {0};
	uint64_t at = 0;

	for (size_t i = 0; i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		const struct sb_place place = {region, region->offset, region->length};
		must(region->offset == at && region->length && region->name && region->member <= view->members.count);
		at += region->length;
		fuzz_check_code(sb_view_describe(view, region, &err), &err);
		if (view->format->locate)
			(void)view->format->locate(view, region, region->offset, view->arena);
		if (view->format->acted_on)
			(void)view->format->acted_on(view, &place);
		if (view->format->image)
			fuzz_image(view, region);
		if (view->format->meaning)
			fuzz_meaning(view, region);
	}
	must(at == view->file.n);
}

static inline void fuzz_members(struct sb_view *view)
{
	for (size_t i = 0; i < view->members.count; i++) {
		const struct sb_member *member = sb_view_member(view, i);
		struct sb_unpack_budget budget = {.packed = view->file.n, .most = 1 << 20};
		SB_BLOB struct sb_blob blob = {.fd = -1};
		struct sb_err err = {0};
		uint64_t used = 0;
		must(member->name.p && member->name.p[member->name.n] == '\0');
		must(!member->link.p || member->link.p[member->link.n] == '\0');
		int rc = sb_formats_decode(view->file, member, &budget, &blob, &used, &err);
		fuzz_check_code(rc, &err);
		must(rc != 0 || used <= member->length);
	}
}

/** One run of the format called @name over @n bytes; the file is called @hint. */
static inline int fuzz_format(const char *name, const char *hint, const uint8_t *data, size_t n)
{
	struct sb_span file = sb_span_of(data, n);
	const struct sb_format *format = sb_formats_named(name);
	SB_ARENA struct sb_arena *arena = sb_arena_new(64 << 20);
	struct sb_view view;
	struct sb_err err = {0};

	must(format && arena);
	(void)sb_formats_probe(file, hint);
	int rc = sb_view_open(format, file, hint, arena, &view, &err);
	fuzz_check_code(rc, &err);
	if (rc == 0) {
		fuzz_regions(&view);
		fuzz_members(&view);
		if (format->image)
			fuzz_whole_image(&view);
		if (format->meaning)
			fuzz_gists(&view);
		sb_view_release(&view);
	}
	return 0;
}

#endif
