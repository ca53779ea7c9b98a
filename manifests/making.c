/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/making.h"

#include <string.h>

static struct sb_node *made(struct sb_making *make, struct sb_node *node)
{
	make->failed |= !node;
	return node;
}

struct sb_node *sb_make_map(struct sb_making *make)
{
	return made(make, sb_node_map(make->arena));
}

struct sb_node *sb_make_list(struct sb_making *make)
{
	return made(make, sb_node_list(make->arena));
}

struct sb_node *sb_make_text(struct sb_making *make, const char *text)
{
	return made(make, sb_node_text(make->arena, text));
}

struct sb_node *sb_make_shown(struct sb_making *make, const char *text)
{
	struct sb_node *node = made(make, sb_node_null(make->arena));
	char *copy = node && text ? sb_arena_copy(make->arena, sb_span_text(text)) : NULL;

	if (copy) {
		node->type = SB_NODE_TEXT;
		node->text = sb_span_text(copy);
	}
	make->failed |= text && !copy;
	return node;
}

void sb_make_put(struct sb_making *make, struct sb_node *map, const char *key, struct sb_node *value)
{
	make->failed |= !sb_node_put(make->arena, map, key, value);
}

void sb_make_push(struct sb_making *make, struct sb_node *list, struct sb_node *value)
{
	make->failed |= !sb_node_push(make->arena, list, value);
}

void sb_make_put_text(struct sb_making *make, struct sb_node *map, const char *key, const char *text)
{
	sb_make_put(make, map, key, sb_node_text(make->arena, text));
}

void sb_make_put_shown(struct sb_making *make, struct sb_node *map, const char *key, const char *text)
{
	sb_make_put(make, map, key, sb_make_shown(make, text));
}

/* Brackets behind a backslash, which is doubled where it would take that one's place; braces twice. */
void sb_make_put_message(struct sb_making *make, struct sb_node *map, const char *key, const char *text)
{
	SB_BUF struct sb_buf out = {0};

	for (const char *at = text; *at; at++) {
		size_t run = strspn(at, "\\");
		bool bracket = at[run] == '[' || at[run] == ']';
		for (size_t i = 0; i < (bracket ? 2 * run + 1 : run); i++)
			sb_buf_add(&out, "\\", 1);
		at += run;
		if (!*at)
			break;
		sb_buf_add(&out, at, 1);
		if (*at == '{' || *at == '}')
			sb_buf_add(&out, at, 1);
	}
	sb_buf_add(&out, "", 1);
	make->failed |= out.bad != SB_OK;
	sb_make_put_shown(make, map, key, out.bad ? "" : (const char *)out.data);
}

void sb_make_put_count(struct sb_making *make, struct sb_node *map, const char *key, uint64_t count)
{
	sb_make_put(make, map, key, sb_node_int(make->arena, count > INT64_MAX ? INT64_MAX : (int64_t)count));
}

void sb_make_put_bool(struct sb_making *make, struct sb_node *map, const char *key, bool value)
{
	sb_make_put(make, map, key, sb_node_bool(make->arena, value));
}

void sb_make_put_hex(struct sb_making *make, struct sb_node *map, const char *key, const uint8_t *bytes, size_t n)
{
	sb_make_put(make, map, key, sb_node_hex(make->arena, bytes, n));
}
