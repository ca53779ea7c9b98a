/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an image exports: a tree of nodes, each with what the name that leads to it stands for, and the texts that lead on. A node says its name, what follows it
 * and what kind of thing it is; where its children lie in the table is left to who writes it. Sources: loader.h, "export info"; dyld, mach-o/ExportsTrie.cpp.
 * It is read when each byte belongs to one node that is reached once, so that no loop ends in no end and nothing lies beside the nodes.
 */
#include "verifier/formats/macho/tables.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { KIND = 3, ABSOLUTE = 2, REEXPORT = 8, RESOLVER = 0x10, KNOWN_FLAGS = 0x1f, LONGEST_NAME = 4096, MOST_NAMES = 8 << 20 };

/** A node that is to be read: where, and which name leads to it. */
struct pending {
	uint64_t at;
	struct sb_span name;
};

struct walk {
	struct sb_macho_telling *telling;
	struct sb_vec pending; /* struct pending */
	uint64_t nodes;        /* that were read */
};

/** What stands at a node. */
struct node {
	bool exported;
	uint64_t flags, ordinal;
	struct sb_span import; /* of what is exported again */
};

static bool refer(struct walk *walk, const struct sb_rd *rd, uint64_t from, uint64_t address)
{
	const struct sb_macho_telling *telling = walk->telling;
	return sb_macho_tell(walk->telling, (struct sb_reference){SB_REFERENCE_ADDRESS, telling->region->offset + from, rd->at - from, sb_macho_base(telling->macho) + address, 0, 0});
}

/* What the name stands for: an address, a value, or what another library exports. */
static bool read_export(struct walk *walk, struct sb_rd *rd, uint64_t size, struct node *out)
{
	uint64_t end = rd->at + size;

	out->exported = size;
	if (size == 0)
		return true;
	out->flags = sb_macho_leb(rd);
	if (rd->bad || (out->flags & ~(uint64_t)KNOWN_FLAGS))
		return false;
	if (out->flags & REEXPORT) {
		out->ordinal = sb_macho_leb(rd);
		out->import = sb_rd_cstring(rd);
		return !rd->bad && rd->at == end;
	}
	for (unsigned i = 0; i < (out->flags & RESOLVER ? 2u : 1u); i++) {
		uint64_t from = rd->at, value = sb_macho_leb(rd);
		if (rd->bad)
			return false;
		if ((out->flags & KIND) == ABSOLUTE)
			out->ordinal = value;
		else if (!refer(walk, rd, from, value))
			return false;
	}
	return rd->at == end;
}

static struct sb_span longer_name(struct walk *walk, struct sb_span name, struct sb_span edge)
{
	size_t whole = name.n + edge.n;
	struct sb_macho *macho = walk->telling->macho;
	uint8_t *copy = whole <= LONGEST_NAME && macho->text < MOST_NAMES ? sb_arena_alloc(walk->telling->view->arena, whole + 1) : NULL;

	if (!copy)
		return (struct sb_span){0};
	macho->text += whole;
	if (name.n)
		memcpy(copy, name.p, name.n);
	if (edge.n)
		memcpy(copy + name.n, edge.p, edge.n);
	return sb_span_of(copy, whole);
}

/* Texts that lead on, each with the place of a child. */
static bool read_edges(struct walk *walk, struct sb_rd *rd, struct sb_span name, struct sb_buf *texts)
{
	uint64_t count = sb_rd_uint(rd, 1);

	for (uint64_t i = 0; i < count; i++) {
		struct sb_span edge = sb_rd_cstring(rd);
		uint64_t at = sb_macho_leb(rd);
		if (rd->bad || edge.n == 0 || at >= walk->telling->bytes.n)
			return false;
		struct pending *slot = sb_vec_push(&walk->pending);
		struct sb_span full = longer_name(walk, name, edge);
		if (!slot || !full.p)
			return false;
		*slot = (struct pending){at, full};
		sb_buf_add(texts, edge.p, edge.n);
		sb_buf_add(texts, "", 1);
	}
	return !rd->bad && !texts->bad;
}

/* "export NAME", then what leads on from it. */
static struct sb_span says_of(struct walk *walk, struct sb_span name, const struct node *node, const struct sb_buf *texts)
{
	struct sb_buf all = {.ceiling = SIZE_MAX};
	struct sb_span says = {0};

	sb_buf_add(&all, name.p, name.n);
	sb_buf_add(&all, "", 1);
	sb_buf_printf(&all, "%" PRIx64 " %" PRIx64 " ", node->flags, node->ordinal);
	sb_buf_add(&all, node->import.p, node->import.n);
	sb_buf_add(&all, "", 1);
	sb_buf_add(&all, texts->data, texts->len);
	if (!all.bad)
		says = node->exported ? sb_macho_says(walk->telling, sb_buf_span(&all), "export%s", (node->flags & REEXPORT) ? " of another library" : "") :
					sb_macho_says(walk->telling, sb_buf_span(&all), "exports that begin with");
	sb_buf_release(&all);
	return says;
}

static bool read_node(struct walk *walk, const struct pending *node)
{
	struct sb_rd rd = sb_rd_of(walk->telling->bytes, false);
	struct sb_buf texts = {.ceiling = SIZE_MAX};
	struct node found = {0};

	sb_rd_seek(&rd, node->at);
	uint64_t size = sb_macho_leb(&rd);
	bool fine = !rd.bad && size <= rd.in.n - rd.at && read_export(walk, &rd, size, &found) && read_edges(walk, &rd, node->name, &texts);
	struct sb_span says = fine ? says_of(walk, node->name, &found, &texts) : (struct sb_span){0};
	sb_buf_release(&texts);
	return says.p && sb_macho_tell_row(walk->telling, node->at, rd.at - node->at, says);
}

static int by_offset(const void *a, const void *b)
{
	const struct sb_row *x = a, *y = b;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Nodes that follow each other, and zeros behind them. */
static bool tile(struct sb_macho_telling *telling)
{
	uint64_t at = telling->region->offset;

	qsort(telling->rows.items, telling->rows.count, telling->rows.size, by_offset);
	for (size_t i = 0; i < telling->rows.count; i++) {
		const struct sb_row *row = sb_vec_at(&telling->rows, i);
		if (row->offset != at)
			return false;
		at += row->length;
	}
	return sb_macho_tell_fill(telling, at - telling->region->offset);
}

bool sb_macho_read_exports(struct sb_macho_telling *telling)
{
	struct walk walk = {.telling = telling, .pending = {.size = sizeof(struct pending), .ceiling = (size_t)telling->bytes.n}};
	struct pending *root = sb_vec_push(&walk.pending);
	bool fine = root;

	while (fine && walk.pending.count) {
		const struct pending node = *(const struct pending *)sb_vec_at(&walk.pending, --walk.pending.count);
		fine = ++walk.nodes <= telling->bytes.n && read_node(&walk, &node);
	}
	sb_vec_release(&walk.pending);
	return fine && tile(telling);
}
