/* SPDX-License-Identifier: Apache-2.0 */
/* JFFS2: nodes that are none, names and folders that lead where they must not. */
#include "jffs2_image.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(jffs2_damage, .fini = no_leaks, .timeout = 120);

Test(jffs2_damage, an_image_begins_with_a_node)
{
	jffs2_begin();
	jffs2_image[8] ^= 1;
	jffs2_refuses("no node stands at the start of the image");
}

Test(jffs2_damage, a_node_with_a_wrong_checksum_is_none)
{
	jffs2_begin();
	jffs2_image[jffs2_file_name + 40] ^= 1; /* its name */
	struct opened opened = jffs2_open_right();
	is_member(&opened, 1, "folder", SB_MEMBER_DIR);
	is_region(&opened, jffs2_file_name, jffs2_folder_name - jffs2_file_name, "gap", 0, SB_REGION_GAP);
	is_region(&opened, jffs2_file, jffs2_length_of(jffs2_file), "obsolete node", 0, SB_REGION_GAP);
	finish_image(&opened);
	jffs2_begin();
	jffs2_image[jffs2_file_name + 24] ^= 1; /* its head */
	jffs2_is_of_kind(jffs2_file_name, SB_REGION_GAP);
	jffs2_begin();
	jffs2_image[jffs2_file_name + 8] ^= 1; /* the head of its head */
	jffs2_is_of_kind(jffs2_file_name, SB_REGION_GAP);
	jffs2_begin();
	jffs2_image[jffs2_link_inode + 68] ^= 1;
	jffs2_is_of_kind(jffs2_link_inode, SB_REGION_GAP);
	jffs2_begin();
	jffs2_image[jffs2_link_inode + 20] ^= 1;
	jffs2_is_of_kind(jffs2_link_inode, SB_REGION_GAP);
}

Test(jffs2_damage, a_node_has_the_length_of_what_it_holds)
{
	static const uint32_t lengths[] = {0, 11, 67}, beyond[] = {UINT32_MAX, WHOLE};

	for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++) {
		jffs2_begin();
		jffs2_le(jffs2_link_inode + 4, beyond[i], 4);
		jffs2_sum(jffs2_link_inode + 8, jffs2_link_inode, 8);
		jffs2_refuses("a node reaches over the end of the image");
	}
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		jffs2_begin();
		jffs2_le(jffs2_link_inode + 4, lengths[i], 4);
		jffs2_sum(jffs2_link_inode + 8, jffs2_link_inode, 8);
		jffs2_sum(jffs2_link_inode + 64, jffs2_link_inode, 60);
		jffs2_is_of_kind(jffs2_link_inode, SB_REGION_GAP);
	}
	jffs2_begin();
	jffs2_le(jffs2_link_inode + 48, 3, 4);
	jffs2_sum(jffs2_link_inode + 60, jffs2_link_inode + 68, 3);
	jffs2_sum(jffs2_link_inode + 64, jffs2_link_inode, 60);
	jffs2_is_of_kind(jffs2_link_inode, SB_REGION_GAP);
	jffs2_begin();
	jffs2_image[jffs2_file_name + 28] = 3;
	jffs2_sum(jffs2_file_name + 32, jffs2_file_name, 32);
	jffs2_sum(jffs2_file_name + 36, jffs2_file_name + 40, 3);
	jffs2_is_of_kind(jffs2_file_name, SB_REGION_GAP);
}

Test(jffs2_damage, padding_lies_in_the_image)
{
	static const uint32_t lengths[] = {0, 11}, beyond[] = {UINT32_MAX, WHOLE};

	jffs2_begin();
	unsigned at = jffs2_node(PADDING, 20);
	jffs2_is_of_kind(at, SB_REGION_LAYOUT);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		jffs2_le(at + 4, lengths[i], 4);
		jffs2_sum(at + 8, at, 8);
		jffs2_is_of_kind(at, SB_REGION_GAP);
	}
	for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++) {
		jffs2_le(at + 4, beyond[i], 4);
		jffs2_sum(at + 8, at, 8);
		jffs2_refuses("a node reaches over the end of the image");
	}
	jffs2_le(at + 4, 20, 4);
	jffs2_sum(at + 8, at, 8);
	jffs2_image[at + 12] = 'x';
	jffs2_is_of_kind(at + 12, SB_REGION_GAP);
}

Test(jffs2_damage, an_obsolete_node_is_none)
{
	jffs2_begin();
	jffs2_le(jffs2_file_name + 2, DIRENT & ~0x2000, 2);
	jffs2_mend(jffs2_file_name);
	jffs2_is_of_kind(jffs2_file_name, SB_REGION_GAP);
}

Test(jffs2_damage, a_node_holds_as_many_bytes_as_it_says)
{
	jffs2_begin();
	jffs2_le(jffs2_more + 52, 6, 4);
	jffs2_le(jffs2_more + 28, 11, 4);
	jffs2_mend(jffs2_more);
	jffs2_refuses("a node holds fewer bytes than it says");
	jffs2_begin();
	jffs2_image[jffs2_more + 56] = 9;
	jffs2_mend(jffs2_more);
	jffs2_refuses("compressed in a way that is not known");
}

Test(jffs2_damage, names_that_no_system_could_use)
{
	static const char *const names[] = {"a/b", "..", ".", ""};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		jffs2_begin();
		jffs2_dirent(1, 3, 2, DT_FILE, names[i]);
		jffs2_refuses("a name that no system could use");
	}
	jffs2_begin();
	jffs2_image[jffs2_file_name + 41] = 0;
	jffs2_mend(jffs2_file_name);
	jffs2_refuses("a name that no system could use");
}

Test(jffs2_damage, a_folder_has_one_name)
{
	jffs2_begin();
	jffs2_dirent(3, 2, 3, DT_FOLDER, "self");
	jffs2_refuses("a folder has two names");
	jffs2_begin();
	jffs2_dirent(3, 2, 1, DT_FOLDER, "root");
	jffs2_refuses("a folder holds the root");
	jffs2_begin();
	jffs2_dirent(1, 9, 3, DT_FOLDER, "again");
	jffs2_refuses("a folder has two names");
}

Test(jffs2_damage, a_folder_that_only_holds_itself_is_not_reached)
{
	jffs2_begin();
	unsigned lost = jffs2_dirent(9, 1, 9, DT_FOLDER, "lost"), inode = jffs2_data(9, 1, 040755, 0, 0, "");
	struct opened opened = jffs2_open_right();
	cr_assert_eq(opened.view.members.count, 4);
	is_region(&opened, lost, 44, "obsolete node", 0, SB_REGION_GAP);
	is_region(&opened, inode, 68, "obsolete node", 0, SB_REGION_GAP);
	finish_image(&opened);
}

Test(jffs2_damage, a_dirent_that_says_something_of_its_own_is_no_layout)
{
	jffs2_begin();
	jffs2_image[jffs2_file_name + 29] = DT_FOLDER;
	jffs2_mend(jffs2_file_name);
	jffs2_is_of_kind(jffs2_file_name, SB_REGION_HEADER);
	jffs2_begin();
	jffs2_image[jffs2_file_name + 31] = 1;
	jffs2_mend(jffs2_file_name);
	jffs2_is_of_kind(jffs2_file_name, SB_REGION_HEADER);
}

Test(jffs2_damage, a_node_lies_in_one_erase_block)
{
	jffs2_begin();
	jffs2_end = ERASE - 40;
	jffs2_data(9, 1, 0100644, 0, 0, "");
	jffs2_end = ERASE / 2;
	jffs2_node(CLEANMARKER, 12);
	jffs2_refuses("a node reaches from one erase block into the next");
}

/* Without the second cleanmarker. */
static void begin_without_marker(void)
{
	jffs2_begin();
	memset(jffs2_image + ERASE, 0xff, 12);
}

Test(jffs2_damage, blocks_are_no_smaller_than_nodes_allow)
{
	begin_without_marker();
	struct opened opened = jffs2_open_right();
	is_region(&opened, 0, 2, "erase blocks of 65536", 0, SB_REGION_HEADER);
	is_region(&opened, 2, 10, "cleanmarker", 0, SB_REGION_HEADER);
	is_field(&opened, 2, "nodetype", SB_FIELD_VALUE, 0, 2);
	finish_image(&opened);
	begin_without_marker();
	jffs2_end = ERASE;
	jffs2_data(9, 1, 0100644, 0, 0, "");
	opened = jffs2_open_right();
	is_region(&opened, 0, 2, "erase blocks of 8192", 0, SB_REGION_HEADER);
	finish_image(&opened);
	begin_without_marker();
	jffs2_end = ERASE - 40;
	jffs2_data(9, 1, 0100644, 0, 0, "");
	opened = jffs2_open_right();
	is_region(&opened, 0, 2, "erase blocks of 65536", 0, SB_REGION_HEADER);
	finish_image(&opened);
}

Test(jffs2_damage, the_kernel_goes_on_behind_a_node_whose_head_is_right)
{
	jffs2_begin();
	unsigned lost = jffs2_node(INODE, 400), inside = lost + 100, end = jffs2_end;
	jffs2_end = inside;
	jffs2_dirent(1, 9, 4, DT_LINK, "file");
	jffs2_end = end;
	struct opened opened = jffs2_open_right();
	is_member(&opened, 1, "file", SB_MEMBER_FILE);
	is_region(&opened, lost, 400, "gap", 0, SB_REGION_GAP);
	finish_image(&opened);
	jffs2_le(lost + 2, 0xe00f, 2);
	jffs2_sum(lost + 8, lost, 8);
	jffs2_refuses("a type that no kernel mounts");
	jffs2_le(lost + 2, 0x200f, 2); /* of those that may be deleted */
	jffs2_sum(lost + 8, lost, 8);
	jffs2_is_of_kind(lost, SB_REGION_GAP);
}

Test(jffs2_damage, nodes_of_one_version_are_copies)
{
	jffs2_begin();
	unsigned copy = jffs2_data(2, 2, 0100644, 10, 5, "world");
	struct opened opened = jffs2_open_right();
	cr_assert(jffs2_holds(&opened, 1, "helloworld"));
	finish_image(&opened);
	jffs2_le(copy + 36, 1, 4);
	jffs2_mend(copy);
	jffs2_refuses("two nodes of one version say different things");
	jffs2_begin();
	jffs2_dirent(1, 1, 4, DT_LINK, "file");
	jffs2_refuses("two nodes of one version say different things");
}

Test(jffs2_damage, ends_of_blocks_are_no_summaries)
{
	jffs2_begin();
	jffs2_end = 4096 - 72;
	unsigned at = jffs2_data(2, 3, 0100644, 10, 6, "orld");
	jffs2_le(at + 68, 0x02851885, 4);
	jffs2_mend(at);
	jffs2_refuses("looks like the end of a summary");
	jffs2_begin();
	jffs2_end = 4096 - 40;
	at = jffs2_node(SUMMARY, 40);
	jffs2_le(at + 36, 0x02851885, 4);
	jffs2_is_of_kind(at, SB_REGION_TABLE);
}

Test(jffs2_damage, erased_flash_holds_nothing)
{
	jffs2_begin();
	jffs2_image[WHOLE - 4] = 'x';
	struct opened opened = jffs2_open_right();
	is_region(&opened, WHOLE - 4, 4, "gap", 0, SB_REGION_GAP);
	is_region(&opened, ERASE + 12, ERASE - 16, "erased", 0, SB_REGION_GAP);
	finish_image(&opened);
	jffs2_begin();
	jffs2_image[jffs2_folder_name + 46] = 'x';
	jffs2_is_of_kind(jffs2_folder_name + 46, SB_REGION_GAP);
}

Test(jffs2_damage, folders_are_no_deeper_than_paths_may_be)
{
	static uint8_t deep[260 * 120];

	jffs2_begin();
	memset(deep, 0xff, sizeof deep);
	for (unsigned i = 0; i < 260; i++) {
		jffs2_end = 0;
		unsigned from = jffs2_dirent(i ? 100 + i : 1, 1, 101 + i, DT_FOLDER, "deep");
		jffs2_data(101 + i, 1, 040755, 0, 0, "");
		memcpy(deep + i * 120, jffs2_image + from, jffs2_end - from);
	}
	limit_image("jffs2", sb_span_of(deep, sizeof deep), "path");
}
