/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define CURSOR __attribute__((cleanup(sb_cursor_release)))

int sb_beneath_open(int dir, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		.mode = mode,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	do
		fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	return (int)fd;
}

void sb_cursor_init(struct sb_cursor *cursor, int top)
{
	cursor->top = top;
	cursor->path[0] = 0;
	cursor->depth = 0;
}

static void pop(struct sb_cursor *cursor)
{
	cursor->depth--;
	sb_close_fd(&cursor->fds[cursor->depth]);
	cursor->path[cursor->depth ? cursor->ends[cursor->depth - 1] : 0] = 0;
}

void sb_cursor_release(struct sb_cursor *cursor)
{
	while (cursor->depth > 0)
		pop(cursor);
}

static int here(const struct sb_cursor *cursor)
{
	return cursor->depth ? cursor->fds[cursor->depth - 1] : cursor->top;
}

/** True when the open folder is @path[0..n) or lies above it. */
static bool on_the_way(const struct sb_cursor *cursor, const char *path, size_t n)
{
	size_t end = cursor->depth ? cursor->ends[cursor->depth - 1] : 0;

	if (end == 0)
		return true;
	return end <= n && memcmp(cursor->path, path, end) == 0 && (end == n || path[end] == '/');
}

static bool odd(const char *name, size_t n)
{
	return n == 0 || n > 255 || (n == 1 && name[0] == '.') || (n == 2 && name[0] == '.' && name[1] == '.');
}

static int push(struct sb_cursor *cursor, const char *path, size_t from, size_t to, bool make)
{
	char name[256];
	int fd;

	if (odd(path + from, to - from) || cursor->depth == SB_CURSOR_DEPTH || to >= sizeof(cursor->path)) {
		errno = EINVAL;
		return -1;
	}
	memcpy(name, path + from, to - from);
	name[to - from] = 0;
	fd = sb_beneath_open(here(cursor), name, O_PATH | O_DIRECTORY, 0);
	if (fd < 0 && errno == ENOENT && make && mkdirat(here(cursor), name, 0755) == 0)
		fd = sb_beneath_open(here(cursor), name, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return -1;
	memcpy(cursor->path, path, to);
	cursor->path[to] = 0;
	cursor->fds[cursor->depth] = fd;
	cursor->ends[cursor->depth++] = (uint16_t)to;
	return 0;
}

int sb_cursor_parent(struct sb_cursor *cursor, const char *path, bool make, const char **name)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	*name = slash ? slash + 1 : path;
	if (odd(*name, strlen(*name))) {
		errno = EINVAL;
		return -1;
	}
	while (cursor->depth > 0 && !on_the_way(cursor, path, n))
		pop(cursor);
	for (;;) {
		size_t end = cursor->depth ? cursor->ends[cursor->depth - 1] : 0;
		size_t from = end ? end + 1 : 0;

		if (end == n)
			return here(cursor);
		if (push(cursor, path, from, from + strcspn(path + from, "/"), make) != 0)
			return -1;
	}
}

int sb_beneath_make_dir(int top, const char *path)
{
	CURSOR struct sb_cursor cursor;
	SB_CLOSING int fd = -1;
	const char *name;
	int dir;

	sb_cursor_init(&cursor, top);
	dir = sb_cursor_parent(&cursor, path, true, &name);
	if (dir < 0)
		return -1;
	if (mkdirat(dir, name, 0755) != 0 && errno != EEXIST)
		return -1;
	fd = sb_beneath_open(dir, name, O_PATH | O_DIRECTORY, 0);
	return fd < 0 ? -1 : 0;
}

static int write_all(int fd, const char *text)
{
	size_t n = strlen(text);

	while (n > 0) {
		ssize_t put = write(fd, text, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		text += put;
		n -= (size_t)put;
	}
	return 0;
}

int sb_beneath_put_file(int top, const char *path, const char *text)
{
	CURSOR struct sb_cursor cursor;
	SB_CLOSING int fd = -1;
	const char *name;
	int dir;

	sb_cursor_init(&cursor, top);
	dir = sb_cursor_parent(&cursor, path, true, &name);
	if (dir < 0 || (unlinkat(dir, name, 0) != 0 && errno != ENOENT))
		return -1;
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	return fd < 0 ? -1 : write_all(fd, text);
}

int sb_beneath_put_link(int top, const char *path, const char *target)
{
	CURSOR struct sb_cursor cursor;
	const char *name;
	int dir;

	sb_cursor_init(&cursor, top);
	dir = sb_cursor_parent(&cursor, path, true, &name);
	if (dir < 0 || (unlinkat(dir, name, 0) != 0 && errno != ENOENT))
		return -1;
	return symlinkat(target, dir, name);
}
