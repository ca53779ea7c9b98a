/* SPDX-License-Identifier: Apache-2.0 */
/* RRIP 4.1.5: folders that lie too deep for ECMA-119 stand elsewhere. CL leads there, PL leads back. */
#include "verifier/formats/iso9660/iso9660.h"

#include <stdlib.h>

static int by_offset(const void *a, const void *b)
{
	const struct sb_iso_folder *x = a, *y = b;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

static int resolve(struct sb_iso *iso, const struct sb_iso_call *call, struct sb_err *err)
{
	const struct sb_iso_folder asked = {.offset = call->offset};
	struct sb_iso_folder *found = iso->folders.count ? bsearch(&asked, iso->folders.items, iso->folders.count, sizeof asked, by_offset) : NULL;

	if (!found || found->called || found->called_from != call->from)
		return sb_damaged(err, "archive-damaged", call->offset, "a moved folder that does not lead back");
	found->called = true;
	((struct sb_member *)sb_vec_at(&iso->view->members, call->member - 1))->link = sb_view_member(iso->view, found->member - 1)->name;
	return 0;
}

int sb_iso_resolve_calls(struct sb_iso *iso, struct sb_err *err)
{
	int rc = 0;

	if (iso->folders.count)
		qsort(iso->folders.items, iso->folders.count, sizeof(struct sb_iso_folder), by_offset);
	for (size_t i = 0; !rc && i < iso->calls.count; i++)
		rc = resolve(iso, sb_vec_at(&iso->calls, i), err);
	for (size_t i = 0; !rc && i < iso->folders.count; i++) {
		const struct sb_iso_folder *folder = sb_vec_at(&iso->folders, i);
		if (folder->called_from && !folder->called)
			rc = sb_damaged(err, "archive-damaged", folder->offset, "a moved folder that nothing leads to");
	}
	return rc;
}
