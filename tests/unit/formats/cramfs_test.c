/* SPDX-License-Identifier: Apache-2.0 */
/* Images of cramfs by hand: inodes with their names, pointers to the ends of blocks, in both byte orders. */
#include "images.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>
#include <zlib.h>

TestSuite(cramfs, .fini = no_leaks, .timeout = 120);

enum { WHOLE = 16384, BOOT = 512, SIZE = 8192, FILE_SIZE = 5000, VERSION_2 = 1, MODE_FOLDER = 040755, MODE_FILE = 0100644, MODE_LINK = 0120777, MODE_DEVICE = 020600 };
/* Behind the superblock: the root's inodes, those of the folder, a file's pointers. */
enum { ROOT = 64, FOLDER = 76, FILE_AT = 92, DEVICE = 108, ROOT_SIZE = 48, LINK = 124, POINTERS = 140, FIRST_BLOCK = 148 };

static uint8_t image[WHOLE];
static unsigned start, second_block, link_pointer, end;
static bool big;
static size_t used;

static void put(unsigned at, uint32_t value)
{
	(big ? put_be : put_le)(image + at, value, 4);
}

/* Bit fields begin at the least significant bit where bytes do, too. */
static void inode(unsigned at, unsigned mode, unsigned size, unsigned name, unsigned offset)
{
	const unsigned uid = 1000, gid = 7;

	put(at, big ? mode << 16 | uid : mode | uid << 16);
	put(at + 4, big ? size << 8 | gid : size | gid << 24);
	put(at + 8, big ? name / 4 << 26 | offset / 4 : name / 4 | offset / 4 << 6);
}

static void entry(unsigned at, unsigned mode, unsigned size, unsigned offset, const char *name)
{
	inode(at, mode, size, 4, offset);
	memset(image + at + 12, 0, 4);
	memcpy(image + at + 12, name, strlen(name));
}

static unsigned block(unsigned at, const char *bytes, unsigned n, int fill)
{
	uint8_t plain[4096];
	uLongf length = 512;

	memset(plain, fill, sizeof plain);
	if (bytes)
		memcpy(plain, bytes, n);
	cr_assert_eq(compress(image + at, &length, plain, n), Z_OK);
	return at + (unsigned)length;
}

static void finish_sum(void)
{
	put(start + 32, 0);
	put(start + 32, (uint32_t)crc32_z(0, image + start, SIZE - start));
}

/* A folder with a link, a file of two blocks, and a device; places count from the start of the file. */
static void build(unsigned from, bool order)
{
	memset(image, 0, sizeof image);
	start = from;
	big = order;
	used = SIZE;
	put(start, 0x28cd3d45);
	put(start + 4, SIZE);
	put(start + 8, VERSION_2 | (start ? 0x400 : 0));
	memcpy(image + start + 16, "Compressed ROMFS", 16);
	inode(start + ROOT, MODE_FOLDER, ROOT_SIZE, 0, start + FOLDER);
	entry(start + FOLDER, MODE_FOLDER, 16, start + LINK, "dir");
	entry(start + FILE_AT, MODE_FILE, FILE_SIZE, start + POINTERS, "file");
	entry(start + DEVICE, MODE_DEVICE, 0x0501, 0, "tty");
	second_block = block(start + FIRST_BLOCK, NULL, 4096, 'a');
	unsigned behind = block(second_block, NULL, FILE_SIZE - 4096, 'b');
	put(start + POINTERS, second_block);
	put(start + POINTERS + 4, behind);
	link_pointer = (behind + 3) / 4 * 4;
	entry(start + LINK, MODE_LINK, 7, link_pointer, "link");
	end = block(link_pointer + 4, "../file", 7, 0);
	put(link_pointer, end);
	finish_sum();
}

static void begin(void)
{
	build(0, false);
}

static struct opened open_right(void)
{
	return read_image("cramfs", sb_span_of(image, used));
}

static void refuses(const char *words)
{
	refuse_image("cramfs", sb_span_of(image, used), words);
}

static const struct sb_member *member(const struct opened *opened, size_t index)
{
	return sb_view_member(&opened->view, index);
}

static void is_of_kind(unsigned offset, enum sb_region_kind kind)
{
	is_of_kind_in("cramfs", sb_span_of(image, used), offset, kind);
}

/* The members of an image as build() makes it. */
static void has_members(struct opened *opened)
{
	SB_BLOB struct sb_blob text = {.fd = -1}, target = {.fd = -1};
	uint64_t taken = 0;

	cr_assert_eq(opened->view.members.count, 5);
	is_member(opened, 0, ".", SB_MEMBER_DIR);
	is_member(opened, 1, "dir", SB_MEMBER_DIR);
	is_member(opened, 2, "dir/link", SB_MEMBER_SYMLINK);
	is_member(opened, 3, "file", SB_MEMBER_FILE);
	is_member(opened, 4, "tty", SB_MEMBER_CHAR);
	cr_assert(member(opened, 3)->mode == 0644 && member(opened, 3)->uid == 1000 && member(opened, 3)->gid == 7);
	cr_assert(member(opened, 4)->rdev_major == 5 && member(opened, 4)->rdev_minor == 1);
	cr_assert_eq(sb_formats_decode(opened->view.file, member(opened, 3), NULL, &text, &taken, NULL), 0);
	cr_assert(text.bytes.n == FILE_SIZE && text.bytes.p[4095] == 'a' && text.bytes.p[4096] == 'b');
	cr_assert_eq(sb_formats_decode(opened->view.file, member(opened, 2), NULL, &target, &taken, NULL), 0);
	cr_assert(sb_span_equal(target.bytes, sb_span_text("../file")));
}

Test(cramfs, members_are_what_inodes_say)
{
	begin();
	struct opened opened = open_right();
	has_members(&opened);
	finish_image(&opened);
}

Test(cramfs, the_other_byte_order_is_read_too)
{
	build(0, true);
	struct opened opened = open_right();
	has_members(&opened);
	cr_assert_eq(field_of(&opened, region_at(&opened, FILE_AT), "size")->encoding, SB_ENC_BE);
	finish_image(&opened);
}

Test(cramfs, an_image_may_begin_with_boot_code)
{
	build(BOOT, false);
	struct opened opened = open_right();
	has_members(&opened);
	is_region(&opened, 0, BOOT, "fill", 0, SB_REGION_LAYOUT);
	is_region(&opened, BOOT, 76, "superblock", 0, SB_REGION_LAYOUT);
	is_derived(&opened, BOOT, "crc", SB_DERIVE_CRC32_ZEROED, 32, BOOT, SIZE - BOOT);
	finish_image(&opened);
	image[0] = 0xeb;
	is_of_kind(0, SB_REGION_GAP);
}

Test(cramfs, every_byte_has_its_owner)
{
	begin();
	struct opened opened = open_right();
	is_region(&opened, 0, 76, "superblock", 0, SB_REGION_LAYOUT);
	is_region(&opened, FOLDER, 16, "inode", 2, SB_REGION_LAYOUT);
	is_region(&opened, FILE_AT, 16, "inode", 4, SB_REGION_LAYOUT);
	is_region(&opened, DEVICE, 16, "inode", 5, SB_REGION_LAYOUT);
	is_region(&opened, LINK, 16, "inode", 3, SB_REGION_LAYOUT);
	is_region(&opened, POINTERS, 8, "block pointers", 4, SB_REGION_LAYOUT);
	is_region(&opened, FIRST_BLOCK, second_block - FIRST_BLOCK, "block", 4, SB_REGION_ENCODED);
	is_region(&opened, link_pointer, 4, "block pointers", 3, SB_REGION_LAYOUT);
	is_region(&opened, link_pointer + 4, end - link_pointer - 4, "block", 3, SB_REGION_ENCODED);
	is_region(&opened, end, SIZE - end, "fill", 0, SB_REGION_LAYOUT);
	finish_image(&opened);
}

Test(cramfs, fields)
{
	begin();
	struct opened opened = open_right();
	is_field(&opened, 0, "size", SB_FIELD_SIZE, 4, 4);
	is_derived(&opened, 0, "crc", SB_DERIVE_CRC32_ZEROED, 32, 0, SIZE);
	is_field(&opened, 0, "edition", SB_FIELD_VALUE, 36, 4);
	is_field(&opened, 0, "files", SB_FIELD_VALUE, 44, 4);
	is_field(&opened, 0, "name", SB_FIELD_NAME, 48, 16);
	is_field(&opened, 0, "mode of the root", SB_FIELD_MODE, 64, 2);
	is_field(&opened, FILE_AT, "mode", SB_FIELD_MODE, 0, 2);
	is_field(&opened, FILE_AT, "uid", SB_FIELD_OWNER, 2, 2);
	is_field(&opened, FILE_AT, "size", SB_FIELD_SIZE, 4, 3);
	is_field(&opened, FILE_AT, "gid", SB_FIELD_OWNER, 7, 1);
	is_field(&opened, FILE_AT, "name", SB_FIELD_NAME, 12, 4);
	is_field(&opened, DEVICE, "size", SB_FIELD_DEVICE, 4, 3);
	is_field(&opened, POINTERS, "end of a block", SB_FIELD_OFFSET, 0, 4);
	finish_image(&opened);
}

Test(cramfs, an_image_is_as_long_as_it_says)
{
	static const uint32_t sizes[] = {SIZE + 1, UINT32_MAX, 75, 0};

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		begin();
		put(4, sizes[i]);
		refuses("the image is shorter than it says");
	}
	begin();
	image[16] ^= 1;
	refuses("no superblock of cramfs");
}

Test(cramfs, other_forms_are_not_read)
{
	static const uint32_t flags[] = {0, VERSION_2 | 0x200, VERSION_2 | 0x800, VERSION_2 | 0x80000000};

	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		begin();
		put(8, flags[i]);
		refuses("flags of an older or a later cramfs");
	}
}

Test(cramfs, what_is_reserved_is_zero)
{
	begin();
	put(12, 1);
	is_of_kind(0, SB_REGION_HEADER);
	begin();
	entry(DEVICE, MODE_DEVICE, 0x0501, POINTERS, "tty");
	is_of_kind(DEVICE, SB_REGION_HEADER);
	begin();
	image[FOLDER + 14] = 0; /* "di", and one more byte behind its end */
	image[FOLDER + 15] = 'x';
	is_of_kind(FOLDER, SB_REGION_HEADER);
}

Test(cramfs, the_root_is_a_folder)
{
	begin();
	inode(ROOT, MODE_FILE, ROOT_SIZE, 0, FOLDER);
	refuses("the root is no folder");
}

Test(cramfs, folders_lie_in_the_image)
{
	begin();
	entry(FOLDER, MODE_FOLDER, 16, SIZE - 12, "dir");
	refuses("a folder that does not lie inside the image");
	begin();
	entry(FOLDER, MODE_FOLDER, 0xffffff, LINK, "dir");
	refuses("a folder that does not lie inside the image");
	begin();
	entry(FOLDER, MODE_FOLDER, 16, 0x3ffffff * 4U, "dir");
	refuses("a folder that does not lie inside the image");
	begin();
	put(4, LINK + 12);
	refuses("inside");
}

Test(cramfs, folders_have_no_loops)
{
	begin();
	entry(FOLDER, MODE_FOLDER, ROOT_SIZE, FOLDER, "dir");
	limit_image("cramfs", sb_span_of(image, used), "path");
	put(4, 2048);
	used = 2048;
	refuses("an inode without a name"); /* there is no room for so many */
	begin();
	entry(DEVICE, MODE_FOLDER, 16, LINK, "two");
	refuses("two parts of the file share bytes");
}

Test(cramfs, names_that_no_system_could_use)
{
	static const char *const names[] = {"a/b", "..", ".", ""};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		begin();
		entry(FILE_AT, MODE_FILE, FILE_SIZE, POINTERS, names[i]);
		refuses("a name that no system could use");
	}
	begin();
	inode(FILE_AT, MODE_FILE, FILE_SIZE, 0, POINTERS);
	refuses("an inode without a name");
	begin();
	inode(DEVICE, MODE_DEVICE, 0, 252, 0);
	refuses("two parts of the file share bytes");
}

Test(cramfs, pointers_lead_to_the_ends_of_blocks)
{
	static const uint32_t ends[] = {0, FIRST_BLOCK - 1, SIZE + 1, UINT32_MAX};

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		begin();
		put(POINTERS, ends[i]);
		refuses("a pointer that leads to no block");
	}
	begin();
	put(POINTERS + 4, second_block - 1);
	refuses("a pointer that leads to no block");
}

Test(cramfs, pointers_lie_in_the_image)
{
	begin();
	entry(FILE_AT, MODE_FILE, FILE_SIZE, SIZE - 4, "file");
	refuses("a part that does not lie inside the file");
	begin();
	entry(FILE_AT, MODE_FILE, 0xffffff, 0x3ffffff * 4U, "file");
	refuses("a part that does not lie inside the file");
}

Test(cramfs, a_block_without_bytes_is_a_hole)
{
	begin();
	put(POINTERS, FIRST_BLOCK);
	put(POINTERS + 4, block(FIRST_BLOCK, NULL, FILE_SIZE - 4096, 'b'));
	struct opened opened = open_right();
	SB_BLOB struct sb_blob text = {.fd = -1};
	uint64_t taken = 0;
	cr_assert_eq(sb_formats_decode(opened.view.file, member(&opened, 3), NULL, &text, &taken, NULL), 0);
	cr_assert(text.bytes.n == FILE_SIZE && text.bytes.p[0] == 0 && text.bytes.p[4095] == 0 && text.bytes.p[4096] == 'b');
	finish_image(&opened);
}

Test(cramfs, files_share_all_of_a_block_or_nothing)
{
	begin();
	entry(DEVICE, MODE_FILE, FILE_SIZE, POINTERS, "two");
	struct opened opened = open_right();
	is_member(&opened, 4, "two", SB_MEMBER_FILE);
	cr_assert_eq(member(&opened, 4)->size, FILE_SIZE);
	is_region(&opened, POINTERS, 8, "block pointers", 4, SB_REGION_LAYOUT);
	finish_image(&opened);
	entry(DEVICE, MODE_FILE, 4096, POINTERS, "two");
	refuses("two parts of the file share bytes");
}

Test(cramfs, what_nobody_reads_is_a_gap)
{
	begin();
	used = SIZE + 16;
	image[SIZE] = 'x';
	struct opened opened = open_right();
	is_region(&opened, end, SIZE - end, "fill", 0, SB_REGION_LAYOUT);
	is_region(&opened, SIZE, 1, "overlay", 0, SB_REGION_OVERLAY);
	is_region(&opened, SIZE + 1, used - SIZE - 1, "fill", 0, SB_REGION_LAYOUT);
	finish_image(&opened);
}
