/* SPDX-License-Identifier: Apache-2.0 */
/* UBI: volumes out of erase blocks, and which of these count. */
#include "ubi_image.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(ubi, .fini = no_leaks, .timeout = 120);

Test(ubi, volumes_are_members)
{
	ubi_begin();
	struct opened opened = ubi_open_right();
	cr_assert_eq(opened.view.members.count, 2);
	is_member(&opened, 0, "rootfs", SB_MEMBER_PART);
	is_member(&opened, 1, "kernel", SB_MEMBER_PART);
	cr_assert_eq(ubi_member(&opened, 1)->size, HELD);
	cr_assert_eq(ubi_member(&opened, 1)->offset, STATIC_BLOCK * PEB + DATA);
	finish_image(&opened);
}

Test(ubi, a_block_of_a_dynamic_volume_that_is_not_there_is_erased_flash)
{
	ubi_begin();
	struct opened opened = ubi_open_right();
	SB_BLOB struct sb_blob blob = {.fd = -1};
	uint64_t taken = 0;
	cr_assert_eq(ubi_member(&opened, 0)->size, 3 * LEB);
	cr_assert_eq(sb_formats_decode(opened.view.file, ubi_member(&opened, 0), NULL, &blob, &taken, NULL), 0);
	cr_assert(blob.bytes.n == 3 * LEB && blob.bytes.p[LEB - 1] == 'a' && blob.bytes.p[LEB] == 0xff && blob.bytes.p[2 * LEB - 1] == 0xff && blob.bytes.p[2 * LEB] == 'c');
	finish_image(&opened);
}

Test(ubi, every_byte_has_its_owner)
{
	ubi_begin();
	struct opened opened = ubi_open_right();
	for (unsigned i = 0; i <= SPARE_BLOCK; i++)
		is_region(&opened, i * PEB, HEAD, "erase counter every 2048", 0, SB_REGION_LAYOUT);
	is_region(&opened, HEAD, HEAD, "volume identifier", 0, SB_REGION_LAYOUT);
	is_region(&opened, 2 * HEAD, HEAD, "fill", 0, SB_REGION_LAYOUT);
	is_region(&opened, DATA, RECORD, "volume record", 0, SB_REGION_TABLE);
	is_region(&opened, PEB + DATA + RECORD, RECORD, "volume record, copy", 0, SB_REGION_TABLE);
	is_region(&opened, DATA + RECORDS * RECORD, LEB - RECORDS * RECORD, "fill", 0, SB_REGION_LAYOUT);
	is_region(&opened, FIRST_BLOCK * PEB + DATA, LEB, "data", 1, SB_REGION_CONTENT);
	is_region(&opened, STATIC_BLOCK * PEB + HEAD, HEAD, "volume identifier", 2, SB_REGION_LAYOUT);
	is_region(&opened, STATIC_BLOCK * PEB + DATA, HELD, "data", 2, SB_REGION_CONTENT);
	is_region(&opened, STATIC_BLOCK * PEB + DATA + HELD, LEB - HELD, "fill", 0, SB_REGION_LAYOUT);
	is_region(&opened, SPARE_BLOCK * PEB + HEAD, PEB - HEAD, "erased", 0, SB_REGION_LAYOUT);
	is_region(&opened, ERASED_BLOCK * PEB, PEB, "erased", 0, SB_REGION_LAYOUT);
	finish_image(&opened);
}

Test(ubi, fields_of_headers)
{
	ubi_begin();
	struct opened opened = ubi_open_right();
	const unsigned at = STATIC_BLOCK * PEB, data = at + DATA;
	is_field(&opened, at, "ec", SB_FIELD_INODE, 8, 8);
	is_field(&opened, at, "vid_hdr_offset", SB_FIELD_VALUE, 16, 4);
	is_field(&opened, at, "data_offset", SB_FIELD_VALUE, 20, 4);
	is_field(&opened, at, "image_seq", SB_FIELD_IDENTIFIER, 24, 4);
	is_derived(&opened, at, "hdr_crc", SB_DERIVE_CRC32_BARE, 60, at, 60);
	is_field(&opened, at + HEAD, "vol_id", SB_FIELD_VALUE, 8, 4);
	is_field(&opened, at + HEAD, "lnum", SB_FIELD_OFFSET, 12, 4);
	is_field(&opened, at + HEAD, "sqnum", SB_FIELD_INODE, 40, 8);
	is_derived(&opened, at + HEAD, "data_size", SB_DERIVE_LENGTH, 20, data, HELD);
	is_derived(&opened, at + HEAD, "data_crc", SB_DERIVE_CRC32_BARE, 32, data, HELD);
	is_derived(&opened, at + HEAD, "hdr_crc", SB_DERIVE_CRC32_BARE, 60, at + HEAD, 60);
	is_field(&opened, FIRST_BLOCK * PEB + HEAD, "data_size", SB_FIELD_VALUE, 20, 4);
	finish_image(&opened);
}

Test(ubi, fields_of_the_volume_table)
{
	ubi_begin();
	struct opened opened = ubi_open_right();
	is_field(&opened, DATA, "reserved_pebs", SB_FIELD_VALUE, 0, 4);
	is_field(&opened, DATA, "vol_type", SB_FIELD_VALUE, 12, 1);
	is_field(&opened, DATA, "name", SB_FIELD_NAME, 16, 128);
	is_field(&opened, DATA, "flags", SB_FIELD_FLAGS, 144, 1);
	is_derived(&opened, DATA, "crc", SB_DERIVE_CRC32_BARE, 168, DATA, 168);
	finish_image(&opened);
}

Test(ubi, the_volume_table_stands_there_twice_and_one_is_enough)
{
	ubi_begin();
	ubi_block(TABLE_BLOCK)[DATA + 1] ^= 1;
	struct opened opened = ubi_open_right();
	is_member(&opened, 0, "rootfs", SB_MEMBER_PART);
	finish_image(&opened);
	ubi_block(COPY_BLOCK)[DATA + RECORD + 1] ^= 1;
	ubi_refuses("the image has no volume table");
}

Test(ubi, of_two_blocks_of_one_number_the_later_one_counts)
{
	ubi_begin();
	memset(ubi_block(SPARE_BLOCK) + DATA, 'n', LEB);
	ubi_identifier(SPARE_BLOCK, DYNAMIC, 0, 0, 20);
	struct opened opened = ubi_open_right();
	is_region(&opened, SPARE_BLOCK * PEB + DATA, LEB, "data", 1, SB_REGION_CONTENT);
	is_region(&opened, FIRST_BLOCK * PEB + DATA, LEB, "block that nobody sees", 0, SB_REGION_GAP);
	cr_assert_eq(ubi_kind_at(&opened, SPARE_BLOCK * PEB + HEAD), SB_REGION_HEADER);
	cr_assert_eq(ubi_kind_at(&opened, FIRST_BLOCK * PEB + HEAD), SB_REGION_HEADER);
	finish_image(&opened);
}
