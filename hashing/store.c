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

static int open_folders(const struct sb_store *store, const char *path, struct sb_err *err)
{
	if (mkdirat(store->dir, "objects", 0700) != 0 && errno != EEXIST)
		return sb_store_fail(err, "cannot create the folder objects of the store");
	SB_CLOSING int objects = openat(store->dir, "objects", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (objects < 0)
		return sb_fail_errno(err, "store-unwritable", "cannot open the folder objects of the store %s", path);
	return check_owner(objects, path, err);
}

int sb_store_open(const char *path, struct sb_store **out, struct sb_err *err)
{
	struct sb_store made = {.dir = -1};

	int rc = sb_path_make_dirs(AT_FDCWD, path, err);
	if (rc == SB_IO || rc == SB_TEMPORARY)
		return sb_store_fail(err, "cannot create the folder of the store");
	if (rc)
		return rc;
	SB_CLOSING int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return sb_fail_errno(err, "store-unwritable", "cannot open the store %s", path);
	made.dir = dir;
	if ((rc = check_owner(dir, path, err)) || (rc = open_folders(&made, path, err)))
		return rc;
	sb_object_sweep(&made);
	struct sb_store *store = malloc(sizeof *store);
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

/* Copy @from into @object while hashing: what is named is what was written. */
static int copy(struct sb_object *object, int from, uint64_t most, struct sb_digest *out, struct sb_err *err)
{
	enum { PIECE = 256 * 1024 };
	SB_FREEING uint8_t *piece = malloc(PIECE);
	struct sb_hash hash;
	size_t got = PIECE;
	int rc = 0;

	if (!piece)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sb_hash_init(&hash, SB_DIGEST_BOTH);
	while (!rc && got == PIECE && (rc = sb_io_read(from, piece, PIECE, &got, err)) == 0) {
		sb_hash_update(&hash, sb_span_of(piece, got));
		rc = hash.size > most ? sb_fail(err, SB_LIMIT, "limit-exceeded", "a file is larger than %llu bytes", (unsigned long long)most)
		                      : sb_object_write(object, sb_span_of(piece, got), err);
	}
	if (!rc)
		sb_hash_final(&hash, out);
	return rc;
}

int sb_store_put_fd(struct sb_store *store, int from, uint64_t most, struct sb_digest *out, struct sb_err *err)
{
	struct sb_object object;
	struct sb_digest digest;

	int rc = sb_object_begin(store, &object, err);
	if (rc)
		return rc;
	rc = copy(&object, from, most, &digest, err);
	if (!rc)
		rc = sb_object_name(store, &object, &digest, err);
	sb_object_end(store, &object);
	if (!rc)
		*out = digest;
	return rc;
}

static int put_new(struct sb_store *store, struct sb_span bytes, const struct sb_digest *digest, struct sb_err *err)
{
	struct sb_object object;

	int rc = sb_object_begin(store, &object, err);
	if (rc)
		return rc;
	rc = sb_object_write(&object, bytes, err);
	if (!rc)
		rc = sb_object_name(store, &object, digest, err);
	sb_object_end(store, &object);
	return rc;
}

int sb_store_put_hashed(struct sb_store *store, struct sb_span bytes, const struct sb_digest *digest, struct sb_err *err)
{
	bool known = false;

	if (!(digest->kinds & SB_DIGEST_BLAKE2B) || digest->size != bytes.n)
		return sb_fail(err, SB_INTERNAL, "internal", "a digest of other bytes was given");
	int rc = sb_object_known(store, digest, &known, err);
	return rc || known ? rc : put_new(store, bytes, digest, err);
}

int sb_store_put(struct sb_store *store, struct sb_span bytes, struct sb_digest *out, struct sb_err *err)
{
	struct sb_digest digest;

	sb_hash_span(bytes, SB_DIGEST_BOTH, &digest);
	int rc = sb_store_put_hashed(store, bytes, &digest, err);
	if (!rc)
		*out = digest;
	return rc;
}

int sb_store_has(struct sb_store *store, const uint8_t blake2b[SB_BLAKE2B_BYTES], bool *has, struct sb_err *err)
{
	char name[SB_STORE_NAME];
	struct stat st;

	sb_store_name(blake2b, name);
	if (fstatat(store->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		*has = S_ISREG(st.st_mode);
	else if (errno == ENOENT || errno == ENOTDIR)
		*has = false;
	else
		return sb_fail_errno(err, "store-unreadable", "cannot look for an object");
	return 0;
}

void sb_store_set_aside(const struct sb_store *store, const char *name)
{
	char aside[SB_STORE_NAME];

	snprintf(aside, sizeof aside, "damaged/%s", sb_path_base(name));
	if (mkdirat(store->dir, "damaged", 0700) == 0 || errno == EEXIST)
		renameat(store->dir, name, store->dir, aside);
}

int sb_store_get(struct sb_store *store, const uint8_t blake2b[SB_BLAKE2B_BYTES], struct sb_blob *out, struct sb_err *err)
{
	char name[SB_STORE_NAME], is[2 * SB_BLAKE2B_BYTES + 1];
	struct sb_digest digest;
	struct sb_blob blob = {.fd = -1};

	sb_store_name(blake2b, name);
	SB_CLOSING int fd = openat(store->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? sb_fail(err, SB_ABSENT, "store-missing", "the store has no object %s", sb_path_base(name))
		                                           : sb_fail_errno(err, "store-unreadable", "cannot open the object %s", sb_path_base(name));
	int rc = sb_blob_take(fd, SB_LIMIT_OF(UNPACKED_TOTAL), &blob, err);
	if (rc)
		return rc;
	sb_hash_span(blob.bytes, SB_DIGEST_BLAKE2B, &digest);
	if (memcmp(digest.blake2b, blake2b, SB_BLAKE2B_BYTES) != 0) {
		sb_blob_release(&blob);
		sb_store_set_aside(store, name);
		sb_text_hex(sb_span_of(digest.blake2b, SB_BLAKE2B_BYTES), is);
		return sb_fail(err, SB_EVIDENCE, "store-damaged", "the object %s holds bytes of digest %s", sb_path_base(name), is);
	}
	*out = blob;
	return 0;
}
