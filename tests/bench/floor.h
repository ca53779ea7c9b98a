/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the parts of the program floor: what is decoded is hashed once and forgotten. */
#ifndef TESTS_BENCH_FLOOR_H
#define TESTS_BENCH_FLOOR_H

#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>

enum { FLOOR_PIECE = 256 << 10 };

struct work {
	bool record; /* the digests of each file's own bytes, too */
	unsigned char piece[FLOOR_PIECE], other[FLOOR_PIECE];
	unsigned long long members, bytes;
};

_Noreturn void give_up(const char *what, const char *why);

/** Every file of an image of squashfs, by libsquashfs. */
void floor_squashfs(struct work *work, const char *path);
/** Every node of an image of JFFS2, by zlib. */
void floor_jffs2(struct work *work, const char *path);

#endif
