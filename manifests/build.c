/* SPDX-License-Identifier: Apache-2.0 */
/* Making trees. */
#include "manifests/node.h"

#include <string.h>

static struct sb_node *make(struct sb_arena *arena, enum sb_node_type type)
{
	struct sb_node *node = sb_arena_alloc(arena, sizeof *node);
	if (node)
		node->type = type;
	return node;
}

struct sb_node *sb_node_map(struct sb_arena *arena)
{
	return make(arena, SB_NODE_MAP);
}

struct sb_node *sb_node_list(struct sb_arena *arena)
{
	return make(arena, SB_NODE_LIST);
}

struct sb_node *sb_node_null(struct sb_arena *arena)
{
	return make(arena, SB_NODE_NULL);
}

struct sb_node *sb_node_int(struct sb_arena *arena, int64_t number)
{
	struct sb_node *node = make(arena, SB_NODE_INT);
	if (node)
		node->number = number;
	return node;
}

struct sb_node *sb_node_bool(struct sb_arena *arena, bool value)
{
	struct sb_node *node = make(arena, SB_NODE_BOOL);
	if (node)
		node->number = value;
	return node;
}

struct sb_node *sb_node_text(struct sb_arena *arena, const char *text)
{
	if (!text)
		return sb_node_null(arena);
	struct sb_node *node = make(arena, SB_NODE_TEXT);
	char *escaped = node ? sb_escape_copy(arena, sb_span_text(text)) : NULL;
	if (!escaped)
		return NULL;
	node->text = sb_span_text(escaped);
	return node;
}

struct sb_node *sb_node_hex(struct sb_arena *arena, const uint8_t *bytes, size_t n)
{
	struct sb_node *node = make(arena, SB_NODE_TEXT);
	char *text = node ? sb_arena_alloc(arena, 2 * n + 1) : NULL;
	if (!text)
		return NULL;
	sb_text_hex(sb_span_of(bytes, n), text);
	node->text = sb_span_of(text, 2 * n);
	return node;
}

const struct sb_node *sb_node_get(const struct sb_node *map, const char *key)
{
	for (size_t i = 0; map && map->type == SB_NODE_MAP && i < map->count; i++)
		if (strcmp(map->members[i].key, key) == 0)
			return map->members[i].value;
	return NULL;
}

/* Room for one more item: capacities are powers of two, so it is known from the count when there is none. */
static void *grown(struct sb_arena *arena, void *items, size_t count, size_t size)
{
	if (count == 0)
		return sb_arena_array(arena, 4, size);
	if (count < 4 || (count & (count - 1)))
		return items;
	void *more = sb_arena_array(arena, count * 2, size);
	return more ? memcpy(more, items, count * size) : NULL;
}

bool sb_node_put(struct sb_arena *arena, struct sb_node *map, const char *key, struct sb_node *value)
{
	if (!map || !value || sb_node_get(map, key))
		return false;
	struct sb_node_member *members = grown(arena, map->members, map->count, sizeof *members);
	if (!members)
		return false;
	map->members = members;
	members[map->count++] = (struct sb_node_member){.key = key, .value = value};
	return true;
}

bool sb_node_push(struct sb_arena *arena, struct sb_node *list, struct sb_node *value)
{
	if (!list || !value)
		return false;
	struct sb_node **items = grown(arena, list->items, list->count, sizeof *items);
	if (!items)
		return false;
	list->items = items;
	items[list->count++] = value;
	return true;
}
