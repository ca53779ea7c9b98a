/* SPDX-License-Identifier: Apache-2.0 */
/* UBIFS: what an image by hand holds, whose its bytes are, and what nobody sees. */
#include "ubifs_image.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(ubifs, .fini = no_leaks, .timeout = 120);

Test(ubifs, members_are_what_names_lead_to)
{
	ubifs_begin();
	struct opened opened = ubifs_open_right();
	size_t index;
	cr_assert_eq(opened.view.members.count, 4);
	is_member(&opened, 0, ".", SB_MEMBER_DIR);
	const struct sb_member *member = ubifs_find(&opened, "file", &index);
	cr_assert(member->type == SB_MEMBER_FILE && member->mode == 0644 && member->uid == 1000 && member->gid == 7 && member->mtime == 1700000000 && member->size == 5000);
	cr_assert_eq(ubifs_find(&opened, "folder", &index)->type, SB_MEMBER_DIR);
	member = ubifs_find(&opened, "folder/link", &index);
	cr_assert(member->type == SB_MEMBER_SYMLINK && sb_span_equal(member->link, sb_span_text("../file")));
	finish_image(&opened);
}

Test(ubifs, content_is_that_of_all_blocks)
{
	ubifs_begin();
	struct opened opened = ubifs_open_right();
	SB_BLOB struct sb_blob blob = {.fd = -1};
	uint64_t taken = 0;
	size_t index;
	cr_assert_eq(sb_formats_decode(opened.view.file, ubifs_find(&opened, "file", &index), NULL, &blob, &taken, NULL), 0);
	cr_assert(blob.bytes.n == 5000 && blob.bytes.p[0] == 'a' && blob.bytes.p[4095] == 'a' && blob.bytes.p[4096] == 'b' && blob.bytes.p[4999] == 'b');
	finish_image(&opened);
}

Test(ubifs, every_byte_has_its_owner)
{
	ubifs_begin();
	struct opened opened = ubifs_open_right();
	size_t which;
	ubifs_find(&opened, "file", &which);
	uint32_t member = (uint32_t)which + 1;
	is_region(&opened, 0, SUPERBLOCK, "superblock", 0, SB_REGION_LAYOUT);
	is_region(&opened, SUPERBLOCK, BLOCK - SUPERBLOCK, "erased", 0, SB_REGION_LAYOUT);
	is_region(&opened, BLOCK, MASTER, "master", 0, SB_REGION_LAYOUT);
	is_region(&opened, 2 * BLOCK, MASTER, "master, copy", 0, SB_REGION_LAYOUT);
	is_region(&opened, LOG * BLOCK, 32, "start of a commit", 0, SB_REGION_LAYOUT);
	is_region(&opened, LPT * BLOCK, NNODE, "index of free space", 0, SB_REGION_LAYOUT);
	is_region(&opened, LPT * BLOCK + NNODE, PNODE, "free space of blocks", 0, SB_REGION_LAYOUT);
	is_region(&opened, LPT * BLOCK + NNODE + PNODE, LTAB, "free space of its own blocks", 0, SB_REGION_LAYOUT);
	is_region(&opened, INDEX * BLOCK, 28 + 20 * 9, "index", 0, SB_REGION_LAYOUT);
	is_region(&opened, ubifs_root, 160, "inode", 1, SB_REGION_LAYOUT);
	is_region(&opened, ubifs_file_name, 61, "name", member, SB_REGION_LAYOUT);
	is_region(&opened, ubifs_file_name + 61, 3, "fill", 0, SB_REGION_LAYOUT);
	is_region(&opened, ubifs_file, 160, "inode", member, SB_REGION_LAYOUT);
	is_region(&opened, ubifs_first_data, 48, "block", member, SB_REGION_LAYOUT);
	is_region(&opened, ubifs_first_data + 48, 4096, "data", member, SB_REGION_CONTENT);
	is_region(&opened, ubifs_second_data + 48, 904, "data", member, SB_REGION_CONTENT);
	ubifs_find(&opened, "folder/link", &which);
	is_region(&opened, ubifs_link_inode + 160, 7, "inline data", (uint32_t)which + 1, SB_REGION_CONTENT);
	finish_image(&opened);
}

Test(ubifs, fields_of_leaves)
{
	ubifs_begin();
	struct opened opened = ubifs_open_right();
	is_derived(&opened, ubifs_file, "crc", SB_DERIVE_CRC32_BARE, 4, ubifs_file + 8, 152);
	is_derived(&opened, ubifs_file, "len", SB_DERIVE_LENGTH, 16, ubifs_file, 160);
	is_derived(&opened, ubifs_link_inode, "data_len", SB_DERIVE_LENGTH, 112, ubifs_link_inode + 160, 7);
	is_field(&opened, ubifs_file, "sqnum", SB_FIELD_INODE, 8, 8);
	is_field(&opened, ubifs_file, "mtime_sec", SB_FIELD_TIME, 72, 8);
	is_field(&opened, ubifs_file, "nlink", SB_FIELD_VALUE, 92, 4);
	is_field(&opened, ubifs_file, "uid", SB_FIELD_OWNER, 96, 4);
	is_field(&opened, ubifs_file, "mode", SB_FIELD_MODE, 104, 4);
	is_field(&opened, ubifs_file, "flags", SB_FIELD_FLAGS, 108, 4);
	is_field(&opened, ubifs_file, "size", SB_FIELD_SIZE, 48, 8);
	is_field(&opened, ubifs_folder, "size", SB_FIELD_VALUE, 48, 8);
	is_field(&opened, ubifs_file_name, "inum", SB_FIELD_INODE, 40, 8);
	is_field(&opened, ubifs_file_name, "name", SB_FIELD_NAME, 56, 4);
	is_derived(&opened, ubifs_file_name, "nlen", SB_DERIVE_LENGTH, 50, ubifs_file_name + 56, 4);
	is_field(&opened, ubifs_first_data, "size", SB_FIELD_SIZE, 40, 4);
	is_field(&opened, ubifs_first_data, "compr_type", SB_FIELD_ENCODING, 44, 2);
	finish_image(&opened);
}

Test(ubifs, fields_of_heads)
{
	ubifs_begin();
	struct opened opened = ubifs_open_right();
	is_field(&opened, 0, "uuid", SB_FIELD_IDENTIFIER, 108, 16);
	is_field(&opened, 0, "leb_size", SB_FIELD_VALUE, 36, 4);
	is_field(&opened, 0, "default_compr", SB_FIELD_ENCODING, 84, 2);
	is_derived(&opened, 0, "crc", SB_DERIVE_CRC32_BARE, 4, 8, SUPERBLOCK - 8);
	is_field(&opened, BLOCK, "root_lnum", SB_FIELD_OFFSET, 48, 4);
	is_field(&opened, BLOCK, "lpt_offs", SB_FIELD_OFFSET, 124, 4);
	is_field(&opened, INDEX * BLOCK, "lnum", SB_FIELD_OFFSET, 28, 4);
	is_field(&opened, INDEX * BLOCK, "key", SB_FIELD_INODE, 40, 8);
	finish_image(&opened);
}

Test(ubifs, a_folder_has_one_name)
{
	ubifs_begin();
	ubifs_le(ubifs_link_name + 40, 65, 8);
	ubifs_sum(ubifs_link_name);
	ubifs_refuses("a folder has two names");
	ubifs_begin();
	ubifs_le(ubifs_link_name + 40, 1, 8);
	ubifs_sum(ubifs_link_name);
	ubifs_refuses("a folder has two names");
}

Test(ubifs, a_file_may_have_two_names)
{
	ubifs_begin();
	ubifs_le(ubifs_link_name + 40, 64, 8);
	ubifs_image[ubifs_link_name + 49] = 0;
	ubifs_sum(ubifs_link_name);
	struct opened opened = ubifs_open_right();
	size_t index;
	const struct sb_member *first = ubifs_find(&opened, "file", &index), *second = ubifs_find(&opened, "folder/link", &index);
	const struct sb_member *other = first->type == SB_MEMBER_HARDLINK ? first : second;
	cr_assert_eq(other->type, SB_MEMBER_HARDLINK);
	cr_assert(sb_span_equal(other->link, other == first ? second->name : first->name));
	cr_assert_eq(ubifs_kind_at(&opened, ubifs_link_inode), SB_REGION_GAP, "nothing leads to the link any longer");
	finish_image(&opened);
}

Test(ubifs, a_name_that_says_something_of_its_own_is_no_layout)
{
	ubifs_begin();
	ubifs_image[ubifs_file_name + 49] = 1; /* a folder, it says */
	ubifs_sum(ubifs_file_name);
	ubifs_is_of_kind(ubifs_file_name, SB_REGION_HEADER);
	ubifs_begin();
	ubifs_image[ubifs_file_name + 48] = 1;
	ubifs_sum(ubifs_file_name);
	ubifs_is_of_kind(ubifs_file_name, SB_REGION_HEADER);
	ubifs_begin();
	ubifs_image[ubifs_file_name + 56] = 'F'; /* not where its hash leads */
	ubifs_sum(ubifs_file_name);
	ubifs_is_of_kind(ubifs_file_name, SB_REGION_HEADER);
}

Test(ubifs, what_is_reserved_is_zero)
{
	static const struct {
		const unsigned *node;
		unsigned at;
	} reserved[] = {{&ubifs_file, 124}, {&ubifs_file, 159}, {&ubifs_file, 22}, {&ubifs_file, 32}, {&ubifs_first_data, 46}, {&ubifs_first_data, 39}};

	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
		ubifs_begin();
		ubifs_image[*reserved[i].node + reserved[i].at] = 1;
		ubifs_sum(*reserved[i].node);
		ubifs_is_of_kind(*reserved[i].node, SB_REGION_HEADER);
	}
	ubifs_begin();
	ubifs_image[SUPERBLOCK - 1] = 1;
	ubifs_sum(0);
	ubifs_is_of_kind(0, SB_REGION_HEADER);
}

Test(ubifs, a_block_behind_the_end_of_its_file_is_seen_by_nobody)
{
	ubifs_begin();
	ubifs_le(ubifs_file + 48, 4096, 8);
	ubifs_sum(ubifs_file);
	struct opened opened = ubifs_open_right();
	is_region(&opened, ubifs_second_data, 48 + 904, "node that nobody sees", 0, SB_REGION_GAP);
	finish_image(&opened);
}

Test(ubifs, a_block_that_is_not_there_is_a_hole)
{
	ubifs_begin();
	ubifs_le(ubifs_file + 48, 3 * 4096, 8);
	ubifs_sum(ubifs_file);
	struct opened opened = ubifs_open_right();
	size_t index;
	cr_assert_eq(ubifs_find(&opened, "file", &index)->size, 3 * 4096);
	cr_assert_eq(ubifs_kind_at(&opened, ubifs_second_data), SB_REGION_LAYOUT);
	finish_image(&opened);
	ubifs_begin();
	for (unsigned i = 0; i < ubifs_leaf_count; i++)
		if (ubifs_leaves[i].at == ubifs_first_data)
			ubifs_leaves[i] = ubifs_leaves[--ubifs_leaf_count];
	ubifs_index_leaves();
	opened = ubifs_open_right();
	SB_BLOB struct sb_blob blob = {.fd = -1};
	uint64_t taken = 0;
	cr_assert_eq(sb_formats_decode(opened.view.file, ubifs_find(&opened, "file", &index), NULL, &blob, &taken, NULL), 0);
	cr_assert(blob.bytes.n == 5000 && blob.bytes.p[0] == 0 && blob.bytes.p[4095] == 0 && blob.bytes.p[4096] == 'b');
	finish_image(&opened);
}

Test(ubifs, what_nobody_sees_is_a_gap)
{
	ubifs_begin();
	unsigned stray = ubifs_add_inode(77, 0100644, 0, ""), dirt = ubifs_end + 64;
	ubifs_image[dirt] = 'x';
	ubifs_leaf_count--;
	ubifs_is_of_kind(stray, SB_REGION_GAP);
	ubifs_is_of_kind(dirt, SB_REGION_GAP);
	ubifs_begin();
	ubifs_image[ubifs_file_name + 61] = 'x';
	ubifs_is_of_kind(ubifs_file_name + 61, SB_REGION_GAP);
}

Test(ubifs, padding_holds_nothing)
{
	ubifs_begin();
	ubifs_head(ubifs_end, PADDING, 28);
	ubifs_le(ubifs_end + 24, 36, 4);
	ubifs_sum(ubifs_end);
	memset(ubifs_image + ubifs_end + 28, 0, 36);
	struct opened opened = ubifs_open_right();
	is_region(&opened, ubifs_end, 28, "padding", 0, SB_REGION_LAYOUT);
	is_region(&opened, ubifs_end + 28, 36, "fill", 0, SB_REGION_LAYOUT);
	finish_image(&opened);
	ubifs_image[ubifs_end + 40] = 'x';
	ubifs_is_of_kind(ubifs_end + 28, SB_REGION_GAP);
	ubifs_le(ubifs_end + 24, 0xfffffff0, 4);
	ubifs_sum(ubifs_end);
	ubifs_is_of_kind(ubifs_end, SB_REGION_HEADER);
}

Test(ubifs, bits_that_the_tree_of_free_space_does_not_use_are_zero)
{
	ubifs_begin();
	ubifs_image[LPT * BLOCK + NNODE - 1] |= 0x80;
	ubifs_sum16(LPT * BLOCK, NNODE);
	ubifs_is_of_kind(LPT * BLOCK, SB_REGION_HEADER);
}
