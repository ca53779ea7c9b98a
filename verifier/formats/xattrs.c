/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/formats/xattrs.h"

#include <stdlib.h>
#include <string.h>

struct xattr {
	const char *prefix;
	struct sb_span name, value;
};

enum { LENGTHS = 16 };

int sb_xattrs_add(struct sb_xattrs *xattrs, const char *prefix, struct sb_span name, struct sb_span value, struct sb_err *err)
{
	xattrs->items.size = sizeof(struct xattr);
	xattrs->items.ceiling = (size_t)SB_LIMIT_OF(ENTRIES);
	struct xattr *slot = sb_vec_push(&xattrs->items);
	if (!slot)
		return sb_no_memory(err);
	*slot = (struct xattr){prefix, name, value};
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct xattr *x = a, *y = b;
	int order = strcmp(x->prefix, y->prefix);

	order = order ? order : sb_span_compare(x->name, y->name);
	return order ? order : sb_span_compare(x->value, y->value);
}

bool sb_xattrs_repeat(struct sb_xattrs *xattrs)
{
	const struct xattr *all = xattrs->items.items;

	if (xattrs->items.count)
		qsort(xattrs->items.items, xattrs->items.count, sizeof *all, by_name);
	for (size_t i = 1; i < xattrs->items.count; i++)
		if (strcmp(all[i - 1].prefix, all[i].prefix) == 0 && sb_span_compare(all[i - 1].name, all[i].name) == 0)
			return true;
	return false;
}

static uint8_t *put_length(uint8_t *to, uint64_t length)
{
	for (unsigned i = 0; i < 8; i++)
		to[i] = (uint8_t)(length >> 8 * i);
	return to + 8;
}

static uint8_t *put(uint8_t *to, const void *bytes, size_t n)
{
	if (n)
		memcpy(to, bytes, n);
	return to + n;
}

int sb_xattrs_keep(struct sb_view *view, struct sb_xattrs *xattrs, struct sb_span *out, struct sb_err *err)
{
	size_t count = xattrs->items.count;
	uint64_t room = 1;

	*out = (struct sb_span){0};
	if (count == 0)
		return 0;
	qsort(xattrs->items.items, count, sizeof(struct xattr), by_name);
	for (size_t i = 0; i < count; i++) {
		const struct xattr *x = sb_vec_at(&xattrs->items, i);
		if (!sb_add(room, strlen(x->prefix) + x->name.n + LENGTHS, &room) || !sb_add(room, x->value.n, &room))
			return sb_no_memory(err);
	}
	uint8_t *text = sb_arena_alloc(view->arena, (size_t)room), *to = text;
	if (!text)
		return sb_no_memory(err);
	for (size_t i = 0; i < count; i++) {
		const struct xattr *x = sb_vec_at(&xattrs->items, i);
		to = put_length(to, strlen(x->prefix) + x->name.n);
		to = put(to, x->prefix, strlen(x->prefix));
		to = put(to, x->name.p, x->name.n);
		to = put_length(to, x->value.n);
		to = put(to, x->value.p, x->value.n);
	}
	*out = sb_span_of(text, (size_t)room - 1);
	return 0;
}

int sb_xattrs_append(struct sb_view *view, const char *name, struct sb_span value, struct sb_span *kept, struct sb_err *err)
{
	size_t length = strlen(name);
	uint64_t room;

	if (!sb_add(kept->n, value.n, &room) || !sb_add(room, length + LENGTHS, &room))
		return sb_no_memory(err);
	uint8_t *text = sb_arena_alloc(view->arena, (size_t)room), *to = text;
	if (!text)
		return sb_no_memory(err);
	to = put(to, kept->p, kept->n);
	to = put_length(to, length);
	to = put(to, name, length);
	to = put_length(to, value.n);
	put(to, value.p, value.n);
	*kept = sb_span_of(text, (size_t)room);
	return 0;
}

void sb_xattrs_clear(struct sb_xattrs *xattrs)
{
	xattrs->items.count = 0;
}

void sb_xattrs_release(struct sb_xattrs *xattrs)
{
	sb_vec_release(&xattrs->items);
}
