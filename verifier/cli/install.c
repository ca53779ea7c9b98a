/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/install.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int failed(const char *what, struct sb_err *err)
{
	int rc = sb_fail_errno(err, "install-failed", "cannot %s", what);

	if (err)
		err->code = SB_TEMPORARY;
	return rc ? SB_TEMPORARY : 0;
}

static int open_folder(const char *destination)
{
	const char *slash = strrchr(destination, '/');
	char folder[4096];

	if (!slash)
		return open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if ((size_t)(slash - destination) >= sizeof folder) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(folder, destination, (size_t)(slash - destination));
	folder[slash - destination] = '\0';
	return open(slash == destination ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* A rename would put a file where a device or a FIFO was, and everybody who writes there would write into it. A link is replaced, and what it leads to stays. */
static int check_place(int dir, const char *name, const char *destination, struct sb_err *err)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))
		return 0;
	return sb_fail(err, SB_USAGE, "install-place", "%s is neither a file nor a link", destination);
}

int sb_install_begin(struct sb_installing *out, const char *destination, struct sb_err *err)
{
	const char *slash = strrchr(destination, '/');

	*out = SB_INSTALLING_NONE;
	out->name = slash ? slash + 1 : destination;
	if (!*out->name)
		return sb_fail(err, SB_USAGE, "install-place", "%s names no file", destination);
	out->dir = open_folder(destination);
	if (out->dir < 0 && (errno == ENOENT || errno == ENOTDIR))
		return sb_fail(err, SB_USAGE, "install-place", "there is no folder to install %s into", destination);
	if (out->dir < 0)
		return failed("open the folder to install into", err);
	int rc = check_place(out->dir, out->name, destination, err);
	if (rc)
		return rc;
	for (unsigned attempt = 0; out->fd < 0 && attempt < 100; attempt++) {
		snprintf(out->temporary, sizeof out->temporary, ".samebuild-install.%ld.%u", (long)getpid(), attempt);
		out->fd = openat(out->dir, out->temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
		if (out->fd < 0 && errno != EEXIST)
			break;
	}
	return out->fd < 0 ? failed("make the file to install", err) : 0;
}

int sb_install_copy(int from, int to, struct sb_digest *out, struct sb_err *err)
{
	struct sb_hash hash;
	uint8_t piece[8192];
	size_t got;
	int rc;

	sb_hash_init(&hash, SB_DIGEST_BOTH);
	do {
		rc = sb_io_read(from, piece, sizeof piece, &got, err);
		if (rc)
			return rc;
		sb_hash_update(&hash, sb_span_of(piece, got));
		if (sb_io_write(to, sb_span_of(piece, got), err))
			return failed("write the file to install", err);
	} while (got == sizeof piece);
	sb_hash_final(&hash, out);
	return 0;
}

int sb_install_finish(struct sb_installing *installing, struct sb_err *err)
{
	if (installing->fd < 0)
		return 0;
	if (fsync(installing->fd) != 0 || renameat(installing->dir, installing->temporary, installing->dir, installing->name) != 0)
		return failed("put the file in its place", err);
	sb_close_fd(&installing->fd);
	return fsync(installing->dir) == 0 ? 0 : failed("make the folder durable", err);
}

void sb_install_abandon(struct sb_installing *installing)
{
	if (installing->fd >= 0)
		(void)unlinkat(installing->dir, installing->temporary, 0);
	sb_close_fd(&installing->fd);
	sb_close_fd(&installing->dir);
}
