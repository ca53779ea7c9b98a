/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the room: what a file system holds as one stream that does not depend on its layout. The walker of a file system is a codec
 * (decode/codec.h) that writes such a stream, and the format "tree" describes it. One tree has one stream: entries stand in the order of their
 * paths, a file with several names is content of the first and a link for the others, and whatever an image holds beside files (slack, free
 * blocks, inodes without a name) is a part with its bytes, so that two images with equal streams differ in their layout alone. docs/formats/tree.md.
 */
#ifndef VERIFIER_FORMATS_TREE_TREE_H
#define VERIFIER_FORMATS_TREE_TREE_H

#include "verifier/formats/decode/codec.h"
#include "verifier/formats/emit.h"

/** What an entry has beside the members of struct sb_member; all zero where a file system knows nothing of it. */
struct sb_tree_extra {
	int64_t atime, ctime, crtime; /* seconds since 1970 */
	uint32_t atime_ns, ctime_ns, crtime_ns;
	uint32_t flags, generation, project;
};

/** A value with a name of its own: what decides access, or what contradicts the tree. */
enum sb_tree_value {
	SB_TREE_XATTR = 2, /* extended attribute, under its full name: "security.capability" */
	SB_TREE_OTHER,     /* bytes that the walker gives a name; left out when they follow from the tree itself */
};

/** A stream that is being written. */
struct sb_tree {
	struct sb_sink *sink;
	uint64_t left;    /* content that the last entry still promises */
	uint64_t entries;
};

SB_MUST_USE int sb_tree_begin(struct sb_tree *tree, struct sb_sink *sink, struct sb_err *err);
/** Add to the values of the next entry, in an order that depends on nothing but them. Errors stick to @values. */
void sb_tree_value(struct sb_buf *values, enum sb_tree_value value, struct sb_span name, struct sb_span bytes);
/** A number under a name, in @width bytes, little endian. */
void sb_tree_number(struct sb_buf *values, const char *name, uint64_t number, unsigned width);
/**
 * An entry: of @member everything counts but codec, offset, length and refusal; member->size bytes of content must follow.
 * @extra   may be NULL.
 * @values  what sb_tree_value collected; emptied. Errors: LIMIT ENTRIES, those of the sink.
 */
SB_MUST_USE int sb_tree_entry(struct sb_tree *tree, const struct sb_member *member, const struct sb_tree_extra *extra, struct sb_buf *values,
                              struct sb_err *err);
/** Content of the last entry. INTERNAL when it is more than was promised. */
SB_MUST_USE int sb_tree_content(struct sb_tree *tree, struct sb_span bytes, struct sb_err *err);
/** Content that is a hole. */
SB_MUST_USE int sb_tree_zeros(struct sb_tree *tree, uint64_t count, struct sb_err *err);
/** Bytes that are no file, under a name that says what they are. Empty ones are left out. */
SB_MUST_USE int sb_tree_part(struct sb_tree *tree, const char *name, struct sb_span bytes, struct sb_err *err);
/** INTERNAL when content is missing. */
SB_MUST_USE int sb_tree_end(const struct sb_tree *tree, struct sb_err *err);

/** A name in a folder, as a walker comes across it. */
struct sb_tree_node {
	struct sb_span name; /* borrowed */
	uint32_t parent;     /* index; the root is its own */
	bool folder;
	uint64_t id;         /* two names with one id are one file */
	uint64_t own;        /* the walker's */
};

/** All names of a file system, collected in any order in which folders come before what they hold. Zeroed it is ready. */
struct sb_tree_nodes {
	struct sb_vec items; /* struct sb_tree_node */
};
/**
 * Add a name; the first one is the root, whose name is empty. Loops, and names that no system could use, are FORMAT "archive-damaged".
 * Errors: LIMIT ENTRIES, PATH_DEPTH; NOMEM.
 */
SB_MUST_USE int sb_tree_node_add(struct sb_tree_nodes *nodes, const struct sb_tree_node *node, struct sb_err *err);
static inline const struct sb_tree_node *sb_tree_node(const struct sb_tree_nodes *nodes, size_t i)
{
	return (const struct sb_tree_node *)sb_vec_at(&nodes->items, i);
}
/** Writes the entry of a node. @member  filled in with name, and with link and type where it is a further name of a file. @node: its index. */
typedef int (*sb_tree_emit)(void *ctx, uint32_t node, struct sb_member *member, struct sb_err *err);
/** Ask @emit for all nodes in the order of the stream. FORMAT when a folder has two names. Errors: LIMIT PATH_BYTES, NOMEM, those of @emit. */
SB_MUST_USE int sb_tree_nodes_emit(const struct sb_tree_nodes *nodes, sb_tree_emit emit, void *ctx, struct sb_err *err);
void sb_tree_nodes_release(struct sb_tree_nodes *nodes);

/** Says who owns which bytes of an image, in any order. */
struct sb_extent_of {
	uint64_t offset, length;
	bool shared; /* may lie on exactly the same bytes as another one that may: blocks of equal files */
};
struct sb_extents {
	struct sb_vec items; /* struct sb_extent_of; zeroed with .size set by sb_extents_add */
};
/** Errors: NOMEM, LIMIT REGIONS, and FORMAT "archive-truncated" when it does not lie inside @size bytes. */
SB_MUST_USE int sb_extents_add(struct sb_extents *extents, uint64_t size, struct sb_extent_of extent, struct sb_err *err);
/** Told of bytes that nobody owns, in ascending order. */
typedef int (*sb_extents_gap)(void *ctx, uint64_t from, uint64_t to, struct sb_err *err);
/** Sort, refuse what overlaps (FORMAT "archive-damaged"), and tell @gap what nobody owns of @size bytes. */
SB_MUST_USE int sb_extents_settle(struct sb_extents *extents, uint64_t size, sb_extents_gap gap, void *ctx, struct sb_err *err);
/** The same; what nobody owns of @bytes, and is not zero, becomes parts of @tree called "unused bytes of the WHAT at 0x…". */
SB_MUST_USE int sb_extents_tell(struct sb_extents *extents, struct sb_span bytes, const char *what, struct sb_tree *tree, struct sb_err *err);
/** Of settled ones: where the last one ends. */
uint64_t sb_extents_end(const struct sb_extents *extents);
void sb_extents_release(struct sb_extents *extents);

/**
 * What every file system says of its image: all of it is one encoded member called "tree".
 * @regions  tile the image up to its end as it declares it; what follows is fill or an overlay.
 */
SB_MUST_USE int sb_emit_volume(struct sb_view *view, const struct sb_region *regions, size_t count, enum sb_codec codec, struct sb_err *err);

#endif
