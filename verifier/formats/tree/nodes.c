/* SPDX-License-Identifier: Apache-2.0 */
/* Names of a file system in the one order in which they are written. */
#include "verifier/formats/tree/tree.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

static bool is_usable(struct sb_span name)
{
	bool dots = (name.n == 1 && name.p[0] == '.') || (name.n == 2 && name.p[0] == '.' && name.p[1] == '.');
	return name.n && !dots && !memchr(name.p, '/', name.n) && !memchr(name.p, 0, name.n);
}

/* A folder that holds itself, however far down, would never end. */
static int check_above(const struct sb_tree_nodes *nodes, const struct sb_tree_node *node, struct sb_err *err)
{
	uint64_t depth = 1;

	for (uint32_t at = node->parent;; at = sb_tree_node(nodes, at)->parent, depth++) {
		if (node->folder && sb_tree_node(nodes, at)->id == node->id)
			return sb_damaged(err, "archive-damaged", 0, "a folder that lies in itself");
		if (depth > SB_LIMIT_OF(PATH_DEPTH))
			return sb_fail_limit(err, SB_LIMIT_ROW_PATH_DEPTH, depth);
		if (at == 0)
			return 0;
	}
}

int sb_tree_node_add(struct sb_tree_nodes *nodes, const struct sb_tree_node *node, struct sb_err *err)
{
	bool root = nodes->items.count == 0;
	int rc = 0;

	nodes->items.size = sizeof *node;
	if (!root && !is_usable(node->name))
		rc = sb_damaged(err, "archive-damaged", 0, "a name that no system could use");
	if (!rc && !root)
		rc = check_above(nodes, node, err);
	if (!rc && nodes->items.count >= SB_LIMIT_OF(ENTRIES))
		rc = sb_fail_limit(err, SB_LIMIT_ROW_ENTRIES, nodes->items.count + 1);
	struct sb_tree_node *slot = rc ? NULL : sb_vec_push(&nodes->items);
	if (slot)
		*slot = *node;
	return rc || slot ? rc : sb_no_memory(err);
}

void sb_tree_nodes_release(struct sb_tree_nodes *nodes)
{
	sb_vec_release(&nodes->items);
}

/** Everything in order. */
struct order {
	const struct sb_tree_nodes *nodes;
	uint32_t *kids;  /* by parent, then by name, then as they came */
	uint32_t *first; /* of each node, index into kids; as many as nodes and one */
	uint32_t *rank;  /* of each node in the stream */
	uint32_t *owner; /* the first node of the same file */
	uint32_t *stack;
};

static int by_place(const void *a, const void *b, void *ctx)
{
	const struct order *order = ctx;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	const struct sb_tree_node *p = sb_tree_node(order->nodes, x), *q = sb_tree_node(order->nodes, y);

	if (p->parent != q->parent)
		return p->parent < q->parent ? -1 : 1;
	int names = sb_span_compare(p->name, q->name);
	return names ? names : (x > y) - (x < y);
}

static int by_file(const void *a, const void *b, void *ctx)
{
	const struct order *order = ctx;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	uint64_t p = sb_tree_node(order->nodes, x)->id, q = sb_tree_node(order->nodes, y)->id;

	if (p != q)
		return p < q ? -1 : 1;
	return (order->rank[x] > order->rank[y]) - (order->rank[x] < order->rank[y]);
}

/* The root is nobody's child: it sorts first, as the only node whose parent it is itself and whose name is empty. */
static void list_kids(struct order *order, size_t count)
{
	for (size_t i = 0; i < count; i++)
		order->kids[i] = (uint32_t)i;
	qsort_r(order->kids, count, sizeof *order->kids, by_place, order);
	size_t at = 1;
	for (size_t i = 0; i < count; i++) {
		order->first[i] = (uint32_t)at;
		while (at < count && sb_tree_node(order->nodes, order->kids[at])->parent == i)
			at++;
	}
	order->first[count] = (uint32_t)at;
}

/* Ranks from the top down, names of a folder in their order; afterwards the stack holds the nodes by rank. */
static void rank_nodes(struct order *order, size_t count)
{
	uint32_t *ranked = order->owner, next = 0;
	size_t depth = 1;

	order->stack[0] = 0;
	while (depth) {
		uint32_t node = order->stack[--depth];
		order->rank[node] = next;
		ranked[next++] = node;
		for (uint32_t kid = order->first[node + 1]; kid > order->first[node]; kid--)
			order->stack[depth++] = order->kids[kid - 1];
	}
	memcpy(order->stack, ranked, count * sizeof *ranked);
}

static int find_owners(struct order *order, size_t count, struct sb_err *err)
{
	for (size_t i = 0; i < count; i++)
		order->kids[i] = (uint32_t)i;
	qsort_r(order->kids, count, sizeof *order->kids, by_file, order);
	for (size_t i = 0; i < count; i++) {
		uint32_t node = order->kids[i], before = i ? order->kids[i - 1] : node;
		bool again = i && sb_tree_node(order->nodes, before)->id == sb_tree_node(order->nodes, node)->id;
		if (again && (sb_tree_node(order->nodes, node)->folder || sb_tree_node(order->nodes, before)->folder))
			return sb_damaged(err, "archive-damaged", 0, "a folder with two names");
		order->owner[node] = again ? order->owner[before] : node;
	}
	return 0;
}

/* Written from its end; the root is ".". */
static int write_path(const struct sb_tree_nodes *nodes, uint32_t node, char *room, size_t most, struct sb_span *out, struct sb_err *err)
{
	size_t at = most;

	if (node == 0) {
		*out = sb_span_text(".");
		return 0;
	}
	for (; node != 0; node = sb_tree_node(nodes, node)->parent) {
		struct sb_span name = sb_tree_node(nodes, node)->name;
		if (name.n + 1 > at)
			return sb_fail_limit(err, SB_LIMIT_ROW_PATH_BYTES, most - at + name.n + 1);
		if (at != most)
			room[--at] = '/';
		at -= name.n;
		memcpy(room + at, name.p, name.n);
	}
	*out = sb_span_of(room + at, most - at);
	return 0;
}

static int emit_all(const struct order *order, sb_tree_emit emit, void *ctx, struct sb_err *err)
{
	size_t most = (size_t)SB_LIMIT_OF(PATH_BYTES);
	SB_FREEING char *name = malloc(most), *link = malloc(most);
	int rc = name && link ? 0 : sb_no_memory(err);

	for (size_t i = 0; !rc && i < order->nodes->items.count; i++) {
		uint32_t node = order->stack[i], owner = order->owner[node];
		struct sb_member member = {.type = SB_MEMBER_UNKNOWN};
		rc = write_path(order->nodes, node, name, most, &member.name, err);
		if (!rc && owner != node) {
			member.type = SB_MEMBER_HARDLINK;
			rc = write_path(order->nodes, owner, link, most, &member.link, err);
		}
		if (!rc)
			rc = emit(ctx, node, &member, err);
	}
	return rc;
}

int sb_tree_nodes_emit(const struct sb_tree_nodes *nodes, sb_tree_emit emit, void *ctx, struct sb_err *err)
{
	size_t count = nodes->items.count;
	SB_FREEING uint32_t *room = calloc(count + 1, 5 * sizeof *room);
	struct order order = {.nodes = nodes};

	if (!room)
		return sb_no_memory(err);
	order.kids = room;
	order.first = order.kids + count + 1;
	order.rank = order.first + count + 1;
	order.owner = order.rank + count + 1;
	order.stack = order.owner + count + 1;
	list_kids(&order, count);
	rank_nodes(&order, count);
	int rc = find_owners(&order, count, err);
	return rc ? rc : emit_all(&order, emit, ctx, err);
}
