/* SPDX-License-Identifier: Apache-2.0 */
/* An image of UBI by hand: a dynamic volume with a hole, and a static one of one block. Tests change it and mend its sums. */
#ifndef TESTS_UNIT_FORMATS_UBI_IMAGE_H
#define TESTS_UNIT_FORMATS_UBI_IMAGE_H

#include "images.h"

enum { PEB = 2048, HEAD = 64, DATA = 192, LEB = PEB - DATA, BLOCKS = 7, WHOLE = BLOCKS * PEB, RECORD = 172, RECORDS = LEB / RECORD, TABLE = 0x7fffefff, DYNAMIC = 1, STATIC = 2, HELD = 100 };
/* Which erase block holds what. */
enum { TABLE_BLOCK, COPY_BLOCK, FIRST_BLOCK, THIRD_BLOCK, STATIC_BLOCK, SPARE_BLOCK, ERASED_BLOCK };

extern uint8_t ubi_image[WHOLE];

/** Of a dynamic volume blocks 0 and 2, a static one of one block, a spare block, and one without any header. */
void ubi_begin(void);
uint8_t *ubi_block(unsigned number);
/** The checksum of @length bytes, in the four at @to: all bits set at the start, and no complement at the end. */
void ubi_sum(uint8_t *to, const uint8_t *over, size_t length);
void ubi_sum_counter(unsigned number);
void ubi_sum_identifier(unsigned number);
void ubi_identifier(unsigned number, unsigned type, uint32_t volume, unsigned logical, unsigned sequence);
struct opened ubi_open_right(void);
void ubi_refuses(const char *words);
const struct sb_member *ubi_member(const struct opened *opened, size_t index);
/** The logical block in @number is nobody's. */
void ubi_is_unseen(unsigned number);
enum sb_region_kind ubi_kind_at(const struct opened *opened, uint64_t offset);

#endif
