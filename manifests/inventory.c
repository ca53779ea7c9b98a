/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/inventory.h"

#include <stdlib.h>
#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int by_path(const void *a, const void *b)
{
	const struct sb_entry *x = a, *y = b;
	return strcmp(x->path, y->path);
}

const struct sb_entry *sb_inventory_find(const struct sb_inventory *inventory, const char *path)
{
	const struct sb_entry key = {.path = path};
	return inventory->count ? bsearch(&key, inventory->entries, inventory->count, sizeof key, by_path) : NULL;
}

/* Folders that are only implied by what lies in them. Sorted input: a missing parent is missing for all of its first run. */
static int add_parents(const struct sb_inventory *sorted, struct sb_arena *arena, struct sb_vec *made, struct sb_err *err)
{
	for (size_t i = 0; i < sorted->count; i++) {
		const struct sb_entry *entry = &sorted->entries[i];
		for (const char *slash = strchr(entry->path, '/'); slash; slash = strchr(slash + 1, '/')) {
			size_t n = (size_t)(slash - entry->path);
			const char *last = made->count ? ((struct sb_entry *)sb_vec_at(made, made->count - 1))->path : "";
			char *path = sb_arena_copy(arena, sb_span_of(entry->path, n));
			if (!path)
				return no_memory(err);
			if (strcmp(path, last) == 0 || sb_inventory_find(sorted, path))
				continue;
			struct sb_entry *slot = sb_vec_push(made);
			if (!slot)
				return no_memory(err);
			*slot = (struct sb_entry){.path = path, .type = SB_ENTRY_DIR, .mode = 0755, .mtime = entry->mtime, .origin = entry->origin};
		}
	}
	return 0;
}

/* The same implied folder may have been found from several places. */
static size_t drop_twins(struct sb_entry *made, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(made, count, sizeof *made, by_path);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || strcmp(made[kept - 1].path, made[i].path) != 0)
			made[kept++] = made[i];
	return kept;
}

static int check_unique(const struct sb_entry *entries, size_t count, struct sb_err *err)
{
	for (size_t i = 1; i < count; i++)
		if (strcmp(entries[i - 1].path, entries[i].path) == 0)
			return sb_fail(err, SB_EVIDENCE, "duplicate-path", "the tree holds %s twice", entries[i].path);
	return 0;
}

static int seal(const struct sb_entry *entries, size_t count, struct sb_arena *arena, struct sb_vec *made, struct sb_inventory *out,
                struct sb_err *err)
{
	struct sb_entry *all = sb_arena_array(arena, count, sizeof *all);

	if (!all)
		return no_memory(err);
	if (count) {
		memcpy(all, entries, count * sizeof *all);
		qsort(all, count, sizeof *all, by_path);
	}
	int rc = check_unique(all, count, err);
	if (!rc)
		rc = add_parents(&(struct sb_inventory){.entries = all, .count = count}, arena, made, err);
	if (rc)
		return rc;
	size_t parents = drop_twins(made->items, made->count);
	struct sb_entry *full = sb_arena_array(arena, count + parents, sizeof *full);
	if (!full)
		return no_memory(err);
	if (count)
		memcpy(full, all, count * sizeof *full);
	if (parents)
		memcpy(full + count, made->items, parents * sizeof *full);
	if (count + parents)
		qsort(full, count + parents, sizeof *full, by_path);
	*out = (struct sb_inventory){.entries = full, .count = count + parents};
	for (size_t i = 0; i < out->count; i++)
		if (full[i].type == SB_ENTRY_FILE && !sb_add(out->bytes, full[i].size, &out->bytes))
			out->bytes = UINT64_MAX;
	return 0;
}

int sb_inventory_seal(const struct sb_entry *entries, size_t count, struct sb_arena *arena, struct sb_inventory *out, struct sb_err *err)
{
	struct sb_vec made = {.size = sizeof(struct sb_entry)};
	int rc = seal(entries, count, arena, &made, out, err);
	sb_vec_release(&made);
	return rc;
}

static char leaf_type(enum sb_entry_type type)
{
	switch (type) {
	case SB_ENTRY_FILE:
	case SB_ENTRY_HARDLINK:
		return 'f';
	case SB_ENTRY_DIR:
		return 'd';
	case SB_ENTRY_SYMLINK:
		return 'l';
	case SB_ENTRY_CHAR:
		return 'c';
	case SB_ENTRY_BLOCK:
		return 'b';
	case SB_ENTRY_FIFO:
		return 'p';
	case SB_ENTRY_SOCKET:
		return 's';
	case SB_ENTRY_UNKNOWN:
		return '?';
	}
	return '?';
}

int sb_inventory_digest(const struct sb_inventory *inventory, uint8_t out[SB_BLAKE2B_BYTES], struct sb_err *err)
{
	SB_FREEING struct sb_tree_leaf *leaves = calloc(inventory->count ? inventory->count : 1, sizeof *leaves);

	if (!leaves)
		return no_memory(err);
	for (size_t i = 0; i < inventory->count; i++) {
		const struct sb_entry *entry = &inventory->entries[i];
		const struct sb_entry *content = entry->type == SB_ENTRY_HARDLINK ? sb_inventory_find(inventory, entry->link) : entry;
		char type = leaf_type(entry->type);
		leaves[i] = (struct sb_tree_leaf){
			.path = entry->path,
			.type = type,
			.mode = type == 'l' ? 0 : entry->mode & 07777,
			.link = type == 'l' ? entry->link : NULL,
			.blake2b = type == 'f' && content ? content->blake2b : NULL,
			.rdev = entry->rdev_major << 32 | entry->rdev_minor,
		};
	}
	return sb_tree_digest(leaves, inventory->count, out, err);
}
