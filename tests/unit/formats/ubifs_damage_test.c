/* SPDX-License-Identifier: Apache-2.0 */
/* UBIFS: heads, index, names and free space that lead where they must not. */
#include "ubifs_image.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(ubifs_damage, .fini = no_leaks, .timeout = 120);

Test(ubifs_damage, the_superblock_is_right)
{
	ubifs_begin();
	ubifs_image[108] ^= 1;
	ubifs_refuses("no superblock stands at the start");
}

Test(ubifs_damage, sizes_of_the_superblock_make_sense)
{
	static const struct {
		unsigned at;
		uint32_t value;
	} numbers[] = {{36, 15 * 1024 - 8}, {36, BLOCK + 4}, {36, 0xfffffff8}, {40, 8}, {40, BLOCKS + 1}, {44, 0xffffffff}, {56, 0xffffffff}, {60, 0xfffffffe}, {64, 4}};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		ubifs_begin();
		ubifs_le(numbers[i].at, numbers[i].value, 4);
		if (numbers[i].at == 44)
			ubifs_le(40, numbers[i].value, 4);
		ubifs_sum(0);
		ubifs_refuses("the sizes in the superblock make no sense");
	}
}

Test(ubifs_damage, encrypted_and_authenticated_images_are_not_read)
{
	static const unsigned flags[] = {16, 32};

	for (size_t i = 0; i < 2; i++) {
		ubifs_begin();
		ubifs_le(28, flags[i], 4);
		ubifs_sum(0);
		ubifs_refuses("encrypted or authenticated");
	}
	ubifs_begin();
	ubifs_image[27] = 1;
	ubifs_sum(0);
	ubifs_refuses("keys of another form");
}

Test(ubifs_damage, both_masters_agree)
{
	ubifs_begin();
	ubifs_le(2 * BLOCK + 24, 99, 8);
	ubifs_sum(2 * BLOCK);
	ubifs_refuses("there are not two master nodes that agree");
	ubifs_begin();
	ubifs_image[BLOCK + 24] ^= 1;
	ubifs_refuses("there are not two master nodes that agree");
}

Test(ubifs_damage, the_master_leads_to_the_index)
{
	static const struct {
		unsigned at;
		uint32_t value;
	} numbers[] = {{48, BLOCKS}, {48, 0xffffffff}, {52, BLOCK}, {52, 0xfffffff8}, {48, MAIN}, {56, 28}};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		ubifs_begin();
		ubifs_say(numbers[i].at, numbers[i].value, 4);
		ubifs_refuses("the master leads to no index");
	}
}

Test(ubifs_damage, branches_lead_to_nodes)
{
	static const struct {
		unsigned at;
		uint32_t value;
	} numbers[] = {{0, BLOCKS}, {0, 0xffffffff}, {4, BLOCK}, {4, 0xfffffff8}, {4, 8}, {0, MAIN - 1}, {8, 161}, {8, 0xffffffff}};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		ubifs_begin();
		ubifs_le(INDEX * BLOCK + 28 + numbers[i].at, numbers[i].value, 4);
		ubifs_sum(INDEX * BLOCK);
		ubifs_refuses("a node of the index leads nowhere");
	}
}

Test(ubifs_damage, a_leaf_with_a_wrong_checksum_is_none)
{
	ubifs_begin();
	ubifs_image[ubifs_first_data + 48] ^= 1;
	ubifs_refuses("a node of the index leads nowhere");
}

Test(ubifs_damage, a_leaf_has_the_key_that_the_index_says)
{
	ubifs_begin();
	ubifs_le(INDEX * BLOCK + 28 + 20 * (ubifs_leaf_count - 1) + 12, 67, 4);
	ubifs_sum(INDEX * BLOCK);
	ubifs_refuses("leads to another node than it says");
}

Test(ubifs_damage, the_index_has_no_loops)
{
	ubifs_begin();
	ubifs_le(INDEX * BLOCK + 26, 1, 2);
	ubifs_le(INDEX * BLOCK + 28, INDEX, 4);
	ubifs_le(INDEX * BLOCK + 32, 0, 4);
	ubifs_le(INDEX * BLOCK + 36, 28 + 20 * ubifs_leaf_count, 4);
	ubifs_sum(INDEX * BLOCK);
	ubifs_refuses("a node of the index leads nowhere"); /* others of its branches lead to leaves */
	ubifs_le(INDEX * BLOCK + 16, 48, 4);
	ubifs_le(INDEX * BLOCK + 24, 1, 2);
	ubifs_le(INDEX * BLOCK + 36, 48, 4);
	ubifs_sum(INDEX * BLOCK);
	ubifs_say(56, 48, 4);
	ubifs_refuses("another size or level than it should");
}

Test(ubifs_damage, the_index_has_as_many_branches_as_it_says)
{
	ubifs_begin();
	ubifs_le(INDEX * BLOCK + 24, ubifs_leaf_count - 1, 2);
	ubifs_sum(INDEX * BLOCK);
	ubifs_refuses("another size or level than it should");
	ubifs_begin();
	ubifs_le(INDEX * BLOCK + 24, 0xffff, 2);
	ubifs_sum(INDEX * BLOCK);
	ubifs_refuses("another size or level than it should");
}

Test(ubifs_damage, nodes_share_no_bytes)
{
	ubifs_begin();
	ubifs_leaves[ubifs_leaf_count++] = ubifs_leaves[1]; /* a name: there may be more of its key */
	ubifs_index_leaves();
	ubifs_refuses("two nodes share bytes");
}

static const char *const not_found = "keys of the index by which the kernel does not find";

Test(ubifs_damage, keys_ascend)
{
	ubifs_begin();
	ubifs_leaves[ubifs_leaf_count++] = ubifs_leaves[0];
	ubifs_index_leaves();
	ubifs_refuses(not_found);
	ubifs_begin();
	ubifs_le(INDEX * BLOCK + 28 + 12, 2, 4);
	ubifs_sum(INDEX * BLOCK);
	ubifs_refuses(not_found);
}

/* Two nodes that lead to the leaves, and one that leads to both; the key of its second branch is @key. */
static void two_levels(uint32_t inode, uint32_t word, uint32_t first)
{
	unsigned root = INDEX * BLOCK, left = 4, right = ubifs_leaf_count - left, halves[2], at = root + 2048;

	for (unsigned i = 0; i < 2; i++) {
		unsigned count = i ? right : left;
		halves[i] = at;
		ubifs_head(at, INDEX_NODE, 28 + 20 * count);
		ubifs_le(at + 24, count, 2);
		memcpy(ubifs_image + at + 28, ubifs_image + root + 28 + 20 * (i ? left : 0), 20 * count);
		ubifs_sum(at);
		at = (at + 28 + 20 * count + 7) / 8 * 8;
	}
	ubifs_head(root, INDEX_NODE, 68);
	ubifs_le(root + 24, 2, 2);
	ubifs_le(root + 26, 1, 2);
	for (unsigned i = 0; i < 2; i++) {
		ubifs_le(root + 28 + 20 * i, INDEX, 4);
		ubifs_le(root + 32 + 20 * i, halves[i] - root, 4);
		ubifs_le(root + 36 + 20 * i, 28 + 20 * (i ? right : left), 4);
	}
	ubifs_le(root + 40, first, 4);
	ubifs_le(root + 60, inode, 4);
	ubifs_le(root + 64, word, 4);
	memset(ubifs_image + root + 72, 0xff, 2048 - 72);
	ubifs_sum(root);
	ubifs_say(56, 68, 4);
	ubifs_say(68, at - root, 4);
}

Test(ubifs_damage, keys_of_inner_nodes_lead_to_leaves)
{
	ubifs_begin();
	two_levels(64, 1U << 29, 1); /* the first block of the file */
	ubifs_is_of_kind(INDEX * BLOCK + 2048, SB_REGION_LAYOUT);
	ubifs_is_of_kind(BLOCK, SB_REGION_LAYOUT);
	ubifs_begin();
	two_levels(64, (1U << 29) + 1, 1);
	ubifs_refuses(not_found);
	ubifs_begin();
	two_levels(64, 0, 1); /* the inode, which lies in the node before */
	ubifs_refuses(not_found);
	ubifs_begin();
	two_levels(64, 1, 1);
	struct opened opened = ubifs_open_right();
	cr_assert_eq(ubifs_kind_at(&opened, INDEX * BLOCK + 2048), SB_REGION_LAYOUT);
	cr_assert_eq(ubifs_kind_at(&opened, INDEX * BLOCK + 2048 + 112), SB_REGION_HEADER, "the key of its branch is another than its first one");
	finish_image(&opened);
	ubifs_begin();
	two_levels(64, 1U << 29, 2);
	ubifs_refuses(not_found);
}

Test(ubifs_damage, no_node_of_the_index_has_more_branches_than_the_superblock_allows)
{
	ubifs_begin();
	ubifs_le(72, ubifs_leaf_count, 4);
	ubifs_sum(0);
	ubifs_is_of_kind(INDEX * BLOCK, SB_REGION_LAYOUT);
	ubifs_le(72, ubifs_leaf_count - 1, 4);
	ubifs_sum(0);
	ubifs_refuses("more branches than the superblock allows");
}

Test(ubifs_damage, what_no_kernel_mounts_is_no_layout)
{
	static const struct {
		unsigned at, width;
		uint64_t value;
	} numbers[] = {{24, 8, 65}, {24, 8, 0xfff00000}, {32, 8, 1}, {44, 4, LOG - 1}, {44, 4, LPT}, {60, 4, MAIN}, {60, 4, INDEX}, {60, 4, BLOCKS}, {60, 4, LPT}, {64, 4, MAIN},
		       {64, 4, BLOCKS}, {68, 4, 0}, {68, 4, 7}, {68, 4, BLOCK + 8}, {72, 8, 4}, {72, 8, 3 * BLOCK}, {80, 8, UINT64_C(1) << 40}, {88, 8, UINT64_MAX - 7},
		       {96, 8, 3 * BLOCK + 8}, {104, 8, 8}, {112, 8, 8}, {128, 4, MAIN}, {132, 4, 0}, {132, 4, BLOCK + 8}, {152, 4, LPT}, {152, 4, BLOCKS}, {156, 4, 2}, {160, 4, 3},
		       {164, 4, BLOCKS + 1}, {8, 8, UINT64_C(0xffffffff00000000)}};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		ubifs_begin();
		ubifs_is_of_kind(BLOCK, SB_REGION_LAYOUT);
		ubifs_say(numbers[i].at, numbers[i].value, numbers[i].width);
		struct opened opened = ubifs_open_right();
		cr_assert_eq(ubifs_kind_at(&opened, BLOCK), SB_REGION_HEADER, "%llu at %u", (unsigned long long)numbers[i].value, numbers[i].at);
		cr_assert_eq(ubifs_kind_at(&opened, 2 * BLOCK), SB_REGION_HEADER);
		finish_image(&opened);
	}
	ubifs_begin();
	ubifs_le(84, 4, 2);
	ubifs_sum(0);
	ubifs_is_of_kind(0, SB_REGION_HEADER);
	ubifs_begin();
	ubifs_le(ubifs_file + 132, 4, 2);
	ubifs_sum(ubifs_file);
	ubifs_is_of_kind(ubifs_file, SB_REGION_HEADER);
	ubifs_begin();
	ubifs_le(ubifs_file + 8, 2, 8); /* its number is larger than the master's */
	ubifs_sum(ubifs_file);
	ubifs_is_of_kind(ubifs_file, SB_REGION_HEADER);
	ubifs_begin();
	ubifs_le(LOG * BLOCK + 24, 1, 8);
	ubifs_sum(LOG * BLOCK);
	ubifs_is_of_kind(LOG * BLOCK, SB_REGION_GAP);
}

Test(ubifs_damage, names_that_no_system_could_use)
{
	static const char *const names[] = {"a/b", "..", ".", ""};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		ubifs_begin();
		ubifs_add_name(1, names[i], 64, 0);
		ubifs_index_leaves();
		ubifs_refuses("a name that no system could use");
	}
	ubifs_begin();
	ubifs_image[ubifs_file_name + 57] = 0;
	ubifs_sum(ubifs_file_name);
	ubifs_refuses("a name that no system could use");
}

Test(ubifs_damage, a_name_is_as_long_as_it_says)
{
	ubifs_begin();
	ubifs_le(ubifs_file_name + 50, 5, 2);
	ubifs_sum(ubifs_file_name);
	ubifs_refuses("a name of another length");
	ubifs_begin();
	ubifs_le(ubifs_file_name + 50, 0xffff, 2);
	ubifs_sum(ubifs_file_name);
	ubifs_refuses("a name of another length");
}

Test(ubifs_damage, a_name_leads_to_an_inode)
{
	ubifs_begin();
	ubifs_le(ubifs_file_name + 40, 70, 8);
	ubifs_sum(ubifs_file_name);
	ubifs_refuses("a name leads to no inode");
	ubifs_begin();
	ubifs_le(ubifs_file_name + 40, UINT64_C(1) << 32 | 64, 8);
	ubifs_sum(ubifs_file_name);
	ubifs_refuses("a name leads to no inode");
}

Test(ubifs_damage, blocks_are_of_the_size_that_they_say)
{
	ubifs_begin();
	ubifs_le(ubifs_first_data + 40, 4097, 4);
	ubifs_sum(ubifs_first_data);
	ubifs_refuses("a block of another size than it says");
	ubifs_begin();
	ubifs_le(ubifs_first_data + 40, 4095, 4);
	ubifs_sum(ubifs_first_data);
	ubifs_refuses("a block of another size than it says");
	ubifs_begin();
	ubifs_le(ubifs_first_data + 40, 4097, 4);
	ubifs_le(ubifs_first_data + 44, 1, 2);
	ubifs_sum(ubifs_first_data);
	ubifs_refuses("a block of another size than it says");
	ubifs_begin();
	ubifs_le(ubifs_first_data + 44, 4, 2);
	ubifs_sum(ubifs_first_data);
	ubifs_refuses("compressed in a way that is not known");
}

Test(ubifs_damage, a_size_that_no_file_has)
{
	ubifs_begin();
	ubifs_le(ubifs_file + 48, UINT64_MAX, 8);
	ubifs_sum(ubifs_file);
	limit_image("ubifs", sb_span_of(ubifs_image, sizeof ubifs_image), "");
}

Test(ubifs_damage, a_journal_that_was_not_replayed_is_not_guessed)
{
	ubifs_begin();
	ubifs_head(LOG * BLOCK + 32, REFERENCE, 64);
	ubifs_sum(LOG * BLOCK + 32);
	ubifs_refuses("the journal was not replayed");
}

Test(ubifs_damage, the_tree_of_free_space_is_right)
{
	static const unsigned bytes[] = {2, NNODE + 4, NNODE + PNODE + 4};
	static const char words[] = "the tree of free space leads nowhere";

	for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
		ubifs_begin();
		ubifs_image[LPT * BLOCK + bytes[i]] ^= 1;
		ubifs_refuses(words);
	}
	for (unsigned at = 120; at <= 140; at += at == 124 ? 12 : 4) {
		ubifs_begin();
		ubifs_say(at, 0xffffffff, 4);
		ubifs_refuses(words);
	}
}
