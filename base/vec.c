/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vec.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool grow(struct sb_vec *vec)
{
	size_t cap = vec->cap ? vec->cap : 8;
	if (vec->cap && __builtin_mul_overflow(vec->cap, (size_t)2, &cap))
		return false;
	size_t bytes;
	if (__builtin_mul_overflow(cap, vec->size, &bytes))
		return false;
	void *items = realloc(vec->items, bytes);
	if (!items)
		return false;
	vec->items = items;
	vec->cap = cap;
	return true;
}

void *sb_vec_push(struct sb_vec *vec)
{
	if (vec->ceiling && vec->count >= vec->ceiling)
		return NULL;
	if (vec->count == vec->cap && !grow(vec))
		return NULL;
	void *item = (unsigned char *)vec->items + vec->count++ * vec->size;
	return memset(item, 0, vec->size);
}

void *sb_vec_at(const struct sb_vec *vec, size_t index)
{
	return (unsigned char *)vec->items + index * vec->size;
}

void sb_vec_release(struct sb_vec *vec)
{
	free(vec->items);
	*vec = (struct sb_vec){.size = vec->size, .ceiling = vec->ceiling};
}
