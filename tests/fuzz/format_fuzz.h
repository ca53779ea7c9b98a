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

static inline void fuzz_regions(struct sb_view *view)
{
	struct sb_err err = {0};
	uint64_t at = 0;

	for (size_t i = 0; i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		must(region->offset == at && region->length && region->name && region->member <= view->members.count);
		at += region->length;
		fuzz_check_code(sb_view_describe(view, region, &err), &err);
		if (view->format->locate)
			(void)view->format->locate(view, region, region->offset, view->arena);
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
		sb_view_release(&view);
	}
	return 0;
}

#endif
