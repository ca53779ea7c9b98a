/* SPDX-License-Identifier: Apache-2.0 */
#include "ubi_image.h"

#include <criterion/criterion.h>
#include <string.h>
#include <zlib.h>

uint8_t ubi_image[WHOLE];

uint8_t *ubi_block(unsigned number)
{
	return ubi_image + (size_t)number * PEB;
}

/* The checksum of @length bytes, in the four at @to: all bits set at the start, and no complement at the end. */
void ubi_sum(uint8_t *to, const uint8_t *over, size_t length)
{
	put_be(to, crc32_z(0, over, length) ^ UINT32_MAX, 4);
}

void ubi_sum_counter(unsigned number)
{
	ubi_sum(ubi_block(number) + 60, ubi_block(number), 60);
}

void ubi_sum_identifier(unsigned number)
{
	ubi_sum(ubi_block(number) + HEAD + 60, ubi_block(number) + HEAD, 60);
}

static void counter(unsigned number)
{
	uint8_t *at = ubi_block(number);

	memset(at, 0, HEAD);
	memcpy(at, "UBI#\1", 5);
	put_be(at + 8, 3, 8);
	put_be(at + 16, HEAD, 4);
	put_be(at + 20, DATA, 4);
	put_be(at + 24, 0x1234, 4);
	ubi_sum_counter(number);
}

void ubi_identifier(unsigned number, unsigned type, uint32_t volume, unsigned logical, unsigned sequence)
{
	uint8_t *at = ubi_block(number) + HEAD;

	memset(at, 0, HEAD);
	memcpy(at, "UBI!\1", 5);
	at[5] = (uint8_t)type;
	put_be(at + 8, volume, 4);
	put_be(at + 12, logical, 4);
	put_be(at + 40, sequence, 8);
	if (type == STATIC) {
		put_be(at + 20, HELD, 4);
		put_be(at + 24, 1, 4);
		ubi_sum(at + 32, ubi_block(number) + DATA, HELD);
	}
	ubi_sum_identifier(number);
}

static void record(unsigned number, unsigned volume, unsigned reserved, unsigned type, const char *name)
{
	uint8_t *at = ubi_block(number) + DATA + (size_t)volume * RECORD;

	memset(at, 0, RECORD);
	put_be(at, reserved, 4);
	put_be(at + 4, reserved != 0, 4);
	at[12] = (uint8_t)type;
	put_be(at + 14, strlen(name), 2);
	memcpy(at + 16, name, strlen(name));
	ubi_sum(at + 168, at, 168);
}

static void table(unsigned number, unsigned logical)
{
	counter(number);
	for (unsigned i = 0; i < RECORDS; i++)
		record(number, i, 0, 0, "");
	record(number, 0, 4, DYNAMIC, "rootfs");
	record(number, 1, 1, STATIC, "kernel");
	ubi_identifier(number, DYNAMIC, TABLE, logical, 0);
}

/* Of a dynamic volume blocks 0 and 2, a static one of one block, a spare block, and one without any header. */
void ubi_begin(void)
{
	memset(ubi_image, 0xff, sizeof ubi_image);
	table(TABLE_BLOCK, 0);
	table(COPY_BLOCK, 1);
	for (unsigned i = FIRST_BLOCK; i <= SPARE_BLOCK; i++)
		counter(i);
	memset(ubi_block(FIRST_BLOCK) + DATA, 'a', LEB);
	memset(ubi_block(THIRD_BLOCK) + DATA, 'c', LEB);
	memset(ubi_block(STATIC_BLOCK) + DATA, 's', HELD);
	ubi_identifier(FIRST_BLOCK, DYNAMIC, 0, 0, 10);
	ubi_identifier(THIRD_BLOCK, DYNAMIC, 0, 2, 11);
	ubi_identifier(STATIC_BLOCK, STATIC, 1, 0, 12);
}

struct opened ubi_open_right(void)
{
	return read_image("ubi", sb_span_of(ubi_image, sizeof ubi_image));
}

void ubi_refuses(const char *words)
{
	refuse_image("ubi", sb_span_of(ubi_image, sizeof ubi_image), words);
}

const struct sb_member *ubi_member(const struct opened *opened, size_t index)
{
	return sb_view_member(&opened->view, index);
}

/* The logical block in @number is nobody's. */
void ubi_is_unseen(unsigned number)
{
	struct opened opened = ubi_open_right();
	is_region(&opened, number * PEB + HEAD, HEAD, "volume identifier", 0, SB_REGION_HEADER);
	is_region(&opened, number * PEB + DATA, LEB, "block that nobody sees", 0, SB_REGION_GAP);
	finish_image(&opened);
}

enum sb_region_kind ubi_kind_at(const struct opened *opened, uint64_t offset)
{
	cr_assert_not_null(region_at(opened, offset));
	return region_at(opened, offset)->kind;
}
