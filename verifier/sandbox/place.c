/* SPDX-License-Identifier: Apache-2.0 */
/* Sources that lie over a tool of the root would be run in its place, and the root's digest would vouch for them. */
#include "verifier/sandbox/place.h"
#include "verifier/sandbox/place_link.h"

#include <string.h>

/** Is @path the folder, or below it? */
static bool is_within(const char *path, const char *folder, size_t n)
{
	return strncmp(path, folder, n) == 0 && (path[n] == 0 || path[n] == '/');
}

static bool is_within_one_of(const char *path, const char *const *folders, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_within(path, folders[i], strlen(folders[i])))
			return true;
	return false;
}

static bool is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);
	return strncmp(path, folder, n) == 0 && path[n] == '/';
}

static bool is_system(const char *path)
{
	static const char *const tops[] = {"/bin", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/run", "/sbin", "/tmp", "/usr", "/var"};
	return is_within_one_of(path, tops, sizeof tops / sizeof *tops);
}

/* Vendors do build here; PATH and the loader look nowhere in them. An empty /usr/sbin of a root is no such place: it comes first in PATH. */
static bool is_of_builds(const char *path)
{
	static const char *const places[] = {"/usr/src", "/usr/obj", "/usr/ports", "/usr/pkgsrc", "/usr/local/src"};
	return is_within_one_of(path, places, sizeof places / sizeof *places) || is_below(path, "/var") || is_below(path, "/run");
}

static int check_system(const struct sb_sandbox_spec *spec, struct sb_err *err)
{
	const char *path = spec->build_path;

	if (!is_system(path) || is_below(path, "/tmp") || is_below(path, "/var/tmp"))
		return 0;
	if (spec->host_root)
		return sb_fail(err, SB_USAGE, "build-path-taken", "%s lies in a read-only system directory of this machine", path);
	if (!is_of_builds(path) || strcmp(path, "/var/tmp") == 0)
		return sb_fail(err, SB_USAGE, "build-path-taken", "%s lies in a system directory of the toolchain's root", path);
	return 0;
}

/** Anything but a folder at or below the first @n bytes of @path. */
static const struct sb_entry *hidden(const struct sb_inventory *root, const char *path, size_t n)
{
	for (size_t i = 0; i < root->count; i++)
		if (root->entries[i].type != SB_ENTRY_DIR && is_within(root->entries[i].path, path, n))
			return &root->entries[i];
	return NULL;
}

/** A link or file above @path: what lies behind it is not what its name says. */
static const struct sb_entry *in_the_way(const struct sb_inventory *root, const char *path)
{
	for (size_t i = 0; i < root->count; i++)
		if (root->entries[i].type != SB_ENTRY_DIR && is_within(path, root->entries[i].path, strlen(root->entries[i].path)))
			return &root->entries[i];
	return NULL;
}

static int check_root(const struct sb_sandbox_spec *spec, struct sb_err *err)
{
	const struct sb_inventory *root = spec->root->inventory;
	const char *path = spec->build_path + 1;
	const struct sb_entry *entry = hidden(root, path, strlen(path));

	if (entry)
		return sb_fail(err, SB_USAGE, "build-path-taken", "a build in %s would hide /%s of the toolchain's root", spec->build_path, entry->path);
	entry = in_the_way(root, path);
	if (entry)
		return sb_fail(err, SB_USAGE, "build-path-taken", "a build cannot lie in %s: /%s of the toolchain's root is no folder", spec->build_path, entry->path);
	entry = sb_place_link(root, path);
	if (entry)
		return sb_fail(err, SB_USAGE, "build-path-taken", "the link /%s of the toolchain's root would lead to a build in %s", entry->path, spec->build_path);
	return 0;
}

int sb_place_choose(const struct sb_sandbox_spec *spec, struct sb_arena *arena, const char **mount, struct sb_err *err)
{
	const char *path = spec->build_path;
	size_t top = strcspn(path + 1, "/");
	int rc = check_system(spec, err);

	if (!rc && spec->root)
		rc = check_root(spec, err);
	if (rc)
		return rc;
	bool alone = is_system(path) || (spec->root && hidden(spec->root->inventory, path + 1, top));
	*mount = alone ? path : sb_arena_copy(arena, sb_span_of(path, top + 1));
	return *mount ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}
