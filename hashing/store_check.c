/* SPDX-License-Identifier: Apache-2.0 */
/* Does every object hold what its name says? Reads only. */
#include "hashing/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { HEX = 2 * SB_BLAKE2B_BYTES };

struct object {
	char path[SB_STORE_NAME];
	uint64_t size;
	bool stray, damaged;
};

struct check {
	int dir;
	struct sb_vec objects; /* struct object */
};

/* Is @path where an object of this name must lie? */
static bool well_placed(const char *path)
{
	uint8_t digest[SB_BLAKE2B_BYTES];
	char expected[SB_STORE_NAME];

	if (!sb_text_unhex(sb_span_text(sb_path_base(path)), digest, sizeof digest))
		return false;
	sb_store_name(digest, expected);
	return strcmp(expected, path) == 0;
}

static int list(struct check *check, const char *folder, unsigned depth, struct sb_err *err);

static int visit(struct check *check, const char *folder, const char *name, unsigned depth, struct sb_err *err)
{
	char path[SB_STORE_NAME];
	struct stat st;

	if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
		path[sizeof path - 1] = '\0';
	if (fstatat(check->dir, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : sb_fail_errno(err, "store-unreadable", "cannot look at %s", path);
	if (S_ISDIR(st.st_mode) && depth < 2)
		return list(check, path, depth + 1, err);
	struct object *object = sb_vec_push(&check->objects);
	if (!object)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	memcpy(object->path, path, sizeof path);
	object->size = (uint64_t)st.st_size;
	object->stray = !S_ISREG(st.st_mode) || !well_placed(path);
	return 0;
}

static int list(struct check *check, const char *folder, unsigned depth, struct sb_err *err)
{
	int fd = openat(check->dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	SB_CLOSEDIR DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	int rc = 0;

	if (!entries) {
		rc = sb_fail_errno(err, "store-unreadable", "cannot list %s", folder);
		if (fd >= 0)
			close(fd);
		return rc;
	}
	for (struct dirent *entry; !rc && (entry = readdir(entries));)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			rc = visit(check, folder, entry->d_name, depth, err);
	return rc;
}

static int verify(void *ctx, size_t index, struct sb_err *err)
{
	struct check *check = ctx;
	struct object *object = sb_vec_at(&check->objects, index);
	struct sb_digest digest;
	uint8_t named[SB_BLAKE2B_BYTES];

	if (object->stray || !sb_text_unhex(sb_span_text(sb_path_base(object->path)), named, sizeof named))
		return 0;
	SB_CLOSING int fd = openat(check->dir, object->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return sb_fail_errno(err, "store-unreadable", "cannot open %s", object->path);
	int rc = sb_hash_fd(fd, SB_DIGEST_BLAKE2B, &digest, err);
	if (!rc)
		object->damaged = memcmp(digest.blake2b, named, sizeof named) != 0;
	return rc;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct object *)a)->path, ((const struct object *)b)->path);
}

static int report(const struct check *check, struct sb_store_report *out, struct sb_err *err)
{
	struct sb_store_report found = {0};

	for (size_t i = 0; i < check->objects.count; i++) {
		const struct object *object = sb_vec_at(&check->objects, i);
		found.objects += !object->stray;
		found.bytes += object->stray ? 0 : object->size;
		found.damaged += object->damaged;
		found.strays += object->stray;
		if (object->damaged || object->stray) {
			sb_buf_text(&found.names, object->damaged ? "damaged " : "stray ");
			sb_escape(&found.names, sb_span_text(object->path));
			sb_buf_text(&found.names, "\n");
		}
	}
	int rc = sb_buf_ok(&found.names, err);
	if (rc)
		sb_buf_release(&found.names);
	else
		*out = found;
	return rc;
}

int sb_store_check(struct sb_store *store, unsigned jobs, struct sb_store_report *out, struct sb_err *err)
{
	struct check check = {.dir = store->dir, .objects = {.size = sizeof(struct object)}};

	int rc = list(&check, "objects", 0, err);
	if (!rc && check.objects.count)
		qsort(check.objects.items, check.objects.count, check.objects.size, by_path);
	if (!rc)
		rc = sb_pool_run(jobs, check.objects.count, verify, &check, err);
	if (!rc)
		rc = report(&check, out, err);
	sb_vec_release(&check.objects);
	return rc;
}
