/* SPDX-License-Identifier: Apache-2.0 */
/* Images of UBI by hand: erase blocks that count and that do not, volumes out of them, and what becomes of a wrong checksum. */
#include "images.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>
#include <zlib.h>

TestSuite(ubi, .fini = no_leaks, .timeout = 120);

enum { PEB = 2048, HEAD = 64, DATA = 192, LEB = PEB - DATA, BLOCKS = 7, WHOLE = BLOCKS * PEB, RECORD = 172, RECORDS = LEB / RECORD, TABLE = 0x7fffefff, DYNAMIC = 1, STATIC = 2, HELD = 100 };
/* Which erase block holds what. */
enum { TABLE_BLOCK, COPY_BLOCK, FIRST_BLOCK, THIRD_BLOCK, STATIC_BLOCK, SPARE_BLOCK, ERASED_BLOCK };

static uint8_t image[WHOLE];

static uint8_t *block(unsigned number)
{
	return image + (size_t)number * PEB;
}

/* The checksum of @length bytes, in the four at @to: all bits set at the start, and no complement at the end. */
static void sum(uint8_t *to, const uint8_t *over, size_t length)
{
	put_be(to, crc32_z(0, over, length) ^ UINT32_MAX, 4);
}

static void sum_counter(unsigned number)
{
	sum(block(number) + 60, block(number), 60);
}

static void sum_identifier(unsigned number)
{
	sum(block(number) + HEAD + 60, block(number) + HEAD, 60);
}

static void counter(unsigned number)
{
	uint8_t *at = block(number);

	memset(at, 0, HEAD);
	memcpy(at, "UBI#\1", 5);
	put_be(at + 8, 3, 8);
	put_be(at + 16, HEAD, 4);
	put_be(at + 20, DATA, 4);
	put_be(at + 24, 0x1234, 4);
	sum_counter(number);
}

static void identifier(unsigned number, unsigned type, uint32_t volume, unsigned logical, unsigned sequence)
{
	uint8_t *at = block(number) + HEAD;

	memset(at, 0, HEAD);
	memcpy(at, "UBI!\1", 5);
	at[5] = (uint8_t)type;
	put_be(at + 8, volume, 4);
	put_be(at + 12, logical, 4);
	put_be(at + 40, sequence, 8);
	if (type == STATIC) {
		put_be(at + 20, HELD, 4);
		put_be(at + 24, 1, 4);
		sum(at + 32, block(number) + DATA, HELD);
	}
	sum_identifier(number);
}

static void record(unsigned number, unsigned volume, unsigned reserved, unsigned type, const char *name)
{
	uint8_t *at = block(number) + DATA + (size_t)volume * RECORD;

	memset(at, 0, RECORD);
	put_be(at, reserved, 4);
	put_be(at + 4, reserved != 0, 4);
	at[12] = (uint8_t)type;
	put_be(at + 14, strlen(name), 2);
	memcpy(at + 16, name, strlen(name));
	sum(at + 168, at, 168);
}

static void table(unsigned number, unsigned logical)
{
	counter(number);
	for (unsigned i = 0; i < RECORDS; i++)
		record(number, i, 0, 0, "");
	record(number, 0, 4, DYNAMIC, "rootfs");
	record(number, 1, 1, STATIC, "kernel");
	identifier(number, DYNAMIC, TABLE, logical, 0);
}

/* Of a dynamic volume blocks 0 and 2, a static one of one block, a spare block, and one without any header. */
static void begin(void)
{
	memset(image, 0xff, sizeof image);
	table(TABLE_BLOCK, 0);
	table(COPY_BLOCK, 1);
	for (unsigned i = FIRST_BLOCK; i <= SPARE_BLOCK; i++)
		counter(i);
	memset(block(FIRST_BLOCK) + DATA, 'a', LEB);
	memset(block(THIRD_BLOCK) + DATA, 'c', LEB);
	memset(block(STATIC_BLOCK) + DATA, 's', HELD);
	identifier(FIRST_BLOCK, DYNAMIC, 0, 0, 10);
	identifier(THIRD_BLOCK, DYNAMIC, 0, 2, 11);
	identifier(STATIC_BLOCK, STATIC, 1, 0, 12);
}

static struct opened open_right(void)
{
	return read_image("ubi", sb_span_of(image, sizeof image));
}

static void refuses(const char *words)
{
	refuse_image("ubi", sb_span_of(image, sizeof image), words);
}

static const struct sb_member *member(const struct opened *opened, size_t index)
{
	return sb_view_member(&opened->view, index);
}

/* The logical block in @number is nobody's. */
static void is_unseen(unsigned number)
{
	struct opened opened = open_right();
	is_region(&opened, number * PEB + HEAD, HEAD, "volume identifier", 0, SB_REGION_HEADER);
	is_region(&opened, number * PEB + DATA, LEB, "block that nobody sees", 0, SB_REGION_GAP);
	finish_image(&opened);
}

static enum sb_region_kind kind_at(const struct opened *opened, uint64_t offset)
{
	cr_assert_not_null(region_at(opened, offset));
	return region_at(opened, offset)->kind;
}

Test(ubi, volumes_are_members)
{
	begin();
	struct opened opened = open_right();
	cr_assert_eq(opened.view.members.count, 2);
	is_member(&opened, 0, "rootfs", SB_MEMBER_PART);
	is_member(&opened, 1, "kernel", SB_MEMBER_PART);
	cr_assert_eq(member(&opened, 1)->size, HELD);
	cr_assert_eq(member(&opened, 1)->offset, STATIC_BLOCK * PEB + DATA);
	finish_image(&opened);
}

Test(ubi, a_block_of_a_dynamic_volume_that_is_not_there_is_erased_flash)
{
	begin();
	struct opened opened = open_right();
	SB_BLOB struct sb_blob blob = {.fd = -1};
	uint64_t taken = 0;
	cr_assert_eq(member(&opened, 0)->size, 3 * LEB);
	cr_assert_eq(sb_formats_decode(opened.view.file, member(&opened, 0), NULL, &blob, &taken, NULL), 0);
	cr_assert(blob.bytes.n == 3 * LEB && blob.bytes.p[LEB - 1] == 'a' && blob.bytes.p[LEB] == 0xff && blob.bytes.p[2 * LEB - 1] == 0xff && blob.bytes.p[2 * LEB] == 'c');
	finish_image(&opened);
}

Test(ubi, every_byte_has_its_owner)
{
	begin();
	struct opened opened = open_right();
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
	begin();
	struct opened opened = open_right();
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
	begin();
	struct opened opened = open_right();
	is_field(&opened, DATA, "reserved_pebs", SB_FIELD_VALUE, 0, 4);
	is_field(&opened, DATA, "vol_type", SB_FIELD_VALUE, 12, 1);
	is_field(&opened, DATA, "name", SB_FIELD_NAME, 16, 128);
	is_field(&opened, DATA, "flags", SB_FIELD_FLAGS, 144, 1);
	is_derived(&opened, DATA, "crc", SB_DERIVE_CRC32_BARE, 168, DATA, 168);
	finish_image(&opened);
}

Test(ubi, an_image_begins_with_an_erase_counter)
{
	begin();
	image[9] ^= 1;
	refuses("no erase counter stands at the start");
}

Test(ubi, a_block_with_a_wrong_checksum_is_none)
{
	begin();
	block(STATIC_BLOCK)[9] ^= 1;
	struct opened opened = open_right();
	is_region(&opened, STATIC_BLOCK * PEB, PEB, "gap", 0, SB_REGION_GAP);
	cr_assert_eq(member(&opened, 1)->size, 0);
	finish_image(&opened);
	begin();
	block(STATIC_BLOCK)[HEAD + 45] ^= 1;
	opened = open_right();
	is_region(&opened, STATIC_BLOCK * PEB + HEAD, PEB - HEAD, "gap", 0, SB_REGION_GAP);
	cr_assert_eq(member(&opened, 1)->size, 0);
	finish_image(&opened);
}

Test(ubi, a_wrong_checksum_of_data_is_no_layout)
{
	begin();
	block(STATIC_BLOCK)[DATA] ^= 1;
	struct opened opened = open_right();
	is_region(&opened, STATIC_BLOCK * PEB + HEAD, HEAD, "volume identifier", 2, SB_REGION_HEADER);
	cr_assert_eq(member(&opened, 1)->size, HELD);
	finish_image(&opened);
}

Test(ubi, headers_lie_in_their_block)
{
	static const struct {
		uint32_t identifier, data;
	} places[] = {{HEAD - 1, DATA}, {HEAD, 2 * HEAD - 1}, {HEAD, PEB}, {HEAD, UINT32_MAX}, {UINT32_MAX, DATA}, {UINT32_MAX - HEAD + 1, DATA}, {UINT32_MAX, UINT32_MAX}};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		begin();
		put_be(block(FIRST_BLOCK) + 16, places[i].identifier, 4);
		put_be(block(FIRST_BLOCK) + 20, places[i].data, 4);
		sum_counter(FIRST_BLOCK);
		refuses("whose headers do not lie in it");
	}
}

Test(ubi, the_volume_table_stands_there_twice_and_one_is_enough)
{
	begin();
	block(TABLE_BLOCK)[DATA + 1] ^= 1;
	struct opened opened = open_right();
	is_member(&opened, 0, "rootfs", SB_MEMBER_PART);
	finish_image(&opened);
	block(COPY_BLOCK)[DATA + RECORD + 1] ^= 1;
	refuses("the image has no volume table");
}

Test(ubi, names_are_no_longer_than_their_field)
{
	begin();
	for (unsigned i = TABLE_BLOCK; i <= COPY_BLOCK; i++) {
		put_be(block(i) + DATA + 14, 128, 2);
		sum(block(i) + DATA + 168, block(i) + DATA, 168);
	}
	refuses("the image has no volume table");
}

Test(ubi, of_two_blocks_of_one_number_the_later_one_counts)
{
	begin();
	memset(block(SPARE_BLOCK) + DATA, 'n', LEB);
	identifier(SPARE_BLOCK, DYNAMIC, 0, 0, 20);
	struct opened opened = open_right();
	is_region(&opened, SPARE_BLOCK * PEB + DATA, LEB, "data", 1, SB_REGION_CONTENT);
	is_region(&opened, FIRST_BLOCK * PEB + DATA, LEB, "block that nobody sees", 0, SB_REGION_GAP);
	cr_assert_eq(kind_at(&opened, SPARE_BLOCK * PEB + HEAD), SB_REGION_HEADER);
	cr_assert_eq(kind_at(&opened, FIRST_BLOCK * PEB + HEAD), SB_REGION_HEADER);
	finish_image(&opened);
}

Test(ubi, a_block_that_fits_no_volume_is_seen_by_nobody)
{
	begin();
	identifier(SPARE_BLOCK, DYNAMIC, 0, 4, 20); /* four are reserved */
	is_unseen(SPARE_BLOCK);
	identifier(SPARE_BLOCK, DYNAMIC, 0, UINT32_MAX, 20);
	is_unseen(SPARE_BLOCK);
	identifier(SPARE_BLOCK, DYNAMIC, 5, 0, 20);
	is_unseen(SPARE_BLOCK);
	identifier(SPARE_BLOCK, DYNAMIC, 128, 0, 20);
	is_unseen(SPARE_BLOCK);
	identifier(SPARE_BLOCK, DYNAMIC, TABLE, 2, 20);
	is_unseen(SPARE_BLOCK);
	identifier(SPARE_BLOCK, STATIC, 0, 1, 20);
	is_unseen(SPARE_BLOCK);
}

Test(ubi, sizes_that_no_block_has_room_for)
{
	static const struct {
		unsigned at;
		uint32_t value;
	} sizes[] = {{20, LEB + 1}, {20, UINT32_MAX}, {28, LEB}, {28, UINT32_MAX}};

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		begin();
		put_be(block(STATIC_BLOCK) + HEAD + sizes[i].at, sizes[i].value, 4);
		if (sizes[i].at == 28) /* so says the volume too */
			for (unsigned k = TABLE_BLOCK; k <= COPY_BLOCK; k++) {
				put_be(block(k) + DATA + RECORD + 8, sizes[i].value, 4);
				sum(block(k) + DATA + RECORD + 168, block(k) + DATA + RECORD, 168);
			}
		sum_identifier(STATIC_BLOCK);
		is_unseen(STATIC_BLOCK);
	}
}

Test(ubi, a_static_volume_lacks_no_block)
{
	begin();
	put_be(block(STATIC_BLOCK) + HEAD + 24, 2, 4);
	sum_identifier(STATIC_BLOCK);
	struct opened opened = open_right();
	cr_assert_eq(kind_at(&opened, STATIC_BLOCK * PEB + HEAD), SB_REGION_HEADER);
	finish_image(&opened);
}

Test(ubi, what_is_reserved_is_zero)
{
	static const unsigned counters[] = {5, 28, 59}, identifiers[] = {16, 36, 48, 59, 6 /* a copy */};

	for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
		begin();
		block(FIRST_BLOCK)[counters[i]] = 1;
		sum_counter(FIRST_BLOCK);
		struct opened opened = open_right();
		cr_assert_eq(kind_at(&opened, FIRST_BLOCK * PEB), SB_REGION_HEADER, "%u", counters[i]);
		finish_image(&opened);
	}
	for (size_t i = 0; i < sizeof identifiers / sizeof *identifiers; i++) {
		begin();
		block(FIRST_BLOCK)[HEAD + identifiers[i]] = 1;
		sum_identifier(FIRST_BLOCK);
		struct opened opened = open_right();
		cr_assert_eq(kind_at(&opened, FIRST_BLOCK * PEB + HEAD), SB_REGION_HEADER, "%u", identifiers[i]);
		finish_image(&opened);
	}
}

Test(ubi, all_blocks_are_of_one_image)
{
	begin();
	put_be(block(FIRST_BLOCK) + 24, 0x1235, 4);
	sum_counter(FIRST_BLOCK);
	struct opened opened = open_right();
	cr_assert_eq(kind_at(&opened, FIRST_BLOCK * PEB), SB_REGION_HEADER);
	finish_image(&opened);
}

Test(ubi, no_block_was_erased_more_often_than_any)
{
	begin();
	put_be(block(FIRST_BLOCK) + 8, 0x80000000, 8);
	sum_counter(FIRST_BLOCK);
	struct opened opened = open_right();
	cr_assert_eq(kind_at(&opened, FIRST_BLOCK * PEB), SB_REGION_HEADER);
	finish_image(&opened);
}

Test(ubi, erased_flash_holds_nothing)
{
	begin();
	block(ERASED_BLOCK)[PEB - 1] = 'x';
	block(FIRST_BLOCK)[2 * HEAD] = 'y';
	block(STATIC_BLOCK)[PEB - 1] = 'z';
	struct opened opened = open_right();
	is_region(&opened, ERASED_BLOCK * PEB, PEB, "gap", 0, SB_REGION_GAP);
	is_region(&opened, FIRST_BLOCK * PEB + 2 * HEAD, HEAD, "gap", 0, SB_REGION_GAP);
	is_region(&opened, STATIC_BLOCK * PEB + DATA + HELD, LEB - HELD, "gap", 0, SB_REGION_GAP);
	finish_image(&opened);
}
