/* SPDX-License-Identifier: Apache-2.0 */
#include "ubifs_image.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

uint8_t ubifs_image[WHOLE];
struct ubifs_leaf ubifs_leaves[32];
unsigned ubifs_leaf_count, ubifs_end; /* where the next node of the main area goes */
unsigned ubifs_root, ubifs_file_name, ubifs_folder_name, ubifs_file, ubifs_first_data, ubifs_second_data, ubifs_folder, ubifs_link_name, ubifs_link_inode;

void ubifs_le(unsigned at, uint64_t value, unsigned width)
{
	put_le(ubifs_image + at, value, width);
}

/* All of a node behind its checksum. */
void ubifs_sum(unsigned at)
{
	uint32_t length = (uint32_t)(ubifs_image[at + 16] | ubifs_image[at + 17] << 8);
	ubifs_le(at + 4, crc32_z(0, ubifs_image + at + 8, length - 8) ^ UINT32_MAX, 4);
}

void ubifs_head(unsigned at, unsigned type, unsigned length)
{
	memset(ubifs_image + at, 0, length);
	ubifs_le(at, 0x06101831, 4);
	ubifs_le(at + 8, 1, 8);
	ubifs_le(at + 16, length, 4);
	ubifs_image[at + 20] = (uint8_t)type;
}

static uint64_t key_of(uint32_t inode, unsigned type, uint32_t number)
{
	return inode | (uint64_t)(type << 29 | number) << 32;
}

/* fs/ubifs/key.h: key_r5_hash. */
static uint32_t hash_of(const char *name)
{
	uint32_t a = 0;

	for (; *name; name++)
		a = (a + ((uint32_t)*name << 4) + ((uint32_t)*name >> 4)) * 11;
	a &= 0x1fffffff;
	return a <= 2 ? a + 3 : a;
}

static unsigned add_leaf(unsigned type, unsigned length, uint64_t key)
{
	unsigned at = ubifs_end;

	ubifs_head(at, type, length);
	ubifs_le(at + 24, key, 8);
	ubifs_leaves[ubifs_leaf_count++] = (struct ubifs_leaf){at, length, key};
	ubifs_end = (at + length + 7) / 8 * 8;
	memset(ubifs_image + at + length, 0, ubifs_end - at - length);
	return at;
}

unsigned ubifs_add_inode(uint32_t number, unsigned mode, uint64_t size, const char *inside)
{
	unsigned at = add_leaf(INODE, 160 + (unsigned)strlen(inside), key_of(number, INODE, 0));

	ubifs_le(at + 48, size, 8);
	ubifs_le(at + 72, 1700000000, 8);
	ubifs_le(at + 92, 1, 4);
	ubifs_le(at + 96, 1000, 4);
	ubifs_le(at + 100, 7, 4);
	ubifs_le(at + 104, mode, 4);
	ubifs_le(at + 112, strlen(inside), 4);
	memcpy(ubifs_image + at + 160, inside, strlen(inside));
	ubifs_sum(at);
	return at;
}

unsigned ubifs_add_name(uint32_t holder, const char *name, uint32_t number, unsigned type)
{
	unsigned n = (unsigned)strlen(name), at = add_leaf(NAME, 56 + n + 1, key_of(holder, NAME, hash_of(name)));

	ubifs_le(at + 40, number, 8);
	ubifs_image[at + 49] = (uint8_t)type;
	ubifs_le(at + 50, n, 2);
	memcpy(ubifs_image + at + 56, name, n);
	ubifs_sum(at);
	return at;
}

static unsigned add_data(uint32_t number, unsigned block, unsigned size, int fill)
{
	unsigned at = add_leaf(DATA, 48 + size, key_of(number, DATA, block));

	ubifs_le(at + 40, size, 4);
	memset(ubifs_image + at + 48, fill, size);
	ubifs_sum(at);
	return at;
}

void ubifs_say(unsigned at, uint64_t value, unsigned width)
{
	for (unsigned lnum = 1; lnum <= 2; lnum++) {
		ubifs_le(lnum * BLOCK + at, value, width);
		ubifs_sum(lnum * BLOCK);
	}
}

static int by_key(const void *a, const void *b)
{
	uint64_t x = ((const struct ubifs_leaf *)a)->key, y = ((const struct ubifs_leaf *)b)->key;

	x = x << 32 | x >> 32;
	y = y << 32 | y >> 32;
	return (x > y) - (x < y);
}

void ubifs_index_leaves(void)
{
	unsigned at = INDEX * BLOCK, length = 28 + 20 * ubifs_leaf_count;

	qsort(ubifs_leaves, ubifs_leaf_count, sizeof *ubifs_leaves, by_key);

	ubifs_head(at, INDEX_NODE, length);
	ubifs_le(at + 24, ubifs_leaf_count, 2);
	for (unsigned i = 0; i < ubifs_leaf_count; i++) {
		unsigned branch = at + 28 + 20 * i;
		ubifs_le(branch, ubifs_leaves[i].at / BLOCK, 4);
		ubifs_le(branch + 4, ubifs_leaves[i].at % BLOCK, 4);
		ubifs_le(branch + 8, ubifs_leaves[i].length, 4);
		ubifs_le(branch + 12, ubifs_leaves[i].key, 8);
	}
	ubifs_sum(at);
	ubifs_say(56, length, 4);
	ubifs_say(68, (length + 7) / 8 * 8, 4);
}

static void superblock(void)
{
	static const struct {
		unsigned at;
		uint32_t value;
	} numbers[] = {{32, 8}, {36, BLOCK}, {40, BLOCKS}, {44, BLOCKS}, {56, LPT - LOG}, {60, 2}, {64, 1}, {68, 1}, {72, 32}, {80, 4}};

	ubifs_head(0, SUPERBLOCK_NODE, SUPERBLOCK);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		ubifs_le(numbers[i].at, numbers[i].value, 4);
	memset(ubifs_image + 108, 0x42, 16);
	ubifs_sum(0);
}

static void master(unsigned lnum)
{
	unsigned at = lnum * BLOCK;

	ubifs_head(at, MASTER_NODE, MASTER);
	ubifs_le(at + 24, 66, 8);
	ubifs_le(at + 44, LOG, 4);
	ubifs_le(at + 48, INDEX, 4);
	ubifs_le(at + 60, COLLECTOR, 4);
	ubifs_le(at + 64, INDEX, 4);
	ubifs_le(at + 120, LPT, 4);
	ubifs_le(at + 128, LPT, 4);
	ubifs_le(at + 132, (NNODE + PNODE + LTAB + 7) / 8 * 8, 4);
	ubifs_le(at + 136, LPT, 4);
	ubifs_le(at + 140, NNODE + PNODE, 4);
	ubifs_le(at + 152, MAIN, 4);
	ubifs_le(at + 164, BLOCKS, 4);
	ubifs_sum(at);
}

/* @count bits of @value, the least significant first. */
static void bits(unsigned at, unsigned *bit, uint64_t value, unsigned count)
{
	for (unsigned i = 0; i < count; i++, ++*bit)
		ubifs_image[at + *bit / 8] |= (uint8_t)((value >> i & 1) << *bit % 8);
}

/* lib/crc16.c, begun with all bits set, over what follows it. */
void ubifs_sum16(unsigned at, unsigned length)
{
	uint32_t crc = 0xffff;

	for (unsigned i = 2; i < length; i++) {
		crc ^= ubifs_image[at + i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1;
	}
	ubifs_le(at, crc, 2);
}

/* lpt.c: blocks of 15360 bytes, two for this tree: 2 bits of a block, 14 of a place in it, 11 of eighths of room. */
static void free_space(void)
{
	unsigned inner = LPT * BLOCK, leaf = inner + NNODE, table = leaf + PNODE, bit = 16;

	memset(ubifs_image + inner, 0, NNODE + PNODE + LTAB);
	bits(inner, &bit, 1, 4);
	for (unsigned i = 0; i < 4; i++) {
		bits(inner, &bit, i ? 2 : 0, 2);
		bits(inner, &bit, i ? 0 : NNODE, 14);
	}
	ubifs_sum16(inner, NNODE);
	ubifs_sum16(leaf, PNODE);
	bit = 16;
	bits(table, &bit, 2, 4);
	ubifs_sum16(table, LTAB);
}

/* A file of two blocks, and a folder with a link. */
void ubifs_begin(void)
{
	memset(ubifs_image, 0xff, sizeof ubifs_image);
	superblock();
	master(1);
	master(2);
	ubifs_head(LOG * BLOCK, COMMIT, 32);
	ubifs_sum(LOG * BLOCK);
	free_space();
	ubifs_leaf_count = 0;
	ubifs_end = MAIN * BLOCK;
	ubifs_root = ubifs_add_inode(1, 040755, 160, "");
	ubifs_file_name = ubifs_add_name(1, "file", 64, 0);
	ubifs_folder_name = ubifs_add_name(1, "folder", 65, 1);
	ubifs_file = ubifs_add_inode(64, 0100644, 5000, "");
	ubifs_first_data = add_data(64, 0, 4096, 'a');
	ubifs_second_data = add_data(64, 1, 904, 'b');
	ubifs_folder = ubifs_add_inode(65, 040750, 160, "");
	ubifs_link_name = ubifs_add_name(65, "link", 66, 2);
	ubifs_link_inode = ubifs_add_inode(66, 0120777, 7, "../file");
	ubifs_index_leaves();
}

struct opened ubifs_open_right(void)
{
	return read_image("ubifs", sb_span_of(ubifs_image, sizeof ubifs_image));
}

void ubifs_refuses(const char *words)
{
	refuse_image("ubifs", sb_span_of(ubifs_image, sizeof ubifs_image), words);
}

/* The member called @name; there is one. */
const struct sb_member *ubifs_find(const struct opened *opened, const char *name, size_t *index)
{
	for (*index = 0; *index < opened->view.members.count; ++*index)
		if (sb_span_equal(sb_view_member(&opened->view, *index)->name, sb_span_text(name)))
			return sb_view_member(&opened->view, *index);
	cr_assert(false, "no %s", name);
	return NULL;
}

enum sb_region_kind ubifs_kind_at(const struct opened *opened, unsigned offset)
{
	cr_assert_not_null(region_at(opened, offset));
	return region_at(opened, offset)->kind;
}

void ubifs_is_of_kind(unsigned offset, enum sb_region_kind kind)
{
	struct opened opened = ubifs_open_right();
	cr_assert_eq(ubifs_kind_at(&opened, offset), kind, "at %u", offset);
	finish_image(&opened);
}
