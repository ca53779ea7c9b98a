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

/** A path that ends in the middle of a longer one. */
struct folder {
	const char *path;
	size_t n;
};

static int folder_to_entry(const void *key, const void *item)
{
	const struct folder *folder = key;
	const char *path = ((const struct sb_entry *)item)->path;
	int order = strncmp(folder->path, path, folder->n);
	return order ? order : -(path[folder->n] != '\0');
}

/* A file or link of one source must not be the folder of another's entry. What is above an entry sorts before it, yet not just before it. */
static int check_above(const struct sb_entry *kept, size_t count, const struct sb_entry *entry, struct sb_err *err)
{
	size_t from = count ? sb_ingest_shared(kept[count - 1].path, entry->path) : 0;

	for (const char *slash = strchr(entry->path + from, '/'); slash && count; slash = strchr(slash + 1, '/')) {
		const struct folder folder = {.path = entry->path, .n = (size_t)(slash - entry->path)};
		const struct sb_entry *above = bsearch(&folder, kept, count, sizeof *kept, folder_to_entry);
		if (above && above->type != SB_ENTRY_DIR)
			return fail_overlap(err, above, entry);
	}
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
