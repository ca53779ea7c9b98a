/* SPDX-License-Identifier: Apache-2.0 */
/* Images of romfs by hand: headers one after the other, folders and links that lead where they must not, and sums that are wrong. */
#include "images.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(romfs, .fini = no_leaks, .timeout = 120);

enum { HARD_LINK, FOLDER, FILE_TYPE, LINK, CHARACTER = 5, EXECUTABLE = 8, WHOLE = 1024, DEEP = 16384 };
/* Where headers stand; a name takes sixteen bytes more, content comes behind it. */
enum { ROOT = 32, ABOVE = 64, FILE_AT = 96, TOOL = 144, FOLDER_AT = 192, HARD = 224, INNER = 256, INNER_ABOVE = 288, LINK_AT = 320, DEVICE = 368, SIZE = 400 };

static uint8_t image[DEEP];
static size_t used; /* bytes of it */

static void be(unsigned at, uint64_t value)
{
	put_be(image + at, value, 4);
}

/* The fourth word makes the sum of all @length bytes at @at zero. */
static void sum(unsigned at, unsigned length)
{
	uint32_t left = 0;

	be(at + 12, 0);
	for (unsigned i = 0; i < length; i += 4)
		left -= (uint32_t)image[at + i] << 24 | (uint32_t)image[at + i + 1] << 16 | (uint32_t)image[at + i + 2] << 8 | image[at + i + 3];
	be(at + 12, left);
}

static void header(unsigned at, unsigned next, unsigned type, uint32_t info, const char *name, const char *content)
{
	memset(image + at, 0, 32);
	be(at, next | type);
	be(at + 4, info);
	be(at + 8, strlen(content));
	memcpy(image + at + 16, name, strlen(name));
	memcpy(image + at + 32, content, strlen(content));
	sum(at, 32);
}

static void finish_sums(void)
{
	uint32_t size = (uint32_t)image[8] << 24 | (uint32_t)image[9] << 16 | (uint32_t)image[10] << 8 | image[11];
	sum(0, size < 512 ? size : 512);
}

/* Two files, a folder with a link and a device, and a hard link. */
static void begin(void)
{
	memset(image, 0, sizeof image);
	used = WHOLE;
	memcpy(image, "-rom1fs-", 8);
	be(8, SIZE);
	memcpy(image + 16, "rom 6553f100", 12);
	header(ROOT, ABOVE, FOLDER | EXECUTABLE, ROOT, ".", "");
	header(ABOVE, FILE_AT, HARD_LINK, ROOT, "..", "");
	header(FILE_AT, TOOL, FILE_TYPE, 0, "file", "hello");
	header(TOOL, FOLDER_AT, FILE_TYPE | EXECUTABLE, 0, "tool", "run");
	header(FOLDER_AT, HARD, FOLDER | EXECUTABLE, INNER, "dir", "");
	header(HARD, 0, HARD_LINK, FILE_AT, "hard", "");
	header(INNER, INNER_ABOVE, HARD_LINK, FOLDER_AT, ".", "");
	header(INNER_ABOVE, LINK_AT, HARD_LINK, ROOT, "..", "");
	header(LINK_AT, DEVICE, LINK, 0, "link", "../file");
	header(DEVICE, 0, CHARACTER, 0x00050001, "dev", "");
	finish_sums();
}

static struct opened open_right(void)
{
	return read_image("romfs", sb_span_of(image, used));
}

static void refuses(const char *words)
{
	refuse_image("romfs", sb_span_of(image, used), words);
}

static const struct sb_member *member(const struct opened *opened, size_t index)
{
	return sb_view_member(&opened->view, index);
}

static void is_of_kind(unsigned offset, enum sb_region_kind kind)
{
	is_of_kind_in("romfs", sb_span_of(image, used), offset, kind);
}

Test(romfs, members_are_what_headers_say)
{
	begin();
	struct opened opened = open_right();
	cr_assert_eq(opened.view.members.count, 7);
	is_member(&opened, 0, ".", SB_MEMBER_DIR);
	is_member(&opened, 1, "file", SB_MEMBER_FILE);
	is_member(&opened, 2, "tool", SB_MEMBER_FILE);
	is_member(&opened, 3, "dir", SB_MEMBER_DIR);
	is_member(&opened, 4, "dir/link", SB_MEMBER_SYMLINK);
	is_member(&opened, 5, "dir/dev", SB_MEMBER_CHAR);
	is_member(&opened, 6, "hard", SB_MEMBER_HARDLINK);
	cr_assert(content_is(&opened, 1, "hello"));
	cr_assert(member(&opened, 1)->mode == 0 && member(&opened, 2)->mode == 0111);
	cr_assert(sb_span_equal(member(&opened, 4)->link, sb_span_text("../file")));
	cr_assert(member(&opened, 5)->rdev_major == 5 && member(&opened, 5)->rdev_minor == 1);
	cr_assert(sb_span_equal(member(&opened, 6)->link, sb_span_text("file")));
	finish_image(&opened);
}

Test(romfs, every_byte_has_its_owner)
{
	begin();
	struct opened opened = open_right();
	is_region(&opened, 0, 16, "superblock", 0, SB_REGION_LAYOUT);
	is_region(&opened, 16, 16, "volume name", 0, SB_REGION_LAYOUT);
	is_region(&opened, ROOT, 32, "header of a dot", 0, SB_REGION_LAYOUT);
	is_region(&opened, ABOVE, 32, "header of a dot", 0, SB_REGION_LAYOUT);
	is_region(&opened, FILE_AT, 32, "header", 2, SB_REGION_LAYOUT);
	is_region(&opened, FILE_AT + 32, 5, "content", 2, SB_REGION_CONTENT);
	is_region(&opened, FILE_AT + 37, 11, "fill", 0, SB_REGION_LAYOUT);
	is_region(&opened, FOLDER_AT, 32, "header", 4, SB_REGION_LAYOUT);
	is_region(&opened, INNER, 32, "header of a dot", 0, SB_REGION_LAYOUT);
	is_region(&opened, INNER_ABOVE, 32, "header of a dot", 0, SB_REGION_LAYOUT);
	is_region(&opened, LINK_AT + 32, 7, "content", 5, SB_REGION_CONTENT);
	is_region(&opened, HARD, 32, "header", 7, SB_REGION_LAYOUT);
	is_region(&opened, SIZE, WHOLE - SIZE, "fill", 0, SB_REGION_LAYOUT);
	finish_image(&opened);
}

Test(romfs, fields)
{
	begin();
	struct opened opened = open_right();
	is_field(&opened, 0, "size", SB_FIELD_SIZE, 8, 4);
	is_derived(&opened, 0, "checksum", SB_DERIVE_WORD_SUM, 12, 0, SIZE);
	is_field(&opened, 16, "time in the volume name", SB_FIELD_TIME, 4, 8);
	is_field(&opened, FILE_AT, "next and type", SB_FIELD_OFFSET, 0, 4);
	is_field(&opened, FILE_AT, "size", SB_FIELD_SIZE, 8, 4);
	is_derived(&opened, FILE_AT, "checksum", SB_DERIVE_WORD_SUM, 12, FILE_AT, 32);
	is_field(&opened, FILE_AT, "name", SB_FIELD_NAME, 16, 16);
	is_field(&opened, FOLDER_AT, "info", SB_FIELD_OFFSET, 4, 4);
	is_field(&opened, DEVICE, "info", SB_FIELD_DEVICE, 4, 4);
	finish_image(&opened);
}

Test(romfs, the_sum_of_the_superblock_ends_after_512_bytes)
{
	begin();
	be(8, 768);
	image[600] = 'x';
	finish_sums();
	struct opened opened = open_right();
	is_region(&opened, 0, 16, "superblock", 0, SB_REGION_LAYOUT);
	is_derived(&opened, 0, "checksum", SB_DERIVE_WORD_SUM, 12, 0, 512);
	finish_image(&opened);
}

Test(romfs, a_wrong_sum_is_no_layout)
{
	begin();
	image[15] ^= 1;
	is_of_kind(0, SB_REGION_HEADER);
	begin();
	image[FILE_AT + 15] ^= 1;
	is_of_kind(FILE_AT, SB_REGION_HEADER);
	begin();
	image[INNER + 15] ^= 1;
	is_of_kind(INNER, SB_REGION_HEADER);
}

Test(romfs, a_volume_name_that_is_no_time_is_no_layout)
{
	begin();
	image[16 + 4] = 'x';
	finish_sums();
	struct opened opened = open_right();
	is_region(&opened, 16, 16, "volume name", 0, SB_REGION_HEADER);
	is_field(&opened, 16, "volume name", SB_FIELD_NAME, 0, 16);
	finish_image(&opened);
	begin();
	image[31] = 'x';
	is_of_kind(16, SB_REGION_HEADER);
}

Test(romfs, an_image_is_as_long_as_it_says)
{
	static const uint32_t sizes[] = {WHOLE + 1, UINT32_MAX, 31, 0};

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		begin();
		be(8, sizes[i]);
		refuses("the image is shorter than it says");
	}
	begin();
	image[0] = '+';
	refuses("no superblock of romfs");
	begin();
	be(8, 32);
	memset(image + 16, 'n', 16);
	refuses("the image is shorter than it says");
}

Test(romfs, headers_lie_in_the_image)
{
	static const uint32_t places[] = {SIZE, SIZE - 16, 0xfffffff0};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		begin();
		header(HARD, places[i], HARD_LINK, FILE_AT, "hard", "");
		refuses("a header that does not lie inside the image");
		begin();
		header(FOLDER_AT, HARD, FOLDER | EXECUTABLE, places[i], "dir", "");
		refuses("a header that does not lie inside the image");
	}
	begin();
	be(8, SIZE - 8);
	refuses("a header that does not lie inside the image"); /* the fill of a name is part of it */
	begin();
	memset(image + DEVICE + 16, 'n', 16);
	refuses("a header that does not lie inside the image");
}

Test(romfs, headers_do_not_lead_back)
{
	begin();
	header(HARD, FILE_AT, HARD_LINK, FILE_AT, "hard", "");
	refuses("headers that lead back");
	begin();
	header(HARD, HARD, HARD_LINK, FILE_AT, "hard", "");
	refuses("headers that lead back");
	begin();
	header(FOLDER_AT, HARD, FOLDER | EXECUTABLE, ROOT, "dir", "");
	refuses("a folder that leads back");
}

Test(romfs, folders_are_reached_once)
{
	begin();
	header(HARD, 0, FOLDER | EXECUTABLE, INNER, "again", "");
	refuses("two parts of the file share bytes");
}

Test(romfs, content_lies_in_the_image)
{
	begin();
	be(LINK_AT + 8, SIZE - LINK_AT - 32 + 1);
	refuses("a part that does not lie inside the image");
	begin();
	be(FILE_AT + 8, UINT32_MAX);
	refuses("a part that does not lie inside the image");
	begin();
	be(FILE_AT + 8, TOOL - FILE_AT - 32 + 1);
	refuses("two parts of the file share bytes");
}

Test(romfs, names_that_no_system_could_use)
{
	begin();
	header(HARD, 0, HARD_LINK, FILE_AT, "a/b", "");
	refuses("a name that no system could use");
	begin();
	header(HARD, 0, HARD_LINK, FILE_AT, "", "");
	refuses("a name that no system could use");
}

Test(romfs, a_dot_leads_to_where_it_must)
{
	begin();
	header(INNER_ABOVE, LINK_AT, HARD_LINK, FOLDER_AT, "..", "");
	is_of_kind(INNER_ABOVE, SB_REGION_HEADER);
	begin();
	header(INNER, INNER_ABOVE, HARD_LINK, ROOT, ".", "");
	is_of_kind(INNER, SB_REGION_HEADER);
	begin();
	header(INNER, INNER_ABOVE, FOLDER, FOLDER_AT, ".", "");
	is_of_kind(INNER, SB_REGION_HEADER);
	begin();
	header(ROOT, ABOVE, FOLDER, ROOT, ".", "");
	is_of_kind(ROOT, SB_REGION_HEADER);
}

Test(romfs, a_hard_link_leads_to_a_header)
{
	static const uint32_t places[] = {FILE_AT + 16, HARD, 0, 0xfffffff0};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		begin();
		header(HARD, 0, HARD_LINK, places[i], "hard", "");
		refuses("a hard link leads to no header");
	}
}

Test(romfs, what_a_type_does_not_use_is_zero)
{
	begin();
	be(FILE_AT + 4, 16);
	sum(FILE_AT, 32);
	is_of_kind(FILE_AT, SB_REGION_HEADER);
	begin();
	be(DEVICE + 8, 16);
	sum(DEVICE, 32);
	is_of_kind(DEVICE, SB_REGION_HEADER);
	begin();
	image[FILE_AT + 31] = 1;
	sum(FILE_AT, 32);
	is_of_kind(FILE_AT, SB_REGION_HEADER);
}

Test(romfs, what_nobody_reads_is_a_gap)
{
	begin();
	image[FILE_AT + 40] = 'x';
	image[WHOLE - 1] = 'y';
	struct opened opened = open_right();
	is_region(&opened, FILE_AT + 37, 3, "fill", 0, SB_REGION_LAYOUT);
	is_region(&opened, FILE_AT + 40, 1, "gap", 0, SB_REGION_GAP);
	is_region(&opened, WHOLE - 1, 1, "overlay", 0, SB_REGION_OVERLAY);
	finish_image(&opened);
}

Test(romfs, folders_are_no_deeper_than_paths_may_be)
{
	begin();
	used = DEEP;
	be(8, DEEP);
	header(HARD, 0, FOLDER | EXECUTABLE, SIZE, "deep", "");
	for (unsigned i = 0, at = SIZE; i < 260; i++, at += 32)
		header(at, 0, FOLDER | EXECUTABLE, at + 32, "d", "");
	limit_image("romfs", sb_span_of(image, used), "path");
}
