/* SPDX-License-Identifier: Apache-2.0 */
/* What was delivered: every file matches exactly one output rule, and nothing lies beside the delivery unnoticed. */
#include "verifier/ingest/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

/** linux/capability.h: the longest form of the attribute, XATTR_CAPS_SZ_3, is 24 bytes; longer ones are not the kernel's. */
enum { CAPABILITY_ROOM = 256 };

struct collect {
	const struct sb_ingest_in *in;
	struct sb_arena *arena;
	struct sb_vec found;   /* struct sb_shipped */
	struct sb_vec folders; /* struct sb_shipped_folder */
};

static char *joined(struct sb_arena *arena, const char *folder, const char *name)
{
	return strcmp(folder, ".") == 0 ? sb_arena_copy(arena, sb_span_text(name)) : sb_arena_printf(arena, "%s/%s", folder, name);
}

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int read_capability(const struct collect *all, int fd, struct sb_shipped *file, struct sb_err *err)
{
	char value[CAPABILITY_ROOM];
	ssize_t n = fgetxattr(fd, "security.capability", value, sizeof value);

	if (n < 0)
		return errno == ENODATA || errno == ENOTSUP ? 0 : sb_fail_errno(err, "drop-unreadable-file", "cannot read the capabilities of %s", file->path);
	const char *copy = sb_arena_copy(all->arena, sb_span_of(value, (size_t)n));
	file->capability = sb_span_of(copy, (size_t)n);
	return copy ? 0 : no_memory(err);
}

static int take(const struct collect *all, struct sb_shipped *file, struct sb_err *err)
{
	SB_CLOSING int fd = -1;
	int rc = sb_ingest_open(all->in->dir, file->path, &fd, err);

	if (!rc)
		rc = read_capability(all, fd, file, err);
	return rc ? rc : sb_ingest_read(fd, file->path, &file->blob, &file->digest, err);
}

static int add(struct collect *all, const struct sb_shipped *found, struct sb_err *err)
{
	struct sb_shipped *slot = found->path && found->built ? sb_vec_push(&all->found) : NULL;
	if (!slot)
		return no_memory(err);
	*slot = *found;
	slot->blob = (struct sb_blob){.fd = -1};
	return slot->type == 'f' ? take(all, slot, err) : 0;
}

static int add_file(struct collect *all, const char *path, const char *built, mode_t mode, struct sb_err *err)
{
	const struct sb_shipped found = {.path = path, .built = built, .type = 'f', .mode = mode & 07777};
	return add(all, &found, err);
}

static int add_link(struct collect *all, int dir, const char *name, const char *path, const char *built, struct sb_err *err)
{
	char target[4097];
	ssize_t n = readlinkat(dir, name, target, sizeof target);

	if (n < 0)
		return sb_fail_errno(err, "drop-unreadable-file", "cannot read the link %s", path);
	if (n == (ssize_t)sizeof target)
		return sb_fail_limit(err, SB_LIMIT_ROW_PATH_BYTES, sizeof target);
	char *link = sb_arena_copy(all->arena, sb_span_of(target, (size_t)n));
	const struct sb_shipped found = {.path = path, .built = built, .type = 'l', .link = link};
	return link ? add(all, &found, err) : no_memory(err);
}

static int walk(struct collect *all, const char *path, const char *built, unsigned depth, struct sb_err *err);

static int add_folder(struct collect *all, const char *path, const char *built, mode_t mode, unsigned depth, struct sb_err *err)
{
	size_t place = all->folders.count, before = all->found.count;
	struct sb_shipped_folder *slot = sb_vec_push(&all->folders);

	if (!slot)
		return no_memory(err);
	*slot = (struct sb_shipped_folder){.path = path, .built = built, .mode = mode & 07777};
	int rc = walk(all, path, built, depth, err);
	((struct sb_shipped_folder *)sb_vec_at(&all->folders, place))->empty = all->found.count == before;
	return rc;
}

static int visit(struct collect *all, int dir, const char *name, const char *folder, const char *built_folder, unsigned depth,
                 struct sb_err *err)
{
	char *path = joined(all->arena, folder, name), *built = joined(all->arena, built_folder, name);
	struct stat st;

	if (!path || !built)
		return no_memory(err);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return sb_fail_errno(err, "drop-unreadable-file", "cannot look at %s", path);
	if (S_ISDIR(st.st_mode))
		return add_folder(all, path, built, st.st_mode, depth + 1, err);
	if (S_ISLNK(st.st_mode))
		return add_link(all, dir, name, path, built, err);
	if (S_ISREG(st.st_mode))
		return add_file(all, path, built, st.st_mode, err);
	return sb_fail(err, SB_FORMAT, "drop-shipped-special", "%s is neither a file, a folder nor a link", path);
}

static int open_folder(const struct collect *all, const char *path, DIR **out, struct sb_err *err)
{
	int fd = -1;
	int rc = sb_path_open_dir(all->in->dir, path, &fd, err);

	if (rc) {
		sb_reidentify(err, "drop-unreadable-file");
		return rc;
	}
	*out = fdopendir(fd);
	if (*out)
		return 0;
	rc = sb_fail_errno(err, "drop-unreadable-file", "cannot list %s", path);
	close(fd);
	return rc;
}

static int walk(struct collect *all, const char *path, const char *built, unsigned depth, struct sb_err *err)
{
	if (depth > SB_LIMIT_OF(OUTPUT_DEPTH))
		return sb_fail_limit(err, SB_LIMIT_ROW_OUTPUT_DEPTH, depth);
	SB_CLOSEDIR DIR *dir = NULL;
	int rc = open_folder(all, path, &dir, err);
	if (rc)
		return rc;
	for (const char *name; !(rc = sb_path_next(dir, &name, err)) && name;)
		if ((rc = visit(all, dirfd(dir), name, path, built, depth, err)))
			break;
	return rc;
}

static int apply_rule(struct collect *all, const struct sb_drop_output *rule, struct sb_err *err)
{
	struct stat st;
	size_t before = all->found.count;

	if (fstatat(all->in->dir, rule->shipped, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? sb_fail(err, SB_ABSENT, "drop-missing-file", "the shipped file %s is not there", rule->shipped)
		                       : sb_fail_errno(err, "drop-unreadable-file", "cannot look at %s", rule->shipped);
	if (!S_ISDIR(st.st_mode))
		return add_file(all, rule->shipped, rule->built, st.st_mode, err);
	int rc = walk(all, rule->shipped, rule->built, 0, err);
	if (!rc && all->found.count == before)
		rc = sb_fail(err, SB_USAGE, "drop-nothing-shipped", "the output rule for %s names no file: the folder is empty", rule->shipped);
	return rc;
}

static int by_path(const void *a, const void *b)
{
	const struct sb_shipped *x = a, *y = b;
	return strcmp(x->path, y->path);
}

static int check_single(const struct collect *all, struct sb_err *err)
{
	for (size_t i = 1; i < all->found.count; i++) {
		const struct sb_shipped *a = sb_vec_at(&all->found, i - 1), *b = sb_vec_at(&all->found, i);
		if (strcmp(a->path, b->path) == 0)
			return sb_fail(err, SB_USAGE, "drop-double-match", "two output rules match %s", a->path);
	}
	return 0;
}

static bool is_source(const struct sb_drop *drop, const char *path)
{
	for (size_t i = 0; i < drop->source_count; i++)
		if (strcmp(drop->sources[i].path, path) == 0)
			return true;
	return !drop->toolchain.host && strcmp(drop->toolchain.root, path) == 0;
}

static bool is_shipped(const struct collect *all, const char *path)
{
	const struct sb_shipped key = {.path = path};
	return all->found.count && bsearch(&key, all->found.items, all->found.count, all->found.size, by_path);
}

static bool is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);
	return strncmp(path, folder, n) == 0 && path[n] == '/';
}

/* A folder that a rule or a source leads into may hold what is none of the delivery's; any other one is not accounted for. */
static bool leads_somewhere(const struct collect *all, const char *folder)
{
	const struct sb_drop *drop = all->in->drop;

	for (size_t i = 0; i < drop->output_count; i++)
		if (strcmp(drop->outputs[i].shipped, folder) == 0 || is_below(drop->outputs[i].shipped, folder) ||
		    is_below(folder, drop->outputs[i].shipped))
			return true;
	for (size_t i = 0; i < drop->source_count; i++)
		if (is_below(drop->sources[i].path, folder))
			return true;
	return !drop->toolchain.host && is_below(drop->toolchain.root, folder);
}

static int check_folder(const struct collect *all, const char *folder, unsigned depth, struct sb_err *err);

static int check_name(const struct collect *all, int dir, const char *name, const char *path, unsigned depth, struct sb_err *err)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return sb_fail_errno(err, "drop-unreadable-file", "cannot look at %s", path);
	if (is_shipped(all, path) || is_source(all->in->drop, path))
		return 0;
	if (S_ISDIR(st.st_mode) && leads_somewhere(all, path))
		return check_folder(all, path, depth + 1, err);
	return sb_fail(err, SB_USAGE, "drop-unmatched-shipped", "no output rule matches %s", path);
}

/* A file that lies in a folder of the delivery but matches no rule would be delivered without having been compared. */
static int check_folder(const struct collect *all, const char *folder, unsigned depth, struct sb_err *err)
{
	if (depth > SB_LIMIT_OF(OUTPUT_DEPTH))
		return sb_fail_limit(err, SB_LIMIT_ROW_OUTPUT_DEPTH, depth);
	SB_CLOSEDIR DIR *dir = NULL;
	int rc = open_folder(all, folder, &dir, err);
	if (rc)
		return rc;
	for (const char *name; !(rc = sb_path_next(dir, &name, err)) && name;) {
		char *path = joined(all->arena, folder, name);
		rc = path ? check_name(all, dirfd(dir), name, path, depth, err) : no_memory(err);
		if (rc)
			break;
	}
	return rc;
}

/* The folder that holds what a rule names, when that is a file; "" for the manifest's own. */
static struct sb_span folder_of(const struct collect *all, const struct sb_drop_output *rule)
{
	const char *slash = strrchr(rule->shipped, '/');
	return slash && is_shipped(all, rule->shipped) ? sb_span_of(rule->shipped, (size_t)(slash - rule->shipped)) : (struct sb_span){0};
}

/* Was the folder of this rule looked at with an earlier rule's? */
static bool was_checked(const struct collect *all, size_t rule, struct sb_span folder)
{
	for (size_t i = 0; i < rule; i++) {
		struct sb_span other = folder_of(all, &all->in->drop->outputs[i]);
		if (sb_span_equal(other, folder))
			return true;
	}
	return false;
}

/*
 * Only folders of rules that name a file, and what lies below them: of a folder that a rule names, everything has been found by walking
 * it. The manifest's own folder is left out: sources, roots and the manifest itself lie there.
 */
static int check_folders(const struct collect *all, struct sb_err *err)
{
	const struct sb_drop *drop = all->in->drop;
	int rc = 0;

	for (size_t i = 0; !rc && i < drop->output_count; i++) {
		struct sb_span folder = folder_of(all, &drop->outputs[i]);
		if (folder.n == 0 || was_checked(all, i, folder))
			continue;
		char *path = sb_arena_copy(all->arena, folder);
		rc = path ? check_folder(all, path, 0, err) : no_memory(err);
	}
	return rc;
}

static int collect_all(struct collect *all, struct sb_err *err)
{
	const struct sb_drop *drop = all->in->drop;
	int rc = 0;

	for (size_t i = 0; !rc && i < drop->output_count; i++)
		rc = apply_rule(all, &drop->outputs[i], err);
	if (rc)
		return rc;
	if (all->found.count == 0)
		return sb_fail(err, SB_USAGE, "drop-nothing-shipped", "the output rules name no file");
	qsort(all->found.items, all->found.count, all->found.size, by_path);
	rc = check_single(all, err);
	return rc ? rc : check_folders(all, err);
}

static int folder_by_path(const void *a, const void *b)
{
	const struct sb_shipped_folder *x = a, *y = b;
	return strcmp(x->path, y->path);
}

/* Into the arena, and empty. */
static int hand_over(struct collect *all, struct sb_sources *out, struct sb_err *err)
{
	out->shipped = sb_arena_array(out->arena, all->found.count, sizeof *out->shipped);
	out->folders = sb_arena_array(out->arena, all->folders.count, sizeof *out->folders);
	if (!out->shipped || !out->folders)
		return no_memory(err);
	memcpy(out->shipped, all->found.items, all->found.count * sizeof *out->shipped);
	out->shipped_count = all->found.count;
	all->found.count = 0;
	if (all->folders.count == 0)
		return 0;
	memcpy(out->folders, all->folders.items, all->folders.count * sizeof *out->folders);
	out->folder_count = all->folders.count;
	qsort(out->folders, out->folder_count, sizeof *out->folders, folder_by_path);
	return 0;
}

int sb_ingest_shipped(const struct sb_ingest_in *in, struct sb_sources *out, struct sb_err *err)
{
	struct collect all = {.in = in, .arena = out->arena, .found = {.size = sizeof(struct sb_shipped)}, .folders = {.size = sizeof(struct sb_shipped_folder)}};

	sb_step(in->progress, "ingest", "shipped files", 0, in->drop->output_count);
	int rc = collect_all(&all, err);
	if (!rc)
		rc = hand_over(&all, out, err);
	for (size_t i = 0; i < all.found.count; i++)
		sb_blob_release(&((struct sb_shipped *)sb_vec_at(&all.found, i))->blob);
	sb_vec_release(&all.found);
	sb_vec_release(&all.folders);
	return rc;
}
