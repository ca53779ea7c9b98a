/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of its own for each test, removed at the end. */
#ifndef TESTS_UNIT_HASHING_SCRATCH_H
#define TESTS_UNIT_HASHING_SCRATCH_H

#include "hashing/hashing.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct scratch {
	char path[64];
	int dir;
};

static inline struct scratch scratch_make(void)
{
	struct scratch made = {.path = "/tmp/samebuild-unit-XXXXXX"};
	cr_assert_not_null(mkdtemp(made.path));
	made.dir = open(made.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(made.dir, 0);
	return made;
}

static inline void scratch_remove(struct scratch *scratch)
{
	cr_assert_eq(sb_path_remove_tree(AT_FDCWD, scratch->path, NULL), 0);
	close(scratch->dir);
}

static inline void scratch_write(const struct scratch *scratch, const char *name, const void *bytes, size_t n)
{
	int fd = openat(scratch->dir, name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	cr_assert_geq(fd, 0, "%s", name);
	cr_assert_eq(sb_io_write(fd, sb_span_of(bytes, n), NULL), 0);
	close(fd);
}

static inline void expect_hex(struct sb_span bytes, const char *hex)
{
	SB_BUF struct sb_buf text = {0};
	sb_buf_hex(&text, bytes);
	cr_expect_str_eq(text.data, hex);
}

#endif
