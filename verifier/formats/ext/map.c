/* SPDX-License-Identifier: Apache-2.0 */
/* From the bytes of a file to the blocks that hold them: trees of extents, or the older lists of blocks. */
#include "verifier/formats/ext/ext.h"

#include <stdio.h>

enum { MAP_AT = 40, MAP = 60, HEAD = 12, ENTRY = 12, MAGIC = 0xf30a, DEEPEST = 5, UNWRITTEN = 32768, DIRECT = 12 };

/** A map while it is followed. */
struct walk {
	struct sb_ext *ext;
	const struct sb_ext_inode *inode;
	enum sb_ext_purpose purpose;
	struct sb_vec *runs;
	uint64_t blocks; /* so far, those of the map itself included */
};

bool sb_ext_has_map(const struct sb_ext *ext, const struct sb_ext_inode *inode)
{
	uint32_t type = inode->mode & 0170000;
	bool link_inside = type == 0120000 && inode->size < MAP && inode->sectors <= (inode->acl ? ext->super.block_size / 512 : 0);

	return (type == 0100000 || type == 0040000 || (type == 0120000 && !link_inside) || inode->number < ext->super.first_inode) && !(inode->flags & SB_EXT_INLINE);
}

static int take_blocks(struct walk *walk, uint64_t block, uint64_t count, struct sb_err *err)
{
	walk->blocks += count;
	return walk->purpose == SB_EXT_TO_OWN ? sb_ext_own(walk->ext, block, count, err) : 0;
}

static int take_run(struct walk *walk, struct sb_ext_run run, struct sb_err *err)
{
	struct sb_ext_run *last = walk->runs->count ? sb_vec_at(walk->runs, walk->runs->count - 1) : NULL;

	if (last && run.logical < last->logical + last->count)
		return sb_ext_wrong(err, 0, "two blocks for one place of a file");
	if (run.physical < walk->ext->super.first_block || run.physical >= walk->ext->super.blocks || run.count > walk->ext->super.blocks - run.physical)
		return sb_ext_wrong(err, 0, "a file with blocks that do not exist");
	int rc = take_blocks(walk, run.physical, run.count, err);
	if (rc)
		return rc;
	if (last && last->logical + last->count == run.logical && last->physical + last->count == run.physical && last->unwritten == run.unwritten) {
		last->count += run.count;
		return 0;
	}
	struct sb_ext_run *slot = sb_vec_push(walk->runs);
	if (!slot)
		return sb_no_memory(err);
	*slot = run;
	return 0;
}

/* What stands in a node behind its entries. */
static int tell_rest(struct walk *walk, struct sb_span rest, struct sb_err *err)
{
	char name[64];

	if (walk->purpose != SB_EXT_TO_TELL || sb_span_all_zero(rest))
		return 0;
	snprintf(name, sizeof name, "unused bytes of the map of inode %u at %#llx", walk->inode->number, (unsigned long long)(rest.p - walk->ext->image.p));
	return sb_tree_part(&walk->ext->tree, name, rest, err);
}

static int take_node(struct walk *walk, struct sb_span node, unsigned depth, struct sb_err *err);

/* A node in a block of its own, with a checksum behind the entries that fit. @logical: what leads to it says that it begins there, by which Linux finds it. */
static int take_block(struct walk *walk, uint64_t number, unsigned depth, uint64_t logical, struct sb_err *err)
{
	struct sb_span block;
	int rc = sb_ext_block(walk->ext, number, &block, err);

	if (!rc)
		rc = take_blocks(walk, number, 1, err);
	if (rc)
		return rc;
	size_t used = HEAD + (block.n - HEAD) / ENTRY * ENTRY;
	struct sb_rd rd = sb_rd_of(block, false);
	sb_rd_seek(&rd, used);
	if (sb_ext_sums(walk->ext) && sb_rd_uint(&rd, 4) != sb_crc32c(walk->inode->seed, sb_span_of(block.p, used)))
		return sb_ext_wrong(err, number * walk->ext->super.block_size, "the checksum of a block of extents is wrong");
	if (!sb_ext_sums(walk->ext))
		rc = tell_rest(walk, sb_span_of(block.p + used, block.n - used), err);
	sb_rd_seek(&rd, HEAD);
	if (!rc && sb_rd_uint(&rd, 4) != logical)
		rc = sb_ext_wrong(err, number * walk->ext->super.block_size, "extents that do not begin where the index says");
	return rc ? rc : take_node(walk, sb_span_of(block.p, used), depth, err);
}

static int take_entry(struct walk *walk, struct sb_rd *rd, unsigned depth, struct sb_err *err)
{
	uint64_t logical = sb_rd_uint(rd, 4), low, high;

	if (depth) {
		low = sb_rd_uint(rd, 4);
		high = sb_rd_uint(rd, 2);
		if (sb_rd_uint(rd, 2))
			return sb_ext_wrong(err, 0, "an index of extents with something in its unused bytes");
		return take_block(walk, high << 32 | low, depth - 1, logical, err);
	}
	uint64_t count = sb_rd_uint(rd, 2);
	high = sb_rd_uint(rd, 2);
	low = sb_rd_uint(rd, 4);
	bool unwritten = count > UNWRITTEN;
	if (count == 0)
		return sb_ext_wrong(err, 0, "an extent without blocks");
	return take_run(walk, (struct sb_ext_run){logical, high << 32 | low, unwritten ? count - UNWRITTEN : count, unwritten}, err);
}

static int take_node(struct walk *walk, struct sb_span node, unsigned depth, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(node, false);
	uint64_t magic = sb_rd_uint(&rd, 2), entries = sb_rd_uint(&rd, 2), most = sb_rd_uint(&rd, 2), deep = sb_rd_uint(&rd, 2), generation = sb_rd_uint(&rd, 4);
	int rc = 0;

	if (magic != MAGIC || entries > most || most != (node.n - HEAD) / ENTRY || deep != depth || generation || (depth && !entries))
		return sb_ext_wrong(err, (uint64_t)(node.p - walk->ext->image.p), "a tree of extents that makes no sense");
	for (uint64_t i = 0; !rc && i < entries; i++)
		rc = take_entry(walk, &rd, depth, err);
	return rc ? rc : tell_rest(walk, sb_span_of(node.p + rd.at, node.n - rd.at), err);
}

/* Lists of blocks, of lists, of lists of lists: places of a file ascend from one to the next. */
static int take_list(struct walk *walk, uint64_t number, unsigned level, uint64_t *logical, struct sb_err *err)
{
	uint64_t each = walk->ext->super.block_size / 4, span = 1;
	struct sb_span block;

	for (unsigned i = 0; i < level; i++)
		span *= each;
	if (number == 0 || level == 0) {
		*logical += span;
		return number ? take_run(walk, (struct sb_ext_run){*logical - 1, number, 1, false}, err) : 0;
	}
	int rc = sb_ext_block(walk->ext, number, &block, err);
	if (!rc)
		rc = take_blocks(walk, number, 1, err);
	struct sb_rd rd = sb_rd_of(block, false);
	for (uint64_t i = 0; !rc && i < each; i++)
		rc = take_list(walk, sb_rd_uint(&rd, 4), level - 1, logical, err);
	return rc;
}

static int take_lists(struct walk *walk, struct sb_span map, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(map, false);
	uint64_t logical = 0;
	int rc = 0;

	for (unsigned i = 0; !rc && i < DIRECT + 3; i++)
		rc = take_list(walk, sb_rd_uint(&rd, 4), i < DIRECT ? 0 : i - DIRECT + 1, &logical, err);
	return rc;
}

int sb_ext_map(struct sb_ext *ext, const struct sb_ext_inode *inode, enum sb_ext_purpose purpose, struct sb_vec *runs, uint64_t *sectors, struct sb_err *err)
{
	struct walk walk = {ext, inode, purpose, runs, 0};
	struct sb_span map = sb_span_of(inode->raw.p + MAP_AT, MAP);
	struct sb_rd rd = sb_rd_of(map, false);
	int rc = 0;

	*runs = (struct sb_vec){.size = sizeof(struct sb_ext_run)};
	sb_rd_seek(&rd, 6);
	uint64_t depth = sb_rd_uint(&rd, 2);
	if (!sb_ext_has_map(ext, inode))
		rc = 0;
	else if (!(inode->flags & SB_EXT_EXTENTS))
		rc = take_lists(&walk, map, err);
	else if (depth > DEEPEST)
		rc = sb_ext_wrong(err, 0, "a tree of extents that is too deep");
	else
		rc = take_node(&walk, map, (unsigned)depth, err);
	*sectors = (walk.blocks + (inode->acl != 0)) * (ext->super.block_size / 512);
	return rc;
}
