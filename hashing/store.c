/* SPDX-License-Identifier: Apache-2.0 */
/* The content-addressed store: docs/store.md. */
#include "hashing/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int check_owner(int dir, const char *path, struct sb_err *err)
{
	struct stat st;

	if (fstat(dir, &st) != 0)
		return sb_fail_errno(err, "store-unwritable", "cannot look at the store %s", path);
	if (st.st_uid != geteuid())
		return sb_fail(err, SB_USAGE, "store-unsafe", "the store %s belongs to another user", path);
	if (st.st_mode & 022)
		return sb_fail(err, SB_USAGE, "store-unsafe", "others may write to the store %s", path);
	return 0;
}

static int make_folder(int dir, const char *name, struct sb_err *err)
{
	if (mkdirat(dir, name, 0700) == 0 || errno == EEXIST)
		return 0;
	return sb_fail_errno(err, "store-unwritable", "cannot create the folder %s of the store", name);
}

int sb_store_open(const char *path, struct sb_store **out, struct sb_err *err)
{
	SB_CLOSING int dir = -1;

	int rc = sb_path_make_dirs(AT_FDCWD, path, err);
	if (rc)
		return sb_reidentify(err, "store-unwritable");
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return sb_fail_errno(err, "store-unwritable", "cannot open the store %s", path);
	if ((rc = check_owner(dir, path, err)) || (rc = make_folder(dir, "objects", err)))
		return rc;
	struct sb_store *store = calloc(1, sizeof *store);
	if (!store)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	store->dir = sb_steal_fd(&dir);
	*out = store;
	return 0;
}

void sb_store_close(struct sb_store **store)
{
	if (*store)
		close((*store)->dir);
	free(*store);
	*store = NULL;
}

void sb_store_name(const uint8_t blake2b[SB_BLAKE2B_BYTES], char out[SB_STORE_NAME])
{
	char hex[2 * SB_BLAKE2B_BYTES + 1];
	sb_text_hex(sb_span_of(blake2b, SB_BLAKE2B_BYTES), hex);
	snprintf(out, SB_STORE_NAME, "objects/%.2s/%.2s/%s", hex, hex + 2, hex);
}

static int fail_write(struct sb_err *err, const char *what)
{
	int rc = sb_fail_errno(err, "store-unwritable", "%s", what);
	return rc == SB_TEMPORARY ? sb_reidentify(err, "store-full") : rc;
}

/* A file without a name in the store's own file system: nothing of it is left when we die. */
static int open_unnamed(const struct sb_store *store, int *fd, struct sb_err *err)
{
	*fd = openat(store->dir, "objects", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0444);
	return *fd >= 0 ? 0 : fail_write(err, "cannot create an object");
}

static int make_fan_out(const struct sb_store *store, const char *name, int *folder, struct sb_err *err)
{
	char first[SB_STORE_NAME], both[SB_STORE_NAME];

	snprintf(first, sizeof first, "%.10s", name);
	snprintf(both, sizeof both, "%.13s", name);
	int rc = make_folder(store->dir, first, err);
	if (!rc)
		rc = make_folder(store->dir, both, err);
	if (rc)
		return rc == SB_TEMPORARY ? sb_reidentify(err, "store-full") : rc;
	*folder = openat(store->dir, both, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *folder >= 0 ? 0 : fail_write(err, "cannot open a folder of the store");
}

/* Content first, then the name, then the folder that holds the name: a power cut leaves whole objects only. */
static int give_name(const struct sb_store *store, int fd, const struct sb_digest *digest, struct sb_err *err)
{
	char name[SB_STORE_NAME], source[32];
	SB_CLOSING int folder = -1;

	if (fsync(fd) != 0)
		return fail_write(err, "cannot make an object durable");
	sb_store_name(digest->blake2b, name);
	int rc = make_fan_out(store, name, &folder, err);
	if (rc)
		return rc;
	snprintf(source, sizeof source, "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, source, store->dir, name, AT_SYMLINK_FOLLOW) != 0 && errno != EEXIST)
		return fail_write(err, "cannot name an object");
	return fsync(folder) == 0 ? 0 : fail_write(err, "cannot make an object's name durable");
}

int sb_store_put_fd(struct sb_store *store, int from, uint64_t most, struct sb_digest *out, struct sb_err *err)
{
	enum { PIECE = 256 * 1024 };
	SB_FREEING uint8_t *piece = malloc(PIECE);
	SB_CLOSING int fd = -1;
	struct sb_digest digest;
	struct sb_hash hash;
	size_t got = 0;

	if (!piece)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = open_unnamed(store, &fd, err);
	sb_hash_init(&hash, SB_DIGEST_BOTH);
	while (!rc && (rc = sb_io_read(from, piece, PIECE, &got, err)) == 0 && got > 0) {
		sb_hash_update(&hash, sb_span_of(piece, got));
		if (hash.size > most)
			return sb_fail(err, SB_LIMIT, "limit-exceeded", "a file is larger than %llu bytes", (unsigned long long)most);
		rc = sb_io_write(fd, sb_span_of(piece, got), err);
		if (rc == SB_TEMPORARY)
			sb_reidentify(err, "store-full");
	}
	if (rc)
		return rc;
	sb_hash_final(&hash, &digest);
	if ((rc = give_name(store, fd, &digest, err)))
		return rc;
	*out = digest;
	return 0;
}

int sb_store_put(struct sb_store *store, struct sb_span bytes, struct sb_digest *out, struct sb_err *err)
{
	SB_CLOSING int fd = -1;
	struct sb_digest digest;
	bool known = false;

	sb_hash_span(bytes, SB_DIGEST_BOTH, &digest);
	int rc = sb_store_has(store, digest.blake2b, &known, err);
	if (!rc && !known && !(rc = open_unnamed(store, &fd, err))) {
		rc = sb_io_write(fd, bytes, err);
		if (rc == SB_TEMPORARY)
			sb_reidentify(err, "store-full");
		if (!rc)
			rc = give_name(store, fd, &digest, err);
	}
	if (!rc)
		*out = digest;
	return rc;
}

int sb_store_has(struct sb_store *store, const uint8_t blake2b[SB_BLAKE2B_BYTES], bool *has, struct sb_err *err)
{
	char name[SB_STORE_NAME];
	struct stat st;

	sb_store_name(blake2b, name);
	*has = fstatat(store->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
	if (*has || errno == ENOENT || errno == ENOTDIR)
		return 0;
	return sb_fail_errno(err, "store-unreadable", "cannot look for an object");
}

/* Out of the way, never overwritten: the next writer makes a new object, and the damaged one can be looked at. */
static void set_aside(const struct sb_store *store, const char *name)
{
	char aside[SB_STORE_NAME];
	snprintf(aside, sizeof aside, "damaged/%s", sb_path_base(name));
	if (mkdirat(store->dir, "damaged", 0700) == 0 || errno == EEXIST)
		renameat(store->dir, name, store->dir, aside);
}

int sb_store_get(struct sb_store *store, const uint8_t blake2b[SB_BLAKE2B_BYTES], struct sb_blob *out, struct sb_err *err)
{
	char name[SB_STORE_NAME];
	struct sb_digest digest;
	struct sb_blob blob = {.fd = -1};

	sb_store_name(blake2b, name);
	SB_CLOSING int fd = openat(store->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? sb_fail(err, SB_ABSENT, "store-missing", "the store has no object %s", sb_path_base(name))
		                       : sb_fail_errno(err, "store-unreadable", "cannot open the object %s", sb_path_base(name));
	int rc = sb_blob_take(fd, SB_LIMIT_OF(UNPACKED_TOTAL), &blob, err);
	if (rc)
		return rc;
	sb_hash_span(blob.bytes, SB_DIGEST_BLAKE2B, &digest);
	if (memcmp(digest.blake2b, blake2b, SB_BLAKE2B_BYTES) != 0) {
		sb_blob_release(&blob);
		set_aside(store, name);
		return sb_fail(err, SB_EVIDENCE, "store-damaged", "the object %s does not hold what its name says", sb_path_base(name));
	}
	*out = blob;
	return 0;
}
