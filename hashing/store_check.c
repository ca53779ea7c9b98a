/* SPDX-License-Identifier: Apache-2.0 */
/* Does every object hold what its name says? Reads only. */
#include "hashing/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/** Two folders, the longest name that a file can have, and a NUL. */
enum { PATH_ROOM = 512 };

struct found {
	char path[PATH_ROOM];
	uint64_t size;
	bool stray, damaged, writable;
};

struct check {
	int dir;
	struct sb_vec found; /* struct found */
};

/* Is @path where an object of this name must lie? */
static bool well_placed(const char *path, uint8_t digest[SB_BLAKE2B_BYTES])
{
	char expected[SB_STORE_NAME];

	if (!sb_text_unhex(sb_span_text(sb_path_base(path)), digest, SB_BLAKE2B_BYTES))
		return false;
	sb_store_name(digest, expected);
	return strcmp(expected, path) == 0;
}

static int list(struct check *check, const char *folder, unsigned depth, struct sb_err *err);

static int visit(struct check *check, const char *folder, const char *name, unsigned depth, struct sb_err *err)
{
	uint8_t digest[SB_BLAKE2B_BYTES];
	struct found one = {0};
	struct stat st;

	if ((size_t)snprintf(one.path, sizeof one.path, "%s/%s", folder, name) >= sizeof one.path)
		return sb_fail(err, SB_INTERNAL, "internal", "a name in %s is longer than names can be", folder);
	if (fstatat(check->dir, one.path, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : sb_fail_errno(err, "store-unreadable", "cannot look at %s", one.path);
	bool folds = S_ISDIR(st.st_mode) && depth < 2;
	one.size = (uint64_t)st.st_size;
	one.writable = !S_ISLNK(st.st_mode) && (st.st_mode & 022);
	one.stray = !folds && (!S_ISREG(st.st_mode) || !well_placed(one.path, digest));
	if (!folds || one.writable) {
		struct found *slot = sb_vec_push(&check->found);
		if (!slot)
			return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
		*slot = one;
	}
	return folds ? list(check, one.path, depth + 1, err) : 0;
}

static int list(struct check *check, const char *folder, unsigned depth, struct sb_err *err)
{
	int fd = openat(check->dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	SB_CLOSEDIR DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	int rc = 0;

	if (!entries) {
		rc = sb_fail_errno(err, "store-unreadable", "cannot list %s", folder);
		sb_close_fd(&fd);
		return rc;
	}
	errno = 0;
	for (struct dirent *entry; !rc && (entry = readdir(entries)); errno = 0)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			rc = visit(check, folder, entry->d_name, depth, err);
	return rc || errno == 0 ? rc : sb_fail_errno(err, "store-unreadable", "cannot list %s", folder);
}

static bool is_object(const struct found *found, uint8_t digest[SB_BLAKE2B_BYTES])
{
	return !found->stray && well_placed(found->path, digest);
}

static int verify(void *ctx, size_t index, struct sb_err *err)
{
	const struct check *check = ctx;
	struct found *found = sb_vec_at(&check->found, index);
	struct sb_digest digest;
	uint8_t named[SB_BLAKE2B_BYTES];

	if (!is_object(found, named))
		return 0;
	SB_CLOSING int fd = openat(check->dir, found->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return sb_fail_errno(err, "store-unreadable", "cannot open %s", found->path);
	int rc = sb_hash_fd(fd, SB_DIGEST_BLAKE2B, &digest, err);
	if (rc)
		sb_within(err, found->path);
	else
		found->damaged = memcmp(digest.blake2b, named, sizeof named) != 0;
	return rc;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct found *)a)->path, ((const struct found *)b)->path);
}

static void report_line(struct sb_buf *out, const char *what, const char *path)
{
	sb_buf_printf(out, "%s ", what);
	sb_escape(out, sb_span_text(path));
	sb_buf_text(out, "\n");
}

static int report(const struct check *check, struct sb_store_report *out, struct sb_err *err)
{
	struct sb_store_report sums = {0};
	uint8_t digest[SB_BLAKE2B_BYTES];

	for (size_t i = 0; i < check->found.count; i++) {
		const struct found *found = sb_vec_at(&check->found, i);
		bool object = is_object(found, digest);
		sums.objects += object;
		sums.bytes += object ? found->size : 0;
		sums.damaged += found->damaged;
		sums.strays += found->stray;
		sums.writable += found->writable;
		if (found->damaged)
			report_line(&sums.names, "damaged", found->path);
		if (found->stray)
			report_line(&sums.names, "stray", found->path);
		if (found->writable)
			report_line(&sums.names, "writable", found->path);
	}
	int rc = sb_buf_ok(&sums.names, err);
	if (rc)
		sb_buf_release(&sums.names);
	else
		*out = sums;
	return rc;
}

int sb_store_check(struct sb_store *store, unsigned jobs, struct sb_store_report *out, struct sb_err *err)
{
	struct check check = {.dir = store->dir, .found = {.size = sizeof(struct found)}};

	int rc = list(&check, "objects", 0, err);
	if (!rc && check.found.count)
		qsort(check.found.items, check.found.count, check.found.size, by_path);
	if (!rc)
		rc = sb_pool_run(jobs, check.found.count, verify, &check, err);
	if (!rc)
		rc = report(&check, out, err);
	sb_vec_release(&check.found);
	return rc;
}
