/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/collect.h"
#include "hashing/hashing.h"
#include "verifier/sandbox/beneath.h"
#include "verifier/sandbox/guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

struct collecting {
	struct sb_arena *arena;
	int build;
	struct sb_watch *watch;
	struct sb_vec entries; /* struct sb_entry */
	struct sb_vec spools;  /* struct sb_blob */
	uint64_t bytes;
};

static int out_of_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int unreadable(const char *path, struct sb_err *err)
{
	return sb_fail_errno(err, "output-unreadable", "cannot read the output %s", path);
}

/** Not a failure of ours: the build is told as one that met a limit, by the code that only this function returns. */
static int over(struct collecting *all, const char *name, uint64_t limit, uint64_t used)
{
	all->watch->out->end = SB_END_UNKNOWN;
	sb_guard_limit(all->watch, name, limit, used, "the outputs are not taken");
	return SB_LIMIT;
}

/* The size is that of the file's end, however few blocks it has: a sparse file costs what it claims. */
static int take_file(struct collecting *all, const char *path, struct sb_entry *entry, struct sb_err *err)
{
	SB_CLOSING int fd = sb_beneath_open(all->build, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, 0);
	const struct sb_bounds *bounds = &all->watch->plan.bounds;
	struct sb_digest digest;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return unreadable(path, err);
	if ((uint64_t)st.st_size > bounds->output_file_size)
		return over(all, "output-file-size", bounds->output_file_size, (uint64_t)st.st_size);
	if ((uint64_t)st.st_size > bounds->output_size - all->bytes)
		return over(all, "output-size", bounds->output_size, all->bytes + (uint64_t)st.st_size);
	struct sb_blob *blob = sb_vec_push(&all->spools);
	if (!blob)
		return out_of_memory(err);
	blob->fd = -1;
	int rc = sb_blob_take(fd, bounds->output_size - all->bytes, blob, err);
	if (rc)
		return rc;
	sb_hash_span(blob->bytes, SB_DIGEST_BLAKE2B, &digest);
	memcpy(entry->blake2b, digest.blake2b, sizeof(entry->blake2b));
	entry->size = blob->bytes.n;
	entry->spool = (unsigned)(all->spools.count - 1);
	all->bytes += entry->size;
	return 0;
}

static int take_link(struct collecting *all, const char *path, struct sb_entry *entry, struct sb_err *err)
{
	char target[4097];
	SB_CLOSING int link = sb_beneath_open(all->build, path, O_PATH | O_NOFOLLOW, 0);
	ssize_t n = link < 0 ? -1 : readlinkat(link, "", target, sizeof(target));

	if (n < 0 || n == (ssize_t)sizeof(target))
		return unreadable(path, err);
	entry->link = sb_arena_copy(all->arena, sb_span_of(target, (size_t)n));
	return entry->link ? 0 : out_of_memory(err);
}

static enum sb_entry_type type_of(mode_t mode)
{
	if (S_ISREG(mode))
		return SB_ENTRY_FILE;
	if (S_ISDIR(mode))
		return SB_ENTRY_DIR;
	if (S_ISLNK(mode))
		return SB_ENTRY_SYMLINK;
	if (S_ISCHR(mode))
		return SB_ENTRY_CHAR;
	if (S_ISBLK(mode))
		return SB_ENTRY_BLOCK;
	return S_ISFIFO(mode) ? SB_ENTRY_FIFO : SB_ENTRY_SOCKET;
}

/** Files are made with the real time, whatever the build's clock shows: none is newer than the epoch. */
static int64_t time_of(const struct collecting *all, const struct stat *st)
{
	int64_t epoch = all->watch->spec->control.epoch;

	return st->st_mtime < epoch ? st->st_mtime : epoch;
}

static int visit(struct collecting *all, const char *path, unsigned depth, struct sb_err *err);

static int visit_folder(struct collecting *all, const char *path, unsigned depth, struct sb_err *err)
{
	int fd = sb_beneath_open(all->build, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0), rc = 0;
	SB_CLOSEDIR DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (!folder) {
		if (fd >= 0)
			close(fd);
		return unreadable(path, err);
	}
	if (depth >= SB_LIMIT_OF(OUTPUT_DEPTH))
		return over(all, "output-depth", SB_LIMIT_OF(OUTPUT_DEPTH), depth + 1);
	for (const char *name; !rc && !(rc = sb_path_next(folder, &name, NULL) ? unreadable(path, err) : 0) && name;) {
		char *below = strcmp(path, ".") == 0 ? sb_arena_copy(all->arena, sb_span_text(name)) : sb_arena_printf(all->arena, "%s/%s", path, name);
		rc = below ? visit(all, below, depth + 1, err) : out_of_memory(err);
	}
	return rc;
}

static int visit(struct collecting *all, const char *path, unsigned depth, struct sb_err *err)
{
	struct stat st;

	if (strlen(path) >= SB_LIMIT_OF(PATH_BYTES))
		return over(all, "output-path", SB_LIMIT_OF(PATH_BYTES) - 1, strlen(path));
	SB_CLOSING int fd = sb_beneath_open(all->build, path, O_PATH | O_NOFOLLOW, 0);

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : unreadable(path, err);
	if (fstat(fd, &st) != 0)
		return unreadable(path, err);
	if (all->entries.count >= all->watch->plan.bounds.output_count)
		return over(all, "output-count", all->watch->plan.bounds.output_count, all->entries.count + 1);
	struct sb_entry entry = {.path = path, .type = type_of(st.st_mode), .mode = st.st_mode & 07777, .uid = st.st_uid, .gid = st.st_gid,
	                         .mtime = time_of(all, &st), .rdev_major = major(st.st_rdev), .rdev_minor = minor(st.st_rdev)};
	int rc = entry.type == SB_ENTRY_FILE      ? take_file(all, path, &entry, err)
	         : entry.type == SB_ENTRY_SYMLINK ? take_link(all, path, &entry, err)
	                                          : 0;
	if (rc)
		return rc;
	if (strcmp(path, ".") != 0) {
		struct sb_entry *slot = sb_vec_push(&all->entries);
		if (!slot)
			return out_of_memory(err);
		*slot = entry;
	}
	return entry.type == SB_ENTRY_DIR ? visit_folder(all, path, depth, err) : 0;
}

/* Outputs may name a folder and a file in it: each path is taken once. */
static bool is_inside(const char *path, const char *folder)
{
	size_t n = strlen(folder);
	return strcmp(folder, ".") == 0 || (strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0'));
}

static bool taken_by_another(const struct sb_sandbox_spec *spec, size_t which)
{
	for (size_t i = 0; i < spec->output_count; i++) {
		bool same = strcmp(spec->outputs[i], spec->outputs[which]) == 0;
		if (i != which && is_inside(spec->outputs[which], spec->outputs[i]) && (!same || i < which))
			return true;
	}
	return false;
}

static int hand_over(struct collecting *all, struct sb_sandbox_result *out, struct sb_err *err)
{
	int rc = sb_inventory_seal(all->entries.items, all->entries.count, all->arena, &out->outputs, err);

	if (rc)
		return rc;
	out->spools = all->spools.items;
	out->spool_count = all->spools.count;
	all->spools = (struct sb_vec){.size = sizeof(struct sb_blob)};
	return 0;
}

int sb_collect(struct sb_watch *watch, struct sb_arena *arena, struct sb_err *err)
{
	struct collecting all = {.arena = arena, .build = watch->build, .watch = watch, .entries = {.size = sizeof(struct sb_entry)},
	                         .spools = {.size = sizeof(struct sb_blob)}};
	int rc = 0;

	for (size_t i = 0; !rc && i < watch->spec->output_count; i++)
		if (!taken_by_another(watch->spec, i))
			rc = visit(&all, watch->spec->outputs[i], 0, err);
	if (!rc)
		rc = hand_over(&all, watch->out, err);
	for (size_t i = 0; i < all.spools.count; i++)
		sb_blob_release(sb_vec_at(&all.spools, i));
	sb_vec_release(&all.spools);
	sb_vec_release(&all.entries);
	return watch->out->end == SB_END_LIMIT ? 0 : rc;
}
