/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of FIT images: nodes of images and of configurations that have exactly the shape of one (formats/fdt). A value of RSA or ECDSA does not show the digest
 * that it was made of without the key, so that what can be computed again is what it says of its reach: nodes that are there, the root and its own
 * configuration among them, and no more strings than there are. Source: U-Boot 2023.01, doc/uImage.FIT/signature.txt, tools/image-host.c.
 */
#include "verifier/explain/signed.h"

#include <string.h>

enum { BEGIN_NODE = 1, PROPERTY = 3, AT_STRINGS = 12, AT_STRINGS_SIZE = 32 };
/** Names of nodes in all signatures of an image: each is looked for among all nodes. */
enum { MOST_NAMES = 2048 };

/** A node of one side, read property by property. */
struct node {
	struct sb_signed_side *side;
	struct sb_view *view;
	uint64_t strings, strings_size;
	struct sb_span above; /* path of the node that it stands in */
	unsigned *names;      /* of nodes that were looked for so far, in all signatures */
	bool has_value, has_algorithm, has_nodes, has_strings, covers_root, covers_above;
};

static uint64_t word(struct sb_span bytes, uint64_t at)
{
	struct sb_rd rd = sb_rd_of(bytes, true);

	sb_rd_seek(&rd, at);
	return sb_rd_uint(&rd, 4);
}

static struct sb_span name_of(const struct node *node, uint64_t offset)
{
	struct sb_rd rd = sb_rd_of(node->view->file, true);

	sb_rd_seek(&rd, node->strings + offset);
	struct sb_span name = sb_rd_cstring(&rd);
	return rd.bad || offset >= node->strings_size ? (struct sb_span){0} : name;
}

static bool is_called(struct sb_span name, const char *text)
{
	return sb_span_equal(name, sb_span_text(text));
}

/* Paths of nodes, each of which is there. The root is called "/". */
static bool nodes_exist(struct node *node, struct sb_span value)
{
	struct sb_rd rd = sb_rd_of(value, true);

	while (!rd.bad && rd.at < value.n) {
		struct sb_span path = sb_rd_cstring(&rd);
		if (rd.bad || path.n == 0 || ++*node->names > MOST_NAMES || !sb_view_region_named(node->view, (const char *)path.p))
			return false;
		node->covers_root |= is_called(path, "/");
		node->covers_above |= sb_span_equal(path, node->above);
	}
	return !rd.bad;
}

static bool take_property(struct node *node, struct sb_span name, struct sb_span value)
{
	if (is_called(name, "value"))
		node->has_value = true;
	if (is_called(name, "algo"))
		node->has_algorithm = true;
	if (is_called(name, "hashed-nodes")) {
		node->has_nodes = true;
		return nodes_exist(node, value);
	}
	if (is_called(name, "hashed-strings")) {
		node->has_strings = true;
		return value.n == 8 && word(value, 0) == 0 && word(value, 4) <= node->strings_size;
	}
	return true;
}

/* What stands behind a value up to the next token is left over from whatever was there before, at most three bytes: formats/fdt. */
static bool node_is_right(struct node *node, const struct sb_region *region)
{
	struct sb_rd rd = sb_rd_of(node->view->file, true);

	sb_rd_seek(&rd, region->offset + 4);
	(void)sb_rd_cstring(&rd);
	sb_rd_seek(&rd, (rd.at + 3) & ~UINT64_C(3));
	while (!rd.bad && rd.at < region->offset + region->length && sb_rd_uint(&rd, 4) == PROPERTY) {
		uint64_t length = sb_rd_uint(&rd, 4), name = sb_rd_uint(&rd, 4);
		struct sb_span value = sb_rd_bytes(&rd, (size_t)length);
		sb_rd_seek(&rd, (rd.at + 3) & ~UINT64_C(3));
		if (rd.bad || !take_property(node, name_of(node, name), value))
			return sb_signed_refuse(node->side, "a signature that covers what is not there, or more than is looked for");
	}
	if (!node->has_value || !node->has_algorithm)
		return sb_signed_refuse(node->side, "a signature without a value, or without an algorithm");
	if (node->has_nodes != node->has_strings || (node->has_nodes && !node->covers_root))
		return sb_signed_refuse(node->side, "a signature of a configuration that does not cover the root");
	if (node->has_nodes && !node->covers_above)
		return sb_signed_refuse(node->side, "a signature of a configuration that does not cover it");
	return true;
}

/* Zeros behind the last block: room that a signer made and did not need. */
static bool is_part(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side)
{
	const struct sb_region *region = diff->side[side].region;

	(void)pair;
	return region && region->kind == SB_REGION_PADDING && strcmp(region->name, "free space") == 0;
}

/* "/configurations/conf-1" of "/configurations/conf-1/signature-1". */
static struct sb_span path_above(const struct sb_region *region)
{
	const char *end = strrchr(region->name, '/');
	return sb_span_of(region->name, end ? (size_t)(end - region->name) : 0);
}

static bool is_right(struct sb_signed_side *side)
{
	struct sb_view *view = side->pair->view[side->side];
	unsigned names = 0;

	for (size_t i = 0; i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		struct node node = {.side = side, .view = view, .strings = word(view->file, AT_STRINGS), .strings_size = word(view->file, AT_STRINGS_SIZE), .above = path_above(region), .names = &names};
		if (region->kind != SB_REGION_SIGNATURE || region->offset >= node.strings || word(view->file, region->offset) != BEGIN_NODE)
			continue; /* names that only signatures use */
		if (!node_is_right(&node, region))
			return false;
		side->found++;
	}
	return true;
}

const struct sb_signed_format sb_signed_fit = {.format = "fit", .is_part = is_part, .is_right = is_right};
