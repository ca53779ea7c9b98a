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
		for (unsigned lnum = 1; lnum <= 2; lnum++) {
			ubifs_le(lnum * BLOCK + numbers[i].at, numbers[i].value, 4);
			ubifs_sum(lnum * BLOCK);
		}
		ubifs_refuses("the master leads to no index");
	}
}

Test(ubifs_damage, branches_lead_to_nodes)
{
	static const struct {
		unsigned at;
		uint32_t value;
	} numbers[] = {{0, BLOCKS}, {0, 0xffffffff}, {4, BLOCK}, {4, 0xfffffff8}, {4, 8}, {8, 161}, {8, 0xffffffff}};

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
	ubifs_le(INDEX * BLOCK + 28 + 12, 2, 4);
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
	for (unsigned lnum = 1; lnum <= 2; lnum++) {
		ubifs_le(lnum * BLOCK + 56, 48, 4);
		ubifs_sum(lnum * BLOCK);
	}
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
	ubifs_leaves[ubifs_leaf_count++] = ubifs_leaves[0];
	ubifs_index_leaves();
	ubifs_refuses("two nodes share bytes");
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
		for (unsigned lnum = 1; lnum <= 2; lnum++) {
			ubifs_le(lnum * BLOCK + at, 0xffffffff, 4);
			ubifs_sum(lnum * BLOCK);
		}
		ubifs_refuses(words);
	}
}
