/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/span.h"

/**
 * Memory that dies together: all records of one stage live in one arena.
 * Not thread safe; give each worker its own.
 */
struct sb_arena;

/** @ceiling bytes that may be handed out in total; 0 means SB_LIMIT_ARENA. NULL when out of memory. */
SB_MUST_USE struct sb_arena *sb_arena_new(size_t ceiling);
/** Accepts NULL, nulls the pointer. */
void sb_arena_free(struct sb_arena **arena);

/** Zeroed memory aligned for any object; NULL when out of memory or at the ceiling. @n == 0 gives a unique pointer. */
SB_MUST_USE void *sb_arena_alloc(struct sb_arena *arena, size_t n);
/** Zeroed array; NULL also when count * size overflows. */
SB_MUST_USE void *sb_arena_array(struct sb_arena *arena, size_t count, size_t size);
/** NUL-terminated copy of @text, which may hold NUL bytes itself. */
SB_MUST_USE char *sb_arena_copy(struct sb_arena *arena, struct sb_span text);
SB_MUST_USE char *sb_arena_printf(struct sb_arena *arena, const char *fmt, ...) SB_PRINTF(2, 3);
/** Bytes handed out so far. */
size_t sb_arena_used(const struct sb_arena *arena);

#endif
