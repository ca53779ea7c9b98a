/* SPDX-License-Identifier: Apache-2.0 */
/* dpkg's database, as it lies in a root: info/NAME.list and status (dpkg(1)). */
#include "verifier/trace/trace.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATUS "var/lib/dpkg/status"
#define INFO "var/lib/dpkg/info/"

/** Ceilings of a database: Debian's largest .list has 2 MB, and a full machine 10,000 packages. */
enum { STATUS_MOST = 64 << 20, LIST_MOST = 16 << 20, LISTS_MOST = 100000 };

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int by_package(const void *a, const void *b)
{
	const struct sb_package_list *x = a, *y = b;
	return strcmp(x->package, y->package);
}

/* "gcc-12.list" → "gcc-12"; NULL for any other name. */
static const char *package_of(const char *name, struct sb_arena *arena, bool *is_list)
{
	size_t n = strlen(name);

	*is_list = n > 5 && strcmp(name + n - 5, ".list") == 0;
	return *is_list ? sb_arena_copy(arena, sb_span_of(name, n - 5)) : NULL;
}

static int add_list(struct sb_vec *lists, const char *package, struct sb_span text, struct sb_err *err)
{
	struct sb_package_list *list = package ? sb_vec_push(lists) : NULL;

	if (!list)
		return no_memory(err);
	*list = (struct sb_package_list){package, text};
	return 0;
}

static int finish(const struct sb_vec *lists, struct sb_arena *arena, struct sb_package_base *out, struct sb_err *err)
{
	struct sb_package_list *sorted = sb_arena_array(arena, lists->count, sizeof *sorted);

	if (!sorted)
		return no_memory(err);
	if (lists->count) {
		memcpy(sorted, lists->items, lists->count * sizeof *sorted);
		qsort(sorted, lists->count, sizeof *sorted, by_package);
	}
	out->lists = sorted;
	out->count = lists->count;
	return 0;
}

static struct sb_span content_of(const struct sb_tree *tree, const struct sb_entry *entry)
{
	struct sb_span bytes = {0};

	if (entry->type != SB_ENTRY_FILE || entry->spool >= tree->spool_count ||
	    !sb_span_cut(tree->spools[entry->spool].bytes, entry->offset, entry->size, &bytes))
		return (struct sb_span){0};
	return bytes;
}

int sb_package_base_of_tree(const struct sb_tree *root, struct sb_arena *arena, struct sb_package_base *out, struct sb_err *err)
{
	SB_VEC struct sb_vec lists = {.size = sizeof(struct sb_package_list), .ceiling = LISTS_MOST};
	const struct sb_entry *status = sb_inventory_find(root->inventory, STATUS);
	int rc = 0;

	*out = (struct sb_package_base){0};
	if (status)
		out->status = content_of(root, status);
	for (size_t i = 0; !rc && i < root->inventory->count; i++) {
		const struct sb_entry *entry = &root->inventory->entries[i];
		bool is_list = false;
		if (strncmp(entry->path, INFO, sizeof INFO - 1) != 0)
			continue;
		const char *package = package_of(entry->path + sizeof INFO - 1, arena, &is_list);
		if (is_list)
			rc = add_list(&lists, package, content_of(root, entry), err);
	}
	return rc ? rc : finish(&lists, arena, out, err);
}

static int slurp(int dir, const char *path, size_t most, struct sb_arena *arena, struct sb_span *out, struct sb_err *err)
{
	SB_FREEING char *text = NULL;
	size_t n = 0;

	int rc = sb_io_slurp(dir, path, most, &text, &n, err);
	if (rc)
		return rc;
	char *copy = sb_arena_copy(arena, sb_span_of(text, n));
	if (!copy)
		return no_memory(err);
	*out = sb_span_of(copy, n);
	return 0;
}

static int read_lists(DIR *folder, struct sb_arena *arena, struct sb_vec *lists, struct sb_err *err)
{
	const char *name = NULL;
	int rc = 0;

	while (!rc && !(rc = sb_path_next(folder, &name, err)) && name) {
		bool is_list = false;
		struct sb_span text;
		const char *package = package_of(name, arena, &is_list);
		if (!is_list)
			continue;
		rc = slurp(dirfd(folder), name, LIST_MOST, arena, &text, err);
		if (!rc)
			rc = add_list(lists, package, text, err);
	}
	return rc;
}

int sb_package_base_of_folder(int dpkg, struct sb_arena *arena, struct sb_package_base *out, struct sb_err *err)
{
	SB_VEC struct sb_vec lists = {.size = sizeof(struct sb_package_list), .ceiling = LISTS_MOST};
	SB_CLOSING int info = -1;

	*out = (struct sb_package_base){0};
	if (dpkg < 0 || sb_path_open_dir(dpkg, "info", &info, NULL) != 0)
		return 0;
	int rc = slurp(dpkg, "status", STATUS_MOST, arena, &out->status, err);
	DIR *folder = rc ? NULL : fdopendir(info);
	if (!rc && !folder)
		rc = sb_fail_errno(err, "folder-unreadable", "cannot list the packages of this machine");
	if (folder) {
		sb_steal_fd(&info);
		rc = read_lists(folder, arena, &lists, err);
		closedir(folder);
	}
	return rc ? rc : finish(&lists, arena, out, err);
}
