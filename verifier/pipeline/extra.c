/* SPDX-License-Identifier: Apache-2.0 */
/* What of a delivered folder stands on one side only: files that were not delivered, and folders, which may be empty and still mean something. */
#include "verifier/pipeline/line.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/** Where artifacts of one run go. */
struct extra {
	const struct sb_sources *sources;
	const struct sb_rebuilt *rebuilt;
	struct sb_arena *arena;
	struct sb_vec *artifacts;
	size_t first, known; /* of them those that are extra, and those that earlier rebuilds showed */
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int by_file(const void *key, const void *row)
{
	return strcmp(key, ((const struct sb_shipped *)row)->path);
}

static int by_folder(const void *key, const void *row)
{
	return strcmp(key, ((const struct sb_shipped_folder *)row)->path);
}

static bool is_delivered(const struct sb_sources *sources, const char *name)
{
	return bsearch(name, sources->shipped, sources->shipped_count, sizeof *sources->shipped, by_file) ||
	       bsearch(name, sources->folders, sources->folder_count, sizeof *sources->folders, by_folder);
}

/* Another rebuild showed it already: once is enough, since it is a difference as it is. */
static bool is_known(const struct extra *to, const char *name)
{
	for (size_t i = to->first; i < to->known; i++)
		if (strcmp(((const struct sb_artifact_in *)sb_vec_at(to->artifacts, i))->name, name) == 0)
			return true;
	return false;
}

static struct sb_artifact_in *push(struct extra *to, const char *name, struct sb_err *err)
{
	struct sb_artifact_in *slot = name ? sb_vec_push(to->artifacts) : NULL;

	if (!slot) {
		(void)no_memory(err);
		return NULL;
	}
	*slot = (struct sb_artifact_in){.name = name};
	return slot;
}

static struct sb_side folder_side(uint32_t mode)
{
	return (struct sb_side){.present = true, .type = 'd', .has_mode = true, .mode = mode};
}

/* A folder that holds something is told by what it holds. */
static bool is_empty(const struct sb_inventory *outputs, size_t folder)
{
	const char *path = outputs->entries[folder].path;
	size_t n = strlen(path);

	for (size_t i = folder + 1; i < outputs->count && strncmp(outputs->entries[i].path, path, n) == 0; i++)
		if (outputs->entries[i].path[n] == '/' && outputs->entries[i].type != SB_ENTRY_DIR)
			return false;
	return true;
}

/* What the build made at the place of a rule and what that rule did not find in the delivery, wherever else it may lie. */
static int add_built(struct extra *to, const struct sb_drop_output *rule, struct sb_err *err)
{
	const struct sb_inventory *outputs = &to->rebuilt->run.outputs;
	int rc = 0;

	for (size_t i = 0; !rc && i < outputs->count; i++) {
		const struct sb_entry *entry = &outputs->entries[i];
		const char *rest = sb_line_below(entry->path, rule->built);
		const char *name = rest ? sb_line_name(rule, rest, to->arena) : NULL;
		if (!rest || (name && (is_delivered(to->sources, name) || is_known(to, name))) || (entry->type == SB_ENTRY_DIR && !is_empty(outputs, i)))
			continue;
		struct sb_artifact_in *slot = push(to, name, err);
		if (!slot)
			return err->code;
		if (entry->type == SB_ENTRY_DIR)
			slot->rebuilt = folder_side(entry->mode);
		else
			rc = sb_line_side(to->rebuilt, entry->path, &slot->rebuilt, err);
	}
	return rc;
}

/* The build made no such folder, or one whose special bits are others: setgid gives whatever is put there to a group. */
static int add_folder(struct extra *to, const struct sb_shipped_folder *folder, struct sb_err *err)
{
	const uint32_t special = S_ISUID | S_ISGID | S_ISVTX;
	const struct sb_entry *entry = sb_inventory_find(&to->rebuilt->run.outputs, folder->built);
	bool is_built = entry && entry->type == SB_ENTRY_DIR;

	if ((is_built ? !((entry->mode ^ folder->mode) & special) : !folder->empty) || is_known(to, folder->path))
		return 0;
	struct sb_artifact_in *slot = push(to, folder->path, err);
	if (!slot)
		return err->code;
	slot->shipped = folder_side(folder->mode);
	if (is_built)
		slot->rebuilt = folder_side(entry->mode);
	return 0;
}

static int add_all(struct extra *to, const struct sb_drop *drop, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < drop->output_count; i++)
		rc = add_built(to, &drop->outputs[i], err);
	for (size_t i = 0; !rc && i < to->sources->folder_count; i++)
		rc = add_folder(to, &to->sources->folders[i], err);
	return rc;
}

int sb_line_extra(const struct sb_drop *drop, const struct sb_sources *sources, const struct sb_line_sides *sides, struct sb_arena *arena,
                  struct sb_vec *artifacts, struct sb_err *err)
{
	SB_VEC struct sb_vec builds = {.size = sizeof(const struct sb_rebuilt *)};
	struct extra to = {.sources = sources, .arena = arena, .artifacts = artifacts, .first = artifacts->count};
	int rc = sb_line_builds(sides, sources->shipped_count, &builds, err);

	for (size_t i = 0; !rc && i < builds.count; i++) {
		to.rebuilt = *(const struct sb_rebuilt **)sb_vec_at(&builds, i);
		to.known = artifacts->count;
		rc = add_all(&to, drop, err);
	}
	return rc;
}
