/* SPDX-License-Identifier: Apache-2.0 */
/* Several sources, one tree. */
#include "verifier/ingest/unpack.h"

#include <stdlib.h>
#include <string.h>

static int by_path_and_source(const void *a, const void *b)
{
	const struct sb_entry *x = a, *y = b;
	int order = strcmp(x->path, y->path);
	return order ? order : (x->origin > y->origin) - (x->origin < y->origin);
}

static int fail_overlap(struct sb_err *err, const struct sb_entry *a, const struct sb_entry *b)
{
	sb_fail(err, SB_FORMAT, "drop-overlap", "sources %u and %u both bring it", a->origin + 1, b->origin + 1);
	sb_within(err, b->path);
	return SB_FORMAT;
}

/* A file of one source must not be the folder of another's entry: find the nearest kept entry above. */
static int check_above(const struct sb_entry *kept, size_t count, const struct sb_entry *entry, struct sb_err *err)
{
	const struct sb_entry *above = count ? &kept[count - 1] : NULL;
	size_t n = above ? strlen(above->path) : 0;

	if (above && above->type != SB_ENTRY_DIR && strncmp(above->path, entry->path, n) == 0 && entry->path[n] == '/')
		return fail_overlap(err, above, entry);
	return 0;
}

int sb_ingest_merge(struct sb_unpack *unpack, struct sb_err *err)
{
	struct sb_entry *entries = unpack->entries.items;
	size_t kept = 0;

	if (unpack->entries.count)
		qsort(entries, unpack->entries.count, sizeof *entries, by_path_and_source);
	for (size_t i = 0; i < unpack->entries.count; i++) {
		bool again = kept && strcmp(entries[kept - 1].path, entries[i].path) == 0;
		if (strcmp(entries[i].path, ".") == 0)
			continue; /* the top is build.path itself */
		if (again && (entries[i].type != SB_ENTRY_DIR || entries[kept - 1].type != SB_ENTRY_DIR))
			return fail_overlap(err, &entries[kept - 1], &entries[i]);
		int rc = again ? 0 : check_above(entries, kept, &entries[i], err);
		if (rc)
			return rc;
		if (!again)
			entries[kept++] = entries[i];
	}
	unpack->entries.count = kept;
	return 0;
}
