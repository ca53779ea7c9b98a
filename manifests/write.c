/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical JSON: RFC 8259, keys sorted by bytes, no white space, only what must be escaped. One tree, one text. */
#include "manifests/olpc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/** Control bytes below this are escaped: all of them, or none as OLPC wants it. */
enum escaped { ESCAPE_CONTROLS = 0x20, ESCAPE_NO_CONTROLS = 0 };

static void write_text(struct sb_span text, enum escaped below, struct sb_buf *out)
{
	sb_buf_text(out, "\"");
	for (size_t i = 0, from = 0; i <= text.n; i++) {
		bool special = i < text.n && (text.p[i] < (unsigned)below || text.p[i] == '"' || text.p[i] == '\\');
		if (!special && i < text.n)
			continue;
		sb_buf_add(out, text.p + from, i - from);
		from = i + 1;
		if (!special)
			break;
		if (text.p[i] < 0x20)
			sb_buf_printf(out, "\\u%04x", text.p[i]);
		else
			sb_buf_printf(out, "\\%c", text.p[i]);
	}
	sb_buf_text(out, "\"");
}

static int by_key(const void *a, const void *b)
{
	const struct sb_node_member *x = *(const struct sb_node_member *const *)a, *y = *(const struct sb_node_member *const *)b;
	return strcmp(x->key, y->key);
}

static void write_node(const struct sb_node *node, enum escaped below, struct sb_buf *out);

static void write_map(const struct sb_node *map, enum escaped below, struct sb_buf *out)
{
	const struct sb_node_member **sorted = calloc(map->count ? map->count : 1, sizeof *sorted);

	if (!sorted) {
		out->bad = SB_NOMEM;
		return;
	}
	for (size_t i = 0; i < map->count; i++)
		sorted[i] = &map->members[i];
	qsort(sorted, map->count, sizeof *sorted, by_key);
	sb_buf_text(out, "{");
	for (size_t i = 0; i < map->count; i++) {
		if (i)
			sb_buf_text(out, ",");
		write_text(sb_span_text(sorted[i]->key), below, out);
		sb_buf_text(out, ":");
		write_node(sorted[i]->value, below, out);
	}
	sb_buf_text(out, "}");
	free(sorted);
}

static void write_node(const struct sb_node *node, enum escaped below, struct sb_buf *out)
{
	switch (node->type) {
	case SB_NODE_NULL:
		sb_buf_text(out, "null");
		break;
	case SB_NODE_BOOL:
		sb_buf_text(out, node->number ? "true" : "false");
		break;
	case SB_NODE_INT:
		sb_buf_printf(out, "%" PRId64, node->number);
		break;
	case SB_NODE_TEXT:
		write_text(node->text, below, out);
		break;
	case SB_NODE_LIST:
		sb_buf_text(out, "[");
		for (size_t i = 0; i < node->count; i++) {
			if (i)
				sb_buf_text(out, ",");
			write_node(node->items[i], below, out);
		}
		sb_buf_text(out, "]");
		break;
	case SB_NODE_MAP:
		write_map(node, below, out);
		break;
	}
}

void sb_node_write_json(const struct sb_node *node, struct sb_buf *out)
{
	write_node(node, ESCAPE_CONTROLS, out);
}

void sb_olpc_write(const struct sb_node *node, struct sb_buf *out)
{
	write_node(node, ESCAPE_NO_CONTROLS, out);
}
