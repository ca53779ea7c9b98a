/* SPDX-License-Identifier: Apache-2.0 */
/* Folders: names in blocks, of which the first may be the root of a tree of hashes. */
#include "verifier/formats/ext/ext.h"

#include "base/cleanup.h"

#include <string.h>

enum { HEAD = 8, TAIL = 12, TAIL_TYPE = 0xde, INLINE_AT = 40, INLINE = 60, PARENT = 4, LARGEST_BLOCK = 65536, SEED_AT = 236, SEED = 16 };

enum { FOLDER = 2 };
static const uint8_t types[] = {0, 0100000 >> 12, 0040000 >> 12, 0020000 >> 12, 0060000 >> 12, 0010000 >> 12, 0140000 >> 12, 0120000 >> 12};

/** What reads a folder: finds names, or collects what is beside them. */
struct folder {
	struct sb_ext *ext;
	const struct sb_ext_inode *inode;
	uint32_t node;       /* of the folder; UINT32_MAX: nothing is added */
	struct sb_buf *rest; /* unused bytes and order of names; NULL: not wanted */
	uint64_t block;      /* logical, of the one that is read */
};

/* What an index knows of names depends on the blocks in which they stand. */
static void keep_order(struct folder *folder, struct sb_span name)
{
	if (folder->rest && folder->inode->flags & SB_EXT_INDEXED)
		sb_buf_printf(folder->rest, "%llu %.*s\n", (unsigned long long)folder->block, (int)name.n, (const char *)name.p);
}

static void keep_unused(struct folder *folder, struct sb_span bytes)
{
	if (folder->rest && !sb_span_all_zero(bytes))
		sb_buf_add(folder->rest, bytes.p, bytes.n);
}

static int check_dots(const struct folder *folder, uint32_t inode, struct sb_span name, struct sb_err *err)
{
	const struct sb_tree_node *self = sb_tree_node(&folder->ext->nodes, folder->node);
	uint64_t right = name.n == 1 ? self->id : sb_tree_node(&folder->ext->nodes, self->parent)->id;

	return inode == right ? 0 : sb_ext_wrong(err, 0, "a folder whose \".\" or \"..\" is another one");
}

static int take_name(struct folder *folder, uint32_t number, uint64_t type, struct sb_span name, struct sb_err *err)
{
	struct sb_ext *ext = folder->ext;
	struct sb_ext_inode inode;
	bool dots = (name.n == 1 || name.n == 2) && memcmp(name.p, "..", name.n) == 0;

	keep_order(folder, name);
	if (folder->node == UINT32_MAX)
		return 0;
	if (type == 0 && ext->super.incompat & SB_EXT_FILETYPE)
		return sb_ext_wrong(err, 0, "a name without the type that all names here have");
	if (dots)
		return type && type != FOLDER ? sb_ext_wrong(err, 0, "a dot that is said to be no folder") : check_dots(folder, number, name, err);
	if (number != ext->super.first_inode && number < ext->super.first_inode && number != SB_EXT_ROOT)
		return sb_ext_wrong(err, 0, "a name of a reserved inode");
	int rc = sb_ext_inode(ext, number, &inode, err);
	if (rc)
		return rc;
	if (type >= sizeof types || (type && types[type] != inode.mode >> 12) || !sb_ext_is_allocated(ext, number))
		return sb_ext_wrong(err, 0, "a name that says something else of its inode than the inode itself, or of a free one");
	bool is_folder = inode.mode >> 12 == 4;
	if (ext->names[number]++ == 0) {
		rc = sb_ext_own_inode(ext, &inode, err);
		ext->folders[(number - 1) / ext->super.inodes_a_group] += is_folder;
	}
	const struct sb_tree_node node = {.name = name, .parent = folder->node, .folder = is_folder, .id = number, .own = number};
	return rc ? rc : sb_tree_node_add(&ext->nodes, &node, err);
}

/* Names of a stretch of bytes, which their lengths fill to the end. */
static int take_names(struct folder *folder, struct sb_span bytes, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(bytes, false);
	int rc = 0;

	while (!rc && rd.at < bytes.n) {
		size_t at = rd.at;
		uint32_t inode = (uint32_t)sb_rd_uint(&rd, 4);
		uint64_t length = sb_rd_uint(&rd, 2), name_length = sb_rd_uint(&rd, 1), type = sb_rd_uint(&rd, 1);
		struct sb_span name = sb_rd_bytes(&rd, (size_t)name_length);
		if (folder->ext->super.block_size == LARGEST_BLOCK && (length == UINT16_MAX || length == 0)) /* it does not fit into the number */
			length = LARGEST_BLOCK;
		if (rd.bad || length < HEAD + name_length || length % 4 || length > bytes.n - at)
			return sb_ext_wrong(err, (uint64_t)(bytes.p - folder->ext->image.p) + at, "names of a folder that make no sense");
		if (inode) {
			rc = take_name(folder, inode, type, name, err);
			keep_unused(folder, sb_span_of(bytes.p + rd.at, at + length - rd.at));
		} else {
			keep_unused(folder, sb_span_of(bytes.p + at + 6, length - 6));
		}
		sb_rd_seek(&rd, at + length);
	}
	return rc;
}

static bool is_tail(struct sb_span tail)
{
	static const uint8_t head[8] = {0, 0, 0, 0, TAIL, 0, 0, TAIL_TYPE};
	return memcmp(tail.p, head, sizeof head) == 0;
}

/* Blocks of the tree of hashes pretend to be one unused name: what they say of hashes and blocks is kept as it is, but for its checksum. */
static int take_index(struct folder *folder, struct sb_span block, size_t at, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(block, false);

	sb_rd_seek(&rd, at);
	uint64_t limit = sb_rd_uint(&rd, 2), count = sb_rd_uint(&rd, 2);
	size_t end = at + 8 * (size_t)limit, used = at + 8 * (size_t)count;
	bool sums = sb_ext_sums(folder->ext);
	if (count > limit || end + (sums ? 8 : 0) != block.n)
		return sb_ext_wrong(err, 0, "an index of hashes that makes no sense");
	sb_rd_seek(&rd, end + 4);
	uint32_t crc = sb_crc32c(folder->inode->seed, sb_span_of(block.p, used));
	if (sums && sb_rd_uint(&rd, 4) != sb_ext_crc_uint(sb_crc32c(crc, sb_span_of(block.p + end, 4)), 0, 4))
		return sb_ext_wrong(err, 0, "the checksum of an index of hashes is wrong");
	if (folder->rest)
		sb_buf_add(folder->rest, block.p, end + (sums ? 4 : 0));
	return 0;
}

static int take_root(struct folder *folder, struct sb_span block, struct sb_err *err)
{
	enum { DOTS = 24, INFO = 8 };
	struct sb_rd rd = sb_rd_of(block, false);
	struct folder dots = {.ext = folder->ext, .inode = folder->inode, .node = folder->node};

	sb_rd_seek(&rd, 16);
	if (sb_rd_uint(&rd, 2) != block.n - 12)
		return sb_ext_wrong(err, 0, "the root of an index of hashes makes no sense");
	/* Both names, as if the second one ended where the index begins. */
	uint8_t head[DOTS];
	memcpy(head, block.p, DOTS);
	head[16] = 12;
	head[17] = 0;
	int rc = take_names(&dots, sb_span_of(head, DOTS), err);
	/* Where Linux looks for a name depends on the seed of the hashes, too. */
	if (!rc && folder->rest)
		sb_buf_add(folder->rest, folder->ext->super.raw.p + SEED_AT, SEED);
	return rc ? rc : take_index(folder, block, DOTS + INFO, err);
}

static int take_block(struct folder *folder, struct sb_span block, struct sb_err *err)
{
	struct sb_span tail = sb_span_of(block.p + block.n - TAIL, TAIL);
	struct sb_rd rd = sb_rd_of(block, false);
	uint64_t inode = sb_rd_uint(&rd, 4), length = sb_rd_uint(&rd, 2);

	if (folder->inode->flags & SB_EXT_INDEXED && folder->block == 0)
		return take_root(folder, block, err);
	if (folder->inode->flags & SB_EXT_INDEXED && inode == 0 && length == block.n)
		return take_index(folder, block, HEAD, err);
	if (!sb_ext_sums(folder->ext))
		return take_names(folder, block, err);
	sb_rd_seek(&rd, block.n - 4);
	if (!is_tail(tail) || sb_rd_uint(&rd, 4) != sb_crc32c(folder->inode->seed, sb_span_of(block.p, block.n - TAIL)))
		return sb_ext_wrong(err, (uint64_t)(block.p - folder->ext->image.p), "the checksum of a block of a folder is wrong");
	return take_names(folder, sb_span_of(block.p, block.n - TAIL), err);
}

/* A small folder lies in its inode: the number of its parent, then names. What does not fit there is an attribute. */
static int take_inline(struct folder *folder, struct sb_err *err)
{
	struct sb_span bytes = sb_span_of(folder->inode->raw.p + INLINE_AT, INLINE), rest = {0};
	struct sb_rd rd = sb_rd_of(bytes, false);
	struct sb_buf *values = &folder->ext->values;

	int rc = sb_ext_add_xattrs(folder->ext, folder->inode, &rest, err);
	values->len = 0;
	if (!rc && folder->node != UINT32_MAX)
		rc = check_dots(folder, (uint32_t)sb_rd_uint(&rd, PARENT), sb_span_text(".."), err);
	if (!rc)
		rc = take_names(folder, sb_span_of(bytes.p + PARENT, INLINE - PARENT), err);
	return rc || !rest.n ? rc : take_names(folder, rest, err);
}

static int take_folder(struct folder *folder, struct sb_err *err)
{
	SB_VEC struct sb_vec runs = {0};
	uint64_t sectors, size = folder->ext->super.block_size;

	if (folder->inode->flags & SB_EXT_INLINE)
		return take_inline(folder, err);
	int rc = sb_ext_map(folder->ext, folder->inode, SB_EXT_TO_READ, &runs, &sectors, err);
	for (size_t i = 0; !rc && i < runs.count; i++) {
		const struct sb_ext_run *run = sb_vec_at(&runs, i);
		for (uint64_t k = 0; !rc && k < run->count; k++) {
			struct sb_span block;
			folder->block = run->logical + k;
			rc = sb_ext_block(folder->ext, run->physical + k, &block, err);
			if (!rc && (run->unwritten || (folder->block + 1) * size > folder->inode->size))
				rc = sb_ext_wrong(err, 0, "a folder with blocks that it does not use");
			if (!rc)
				rc = take_block(folder, block, err);
		}
	}
	return rc;
}

int sb_ext_names(struct sb_ext *ext, struct sb_err *err)
{
	struct sb_ext_inode root;
	int rc = sb_ext_inode(ext, SB_EXT_ROOT, &root, err);

	if (rc)
		return rc;
	if (root.mode >> 12 != 4)
		return sb_ext_wrong(err, 0, "the root is no folder");
	ext->names[SB_EXT_ROOT] = 1;
	ext->folders[0]++;
	rc = sb_tree_node_add(&ext->nodes, &(struct sb_tree_node){.folder = true, .id = SB_EXT_ROOT, .own = SB_EXT_ROOT}, err);
	if (!rc)
		rc = sb_ext_own_inode(ext, &root, err);
	for (size_t i = 0; !rc && i < ext->nodes.items.count; i++) {
		const struct sb_tree_node *node = sb_tree_node(&ext->nodes, i);
		struct sb_ext_inode inode;
		if (!node->folder)
			continue;
		rc = sb_ext_inode(ext, (uint32_t)node->own, &inode, err);
		struct folder folder = {.ext = ext, .inode = &inode, .node = (uint32_t)i};
		if (!rc)
			rc = take_folder(&folder, err);
	}
	return rc;
}

int sb_ext_add_folder(struct sb_ext *ext, const struct sb_ext_inode *inode, struct sb_err *err)
{
	SB_BUF struct sb_buf rest = {0};
	struct folder folder = {.ext = ext, .inode = inode, .node = UINT32_MAX, .rest = &rest};
	int rc = take_folder(&folder, err);

	if (!rc)
		rc = sb_buf_ok(&rest, err);
	if (!rc && rest.len)
		sb_tree_value(&ext->values, SB_TREE_OTHER, sb_span_text(inode->flags & SB_EXT_INDEXED ? "index of the folder" : "unused bytes of the folder"), sb_buf_span(&rest));
	return rc;
}
