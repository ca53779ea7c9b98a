/* SPDX-License-Identifier: Apache-2.0 */
/* Superblock, master and index: from fixed places to all leaves. */
#include "verifier/formats/ubifs/ubifs.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { DEEPEST = 64 };

uint64_t sb_ubifs_uint(const struct sb_ubifs *fs, uint64_t at, unsigned width)
{
	struct sb_rd rd = sb_rd_of(fs->view->file, false);

	sb_rd_seek(&rd, at);
	return sb_rd_uint(&rd, width);
}

bool sb_ubifs_is_zero(const struct sb_ubifs *fs, uint64_t at, uint64_t length)
{
	struct sb_span bytes;
	return sb_span_cut(fs->view->file, at, length, &bytes) && sb_reading_all_zero(fs->view->reading, bytes);
}

uint32_t sb_ubifs_node(const struct sb_ubifs *fs, uint64_t at, enum sb_ubifs_type *type)
{
	uint32_t length = (uint32_t)sb_ubifs_uint(fs, at + 16, 4);
	struct sb_span node;

	if (!sb_magic(fs->view->file, at, "\x31\x18\x10\x06", 4) || length < SB_UBIFS_HEAD || !sb_span_cut(fs->view->file, at, length, &node))
		return 0;
	if (fs->leb_size && at % fs->leb_size + length > fs->leb_size) /* no node reaches into the next block */
		return 0;
	sb_reading_more(fs->view->reading, length);
	*type = (enum sb_ubifs_type)node.p[20];
	uint32_t crc = (uint32_t)crc32_z(0, node.p + 8, length - 8) ^ UINT32_MAX;
	return crc == sb_ubifs_uint(fs, at + 4, 4) ? length : 0;
}

uint64_t sb_ubifs_place(const struct sb_ubifs *fs, uint64_t lnum, uint64_t offs)
{
	return lnum < fs->leb_count && offs < fs->leb_size ? lnum * fs->leb_size + offs : UINT64_MAX;
}

int sb_ubifs_own(struct sb_ubifs *fs, uint64_t at, uint64_t length, enum sb_region_kind kind, const char *name, uint32_t tag, uint32_t member, struct sb_err *err)
{
	const struct sb_region region = {.offset = at, .length = length, .kind = kind, .name = name, .tag = tag, .member = member};
	return sb_tiles_add(&fs->tiles, fs->view->file.n, &region, err);
}

bool sb_ubifs_has_head(const struct sb_ubifs *fs, uint64_t at)
{
	return sb_ubifs_is_zero(fs, at + 22, 2) && sb_ubifs_uint(fs, at + 8, 8) <= fs->sqnum;
}

static int damaged(struct sb_err *err, uint64_t at, const char *text)
{
	return sb_damaged(err, "archive-damaged", at, text);
}

static int read_superblock(struct sb_ubifs *fs, struct sb_err *err)
{
	enum sb_ubifs_type type;
	enum { LEAST_LEB = 15 * 1024, LARGEST_LEB = 64 << 20 };

	if (sb_ubifs_node(fs, 0, &type) != SB_UBIFS_SUPERBLOCK_SIZE || type != SB_UBIFS_SUPERBLOCK)
		return damaged(err, 0, "no superblock stands at the start");
	fs->hash = (uint32_t)sb_ubifs_uint(fs, 26, 1);
	fs->flags = (uint32_t)sb_ubifs_uint(fs, 28, 4);
	fs->leb_size = (uint32_t)sb_ubifs_uint(fs, 36, 4);
	fs->leb_count = (uint32_t)sb_ubifs_uint(fs, 40, 4);
	fs->most_lebs = (uint32_t)sb_ubifs_uint(fs, 44, 4);
	fs->log_lebs = (uint32_t)sb_ubifs_uint(fs, 56, 4);
	fs->lpt_lebs = (uint32_t)sb_ubifs_uint(fs, 60, 4);
	fs->orphan_lebs = (uint32_t)sb_ubifs_uint(fs, 64, 4);
	fs->unit = (uint32_t)sb_ubifs_uint(fs, 32, 4);
	fs->fanout = (uint32_t)sb_ubifs_uint(fs, 72, 4);
	fs->saved = (uint32_t)sb_ubifs_uint(fs, 76, 4);
	uint64_t first = (uint64_t)SB_UBIFS_LOG_START + fs->log_lebs + fs->lpt_lebs + fs->orphan_lebs;
	if (fs->leb_size < LEAST_LEB || fs->leb_size > LARGEST_LEB || fs->leb_size % 8 || first >= fs->leb_count || fs->leb_count > fs->most_lebs ||
	    fs->most_lebs > 1U << 30)
		return damaged(err, 0, "the sizes in the superblock make no sense");
	if (sb_ubifs_uint(fs, 27, 1) != 0 || fs->flags & (SB_UBIFS_ENCRYPTION | SB_UBIFS_AUTHENTICATION))
		return sb_damaged(err, "archive-unsupported", 0, "encrypted or authenticated, or with keys of another form");
	fs->first = (uint32_t)first;
	return 0;
}

/* The last whole master node of a logical erase block; what stands before it is older. */
static uint64_t last_master(const struct sb_ubifs *fs, unsigned lnum)
{
	uint64_t found = UINT64_MAX;

	for (uint64_t offs = 0; offs < fs->leb_size; offs += 8) {
		enum sb_ubifs_type type;
		uint64_t at = sb_ubifs_place(fs, lnum, offs);
		if (sb_ubifs_node(fs, at, &type) == SB_UBIFS_MASTER_SIZE && type == SB_UBIFS_MASTER)
			found = at;
	}
	return found;
}

/* Both copies say the same, but for their own sequence numbers and checksums. */
static bool are_copies(const struct sb_ubifs *fs, uint64_t a, uint64_t b)
{
	struct sb_span x, y;
	return sb_span_cut(fs->view->file, a + 16, SB_UBIFS_MASTER_SIZE - 16, &x) && sb_span_cut(fs->view->file, b + 16, SB_UBIFS_MASTER_SIZE - 16, &y) && sb_span_equal(x, y);
}

int sb_ubifs_read_heads(struct sb_ubifs *fs, struct sb_err *err)
{
	int rc = read_superblock(fs, err);

	if (rc)
		return rc;
	uint64_t first = last_master(fs, 1), second = last_master(fs, 2);
	if (first == UINT64_MAX || second == UINT64_MAX || !are_copies(fs, first, second))
		return damaged(err, fs->leb_size, "there are not two master nodes that agree");
	fs->master = first;
	fs->copy = second;
	fs->sqnum = sb_ubifs_uint(fs, first + 8, 8);
	return 0;
}

/* ---- the index ---- */

static int push_leaf(struct sb_ubifs *fs, uint64_t branch, uint64_t at, uint32_t length, struct sb_err *err)
{
	struct sb_ubifs_leaf *leaf = sb_vec_push(&fs->leaves);

	if (!leaf)
		return fs->leaves.count >= fs->leaves.ceiling ? sb_fail_limit(err, SB_LIMIT_ROW_REGIONS, fs->leaves.count + 1) : sb_no_memory(err);
	*leaf = (struct sb_ubifs_leaf){.inode = (uint32_t)sb_ubifs_uint(fs, branch + 12, 4), .word = (uint32_t)sb_ubifs_uint(fs, branch + 16, 4), .offset = at, .length = length};
	/* A leaf repeats its key, and the fill of it. */
	if (sb_ubifs_uint(fs, at + 24, 8) != sb_ubifs_uint(fs, branch + 12, 8))
		return damaged(err, at, "a node of the index leads to another node than it says");
	leaf->proper = sb_ubifs_has_head(fs, at) && sb_ubifs_is_zero(fs, at + 32, 8);
	return 0;
}

/** Nodes of the index that are still to be looked into. */
struct pending {
	uint64_t at;
	uint32_t level;
	uint32_t length;
	uint64_t least, most; /* keys that the kernel looks for in it: that of its branch, and of the next one */
};

static uint64_t branch_of(const struct pending *node, uint32_t i)
{
	return node->at + SB_UBIFS_INDEX_SIZE + (uint64_t)i * SB_UBIFS_BRANCH;
}

static uint64_t key_of(const struct sb_ubifs *fs, uint64_t branch)
{
	return sb_ubifs_uint(fs, branch + 12, 4) << 32 | sb_ubifs_uint(fs, branch + 16, 4);
}

/* Names with one hash have one key, and the kernel looks at all of them. */
static bool may_come_again(uint64_t key)
{
	uint32_t type = (uint32_t)key >> 29;
	return type == SB_UBIFS_DIRENT || type == SB_UBIFS_XATTR;
}

static bool follows(uint64_t before, uint64_t key)
{
	return key > before || (key == before && may_come_again(key));
}

/* By keys alone the kernel goes down: what lies elsewhere than its key says is not found (fs/ubifs/tnc.c, ubifs_lookup_level0). */
static bool are_in_order(const struct sb_ubifs *fs, const struct pending *node, uint32_t children)
{
	uint64_t key = key_of(fs, branch_of(node, 0));

	if (key < node->least)
		return false;
	for (uint32_t i = 1; i < children; i++) {
		uint64_t next = key_of(fs, branch_of(node, i));
		if (!follows(key, next))
			return false;
		key = next;
	}
	return follows(key, node->most);
}

static int take_branch(struct sb_ubifs *fs, struct sb_vec *pending, const struct pending *child, uint64_t branch, uint32_t level, struct sb_err *err)
{
	enum sb_ubifs_type type = SB_UBIFS_INODE;
	uint64_t lnum = sb_ubifs_uint(fs, branch, 4), at = lnum < fs->first ? UINT64_MAX : sb_ubifs_place(fs, lnum, sb_ubifs_uint(fs, branch + 4, 4));
	uint32_t length = at == UINT64_MAX || at % 8 ? 0 : sb_ubifs_node(fs, at, &type);

	if (!length || length != sb_ubifs_uint(fs, branch + 8, 4) || (level > 0) != (type == SB_UBIFS_INDEX))
		return damaged(err, branch, "a node of the index leads nowhere");
	if (level == 0)
		return length < SB_UBIFS_DATA_SIZE ? damaged(err, at, "a node that is too short") : push_leaf(fs, branch, at, length, err);
	struct pending *slot = sb_vec_push(pending);
	if (!slot)
		return sb_no_memory(err);
	*slot = (struct pending){at, level - 1, length, child->least, child->most};
	return 0;
}

static int take_index_node(struct sb_ubifs *fs, struct sb_vec *pending, const struct pending *node, struct sb_err *err)
{
	uint32_t children = (uint32_t)sb_ubifs_uint(fs, node->at + 24, 2), level = (uint32_t)sb_ubifs_uint(fs, node->at + 26, 2);
	int rc = 0;

	if (level != node->level || children == 0 || node->length != SB_UBIFS_INDEX_SIZE + children * SB_UBIFS_BRANCH || ++fs->nodes > fs->view->file.n / SB_UBIFS_INDEX_SIZE)
		return damaged(err, node->at, "a node of the index has another size or level than it should");
	if (children > fs->fanout)
		return damaged(err, node->at, "a node of the index has more branches than the superblock allows");
	if (!are_in_order(fs, node, children))
		return damaged(err, node->at, "keys of the index by which the kernel does not find what they lead to");
	for (uint32_t i = 0; !rc && i < children; i++) {
		const struct pending child = {.least = key_of(fs, branch_of(node, i)), .most = i + 1 < children ? key_of(fs, branch_of(node, i + 1)) : node->most};
		rc = take_branch(fs, pending, &child, branch_of(node, i), level, err);
	}
	bool proper = sb_ubifs_has_head(fs, node->at) && key_of(fs, branch_of(node, 0)) == node->least;
	return rc ? rc : sb_ubifs_own(fs, node->at, node->length, proper ? SB_REGION_LAYOUT : SB_REGION_HEADER, "index", 1 + SB_UBIFS_INDEX, 0, err);
}

static int by_key(const void *a, const void *b)
{
	const struct sb_ubifs_leaf *x = a, *y = b;
	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	if (x->word != y->word)
		return x->word < y->word ? -1 : 1;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

int sb_ubifs_read_index(struct sb_ubifs *fs, struct sb_err *err)
{
	SB_VEC struct sb_vec pending = {.size = sizeof(struct pending)};
	uint64_t root = sb_ubifs_place(fs, sb_ubifs_uint(fs, fs->master + 48, 4), sb_ubifs_uint(fs, fs->master + 52, 4));
	enum sb_ubifs_type type = SB_UBIFS_INODE;
	uint32_t length = root == UINT64_MAX ? 0 : sb_ubifs_node(fs, root, &type);
	struct pending *first = sb_vec_push(&pending);
	int rc = 0;

	if (!first)
		return sb_no_memory(err);
	if (!length || type != SB_UBIFS_INDEX || length != sb_ubifs_uint(fs, fs->master + 56, 4) || length < SB_UBIFS_INDEX_SIZE || sb_ubifs_uint(fs, root + 26, 2) > DEEPEST)
		return damaged(err, fs->master, "the master leads to no index");
	*first = (struct pending){root, (uint32_t)sb_ubifs_uint(fs, root + 26, 2), length, .most = UINT64_MAX};
	first->least = key_of(fs, branch_of(first, 0));
	while (!rc && pending.count) {
		const struct pending node = *(const struct pending *)sb_vec_at(&pending, --pending.count);
		rc = take_index_node(fs, &pending, &node, err);
	}
	if (!rc && fs->leaves.count)
		qsort(fs->leaves.items, fs->leaves.count, fs->leaves.size, by_key);
	return rc;
}

size_t sb_ubifs_find(const struct sb_ubifs *fs, uint32_t inode, uint64_t word)
{
	size_t low = 0, high = fs->leaves.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct sb_ubifs_leaf *leaf = sb_ubifs_leaf(fs, middle);
		if (leaf->inode < inode || (leaf->inode == inode && leaf->word < word))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
