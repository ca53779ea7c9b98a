/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/io.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

static inline void sb_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static inline void sb_free_p(void *p)
{
	free(*(void **)p);
	*(void **)p = NULL;
}

static inline void sb_close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
	*dir = NULL;
}

#define SB_CLOSING __attribute__((cleanup(sb_close_fd)))     /* int fd = -1; */
#define SB_FREEING __attribute__((cleanup(sb_free_p)))       /* heap pointer, NULL at first */
#define SB_ARENA __attribute__((cleanup(sb_arena_free)))     /* struct sb_arena * */
#define SB_BUF __attribute__((cleanup(sb_buf_release)))      /* struct sb_buf b = {0}; */
#define SB_BLOB __attribute__((cleanup(sb_blob_release)))    /* struct sb_blob b = {.fd = -1}; */
#define SB_CLOSEDIR __attribute__((cleanup(sb_close_dir)))

static inline int sb_steal_fd(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

static inline void *sb_steal_p(void *p)
{
	void *taken = *(void **)p;
	*(void **)p = NULL;
	return taken;
}

#define sb_steal(pointer) ((__typeof__(pointer))sb_steal_p(&(pointer)))

#endif
