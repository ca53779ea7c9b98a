/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io.h"

#include "base/cleanup.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

int sb_io_read(int fd, void *buf, size_t n, size_t *got, struct sb_err *err)
{
	size_t have = 0;

	while (have < n) {
		ssize_t step = read(fd, (char *)buf + have, n - have);
		if (step < 0 && errno == EINTR)
			continue;
		if (step < 0)
			return sb_fail_errno(err, "read-failed", "cannot read");
		if (step == 0)
			break;
		have += (size_t)step;
	}
	*got = have;
	return 0;
}

int sb_io_write(int fd, struct sb_span bytes, struct sb_err *err)
{
	while (bytes.n) {
		ssize_t step = write(fd, bytes.p, bytes.n);
		if (step < 0 && errno == EINTR)
			continue;
		if (step < 0)
			return sb_fail_errno(err, "write-failed", "cannot write");
		bytes = sb_span_of(bytes.p + step, bytes.n - (size_t)step);
	}
	return 0;
}

/* The folder that holds @path, opened, and the last component. */
static int open_parent(int dir, const char *path, int *parent, const char **name, struct sb_err *err)
{
	const char *slash = strrchr(path, '/');
	SB_FREEING char *head = slash ? strndup(path, (size_t)(slash - path)) : strdup(".");

	if (!head)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*name = slash ? slash + 1 : path;
	*parent = openat(dir, head[0] ? head : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *parent >= 0 ? 0 : sb_fail_errno(err, "write-failed", "cannot open the folder of %s", path);
}

static int create_temporary(int parent, unsigned mode, char name[32], int *fd, struct sb_err *err)
{
	uint64_t random;
	if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
		return sb_fail_errno(err, "write-failed", "no random numbers");
	snprintf(name, 32, ".tmp-%016llx", (unsigned long long)random);
	*fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);
	return *fd >= 0 ? 0 : sb_fail_errno(err, "write-failed", "cannot create a file");
}

/* Everything up to the rename; the temporary may be removed after any failure. */
static int fill_temporary(int fd, unsigned mode, struct sb_span bytes, struct sb_err *err)
{
	int rc = sb_io_write(fd, bytes, err);
	if (!rc && fchmod(fd, (mode_t)mode) != 0)
		rc = sb_fail_errno(err, "write-failed", "cannot set the mode");
	if (!rc && fsync(fd) != 0)
		rc = sb_fail_errno(err, "write-failed", "cannot write to the disk");
	return rc;
}

/* Give @temporary its name; @replace: or fail with EEXIST when there is something of that name. */
static int name_it(int parent, const char *temporary, const char *name, bool replace)
{
	if (replace)
		return renameat(parent, temporary, parent, name);
	if (renameat2(parent, temporary, parent, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (linkat(parent, temporary, parent, name, 0) != 0)
		return -1;
	return unlinkat(parent, temporary, 0);
}

static int publish(int dir, const char *path, unsigned mode, struct sb_span bytes, bool replace, struct sb_err *err)
{
	SB_CLOSING int parent = -1;
	SB_CLOSING int fd = -1;
	const char *name = path;
	char temporary[32];

	int rc = open_parent(dir, path, &parent, &name, err);
	if (rc || (rc = create_temporary(parent, mode, temporary, &fd, err)))
		return rc;
	rc = fill_temporary(fd, mode, bytes, err);
	if (!rc && close(sb_steal_fd(&fd)) != 0)
		rc = sb_fail_errno(err, "write-failed", "cannot close the file");
	if (!rc && name_it(parent, temporary, name, replace) != 0)
		rc = sb_fail_errno(err, "write-failed", "cannot put %s in its place", name);
	if (rc) {
		int cause = errno;
		unlinkat(parent, temporary, 0);
		errno = cause;
		return rc;
	}
	return fsync(parent) == 0 ? 0 : sb_fail_errno(err, "write-failed", "cannot make %s durable", name);
}

int sb_io_publish(int dir, const char *path, unsigned mode, struct sb_span bytes, struct sb_err *err)
{
	return publish(dir, path, mode, bytes, true, err);
}

int sb_io_publish_new(int dir, const char *path, unsigned mode, struct sb_span bytes, struct sb_err *err)
{
	return publish(dir, path, mode, bytes, false, err);
}

int sb_io_slurp(int dir, const char *path, size_t most, char **out, size_t *n, struct sb_err *err)
{
	SB_CLOSING int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return sb_fail_errno(err, "file-unreadable", "cannot open %s", path);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return sb_fail(err, SB_FORMAT, "not-a-regular-file", "%s is not a regular file", path);
	if (st.st_size < 0 || (uint64_t)st.st_size > most)
		return sb_fail(err, SB_LIMIT, "file-too-large", "%s is larger than %zu bytes", path, most);
	SB_FREEING char *text = malloc(most < (size_t)st.st_size + 1 ? most + 1 : (size_t)st.st_size + 2);
	size_t room = (size_t)st.st_size + 1, got;
	if (!text)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (room > most)
		room = most;
	int rc = sb_io_read(fd, text, room, &got, err);
	if (rc)
		return rc;
	text[got] = '\0';
	*n = got;
	*out = sb_steal(text);
	return 0;
}
