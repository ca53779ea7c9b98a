/* SPDX-License-Identifier: Apache-2.0 */
/* Images of UBIFS by hand, of ten erase blocks: the index and what it leads to, names, blocks, and the tree of free space. */
#include "images.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>
#include <zlib.h>

TestSuite(ubifs, .fini = no_leaks, .timeout = 120);

enum { BLOCK = 15360, LOG = 3, LPT = 5, MAIN = 8, INDEX = 9, BLOCKS = 10, WHOLE = BLOCKS * BLOCK, SUPERBLOCK = 4096, MASTER = 512 };
enum { INODE = 0, DATA, NAME, ATTRIBUTE, PADDING = 5, SUPERBLOCK_NODE, MASTER_NODE, REFERENCE, INDEX_NODE, COMMIT }; /* types of nodes */
enum { NNODE = 11, PNODE = 14, LTAB = 10 };                                                                         /* bytes, as the geometry has them */

static uint8_t image[WHOLE];

/** A node that the index leads to. */
struct leaf {
	unsigned at, length;
	uint64_t key;
};
static struct leaf leaves[32];
static unsigned leaf_count, end; /* where the next node of the main area goes */
static unsigned root, file_name, folder_name, file, first_data, second_data, folder, link_name, link_inode;

static void le(unsigned at, uint64_t value, unsigned width)
{
	put_le(image + at, value, width);
}

/* All of a node behind its checksum. */
static void sum(unsigned at)
{
	uint32_t length = (uint32_t)(image[at + 16] | image[at + 17] << 8);
	le(at + 4, crc32_z(0, image + at + 8, length - 8) ^ UINT32_MAX, 4);
}

static void head(unsigned at, unsigned type, unsigned length)
{
	memset(image + at, 0, length);
	le(at, 0x06101831, 4);
	le(at + 8, 1, 8);
	le(at + 16, length, 4);
	image[at + 20] = (uint8_t)type;
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
	unsigned at = end;

	head(at, type, length);
	le(at + 24, key, 8);
	leaves[leaf_count++] = (struct leaf){at, length, key};
	end = (at + length + 7) / 8 * 8;
	memset(image + at + length, 0, end - at - length);
	return at;
}

static unsigned add_inode(uint32_t number, unsigned mode, uint64_t size, const char *inside)
{
	unsigned at = add_leaf(INODE, 160 + (unsigned)strlen(inside), key_of(number, INODE, 0));

	le(at + 48, size, 8);
	le(at + 72, 1700000000, 8);
	le(at + 92, 1, 4);
	le(at + 96, 1000, 4);
	le(at + 100, 7, 4);
	le(at + 104, mode, 4);
	le(at + 112, strlen(inside), 4);
	memcpy(image + at + 160, inside, strlen(inside));
	sum(at);
	return at;
}

static unsigned add_name(uint32_t holder, const char *name, uint32_t number, unsigned type)
{
	unsigned n = (unsigned)strlen(name), at = add_leaf(NAME, 56 + n + 1, key_of(holder, NAME, hash_of(name)));

	le(at + 40, number, 8);
	image[at + 49] = (uint8_t)type;
	le(at + 50, n, 2);
	memcpy(image + at + 56, name, n);
	sum(at);
	return at;
}

static unsigned add_data(uint32_t number, unsigned block, unsigned size, int fill)
{
	unsigned at = add_leaf(DATA, 48 + size, key_of(number, DATA, block));

	le(at + 40, size, 4);
	memset(image + at + 48, fill, size);
	sum(at);
	return at;
}

/* One node that leads to all leaves. */
static void index_leaves(void)
{
	unsigned at = INDEX * BLOCK, length = 28 + 20 * leaf_count;

	head(at, INDEX_NODE, length);
	le(at + 24, leaf_count, 2);
	for (unsigned i = 0; i < leaf_count; i++) {
		unsigned branch = at + 28 + 20 * i;
		le(branch, leaves[i].at / BLOCK, 4);
		le(branch + 4, leaves[i].at % BLOCK, 4);
		le(branch + 8, leaves[i].length, 4);
		le(branch + 12, leaves[i].key, 8);
	}
	sum(at);
	for (unsigned lnum = 1; lnum <= 2; lnum++) {
		le(lnum * BLOCK + 56, length, 4);
		sum(lnum * BLOCK);
	}
}

static void superblock(void)
{
	static const struct {
		unsigned at;
		uint32_t value;
	} numbers[] = {{32, 8}, {36, BLOCK}, {40, BLOCKS}, {44, BLOCKS}, {56, LPT - LOG}, {60, 2}, {64, 1}, {68, 1}, {72, 32}, {80, 4}};

	head(0, SUPERBLOCK_NODE, SUPERBLOCK);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		le(numbers[i].at, numbers[i].value, 4);
	memset(image + 108, 0x42, 16);
	sum(0);
}

static void master(unsigned lnum)
{
	unsigned at = lnum * BLOCK;

	head(at, MASTER_NODE, MASTER);
	le(at + 44, LOG, 4);
	le(at + 48, INDEX, 4);
	le(at + 120, LPT, 4);
	le(at + 136, LPT, 4);
	le(at + 140, NNODE + PNODE, 4);
	le(at + 164, BLOCKS, 4);
	sum(at);
}

/* @count bits of @value, the least significant first. */
static void bits(unsigned at, unsigned *bit, uint64_t value, unsigned count)
{
	for (unsigned i = 0; i < count; i++, ++*bit)
		image[at + *bit / 8] |= (uint8_t)((value >> i & 1) << *bit % 8);
}

/* lib/crc16.c, begun with all bits set, over what follows it. */
static void sum16(unsigned at, unsigned length)
{
	uint32_t crc = 0xffff;

	for (unsigned i = 2; i < length; i++) {
		crc ^= image[at + i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1;
	}
	le(at, crc, 2);
}

/* lpt.c: blocks of 15360 bytes, two for this tree: 2 bits of a block, 14 of a place in it, 11 of eighths of room. */
static void free_space(void)
{
	unsigned inner = LPT * BLOCK, leaf = inner + NNODE, table = leaf + PNODE, bit = 16;

	memset(image + inner, 0, NNODE + PNODE + LTAB);
	bits(inner, &bit, 1, 4);
	for (unsigned i = 0; i < 4; i++) {
		bits(inner, &bit, i ? 2 : 0, 2);
		bits(inner, &bit, i ? 0 : NNODE, 14);
	}
	sum16(inner, NNODE);
	sum16(leaf, PNODE);
	bit = 16;
	bits(table, &bit, 2, 4);
	sum16(table, LTAB);
}

/* A file of two blocks, and a folder with a link. */
static void begin(void)
{
	memset(image, 0xff, sizeof image);
	superblock();
	master(1);
	master(2);
	head(LOG * BLOCK, COMMIT, 32);
	sum(LOG * BLOCK);
	free_space();
	leaf_count = 0;
	end = MAIN * BLOCK;
	root = add_inode(1, 040755, 160, "");
	file_name = add_name(1, "file", 64, 0);
	folder_name = add_name(1, "folder", 65, 1);
	file = add_inode(64, 0100644, 5000, "");
	first_data = add_data(64, 0, 4096, 'a');
	second_data = add_data(64, 1, 904, 'b');
	folder = add_inode(65, 040750, 160, "");
	link_name = add_name(65, "link", 66, 2);
	link_inode = add_inode(66, 0120777, 7, "../file");
	index_leaves();
}

static struct opened open_right(void)
{
	return read_image("ubifs", sb_span_of(image, sizeof image));
}

static void refuses(const char *words)
{
	refuse_image("ubifs", sb_span_of(image, sizeof image), words);
}

/* The member called @name; there is one. */
static const struct sb_member *find(const struct opened *opened, const char *name, size_t *index)
{
	for (*index = 0; *index < opened->view.members.count; ++*index)
		if (sb_span_equal(sb_view_member(&opened->view, *index)->name, sb_span_text(name)))
			return sb_view_member(&opened->view, *index);
	cr_assert(false, "no %s", name);
	return NULL;
}

static enum sb_region_kind kind_at(const struct opened *opened, unsigned offset)
{
	cr_assert_not_null(region_at(opened, offset));
	return region_at(opened, offset)->kind;
}

static void is_of_kind(unsigned offset, enum sb_region_kind kind)
{
	struct opened opened = open_right();
	cr_assert_eq(kind_at(&opened, offset), kind, "at %u", offset);
	finish_image(&opened);
}

Test(ubifs, members_are_what_names_lead_to)
{
	begin();
	struct opened opened = open_right();
	size_t index;
	cr_assert_eq(opened.view.members.count, 4);
	is_member(&opened, 0, ".", SB_MEMBER_DIR);
	const struct sb_member *member = find(&opened, "file", &index);
	cr_assert(member->type == SB_MEMBER_FILE && member->mode == 0644 && member->uid == 1000 && member->gid == 7 && member->mtime == 1700000000 && member->size == 5000);
	cr_assert_eq(find(&opened, "folder", &index)->type, SB_MEMBER_DIR);
	member = find(&opened, "folder/link", &index);
	cr_assert(member->type == SB_MEMBER_SYMLINK && sb_span_equal(member->link, sb_span_text("../file")));
	finish_image(&opened);
}

Test(ubifs, content_is_that_of_all_blocks)
{
	begin();
	struct opened opened = open_right();
	SB_BLOB struct sb_blob blob = {.fd = -1};
	uint64_t taken = 0;
	size_t index;
	cr_assert_eq(sb_formats_decode(opened.view.file, find(&opened, "file", &index), NULL, &blob, &taken, NULL), 0);
	cr_assert(blob.bytes.n == 5000 && blob.bytes.p[0] == 'a' && blob.bytes.p[4095] == 'a' && blob.bytes.p[4096] == 'b' && blob.bytes.p[4999] == 'b');
	finish_image(&opened);
}

Test(ubifs, every_byte_has_its_owner)
{
	begin();
	struct opened opened = open_right();
	size_t which;
	find(&opened, "file", &which);
	uint32_t member = (uint32_t)which + 1;
	is_region(&opened, 0, SUPERBLOCK, "superblock", 0, SB_REGION_LAYOUT);
	is_region(&opened, SUPERBLOCK, BLOCK - SUPERBLOCK, "erased", 0, SB_REGION_LAYOUT);
	is_region(&opened, BLOCK, MASTER, "master", 0, SB_REGION_LAYOUT);
	is_region(&opened, 2 * BLOCK, MASTER, "master, copy", 0, SB_REGION_LAYOUT);
	is_region(&opened, LOG * BLOCK, 32, "start of a commit", 0, SB_REGION_LAYOUT);
	is_region(&opened, LPT * BLOCK, NNODE, "index of free space", 0, SB_REGION_LAYOUT);
	is_region(&opened, LPT * BLOCK + NNODE, PNODE, "free space of blocks", 0, SB_REGION_LAYOUT);
	is_region(&opened, LPT * BLOCK + NNODE + PNODE, LTAB, "free space of its own blocks", 0, SB_REGION_LAYOUT);
	is_region(&opened, INDEX * BLOCK, 28 + 20 * 9, "index", 0, SB_REGION_LAYOUT);
	is_region(&opened, root, 160, "inode", 1, SB_REGION_LAYOUT);
	is_region(&opened, file_name, 61, "name", member, SB_REGION_LAYOUT);
	is_region(&opened, file_name + 61, 3, "fill", 0, SB_REGION_LAYOUT);
	is_region(&opened, file, 160, "inode", member, SB_REGION_LAYOUT);
	is_region(&opened, first_data, 48, "block", member, SB_REGION_LAYOUT);
	is_region(&opened, first_data + 48, 4096, "data", member, SB_REGION_CONTENT);
	is_region(&opened, second_data + 48, 904, "data", member, SB_REGION_CONTENT);
	find(&opened, "folder/link", &which);
	is_region(&opened, link_inode + 160, 7, "inline data", (uint32_t)which + 1, SB_REGION_CONTENT);
	finish_image(&opened);
}

Test(ubifs, fields_of_leaves)
{
	begin();
	struct opened opened = open_right();
	is_derived(&opened, file, "crc", SB_DERIVE_CRC32_BARE, 4, file + 8, 152);
	is_derived(&opened, file, "len", SB_DERIVE_LENGTH, 16, file, 160);
	is_derived(&opened, link_inode, "data_len", SB_DERIVE_LENGTH, 112, link_inode + 160, 7);
	is_field(&opened, file, "sqnum", SB_FIELD_INODE, 8, 8);
	is_field(&opened, file, "mtime_sec", SB_FIELD_TIME, 72, 8);
	is_field(&opened, file, "nlink", SB_FIELD_VALUE, 92, 4);
	is_field(&opened, file, "uid", SB_FIELD_OWNER, 96, 4);
	is_field(&opened, file, "mode", SB_FIELD_MODE, 104, 4);
	is_field(&opened, file, "flags", SB_FIELD_FLAGS, 108, 4);
	is_field(&opened, file, "size", SB_FIELD_SIZE, 48, 8);
	is_field(&opened, folder, "size", SB_FIELD_VALUE, 48, 8);
	is_field(&opened, file_name, "inum", SB_FIELD_INODE, 40, 8);
	is_field(&opened, file_name, "name", SB_FIELD_NAME, 56, 4);
	is_derived(&opened, file_name, "nlen", SB_DERIVE_LENGTH, 50, file_name + 56, 4);
	is_field(&opened, first_data, "size", SB_FIELD_SIZE, 40, 4);
	is_field(&opened, first_data, "compr_type", SB_FIELD_ENCODING, 44, 2);
	finish_image(&opened);
}

Test(ubifs, fields_of_heads)
{
	begin();
	struct opened opened = open_right();
	is_field(&opened, 0, "uuid", SB_FIELD_IDENTIFIER, 108, 16);
	is_field(&opened, 0, "leb_size", SB_FIELD_VALUE, 36, 4);
	is_field(&opened, 0, "default_compr", SB_FIELD_ENCODING, 84, 2);
	is_derived(&opened, 0, "crc", SB_DERIVE_CRC32_BARE, 4, 8, SUPERBLOCK - 8);
	is_field(&opened, BLOCK, "root_lnum", SB_FIELD_OFFSET, 48, 4);
	is_field(&opened, BLOCK, "lpt_offs", SB_FIELD_OFFSET, 124, 4);
	is_field(&opened, INDEX * BLOCK, "lnum", SB_FIELD_OFFSET, 28, 4);
	is_field(&opened, INDEX * BLOCK, "key", SB_FIELD_INODE, 40, 8);
	finish_image(&opened);
}

Test(ubifs, the_superblock_is_right)
{
	begin();
	image[108] ^= 1;
	refuses("no superblock stands at the start");
}

Test(ubifs, sizes_of_the_superblock_make_sense)
{
	static const struct {
		unsigned at;
		uint32_t value;
	} numbers[] = {{36, 15 * 1024 - 8}, {36, BLOCK + 4}, {36, 0xfffffff8}, {40, 8}, {40, BLOCKS + 1}, {44, 0xffffffff}, {56, 0xffffffff}, {60, 0xfffffffe}, {64, 4}};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		begin();
		le(numbers[i].at, numbers[i].value, 4);
		if (numbers[i].at == 44)
			le(40, numbers[i].value, 4);
		sum(0);
		refuses("the sizes in the superblock make no sense");
	}
}

Test(ubifs, encrypted_and_authenticated_images_are_not_read)
{
	static const unsigned flags[] = {16, 32};

	for (size_t i = 0; i < 2; i++) {
		begin();
		le(28, flags[i], 4);
		sum(0);
		refuses("encrypted or authenticated");
	}
	begin();
	image[27] = 1;
	sum(0);
	refuses("keys of another form");
}

Test(ubifs, both_masters_agree)
{
	begin();
	le(2 * BLOCK + 24, 99, 8);
	sum(2 * BLOCK);
	refuses("there are not two master nodes that agree");
	begin();
	image[BLOCK + 24] ^= 1;
	refuses("there are not two master nodes that agree");
}

Test(ubifs, the_master_leads_to_the_index)
{
	static const struct {
		unsigned at;
		uint32_t value;
	} numbers[] = {{48, BLOCKS}, {48, 0xffffffff}, {52, BLOCK}, {52, 0xfffffff8}, {48, MAIN}, {56, 28}};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		begin();
		for (unsigned lnum = 1; lnum <= 2; lnum++) {
			le(lnum * BLOCK + numbers[i].at, numbers[i].value, 4);
			sum(lnum * BLOCK);
		}
		refuses("the master leads to no index");
	}
}

Test(ubifs, branches_lead_to_nodes)
{
	static const struct {
		unsigned at;
		uint32_t value;
	} numbers[] = {{0, BLOCKS}, {0, 0xffffffff}, {4, BLOCK}, {4, 0xfffffff8}, {4, 8}, {8, 161}, {8, 0xffffffff}};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		begin();
		le(INDEX * BLOCK + 28 + numbers[i].at, numbers[i].value, 4);
		sum(INDEX * BLOCK);
		refuses("a node of the index leads nowhere");
	}
}

Test(ubifs, a_leaf_with_a_wrong_checksum_is_none)
{
	begin();
	image[first_data + 48] ^= 1;
	refuses("a node of the index leads nowhere");
}

Test(ubifs, a_leaf_has_the_key_that_the_index_says)
{
	begin();
	le(INDEX * BLOCK + 28 + 12, 2, 4);
	sum(INDEX * BLOCK);
	refuses("leads to another node than it says");
}

Test(ubifs, the_index_has_no_loops)
{
	begin();
	le(INDEX * BLOCK + 26, 1, 2);
	le(INDEX * BLOCK + 28, INDEX, 4);
	le(INDEX * BLOCK + 32, 0, 4);
	le(INDEX * BLOCK + 36, 28 + 20 * leaf_count, 4);
	sum(INDEX * BLOCK);
	refuses("a node of the index leads nowhere"); /* others of its branches lead to leaves */
	le(INDEX * BLOCK + 16, 48, 4);
	le(INDEX * BLOCK + 24, 1, 2);
	le(INDEX * BLOCK + 36, 48, 4);
	sum(INDEX * BLOCK);
	for (unsigned lnum = 1; lnum <= 2; lnum++) {
		le(lnum * BLOCK + 56, 48, 4);
		sum(lnum * BLOCK);
	}
	refuses("another size or level than it should");
}

Test(ubifs, the_index_has_as_many_branches_as_it_says)
{
	begin();
	le(INDEX * BLOCK + 24, leaf_count - 1, 2);
	sum(INDEX * BLOCK);
	refuses("another size or level than it should");
	begin();
	le(INDEX * BLOCK + 24, 0xffff, 2);
	sum(INDEX * BLOCK);
	refuses("another size or level than it should");
}

Test(ubifs, nodes_share_no_bytes)
{
	begin();
	leaves[leaf_count++] = leaves[0];
	index_leaves();
	refuses("two nodes share bytes");
}

Test(ubifs, names_that_no_system_could_use)
{
	static const char *const names[] = {"a/b", "..", ".", ""};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		begin();
		add_name(1, names[i], 64, 0);
		index_leaves();
		refuses("a name that no system could use");
	}
	begin();
	image[file_name + 57] = 0;
	sum(file_name);
	refuses("a name that no system could use");
}

Test(ubifs, a_name_is_as_long_as_it_says)
{
	begin();
	le(file_name + 50, 5, 2);
	sum(file_name);
	refuses("a name of another length");
	begin();
	le(file_name + 50, 0xffff, 2);
	sum(file_name);
	refuses("a name of another length");
}

Test(ubifs, a_name_leads_to_an_inode)
{
	begin();
	le(file_name + 40, 70, 8);
	sum(file_name);
	refuses("a name leads to no inode");
	begin();
	le(file_name + 40, UINT64_C(1) << 32 | 64, 8);
	sum(file_name);
	refuses("a name leads to no inode");
}

Test(ubifs, a_folder_has_one_name)
{
	begin();
	le(link_name + 40, 65, 8);
	sum(link_name);
	refuses("a folder has two names");
	begin();
	le(link_name + 40, 1, 8);
	sum(link_name);
	refuses("a folder has two names");
}

Test(ubifs, a_file_may_have_two_names)
{
	begin();
	le(link_name + 40, 64, 8);
	image[link_name + 49] = 0;
	sum(link_name);
	struct opened opened = open_right();
	size_t index;
	const struct sb_member *first = find(&opened, "file", &index), *second = find(&opened, "folder/link", &index);
	const struct sb_member *other = first->type == SB_MEMBER_HARDLINK ? first : second;
	cr_assert_eq(other->type, SB_MEMBER_HARDLINK);
	cr_assert(sb_span_equal(other->link, other == first ? second->name : first->name));
	cr_assert_eq(kind_at(&opened, link_inode), SB_REGION_GAP, "nothing leads to the link any longer");
	finish_image(&opened);
}

Test(ubifs, a_name_that_says_something_of_its_own_is_no_layout)
{
	begin();
	image[file_name + 49] = 1; /* a folder, it says */
	sum(file_name);
	is_of_kind(file_name, SB_REGION_HEADER);
	begin();
	image[file_name + 48] = 1;
	sum(file_name);
	is_of_kind(file_name, SB_REGION_HEADER);
	begin();
	image[file_name + 56] = 'F'; /* not where its hash leads */
	sum(file_name);
	is_of_kind(file_name, SB_REGION_HEADER);
}

Test(ubifs, what_is_reserved_is_zero)
{
	static const struct {
		const unsigned *node;
		unsigned at;
	} reserved[] = {{&file, 124}, {&file, 159}, {&file, 22}, {&file, 32}, {&first_data, 46}, {&first_data, 39}};

	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
		begin();
		image[*reserved[i].node + reserved[i].at] = 1;
		sum(*reserved[i].node);
		is_of_kind(*reserved[i].node, SB_REGION_HEADER);
	}
	begin();
	image[SUPERBLOCK - 1] = 1;
	sum(0);
	is_of_kind(0, SB_REGION_HEADER);
}

Test(ubifs, blocks_are_of_the_size_that_they_say)
{
	begin();
	le(first_data + 40, 4097, 4);
	sum(first_data);
	refuses("a block of another size than it says");
	begin();
	le(first_data + 40, 4095, 4);
	sum(first_data);
	refuses("a block of another size than it says");
	begin();
	le(first_data + 40, 4097, 4);
	le(first_data + 44, 1, 2);
	sum(first_data);
	refuses("a block of another size than it says");
	begin();
	le(first_data + 44, 4, 2);
	sum(first_data);
	refuses("compressed in a way that is not known");
}

Test(ubifs, a_size_that_no_file_has)
{
	begin();
	le(file + 48, UINT64_MAX, 8);
	sum(file);
	limit_image("ubifs", sb_span_of(image, sizeof image), "");
}

Test(ubifs, a_block_behind_the_end_of_its_file_is_seen_by_nobody)
{
	begin();
	le(file + 48, 4096, 8);
	sum(file);
	struct opened opened = open_right();
	is_region(&opened, second_data, 48 + 904, "node that nobody sees", 0, SB_REGION_GAP);
	finish_image(&opened);
}

Test(ubifs, a_block_that_is_not_there_is_a_hole)
{
	begin();
	le(file + 48, 3 * 4096, 8);
	sum(file);
	struct opened opened = open_right();
	size_t index;
	cr_assert_eq(find(&opened, "file", &index)->size, 3 * 4096);
	cr_assert_eq(kind_at(&opened, second_data), SB_REGION_LAYOUT);
	finish_image(&opened);
	begin();
	for (unsigned i = 0; i < leaf_count; i++)
		if (leaves[i].at == first_data)
			leaves[i] = leaves[--leaf_count];
	index_leaves();
	opened = open_right();
	SB_BLOB struct sb_blob blob = {.fd = -1};
	uint64_t taken = 0;
	cr_assert_eq(sb_formats_decode(opened.view.file, find(&opened, "file", &index), NULL, &blob, &taken, NULL), 0);
	cr_assert(blob.bytes.n == 5000 && blob.bytes.p[0] == 0 && blob.bytes.p[4095] == 0 && blob.bytes.p[4096] == 'b');
	finish_image(&opened);
}

Test(ubifs, a_journal_that_was_not_replayed_is_not_guessed)
{
	begin();
	head(LOG * BLOCK + 32, REFERENCE, 64);
	sum(LOG * BLOCK + 32);
	refuses("the journal was not replayed");
}

Test(ubifs, what_nobody_sees_is_a_gap)
{
	begin();
	unsigned stray = add_inode(77, 0100644, 0, ""), dirt = end + 64;
	image[dirt] = 'x';
	leaf_count--;
	is_of_kind(stray, SB_REGION_GAP);
	is_of_kind(dirt, SB_REGION_GAP);
	begin();
	image[file_name + 61] = 'x';
	is_of_kind(file_name + 61, SB_REGION_GAP);
}

Test(ubifs, padding_holds_nothing)
{
	begin();
	head(end, PADDING, 28);
	le(end + 24, 36, 4);
	sum(end);
	memset(image + end + 28, 0, 36);
	struct opened opened = open_right();
	is_region(&opened, end, 28, "padding", 0, SB_REGION_LAYOUT);
	is_region(&opened, end + 28, 36, "fill", 0, SB_REGION_LAYOUT);
	finish_image(&opened);
	image[end + 40] = 'x';
	is_of_kind(end + 28, SB_REGION_GAP);
	le(end + 24, 0xfffffff0, 4);
	sum(end);
	is_of_kind(end, SB_REGION_HEADER);
}

Test(ubifs, the_tree_of_free_space_is_right)
{
	static const unsigned bytes[] = {2, NNODE + 4, NNODE + PNODE + 4};
	static const char words[] = "the tree of free space leads nowhere";

	for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
		begin();
		image[LPT * BLOCK + bytes[i]] ^= 1;
		refuses(words);
	}
	for (unsigned at = 120; at <= 140; at += at == 124 ? 12 : 4) {
		begin();
		for (unsigned lnum = 1; lnum <= 2; lnum++) {
			le(lnum * BLOCK + at, 0xffffffff, 4);
			sum(lnum * BLOCK);
		}
		refuses(words);
	}
}

Test(ubifs, bits_that_the_tree_of_free_space_does_not_use_are_zero)
{
	begin();
	image[LPT * BLOCK + NNODE - 1] |= 0x80;
	sum16(LPT * BLOCK, NNODE);
	is_of_kind(LPT * BLOCK, SB_REGION_HEADER);
}
