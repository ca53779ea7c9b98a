/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "base/limits.h"

#include <stdarg.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Blocks grow from the first to the largest: most arenas hold little, and there are as many as there are pairs. */
enum { FIRST = 1024, BLOCK = 64 * 1024, ALIGN = alignof(max_align_t) };

struct block {
	struct block *older;
	size_t used, size;
	alignas(max_align_t) unsigned char bytes[];
};

struct sb_arena {
	struct block *newest;
	size_t used, ceiling;
	size_t next; /* size of the next block */
};

struct sb_arena *sb_arena_new(size_t ceiling)
{
	struct sb_arena *arena = calloc(1, sizeof *arena);
	if (arena) {
		arena->ceiling = ceiling ? ceiling : (size_t)SB_LIMIT_OF(ARENA);
		arena->next = FIRST;
	}
	return arena;
}

void sb_arena_free(struct sb_arena **arena)
{
	if (!*arena)
		return;
	for (struct block *block = (*arena)->newest, *older; block; block = older) {
		older = block->older;
		free(block);
	}
	free(*arena);
	*arena = NULL;
}

/* Large requests get a block of their own, put behind the newest so that its room is still used. */
static struct block *add_block(struct sb_arena *arena, size_t need)
{
	bool own = need > arena->next / 4;
	size_t size = own ? need : arena->next;
	if (size > SIZE_MAX - sizeof(struct block))
		return NULL;
	struct block *block = calloc(1, sizeof *block + size);

	if (!block)
		return NULL;
	block->size = size;
	arena->next = arena->next < BLOCK ? arena->next * 2 : BLOCK;
	if (own && arena->newest) {
		block->older = arena->newest->older;
		arena->newest->older = block;
	} else {
		block->older = arena->newest;
		arena->newest = block;
	}
	return block;
}

void *sb_arena_alloc(struct sb_arena *arena, size_t n)
{
	if (n > arena->ceiling || arena->used > arena->ceiling - n || n > SIZE_MAX - ALIGN)
		return NULL;
	size_t need = n ? (n + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
	struct block *block = arena->newest;

	if (!block || block->size - block->used < need)
		block = add_block(arena, need);
	if (!block)
		return NULL;
	void *out = block->bytes + block->used;
	block->used += need;
	arena->used += n;
	return out;
}

void *sb_arena_array(struct sb_arena *arena, size_t count, size_t size)
{
	uint64_t total;
	return sb_mul(count, size, &total) ? sb_arena_alloc(arena, (size_t)total) : NULL;
}

char *sb_arena_copy(struct sb_arena *arena, struct sb_span text)
{
	char *out = text.n < SIZE_MAX ? sb_arena_alloc(arena, text.n + 1) : NULL;
	if (out && text.n)
		memcpy(out, text.p, text.n);
	return out;
}

char *sb_arena_printf(struct sb_arena *arena, const char *fmt, ...)
{
	va_list args, again;
	char *out = NULL;

	va_start(args, fmt);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, fmt, args);
	if (n >= 0)
		out = sb_arena_alloc(arena, (size_t)n + 1);
	if (out)
		vsnprintf(out, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(args);
	return out;
}

size_t sb_arena_used(const struct sb_arena *arena)
{
	return arena->used;
}
