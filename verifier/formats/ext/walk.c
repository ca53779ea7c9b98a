/* SPDX-License-Identifier: Apache-2.0 */
/* An image from its superblock to its tree. */
#include "verifier/formats/ext/ext.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAP_AT = 40, MAP = 60, LIST_AT = MAP_AT + 13 * 4, JOURNAL_COPY_AT = 268, JOURNAL_COPY = 68 };

static const enum sb_member_type types[16] = {[1] = SB_MEMBER_FIFO,   [2] = SB_MEMBER_CHAR,     [4] = SB_MEMBER_DIR,     [6] = SB_MEMBER_BLOCK,
                                              [8] = SB_MEMBER_FILE, [10] = SB_MEMBER_SYMLINK, [12] = SB_MEMBER_SOCKET};

/* Linux, old_decode_dev() and new_decode_dev(): the lower half of the first word when that is not zero, else the second. */
static size_t fill_device(const struct sb_ext_inode *inode, struct sb_member *member)
{
	struct sb_rd rd = sb_rd_of(inode->raw, false);

	sb_rd_seek(&rd, MAP_AT);
	uint64_t old = sb_rd_uint(&rd, 4), new = sb_rd_uint(&rd, 4);
	member->rdev_major = old ? old >> 8 & 0xff : new >> 8 & 0xfff;
	member->rdev_minor = old ? old & 0xff : (new & 0xff) | (new >> 12 & 0xfff00);
	if (old >> 16) /* nobody reads that: all of it is told */
		return 0;
	return old ? 4 : 8;
}

/* What stands where other inodes have their map. */
static int read_link(struct sb_ext *ext, const struct sb_ext_inode *inode, struct sb_span inline_rest, struct sb_buf *link, struct sb_err *err)
{
	SB_VEC struct sb_vec runs = {0};
	uint64_t sectors;

	if (inode->size > SB_LIMIT_OF(PATH_BYTES))
		return sb_ext_wrong(err, 0, "a link to a path that is too long");
	if (!sb_ext_has_map(ext, inode)) {
		uint64_t first = inode->size < MAP ? inode->size : MAP;
		if (inode->size - first != inline_rest.n)
			return sb_ext_wrong(err, 0, "a link whose parts are not as long as it is");
		sb_buf_add(link, inode->raw.p + MAP_AT, (size_t)first);
		sb_buf_add(link, inline_rest.p, inline_rest.n);
		return sb_buf_ok(link, err);
	}
	int rc = sb_ext_map(ext, inode, SB_EXT_TO_READ, &runs, &sectors, err);
	const struct sb_ext_run *run = !rc && runs.count ? sb_vec_at(&runs, 0) : NULL;
	if (!rc && (!run || run->logical || run->unwritten || run->count * ext->super.block_size < inode->size))
		rc = sb_ext_wrong(err, 0, "a link without its target");
	if (!rc)
		sb_buf_add(link, ext->image.p + run->physical * ext->super.block_size, (size_t)inode->size);
	return rc ? rc : sb_buf_ok(link, err);
}

/* Bytes of the map that an inode without one does not use. */
static void add_unused(struct sb_ext *ext, const struct sb_ext_inode *inode, size_t used)
{
	struct sb_span rest = sb_span_of(inode->raw.p + MAP_AT + used, MAP - used);

	if (!sb_ext_has_map(ext, inode) && !sb_span_all_zero(rest))
		sb_tree_value(&ext->values, SB_TREE_OTHER, sb_span_text("unused bytes of the map"), rest);
}

static size_t used_of_map(const struct sb_ext_inode *inode, struct sb_member *member)
{
	if (member->type == SB_MEMBER_CHAR || member->type == SB_MEMBER_BLOCK)
		return fill_device(inode, member);
	if (member->type == SB_MEMBER_DIR)
		return MAP;
	return inode->size < MAP ? (size_t)inode->size : MAP;
}

/* Code in the boot block loads files by the places of their blocks: with any of it, these count. */
static int add_places(struct sb_ext *ext, const struct sb_vec *runs, struct sb_err *err)
{
	SB_BUF struct sb_buf places = {0};

	if (sb_span_all_zero(sb_span_of(ext->image.p, SB_EXT_SUPER_AT)))
		return 0;
	for (size_t i = 0; i < runs->count; i++) {
		const struct sb_ext_run *run = sb_vec_at(runs, i);
		sb_buf_printf(&places, "%llu %llu %llu\n", (unsigned long long)run->logical, (unsigned long long)run->physical, (unsigned long long)run->count);
	}
	sb_tree_value(&ext->values, SB_TREE_OTHER, sb_span_text("where it lies"), sb_buf_span(&places));
	return sb_buf_ok(&places, err);
}

static int add_values(struct sb_ext *ext, const struct sb_ext_inode *inode, struct sb_member *member, struct sb_span *inline_rest, struct sb_err *err)
{
	SB_VEC struct sb_vec runs = {0};
	uint64_t sectors = 0, size = ext->super.block_size;
	uint64_t names = ext->names[inode->number];
	int rc = member->type == SB_MEMBER_DIR ? sb_ext_add_folder(ext, inode, err) : 0;

	if (!rc)
		rc = sb_ext_add_xattrs(ext, inode, inline_rest, err);
	if (!rc)
		rc = sb_ext_map(ext, inode, SB_EXT_TO_READ, &runs, &sectors, err);
	if (rc)
		return rc;
	add_unused(ext, inode, used_of_map(inode, member));
	sb_ext_add_rest(ext, inode, names, sectors);
	const struct sb_ext_run *last = runs.count ? sb_vec_at(&runs, runs.count - 1) : NULL;
	bool odd = member->type == SB_MEMBER_DIR && !(inode->flags & SB_EXT_INLINE) && inode->size != (last ? (last->logical + last->count) * size : 0);
	bool sized = member->type != SB_MEMBER_DIR && member->type != SB_MEMBER_FILE && member->type != SB_MEMBER_SYMLINK && inode->size;
	if (odd || sized)
		sb_tree_number(&ext->values, "size", inode->size, 8);
	return member->type == SB_MEMBER_FILE ? add_places(ext, &runs, err) : 0;
}

static int emit(void *ctx, uint32_t node, struct sb_member *member, struct sb_err *err)
{
	struct sb_ext *ext = ctx;
	SB_BUF struct sb_buf link = {0};
	struct sb_ext_inode inode;
	struct sb_span inline_rest;

	if (member->type == SB_MEMBER_HARDLINK)
		return sb_tree_entry(&ext->tree, member, NULL, NULL, err);
	int rc = sb_ext_inode(ext, (uint32_t)sb_tree_node(&ext->nodes, node)->own, &inode, err);
	if (rc)
		return rc;
	member->type = types[inode.mode >> 12];
	if (member->type == SB_MEMBER_UNKNOWN)
		return sb_ext_wrong(err, 0, "an inode of a type that does not exist");
	member->has_mode = true;
	member->mode = inode.mode & 07777;
	member->uid = inode.uid;
	member->gid = inode.gid;
	member->mtime = inode.mtime;
	member->mtime_ns = inode.mtime_ns;
	member->size = member->type == SB_MEMBER_FILE ? inode.size : 0;
	rc = add_values(ext, &inode, member, &inline_rest, err);
	if (!rc && member->type == SB_MEMBER_SYMLINK)
		rc = read_link(ext, &inode, inline_rest, &link, err);
	member->link = sb_buf_span(&link);
	if (!rc)
		rc = sb_tree_entry(&ext->tree, member, &inode.times, &ext->values, err);
	if (!rc && member->type == SB_MEMBER_FILE)
		rc = sb_ext_write_content(ext, &inode, inline_rest, err);
	return rc ? rc : sb_ext_tell_slack(ext, &inode, member->name, err);
}

/* Links of a folder: its name, its own ".", and the ".." of each folder in it; from 65000 on nobody counts. */
static void count_links(struct sb_ext *ext)
{
	enum { UNCOUNTED = 65000 };

	for (size_t i = 0; i < ext->nodes.items.count; i++) {
		const struct sb_tree_node *node = sb_tree_node(&ext->nodes, i);
		if (node->folder)
			ext->names[node->own]++;
		if (node->folder && i)
			ext->names[sb_tree_node(&ext->nodes, node->parent)->own]++;
	}
	for (size_t i = 0; i < ext->nodes.items.count; i++) {
		const struct sb_tree_node *node = sb_tree_node(&ext->nodes, i);
		if (node->folder && ext->names[node->own] >= UNCOUNTED)
			ext->names[node->own] = 1;
	}
}

/* The superblock keeps a copy of the journal's map and size, the size before it in two halves. */
static bool journal_is_copied(const struct sb_ext *ext)
{
	struct sb_span copy = sb_span_of(ext->super.raw.p + JOURNAL_COPY_AT, JOURNAL_COPY), raw = sb_ext_inode_bytes(ext, SB_EXT_JOURNAL);

	if (!ext->super.journal)
		return sb_span_all_zero(copy);
	return memcmp(copy.p, raw.p + MAP_AT, MAP) == 0 && memcmp(copy.p + MAP, raw.p + 108, 4) == 0 && memcmp(copy.p + MAP + 4, raw.p + 4, 4) == 0;
}

static int own_reserved(struct sb_ext *ext, struct sb_err *err)
{
	struct sb_ext_inode inode;
	int rc = 0;

	if (ext->super.journal && ext->super.journal != SB_EXT_JOURNAL)
		return sb_ext_wrong(err, SB_EXT_SUPER_AT + 224, "a journal that is no reserved inode");
	for (uint32_t number = 1; !rc && number < ext->super.first_inode && number <= ext->super.inodes; number++) {
		if (number == SB_EXT_ROOT || number == SB_EXT_RESIZE)
			continue;
		rc = sb_span_all_zero(sb_ext_inode_bytes(ext, number)) ? 0 : sb_ext_inode(ext, number, &inode, err);
		if (!rc && !sb_span_all_zero(sb_ext_inode_bytes(ext, number)))
			rc = sb_ext_own_inode(ext, &inode, err);
	}
	return rc;
}

/* The inode that keeps room for descriptors: its one list of lists leads to blocks that belong to the groups. */
static int own_resize(struct sb_ext *ext, struct sb_err *err)
{
	struct sb_span raw = sb_ext_inode_bytes(ext, SB_EXT_RESIZE);
	struct sb_rd rd = sb_rd_of(raw, false);

	if (!ext->super.reserved_desc && sb_span_all_zero(raw))
		return 0;
	sb_rd_seek(&rd, LIST_AT);
	uint64_t list = sb_rd_uint(&rd, 4);
	return list ? sb_ext_own(ext, list, 1, err) : 0;
}

/* What stands in the map of the journal beside its blocks. */
static int tell_journal_map(struct sb_ext *ext, const struct sb_ext_inode *inode, struct sb_err *err)
{
	SB_VEC struct sb_vec runs = {0};
	uint64_t sectors;

	return sb_ext_map(ext, inode, SB_EXT_TO_TELL, &runs, &sectors, err);
}

/* What the journal holds is told block by block, and blocks kept for descriptors by what they should hold. */
static int tell_held(struct sb_ext *ext, const struct sb_ext_inode *inode, struct sb_span name, struct sb_span inline_rest, struct sb_err *err)
{
	if (inode->number == SB_EXT_RESIZE)
		return 0;
	if (inode->number == SB_EXT_JOURNAL)
		return tell_journal_map(ext, inode, err);
	int rc = sb_ext_write_content(ext, inode, inline_rest, err);
	return rc ? rc : sb_ext_tell_slack(ext, inode, name, err);
}

/* Reserved inodes have no name: what they are, but for places and times, is a part, and so is what they hold. */
static int tell_reserved(struct sb_ext *ext, uint32_t number, struct sb_err *err)
{
	struct sb_ext_inode inode;
	struct sb_span raw = sb_ext_inode_bytes(ext, number);
	char name[64];
	struct sb_member member = {.type = SB_MEMBER_PART, .has_mode = true};
	SB_VEC struct sb_vec runs = {0};
	uint64_t sectors = 0;
	struct sb_span rest = {0};

	if (sb_span_all_zero(raw))
		return 0;
	int rc = sb_ext_inode(ext, number, &inode, err);
	snprintf(name, sizeof name, "reserved inode %u", number);
	if (!rc)
		rc = sb_ext_add_xattrs(ext, &inode, &rest, err);
	if (!rc && number != SB_EXT_RESIZE)
		rc = sb_ext_map(ext, &inode, SB_EXT_TO_READ, &runs, &sectors, err);
	if (rc)
		return rc;
	member.name = sb_span_text(name);
	member.mode = inode.mode;
	member.uid = inode.uid;
	member.gid = inode.gid;
	member.mtime = inode.mtime;
	member.mtime_ns = inode.mtime_ns;
	sb_ext_add_rest(ext, &inode, 1, number == SB_EXT_RESIZE ? inode.sectors : sectors);
	sb_tree_number(&ext->values, "size", inode.size, 8);
	member.size = number == SB_EXT_JOURNAL || number == SB_EXT_RESIZE ? 0 : inode.size;
	rc = sb_tree_entry(&ext->tree, &member, &inode.times, &ext->values, err);
	return rc ? rc : tell_held(ext, &inode, member.name, rest, err);
}

/* The list that leads from the resize inode to the blocks kept for descriptors: each at the place of its number. */
static int tell_resize(struct sb_ext *ext, struct sb_err *err)
{
	struct sb_span raw = sb_ext_inode_bytes(ext, SB_EXT_RESIZE), block = {0};
	struct sb_rd rd = sb_rd_of(raw, false);
	uint64_t descs = ((uint64_t)ext->super.groups * ext->super.desc_size + ext->super.block_size - 1) / ext->super.block_size;
	uint64_t each = ext->super.block_size / 4;

	if (!ext->super.reserved_desc)
		return 0;
	int rc = 0;
	if (!sb_span_all_zero(sb_span_of(raw.p + MAP_AT, LIST_AT - MAP_AT)) || !sb_span_all_zero(sb_span_of(raw.p + LIST_AT + 4, 4)))
		rc = sb_tree_part(&ext->tree, "map of the inode that keeps blocks for descriptors", sb_span_of(raw.p + MAP_AT, MAP), err);
	sb_rd_seek(&rd, LIST_AT);
	if (!rc)
		rc = sb_ext_block(ext, sb_rd_uint(&rd, 4), &block, err);
	if (rc)
		return rc;
	rd = sb_rd_of(block, false);
	bool right = true;
	for (uint64_t i = 0; i < each; i++) {
		uint64_t nth = (i + each - descs % each) % each;
		uint64_t expected = nth < ext->super.reserved_desc ? ext->super.first_block + 1 + descs + nth : 0;
		right &= sb_rd_uint(&rd, 4) == expected;
	}
	return right ? 0 : sb_tree_part(&ext->tree, "list of blocks kept for descriptors", block, err);
}

/* Inodes that are no longer, or not yet, or not to be seen. */
static int tell_inodes(struct sb_ext *ext, struct sb_err *err)
{
	int rc = 0;

	for (uint32_t number = 1; !rc && number <= ext->super.inodes; number++) {
		bool reserved = number < ext->super.first_inode, named = ext->names[number];
		struct sb_span raw = sb_ext_inode_bytes(ext, number);
		char name[64];
		if (named || sb_span_all_zero(raw))
			continue;
		snprintf(name, sizeof name, "inode %u without a name", number);
		rc = reserved ? tell_reserved(ext, number, err) : sb_tree_part(&ext->tree, name, raw, err);
	}
	return rc;
}

static int write_tree(struct sb_ext *ext, struct sb_sink *sink, struct sb_err *err)
{
	int rc = sb_tree_begin(&ext->tree, sink, err);

	if (!rc)
		rc = sb_tree_nodes_emit(&ext->nodes, emit, ext, err);
	if (!rc)
		rc = tell_inodes(ext, err);
	if (!rc)
		rc = tell_resize(ext, err);
	if (!rc)
		rc = sb_ext_tell_shared(ext, err);
	if (!rc && !journal_is_copied(ext))
		rc = sb_tree_part(&ext->tree, "copy of the journal's map", sb_span_of(ext->super.raw.p + JOURNAL_COPY_AT, JOURNAL_COPY), err);
	if (!rc && ext->super.journal)
		rc = sb_ext_tell_journal(ext, err);
	if (!rc)
		rc = sb_ext_tell_groups(ext, err);
	return rc ? rc : sb_tree_end(&ext->tree, err);
}

static int walk(struct sb_ext *ext, struct sb_sink *sink, struct sb_err *err)
{
	ext->owned = calloc((size_t)(ext->super.blocks / 8 + 1), 1);
	ext->attributes = calloc((size_t)(ext->super.blocks / 8 + 1), 1);
	ext->names = calloc((size_t)ext->super.inodes + 1, sizeof *ext->names);
	ext->folders = calloc(ext->super.groups, sizeof *ext->folders);
	int rc = ext->owned && ext->attributes && ext->names && ext->folders ? sb_ext_own_groups(ext, err) : sb_no_memory(err);

	if (!rc)
		rc = own_reserved(ext, err);
	if (!rc)
		rc = own_resize(ext, err);
	if (!rc)
		rc = sb_ext_names(ext, err);
	if (!rc)
		count_links(ext);
	return rc ? rc : write_tree(ext, sink, err);
}

int sb_codec_ext(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	struct sb_ext ext = {.shared = {.size = sizeof(uint64_t)}};
	int rc = sb_ext_super(in, &ext.super, err);

	if (rc)
		return rc;
	struct sb_rd rd = sb_rd_of(ext.super.raw, false);
	sb_rd_seek(&rd, 624);
	ext.image = sb_span_of(in.p, (size_t)(ext.super.blocks * ext.super.block_size));
	ext.seed = ext.super.incompat & SB_EXT_CSUM_SEED ? (uint32_t)sb_rd_uint(&rd, 4) : sb_crc32c(UINT32_MAX, ext.super.uuid);
	rc = walk(&ext, sink, err);
	if (!rc)
		*used = ext.image.n;
	free(ext.owned);
	free(ext.attributes);
	free(ext.names);
	free(ext.folders);
	sb_vec_release(&ext.shared);
	sb_tree_nodes_release(&ext.nodes);
	sb_buf_release(&ext.values);
	return rc;
}
