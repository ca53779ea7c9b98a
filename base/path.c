/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int open_beneath(int dir, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	long fd;
	do
		fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
	while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	return (int)fd;
}

static int fail_open(const char *path, struct sb_err *err)
{
	if (errno == EXDEV || errno == ELOOP)
		return sb_fail(err, SB_USAGE, "path-escapes", "%s leads through a link or outside its folder", path);
	return sb_fail_errno(err, "file-unreadable", "cannot open %s", path);
}

int sb_path_open_file(int dir, const char *path, int *fd, struct sb_err *err)
{
	struct stat st;
	SB_CLOSING int opened = open_beneath(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);

	if (opened < 0)
		return fail_open(path, err);
	if (fstat(opened, &st) != 0)
		return sb_fail_errno(err, "file-unreadable", "cannot look at %s", path);
	if (!S_ISREG(st.st_mode))
		return sb_fail(err, SB_FORMAT, "not-a-regular-file", "%s is not a regular file", path);
	*fd = sb_steal_fd(&opened);
	return 0;
}

int sb_path_open_dir(int dir, const char *path, int *fd, struct sb_err *err)
{
	int opened = open_beneath(dir, path, O_RDONLY | O_DIRECTORY);
	if (opened < 0)
		return fail_open(path, err);
	*fd = opened;
	return 0;
}

int sb_path_make_dirs(int dir, const char *path, struct sb_err *err)
{
	SB_FREEING char *part = strdup(path);

	if (!part)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (char *at = part; at;) {
		at = strchr(at + 1, '/');
		if (at)
			*at = '\0';
		if (mkdirat(dir, part, 0700) != 0 && errno != EEXIST)
			return sb_fail_errno(err, "write-failed", "cannot create the folder %s", part);
		if (at)
			*at = '/';
	}
	return 0;
}

int sb_path_next(DIR *folder, const char **name, struct sb_err *err)
{
	struct dirent *entry;

	*name = NULL;
	do {
		errno = 0;
		entry = readdir(folder);
	} while (entry && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
	if (!entry)
		return errno == 0 ? 0 : sb_fail_errno(err, "folder-unreadable", "the listing of a folder breaks off");
	*name = entry->d_name;
	return 0;
}

static int remove_contents(int fd, unsigned depth, struct sb_err *err);

static int remove_entry(int dir, const char *name, unsigned depth, struct sb_err *err)
{
	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return sb_fail_errno(err, "remove-failed", "cannot remove %s", name);
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return sb_fail_errno(err, "remove-failed", "cannot remove %s", name);
	int rc = remove_contents(fd, depth, err);
	if (!rc && unlinkat(dir, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
		rc = sb_fail_errno(err, "remove-failed", "cannot remove %s", name);
	return rc;
}

/* Takes ownership of @fd. */
static int remove_contents(int fd, unsigned depth, struct sb_err *err)
{
	SB_CLOSEDIR DIR *entries = fdopendir(fd);
	int rc = 0;

	if (!entries) {
		close(fd);
		return sb_fail_errno(err, "remove-failed", "cannot list a folder");
	}
	if (depth == 0)
		return sb_fail_limit(err, SB_LIMIT_ROW_PATH_DEPTH, SB_LIMIT_OF(PATH_DEPTH) + 1);
	for (const char *name; !(rc = sb_path_next(entries, &name, err)) && name;)
		if ((rc = remove_entry(dirfd(entries), name, depth - 1, err)))
			break;
	return rc;
}

int sb_path_remove_tree(int dir, const char *name, struct sb_err *err)
{
	return remove_entry(dir, name, (unsigned)SB_LIMIT_OF(PATH_DEPTH), err);
}

const char *sb_path_base(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}
