/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/compare/attributes.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

/** linux/limits.h: XATTR_LIST_MAX and XATTR_SIZE_MAX, and the room for a path by descriptor. */
enum { MOST = 65536, ROOM = PATH_MAX + 32 };

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void put(struct sb_buf *into, const void *bytes, size_t n)
{
	uint8_t length[8];

	for (unsigned i = 0; i < sizeof length; i++)
		length[i] = (uint8_t)((uint64_t)n >> 8 * i);
	sb_buf_add(into, length, sizeof length);
	sb_buf_add(into, bytes, n);
}

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int failed(const char *name, struct sb_err *err)
{
	return sb_fail_errno(err, "file-unreadable", "cannot read the attributes of %s", name);
}

/* Names that the kernel gave, NUL behind each. */
static int sort_names(const char *list, size_t n, struct sb_vec *out, struct sb_err *err)
{
	for (size_t at = 0; at < n; at += strlen(list + at) + 1) {
		const char **slot = sb_vec_push(out);
		if (!slot)
			return no_memory(err);
		*slot = list + at;
	}
	if (out->count)
		qsort(out->items, out->count, sizeof(const char *), by_text);
	return 0;
}

static int put_values(const char *path, const char *name, const struct sb_vec *names, struct sb_buf *into, struct sb_err *err)
{
	SB_FREEING char *value = malloc(MOST);

	if (!value)
		return no_memory(err);
	for (size_t i = 0; i < names->count; i++) {
		const char *const *attribute = sb_vec_at(names, i);
		ssize_t n = lgetxattr(path, *attribute, value, MOST);
		if (n < 0)
			return failed(name, err);
		put(into, *attribute, strlen(*attribute));
		put(into, value, (size_t)n);
	}
	return sb_buf_ok(into, err);
}

static int read_all(const char *path, const char *name, const char *list, size_t n, struct sb_arena *arena, struct sb_span *out, struct sb_err *err)
{
	SB_VEC struct sb_vec names = {.size = sizeof(const char *)};
	SB_BUF struct sb_buf bytes = {0};
	int rc = sort_names(list, n, &names, err);

	if (!rc)
		rc = put_values(path, name, &names, &bytes, err);
	if (rc || bytes.len == 0)
		return rc;
	const char *copy = sb_arena_copy(arena, sb_buf_span(&bytes));
	*out = sb_span_of(copy, bytes.len);
	return copy ? 0 : no_memory(err);
}

/* No call takes a directory and a name, and none takes a descriptor of a link: /proc joins the two. */
int sb_attributes_read(int dir, const char *name, struct sb_arena *arena, struct sb_span *out, struct sb_err *err)
{
	SB_FREEING char *list = malloc(MOST);
	char path[ROOM];

	*out = (struct sb_span){0};
	if (!list)
		return no_memory(err);
	if (snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dir, name) >= (int)sizeof path) {
		errno = ENAMETOOLONG;
		return failed(name, err);
	}
	ssize_t n = llistxattr(path, list, MOST);
	if (n < 0)
		return errno == ENOTSUP ? 0 : failed(name, err);
	return read_all(path, name, list, (size_t)n, arena, out, err);
}
