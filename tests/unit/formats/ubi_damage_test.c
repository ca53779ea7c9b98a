/* SPDX-License-Identifier: Apache-2.0 */
/* UBI: headers and sizes that are wrong, blocks that fit no volume, and what becomes of a wrong checksum. */
#include "ubi_image.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(ubi_damage, .fini = no_leaks, .timeout = 120);

Test(ubi_damage, an_image_begins_with_an_erase_counter)
{
	ubi_begin();
	ubi_image[9] ^= 1;
	ubi_refuses("no erase counter stands at the start");
}

Test(ubi_damage, a_block_with_a_wrong_checksum_is_none)
{
	ubi_begin();
	ubi_block(STATIC_BLOCK)[9] ^= 1;
	struct opened opened = ubi_open_right();
	is_region(&opened, STATIC_BLOCK * PEB, PEB, "gap", 0, SB_REGION_GAP);
	cr_assert_eq(ubi_member(&opened, 1)->size, 0);
	finish_image(&opened);
	ubi_begin();
	ubi_block(STATIC_BLOCK)[HEAD + 45] ^= 1;
	opened = ubi_open_right();
	is_region(&opened, STATIC_BLOCK * PEB + HEAD, PEB - HEAD, "gap", 0, SB_REGION_GAP);
	cr_assert_eq(ubi_member(&opened, 1)->size, 0);
	finish_image(&opened);
}

Test(ubi_damage, a_wrong_checksum_of_data_is_no_layout)
{
	ubi_begin();
	ubi_block(STATIC_BLOCK)[DATA] ^= 1;
	struct opened opened = ubi_open_right();
	is_region(&opened, STATIC_BLOCK * PEB + HEAD, HEAD, "volume identifier", 2, SB_REGION_HEADER);
	cr_assert_eq(ubi_member(&opened, 1)->size, HELD);
	finish_image(&opened);
}

Test(ubi_damage, headers_lie_in_their_block)
{
	static const struct {
		uint32_t identifier, data;
	} places[] = {{HEAD - 1, DATA}, {HEAD, 2 * HEAD - 1}, {HEAD, PEB}, {HEAD, UINT32_MAX}, {UINT32_MAX, DATA}, {UINT32_MAX - HEAD + 1, DATA}, {UINT32_MAX, UINT32_MAX}};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		ubi_begin();
		put_be(ubi_block(FIRST_BLOCK) + 16, places[i].identifier, 4);
		put_be(ubi_block(FIRST_BLOCK) + 20, places[i].data, 4);
		ubi_sum_counter(FIRST_BLOCK);
		ubi_refuses("whose headers do not lie in it");
	}
}

Test(ubi_damage, names_are_no_longer_than_their_field)
{
	ubi_begin();
	for (unsigned i = TABLE_BLOCK; i <= COPY_BLOCK; i++) {
		put_be(ubi_block(i) + DATA + 14, 128, 2);
		ubi_sum(ubi_block(i) + DATA + 168, ubi_block(i) + DATA, 168);
	}
	ubi_refuses("the image has no volume table");
}

Test(ubi_damage, a_block_that_fits_no_volume_is_seen_by_nobody)
{
	ubi_begin();
	ubi_identifier(SPARE_BLOCK, DYNAMIC, 0, 4, 20); /* four are reserved */
	ubi_is_unseen(SPARE_BLOCK);
	ubi_identifier(SPARE_BLOCK, DYNAMIC, 0, UINT32_MAX, 20);
	ubi_is_unseen(SPARE_BLOCK);
	ubi_identifier(SPARE_BLOCK, DYNAMIC, 5, 0, 20);
	ubi_is_unseen(SPARE_BLOCK);
	ubi_identifier(SPARE_BLOCK, DYNAMIC, 128, 0, 20);
	ubi_is_unseen(SPARE_BLOCK);
	ubi_identifier(SPARE_BLOCK, DYNAMIC, TABLE, 2, 20);
	ubi_is_unseen(SPARE_BLOCK);
	ubi_identifier(SPARE_BLOCK, STATIC, 0, 1, 20);
	ubi_is_unseen(SPARE_BLOCK);
}

Test(ubi_damage, sizes_that_no_block_has_room_for)
{
	static const struct {
		unsigned at;
		uint32_t value;
	} sizes[] = {{20, LEB + 1}, {20, UINT32_MAX}, {28, LEB}, {28, UINT32_MAX}};

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		ubi_begin();
		put_be(ubi_block(STATIC_BLOCK) + HEAD + sizes[i].at, sizes[i].value, 4);
		if (sizes[i].at == 28) /* so says the volume too */
			for (unsigned k = TABLE_BLOCK; k <= COPY_BLOCK; k++) {
				put_be(ubi_block(k) + DATA + RECORD + 8, sizes[i].value, 4);
				ubi_sum(ubi_block(k) + DATA + RECORD + 168, ubi_block(k) + DATA + RECORD, 168);
			}
		ubi_sum_identifier(STATIC_BLOCK);
		ubi_is_unseen(STATIC_BLOCK);
	}
}

Test(ubi_damage, a_static_volume_lacks_no_block)
{
	ubi_begin();
	put_be(ubi_block(STATIC_BLOCK) + HEAD + 24, 2, 4);
	ubi_sum_identifier(STATIC_BLOCK);
	struct opened opened = ubi_open_right();
	cr_assert_eq(ubi_kind_at(&opened, STATIC_BLOCK * PEB + HEAD), SB_REGION_HEADER);
	finish_image(&opened);
}

Test(ubi_damage, what_is_reserved_is_zero)
{
	static const unsigned counters[] = {5, 28, 59}, identifiers[] = {16, 36, 48, 59, 6 /* a copy */};

	for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
		ubi_begin();
		ubi_block(FIRST_BLOCK)[counters[i]] = 1;
		ubi_sum_counter(FIRST_BLOCK);
		struct opened opened = ubi_open_right();
		cr_assert_eq(ubi_kind_at(&opened, FIRST_BLOCK * PEB), SB_REGION_HEADER, "%u", counters[i]);
		finish_image(&opened);
	}
	for (size_t i = 0; i < sizeof identifiers / sizeof *identifiers; i++) {
		ubi_begin();
		ubi_block(FIRST_BLOCK)[HEAD + identifiers[i]] = 1;
		ubi_sum_identifier(FIRST_BLOCK);
		struct opened opened = ubi_open_right();
		cr_assert_eq(ubi_kind_at(&opened, FIRST_BLOCK * PEB + HEAD), SB_REGION_HEADER, "%u", identifiers[i]);
		finish_image(&opened);
	}
}

Test(ubi_damage, all_blocks_are_of_one_image)
{
	ubi_begin();
	put_be(ubi_block(FIRST_BLOCK) + 24, 0x1235, 4);
	ubi_sum_counter(FIRST_BLOCK);
	struct opened opened = ubi_open_right();
	cr_assert_eq(ubi_kind_at(&opened, FIRST_BLOCK * PEB), SB_REGION_HEADER);
	finish_image(&opened);
}

Test(ubi_damage, no_block_was_erased_more_often_than_any)
{
	ubi_begin();
	put_be(ubi_block(FIRST_BLOCK) + 8, 0x80000000, 8);
	ubi_sum_counter(FIRST_BLOCK);
	struct opened opened = ubi_open_right();
	cr_assert_eq(ubi_kind_at(&opened, FIRST_BLOCK * PEB), SB_REGION_HEADER);
	finish_image(&opened);
}

Test(ubi_damage, erased_flash_holds_nothing)
{
	ubi_begin();
	ubi_block(ERASED_BLOCK)[PEB - 1] = 'x';
	ubi_block(FIRST_BLOCK)[2 * HEAD] = 'y';
	ubi_block(STATIC_BLOCK)[PEB - 1] = 'z';
	struct opened opened = ubi_open_right();
	is_region(&opened, ERASED_BLOCK * PEB, PEB, "gap", 0, SB_REGION_GAP);
	is_region(&opened, FIRST_BLOCK * PEB + 2 * HEAD, HEAD, "gap", 0, SB_REGION_GAP);
	is_region(&opened, STATIC_BLOCK * PEB + DATA + HELD, LEB - HELD, "gap", 0, SB_REGION_GAP);
	finish_image(&opened);
}
