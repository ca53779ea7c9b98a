/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/compare/listing.h"

#include "verifier/compare/attributes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static char type_of(mode_t mode)
{
	return S_ISREG(mode) ? 'f' : S_ISDIR(mode) ? 'd' : S_ISLNK(mode) ? 'l' : S_ISFIFO(mode) ? 'p' : S_ISSOCK(mode) ? 's' : S_ISCHR(mode) ? 'c' : 'b';
}

static int read_target(struct sb_listing *into, int dir, const char *name, const char **out, struct sb_err *err)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dir, name, target, sizeof target);

	if (n < 0 || n == (ssize_t)sizeof target)
		return sb_fail_errno(err, "file-unreadable", "cannot read the link %s", name);
	*out = sb_arena_copy(into->arena, sb_span_of(target, (size_t)n));
	return *out ? 0 : no_memory(err);
}

static int list(struct sb_listing *into, const char *folder, unsigned depth, struct sb_err *err);

static int visit(struct sb_listing *into, int dir, const char *folder, const char *name, unsigned depth, struct sb_err *err)
{
	struct sb_listed found = {.path = folder[0] ? sb_arena_printf(into->arena, "%s/%s", folder, name) : sb_arena_copy(into->arena, sb_span_text(name))};

	if (!found.path)
		return no_memory(err);
	if (fstatat(dir, name, &found.st, AT_SYMLINK_NOFOLLOW) != 0)
		return sb_fail_errno(err, "file-unreadable", "cannot look at %s", found.path);
	found.type = type_of(found.st.st_mode);
	int rc = found.type == 'l' ? read_target(into, dir, name, &found.link, err) : 0;
	if (!rc && into->metadata)
		rc = sb_attributes_read(dir, name, into->arena, &found.xattrs, err);
	if (rc)
		return rc;
	if (into->entries.count >= SB_LIMIT_OF(ENTRIES))
		return sb_fail_limit(err, SB_LIMIT_ROW_ENTRIES, into->entries.count + 1);
	struct sb_listed *slot = sb_vec_push(&into->entries);
	if (!slot)
		return no_memory(err);
	*slot = found;
	return found.type == 'd' ? list(into, found.path, depth + 1, err) : 0;
}

static int list(struct sb_listing *into, const char *folder, unsigned depth, struct sb_err *err)
{
	int fd = -1;

	if (depth > SB_LIMIT_OF(PATH_DEPTH))
		return sb_fail_limit(err, SB_LIMIT_ROW_PATH_DEPTH, depth);
	int rc = sb_path_open_dir(into->dir, folder[0] ? folder : ".", &fd, err);
	if (rc)
		return rc;
	SB_CLOSEDIR DIR *dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return sb_fail_errno(err, "file-unreadable", "cannot list %s", folder);
	}
	for (const char *name; !(rc = sb_path_next(dir, &name, err)) && name;)
		if ((rc = visit(into, dirfd(dir), folder, name, depth, err)))
			break;
	return rc;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct sb_listed *)a)->path, ((const struct sb_listed *)b)->path);
}

int sb_listing_read(int dir, bool metadata, struct sb_listing *out, struct sb_err *err)
{
	*out = (struct sb_listing){.dir = dir, .arena = sb_arena_new(0), .metadata = metadata, .entries = {.size = sizeof(struct sb_listed)}};
	int rc = out->arena ? list(out, "", 0, err) : no_memory(err);

	if (!rc && out->entries.count)
		qsort(out->entries.items, out->entries.count, sizeof(struct sb_listed), by_path);
	return rc;
}

void sb_listing_release(struct sb_listing *listing)
{
	sb_vec_release(&listing->entries);
	sb_arena_free(&listing->arena);
}
