/* SPDX-License-Identifier: Apache-2.0 */
/* Header, reservations and the tokens of the structure. */
#include "verifier/formats/fdt/fdt.h"

#include <string.h>

/* Devicetree Specification 0.4, 5.2 and 5.4. */
#define MAGIC UINT64_C(0xd00dfeed)
enum { BEGIN_NODE = 1, END_NODE = 2, PROP = 3, NOP = 4, END = 9 };
enum { HEADER_16 = 36, HEADER_17 = 40, RESERVATION = 16, DEEPEST = 64 };
enum { LOOKED_AT = 4096 }; /* tokens, by the probe */

/** One token with all that belongs to it. */
struct token {
	uint64_t kind, at, end;
	struct sb_span name;          /* of BEGIN_NODE */
	uint64_t length, name_offset; /* of PROP */
};

static int damaged(struct sb_err *err, uint64_t offset, const char *text)
{
	return sb_damaged(err, "archive-damaged", offset, text);
}

static bool read_header(struct sb_span file, struct sb_fdt *out)
{
	struct sb_rd rd = sb_rd_of(file, true);

	*out = (struct sb_fdt){.header = HEADER_17};
	uint64_t magic = sb_rd_uint(&rd, 4);
	out->total = sb_rd_uint(&rd, 4);
	out->structure = sb_rd_uint(&rd, 4);
	out->strings = sb_rd_uint(&rd, 4);
	out->reservations = sb_rd_uint(&rd, 4);
	out->version = (uint32_t)sb_rd_uint(&rd, 4);
	uint64_t last = sb_rd_uint(&rd, 4);
	sb_rd_bytes(&rd, 4);
	out->strings_size = sb_rd_uint(&rd, 4);
	if (out->version >= 17) {
		out->structure_size = sb_rd_uint(&rd, 4);
	} else {
		out->header = HEADER_16;
		out->structure_size = out->total > out->structure ? out->total - out->structure : 0;
	}
	return !rd.bad && magic == MAGIC && out->version >= 16 && last <= 17 && out->total <= file.n && out->total >= out->header &&
	       out->structure % 4 == 0;
}

static bool next_token(struct sb_rd *rd, struct token *out)
{
	*out = (struct token){.at = rd->at};
	out->kind = sb_rd_uint(rd, 4);
	if (out->kind == BEGIN_NODE) {
		out->name = sb_rd_cstring(rd);
	} else if (out->kind == PROP) {
		out->length = sb_rd_uint(rd, 4);
		out->name_offset = sb_rd_uint(rd, 4);
		sb_rd_bytes(rd, (size_t)out->length);
	} else if (out->kind != END_NODE && out->kind != NOP && out->kind != END) {
		return false;
	}
	sb_rd_bytes(rd, (4 - rd->at % 4) % 4);
	out->end = rd->at;
	return !rd->bad;
}

/* A reader over the structure alone, in offsets of the file. */
static bool open_structure(struct sb_span file, const struct sb_fdt *fdt, struct sb_rd *rd)
{
	struct sb_span head;
	uint64_t end;

	if (!sb_add(fdt->structure, fdt->structure_size, &end) || end > fdt->total || !sb_span_cut(file, 0, end, &head))
		return false;
	*rd = sb_rd_of(head, true);
	sb_rd_seek(rd, fdt->structure);
	return !rd->bad;
}

static int find_reservations(struct sb_span file, struct sb_fdt *fdt, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(sb_span_of(file.p, (size_t)fdt->total), true);
	struct sb_span entry;

	sb_rd_seek(&rd, fdt->reservations);
	do
		entry = sb_rd_bytes(&rd, RESERVATION);
	while (!rd.bad && !sb_span_all_zero(entry));
	fdt->reservations_end = rd.at;
	return rd.bad ? damaged(err, fdt->reservations, "the map of reserved memory has no end") : 0;
}

static int count_tokens(struct sb_span file, struct sb_fdt *fdt, struct sb_err *err)
{
	struct token token = {0};
	struct sb_rd rd;

	if (!open_structure(file, fdt, &rd))
		return damaged(err, fdt->structure, "the structure does not lie inside the tree");
	while (token.kind != END) {
		uint64_t before = token.kind;
		if (!next_token(&rd, &token))
			return damaged(err, token.at, "a token of the structure that is none, or is cut");
		fdt->node_count += token.kind == BEGIN_NODE;
		fdt->property_count += token.kind == PROP;
		fdt->nop_count += token.kind == NOP && before != NOP;
	}
	fdt->structure_end = token.end;
	return 0;
}

/** Where the second pass is. */
struct walk {
	struct sb_view *view;
	struct sb_fdt *fdt;
	uint32_t open[DEEPEST]; /* nodes that have begun and not ended */
	unsigned depth;
	uint32_t nodes, properties, nops;
	uint64_t before;        /* kind of the last token */
};

static int begin_node(struct walk *walk, const struct token *token, struct sb_err *err)
{
	struct sb_fdt_node *node = &walk->fdt->nodes[walk->nodes];

	if (walk->depth == DEEPEST)
		return damaged(err, token->at, "nodes that are nested too deep");
	if (walk->depth == 0 && walk->nodes)
		return damaged(err, token->at, "a second root");
	*node = (struct sb_fdt_node){.begin = token->at, .body = token->end, .depth = walk->depth, .first = walk->properties};
	if (!(node->name = sb_arena_copy(walk->view->arena, token->name)))
		return sb_no_memory(err);
	node->path = "/";
	if (walk->depth) {
		node->parent = walk->open[walk->depth - 1];
		struct sb_fdt_node *parent = &walk->fdt->nodes[node->parent];
		parent->children++;
		node->path = sb_arena_printf(walk->view->arena, "%s/%s", parent->depth ? parent->path : "", node->name);
	}
	if (!node->path)
		return sb_no_memory(err);
	if (strlen(node->path) > SB_LIMIT_OF(PATH_BYTES))
		return sb_fail_limit(err, SB_LIMIT_ROW_PATH_BYTES, strlen(node->path));
	walk->open[walk->depth++] = walk->nodes++;
	return 0;
}

static int end_node(struct walk *walk, const struct token *token, struct sb_err *err)
{
	if (walk->depth == 0)
		return damaged(err, token->at, "the end of a node that has not begun");
	walk->fdt->nodes[walk->open[--walk->depth]].end = token->end;
	return 0;
}

/* The name lies in the block of strings, whole. */
static const char *name_of(const struct walk *walk, uint64_t offset)
{
	struct sb_span strings;
	const struct sb_fdt *fdt = walk->fdt;

	if (!sb_span_cut(walk->view->file, fdt->strings, fdt->strings_size, &strings) || offset >= strings.n)
		return NULL;
	struct sb_rd rd = sb_rd_of(strings, true);
	sb_rd_seek(&rd, offset);
	struct sb_span name = sb_rd_cstring(&rd);
	return rd.bad || name.n == 0 ? NULL : (const char *)name.p;
}

static int add_property(struct walk *walk, const struct token *token, struct sb_err *err)
{
	struct sb_fdt_property *property = &walk->fdt->properties[walk->properties];
	uint32_t at = walk->depth ? walk->open[walk->depth - 1] : 0;
	struct sb_fdt_node *node = &walk->fdt->nodes[at];

	if (walk->depth == 0 || node->children)
		return damaged(err, token->at, "a property where readers do not look for one");
	*property = (struct sb_fdt_property){.at = token->at, .length = (uint32_t)token->length, .name_offset = (uint32_t)token->name_offset, .node = at,
	                                     .name = name_of(walk, token->name_offset)};
	if (!property->name)
		return damaged(err, token->at, "a property without a name");
	node->count++;
	walk->properties++;
	return 0;
}

static void add_nop(struct walk *walk, const struct token *token)
{
	if (walk->before != NOP)
		walk->fdt->nops[walk->nops++] = (struct sb_fdt_nops){.at = token->at, .node = walk->depth ? walk->open[walk->depth - 1] : 0};
	walk->fdt->nops[walk->nops - 1].end = token->end;
}

static int take_token(struct walk *walk, const struct token *token, struct sb_err *err)
{
	int rc = 0;

	if (token->kind == BEGIN_NODE)
		rc = begin_node(walk, token, err);
	else if (token->kind == END_NODE)
		rc = end_node(walk, token, err);
	else if (token->kind == PROP)
		rc = add_property(walk, token, err);
	else if (token->kind == NOP)
		add_nop(walk, token);
	else if (walk->depth || walk->nodes == 0)
		rc = damaged(err, token->at, "the structure ends inside a node");
	walk->before = token->kind;
	return rc;
}

static int read_structure(struct sb_view *view, struct sb_fdt *fdt, struct sb_err *err)
{
	struct walk walk = {.view = view, .fdt = fdt};
	struct token token = {0};
	struct sb_rd rd;
	int rc = 0;

	fdt->nodes = sb_arena_array(view->arena, fdt->node_count, sizeof *fdt->nodes);
	fdt->properties = sb_arena_array(view->arena, fdt->property_count, sizeof *fdt->properties);
	fdt->nops = sb_arena_array(view->arena, fdt->nop_count, sizeof *fdt->nops);
	if (!fdt->nodes || !fdt->properties || !fdt->nops)
		return sb_no_memory(err);
	if (!open_structure(view->file, fdt, &rd))
		return damaged(err, fdt->structure, "the structure does not lie inside the tree");
	while (!rc && token.kind != END)
		rc = next_token(&rd, &token) ? take_token(&walk, &token, err) : damaged(err, token.at, "a token that is none");
	return rc;
}

int sb_fdt_read(struct sb_view *view, struct sb_fdt *out, struct sb_err *err)
{
	uint64_t end;

	if (!read_header(view->file, out))
		return damaged(err, 0, "a header of a device tree that makes no sense");
	if (!sb_add(out->strings, out->strings_size, &end) || end > out->total)
		return damaged(err, 12, "the strings do not lie inside the tree");
	int rc = find_reservations(view->file, out, err);
	if (!rc)
		rc = count_tokens(view->file, out, err);
	return rc ? rc : read_structure(view, out, err);
}

unsigned sb_fdt_probe(struct sb_span file)
{
	struct sb_fdt fdt;
	return read_header(file, &fdt) ? 48 : 0;
}

bool sb_fdt_has_images(struct sb_span file)
{
	struct token token;
	struct sb_fdt fdt;
	struct sb_rd rd;
	unsigned depth = 0;

	if (!read_header(file, &fdt) || !open_structure(file, &fdt, &rd))
		return false;
	for (unsigned i = 0; i < LOOKED_AT && next_token(&rd, &token) && token.kind != END; i++) {
		if (token.kind == BEGIN_NODE && depth++ == 1 && sb_span_equal(token.name, sb_span_text("images")))
			return true;
		if (token.kind == END_NODE && (depth == 0 || --depth == 0))
			return false;
	}
	return false;
}

const struct sb_fdt_property *sb_fdt_property(const struct sb_fdt *fdt, const struct sb_fdt_node *node, const char *name)
{
	for (uint32_t i = 0; i < node->count; i++)
		if (strcmp(fdt->properties[node->first + i].name, name) == 0)
			return &fdt->properties[node->first + i];
	return NULL;
}

struct sb_span sb_fdt_text(struct sb_span file, const struct sb_fdt_property *property)
{
	struct sb_span value;

	if (!property || !property->length || !sb_span_cut(file, sb_fdt_value_at(property), property->length, &value) ||
	    memchr(value.p, 0, value.n) != value.p + value.n - 1)
		return (struct sb_span){0};
	return sb_span_of(value.p, value.n - 1);
}

bool sb_fdt_number(struct sb_span file, const struct sb_fdt_property *property, uint64_t *out)
{
	struct sb_rd rd = sb_rd_of(file, true);

	if (!property || property->length != 4)
		return false;
	sb_rd_seek(&rd, sb_fdt_value_at(property));
	*out = sb_rd_uint(&rd, 4);
	return !rd.bad;
}
