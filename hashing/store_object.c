/* SPDX-License-Identifier: Apache-2.0 */
/* One object on its way into the store: docs/store.md, "Durability". */
#include "hashing/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

static const char temporary_prefix[] = ".tmp-";

int sb_store_fail(struct sb_err *err, const char *what)
{
	bool full = errno == ENOSPC || errno == EDQUOT;
	return sb_fail_errno(err, full ? "store-full" : "store-unwritable", "%s", what);
}

/* A lock tells a living writer from a dead one; a sweeper that was faster than the lock has removed the name: try another one. */
static int begin_named(const struct sb_store *store, struct sb_object *object, struct sb_err *err)
{
	for (unsigned tries = 0; tries < 16; tries++) {
		uint64_t random;
		struct stat st;
		if (getrandom(&random, sizeof random, 0) != sizeof random)
			return sb_store_fail(err, "no random name for an object");
		snprintf(object->temporary, sizeof object->temporary, "objects/%s%016llx", temporary_prefix, (unsigned long long)random);
		object->fd = openat(store->dir, object->temporary, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0444);
		if (object->fd < 0 && errno == EEXIST)
			continue;
		if (object->fd < 0)
			break;
		if (flock(object->fd, LOCK_EX | LOCK_NB) == 0 && fstat(object->fd, &st) == 0 && st.st_nlink == 1)
			return 0;
		close(object->fd);
	}
	*object = (struct sb_object){.fd = -1};
	return sb_store_fail(err, "cannot create an object");
}

int sb_object_begin(const struct sb_store *store, struct sb_object *object, struct sb_err *err)
{
	*object = (struct sb_object){.fd = openat(store->dir, "objects", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0444)};
	if (object->fd >= 0)
		return 0;
	/* Kernels and file systems that do not know O_TMPFILE: open(2), "O_TMPFILE" under ERRORS. */
	if (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)
		return begin_named(store, object, err);
	return sb_store_fail(err, "cannot create an object");
}

int sb_object_write(struct sb_object *object, struct sb_span bytes, struct sb_err *err)
{
	int rc = sb_io_write(object->fd, bytes, err);
	return rc ? sb_store_fail(err, "cannot write an object") : 0;
}

/* A new folder is an entry of the one above, which must be durable as well. */
static int make_folder(const struct sb_store *store, const char *path, const char *above, struct sb_err *err)
{
	if (mkdirat(store->dir, path, 0700) != 0)
		return errno == EEXIST ? 0 : sb_store_fail(err, "cannot create a folder of the store");
	SB_CLOSING int folder = openat(store->dir, above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0 || fsync(folder) != 0)
		return sb_store_fail(err, "cannot make a folder of the store durable");
	return 0;
}

static int open_folder(const struct sb_store *store, const char *name, int *folder, struct sb_err *err)
{
	char path[SB_STORE_NAME];

	snprintf(path, sizeof path, "%.*s", (int)(sb_path_base(name) - name - 1), name);
	*folder = openat(store->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *folder >= 0 ? 0 : sb_store_fail(err, "cannot open a folder of the store");
}

static int make_name_durable(const struct sb_store *store, const char *name, struct sb_err *err)
{
	SB_CLOSING int folder = -1;
	int rc = open_folder(store, name, &folder, err);
	if (rc)
		return rc;
	return fsync(folder) == 0 ? 0 : sb_store_fail(err, "cannot make an object's name durable");
}

/* "objects/ab/cd/…": the folders "objects/ab" and "objects/ab/cd". */
static int make_fan_out(const struct sb_store *store, const char *name, struct sb_err *err)
{
	char first[SB_STORE_NAME], both[SB_STORE_NAME];

	snprintf(first, sizeof first, "%.10s", name);
	snprintf(both, sizeof both, "%.13s", name);
	int rc = make_folder(store, first, "objects", err);
	return rc ? rc : make_folder(store, both, first, err);
}

static bool same_size(const struct sb_store *store, const char *name, uint64_t size)
{
	struct stat st;
	return fstatat(store->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == size;
}

static int link_object(const struct sb_store *store, const struct sb_object *object, const char *name)
{
	char path[32];

	if (object->temporary[0])
		return linkat(store->dir, object->temporary, store->dir, name, 0);
	snprintf(path, sizeof path, "/proc/self/fd/%d", object->fd);
	return linkat(AT_FDCWD, path, store->dir, name, AT_SYMLINK_FOLLOW);
}

/* Content first, then the name, then the folder that holds the name: a power cut leaves whole objects only. */
int sb_object_name(const struct sb_store *store, struct sb_object *object, const struct sb_digest *digest, struct sb_err *err)
{
	char name[SB_STORE_NAME];

	if (fsync(object->fd) != 0)
		return sb_store_fail(err, "cannot make an object durable");
	sb_store_name(digest->blake2b, name);
	int rc = make_fan_out(store, name, err);
	if (rc)
		return rc;
	if (link_object(store, object, name) != 0) {
		if (errno != EEXIST)
			return sb_store_fail(err, "cannot name an object");
		if (!same_size(store, name, digest->size)) {
			sb_store_set_aside(store, name);
			if (link_object(store, object, name) != 0)
				return sb_store_fail(err, "cannot replace a damaged object");
		}
	}
	return make_name_durable(store, name, err);
}

void sb_object_end(const struct sb_store *store, struct sb_object *object)
{
	if (object->temporary[0])
		unlinkat(store->dir, object->temporary, 0);
	sb_close_fd(&object->fd);
	*object = (struct sb_object){.fd = -1};
}

int sb_object_known(const struct sb_store *store, const struct sb_digest *digest, bool *known, struct sb_err *err)
{
	char name[SB_STORE_NAME];

	sb_store_name(digest->blake2b, name);
	*known = same_size(store, name, digest->size);
	return *known ? make_name_durable(store, name, err) : 0;
}

static void sweep_one(int folder, const char *name)
{
	SB_CLOSING int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		unlinkat(folder, name, 0);
}

void sb_object_sweep(const struct sb_store *store)
{
	int fd = openat(store->dir, "objects", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	SB_CLOSEDIR DIR *entries = fd < 0 ? NULL : fdopendir(fd);

	if (!entries) {
		sb_close_fd(&fd);
		return;
	}
	for (struct dirent *entry; (entry = readdir(entries));)
		if (strncmp(entry->d_name, temporary_prefix, sizeof temporary_prefix - 1) == 0)
			sweep_one(dirfd(entries), entry->d_name);
}
