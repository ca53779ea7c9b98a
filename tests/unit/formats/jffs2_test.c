/* SPDX-License-Identifier: Apache-2.0 */
/* JFFS2: what an image by hand holds, and which of its nodes count. */
#include "jffs2_image.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(jffs2, .fini = no_leaks, .timeout = 120);

Test(jffs2, members_are_what_dirents_lead_to)
{
	jffs2_begin();
	struct opened opened = jffs2_open_right();
	cr_assert_eq(opened.view.members.count, 4);
	is_member(&opened, 0, ".", SB_MEMBER_DIR);
	is_member(&opened, 1, "file", SB_MEMBER_FILE);
	is_member(&opened, 2, "folder", SB_MEMBER_DIR);
	is_member(&opened, 3, "folder/link", SB_MEMBER_SYMLINK);
	cr_assert(jffs2_member(&opened, 1)->mode == 0644 && jffs2_member(&opened, 1)->uid == 1000 && jffs2_member(&opened, 1)->gid == 7 && jffs2_member(&opened, 1)->mtime == 1700000000);
	cr_assert(jffs2_holds(&opened, 1, "helloworld"));
	cr_assert(sb_span_equal(jffs2_member(&opened, 3)->link, sb_span_text("../file")));
	finish_image(&opened);
}

Test(jffs2, every_byte_has_its_owner)
{
	jffs2_begin();
	struct opened opened = jffs2_open_right();
	is_region(&opened, 0, 12, "cleanmarker every 8192", 0, SB_REGION_HEADER);
	is_region(&opened, jffs2_file_name, 44, "dirent", 2, SB_REGION_LAYOUT);
	is_region(&opened, jffs2_folder_name, 46, "dirent", 3, SB_REGION_LAYOUT);
	is_region(&opened, jffs2_folder_name + 46, 2, "fill", 0, SB_REGION_LAYOUT);
	is_region(&opened, jffs2_file, 68, "inode", 2, SB_REGION_LAYOUT);
	is_region(&opened, jffs2_file + 68, 5, "data", 2, SB_REGION_CONTENT);
	is_region(&opened, jffs2_more + 68, 5, "data", 2, SB_REGION_CONTENT);
	is_region(&opened, jffs2_folder, 68, "inode", 3, SB_REGION_LAYOUT);
	is_region(&opened, jffs2_link_inode + 68, 7, "data", 4, SB_REGION_CONTENT);
	is_region(&opened, ERASE, 12, "cleanmarker every 8192", 0, SB_REGION_HEADER);
	is_region(&opened, ERASE + 12, ERASE - 12, "erased", 0, SB_REGION_LAYOUT);
	finish_image(&opened);
}

Test(jffs2, fields_of_nodes)
{
	jffs2_begin();
	struct opened opened = jffs2_open_right();
	is_derived(&opened, jffs2_file, "hdr_crc", SB_DERIVE_CRC32_PLAIN, 8, jffs2_file, 8);
	is_derived(&opened, jffs2_file, "node_crc", SB_DERIVE_CRC32_PLAIN, 64, jffs2_file, 60);
	is_derived(&opened, jffs2_file, "data_crc", SB_DERIVE_CRC32_PLAIN, 60, jffs2_file + 68, 5);
	is_field(&opened, jffs2_file, "ino", SB_FIELD_INODE, 12, 4);
	is_field(&opened, jffs2_file, "version", SB_FIELD_INODE, 16, 4);
	is_field(&opened, jffs2_file, "mode", SB_FIELD_MODE, 20, 4);
	is_field(&opened, jffs2_file, "uid", SB_FIELD_OWNER, 24, 2);
	is_field(&opened, jffs2_file, "mtime", SB_FIELD_TIME, 36, 4);
	is_field(&opened, jffs2_file, "offset", SB_FIELD_OFFSET, 44, 4);
	is_field(&opened, jffs2_file, "flags", SB_FIELD_FLAGS, 58, 2);
	is_derived(&opened, jffs2_file_name, "node_crc", SB_DERIVE_CRC32_PLAIN, 32, jffs2_file_name, 32);
	is_derived(&opened, jffs2_file_name, "name_crc", SB_DERIVE_CRC32_PLAIN, 36, jffs2_file_name + 40, 4);
	is_field(&opened, jffs2_file_name, "ino", SB_FIELD_INODE, 20, 4);
	is_field(&opened, jffs2_file_name, "name", SB_FIELD_NAME, 40, 4);
	finish_image(&opened);
}

Test(jffs2, the_newest_name_counts)
{
	jffs2_begin();
	unsigned newer = jffs2_dirent(1, 9, 4, DT_LINK, "file");
	struct opened opened = jffs2_open_right();
	is_member(&opened, 1, "file", SB_MEMBER_SYMLINK);
	is_region(&opened, jffs2_file_name, 44, "obsolete node", 0, SB_REGION_GAP);
	is_region(&opened, newer, 44, "dirent", 2, SB_REGION_LAYOUT);
	finish_image(&opened);
	jffs2_begin();
	jffs2_dirent(1, 9, 0, 0, "file");
	opened = jffs2_open_right();
	is_member(&opened, 1, "folder", SB_MEMBER_DIR);
	is_region(&opened, jffs2_file_name, 44, "obsolete node", 0, SB_REGION_GAP);
	finish_image(&opened);
}

Test(jffs2, the_newest_bytes_count)
{
	jffs2_begin();
	unsigned newer = jffs2_data(2, 3, 0100644, 10, 3, "LOWO");
	struct opened opened = jffs2_open_right();
	cr_assert(jffs2_holds(&opened, 1, "helLOWOrld"));
	is_region(&opened, newer, 68, "inode", 2, SB_REGION_LAYOUT);
	is_region(&opened, jffs2_file, 68, "inode", 2, SB_REGION_HEADER);
	is_region(&opened, jffs2_more, 68, "inode", 2, SB_REGION_HEADER);
	finish_image(&opened);
	jffs2_begin();
	jffs2_data(2, 3, 0100644, 10, 0, "HELLO");
	opened = jffs2_open_right();
	is_region(&opened, jffs2_file, jffs2_length_of(jffs2_file), "obsolete node", 2, SB_REGION_GAP);
	finish_image(&opened);
}

Test(jffs2, an_older_node_that_says_something_else_is_no_layout)
{
	jffs2_begin();
	jffs2_le(jffs2_file + 20, 0104755, 4);
	jffs2_mend(jffs2_file);
	jffs2_is_of_kind(jffs2_file, SB_REGION_HEADER);
}

Test(jffs2, a_node_reaches_no_further_than_its_file)
{
	jffs2_begin();
	jffs2_le(jffs2_more + 28, 7, 4);
	jffs2_le(jffs2_file + 28, 7, 4);
	jffs2_mend(jffs2_more);
	jffs2_mend(jffs2_file);
	struct opened opened = jffs2_open_right();
	cr_assert(jffs2_holds(&opened, 1, "hellowo"));
	is_region(&opened, jffs2_more, 68, "inode", 2, SB_REGION_HEADER);
	finish_image(&opened);
	jffs2_le(jffs2_more + 44, UINT32_MAX, 4);
	jffs2_mend(jffs2_more);
	opened = jffs2_open_right();
	cr_assert_eq(jffs2_member(&opened, 1)->size, 7);
	is_region(&opened, jffs2_more, 68, "inode", 2, SB_REGION_HEADER);
	finish_image(&opened);
}

Test(jffs2, bytes_that_no_node_holds_are_a_hole)
{
	jffs2_begin();
	jffs2_le(jffs2_more + 28, 12, 4);
	jffs2_le(jffs2_file + 28, 12, 4);
	jffs2_le(jffs2_more + 44, 7, 4);
	jffs2_mend(jffs2_more);
	jffs2_mend(jffs2_file);
	struct opened opened = jffs2_open_right();
	SB_BLOB struct sb_blob blob = {.fd = -1};
	uint64_t taken = 0;
	cr_assert_eq(sb_formats_decode(opened.view.file, jffs2_member(&opened, 1), NULL, &blob, &taken, NULL), 0);
	cr_assert(sb_span_equal(blob.bytes, sb_span_of("hello\0\0world", 12)));
	finish_image(&opened);
}

Test(jffs2, a_file_may_have_two_names)
{
	jffs2_begin();
	jffs2_dirent(3, 2, 2, DT_FILE, "second");
	struct opened opened = jffs2_open_right();
	is_member(&opened, 4, "folder/second", SB_MEMBER_HARDLINK);
	cr_assert(sb_span_equal(jffs2_member(&opened, 4)->link, sb_span_text("file")));
	finish_image(&opened);
}

/* An attribute of the file, and the reference to it. */
static unsigned attribute(unsigned reference_version)
{
	unsigned at = jffs2_node(XATTR, 32 + 8), reference;

	jffs2_le(at + 12, 5, 4);
	jffs2_le(at + 16, 1, 4);
	jffs2_image[at + 20] = 1;
	jffs2_image[at + 21] = 4;
	jffs2_le(at + 22, 3, 2);
	memcpy(jffs2_image + at + 32, "name\0abc", 8);
	jffs2_mend(at);
	reference = jffs2_node(XREF, 28);
	jffs2_le(reference + 12, 2, 4);
	jffs2_le(reference + 16, 5, 4);
	jffs2_le(reference + 20, reference_version, 4);
	jffs2_mend(reference);
	return at;
}

Test(jffs2, attributes_belong_to_what_a_reference_says)
{
	jffs2_begin();
	unsigned at = attribute(2);
	struct opened opened = jffs2_open_right();
	cr_assert_not_null(jffs2_member(&opened, 1)->xattrs.p);
	is_region(&opened, at, 40, "attribute", 0, SB_REGION_LAYOUT);
	is_region(&opened, at + 40, 28, "attribute reference", 2, SB_REGION_LAYOUT);
	finish_image(&opened);
	jffs2_begin();
	at = attribute(3); /* taken away */
	opened = jffs2_open_right();
	cr_assert_null(jffs2_member(&opened, 1)->xattrs.p);
	is_region(&opened, at, 40, "obsolete node", 0, SB_REGION_GAP);
	finish_image(&opened);
}
