/* SPDX-License-Identifier: Apache-2.0 */
/* Images of ISO 9660 by hand: both byte orders, places, folders and names that lead where they must not; Rock Ridge and boot images. */
#include "images.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(iso9660, .fini = no_leaks, .timeout = 120);

enum { SECTOR = 2048, VOLUME = 16, END, PATHS_L, PATHS_M, ROOT, FOLDER, FILE_AT, INNER, FREE, SECTORS = 32, WHOLE = SECTORS * SECTOR, IS_FOLDER = 2, MORE = 0x80, PATHS_SIZE = 22 };

static uint8_t image[10 * WHOLE];
static size_t used; /* bytes of it */
static unsigned last_folder, last_file, last_inner, behind_root; /* records; where the root goes on */

static void le(unsigned at, uint64_t value, unsigned width)
{
	put_le(image + at, value, width);
}

static void be(unsigned at, uint64_t value, unsigned width)
{
	put_be(image + at, value, width);
}

static void both(unsigned at, uint64_t value, unsigned width)
{
	le(at, value, width);
	be(at + width, value, width);
}

/* A record with @n bytes of identifier and room for @use bytes behind it; where the next one stands. */
static unsigned record(unsigned at, const char *identifier, unsigned n, unsigned sector, unsigned size, unsigned flags, unsigned use)
{
	unsigned length = 33 + n + (n % 2 == 0) + use;

	image[at] = (uint8_t)length;
	both(at + 2, sector, 4);
	both(at + 10, size, 4);
	memcpy(image + at + 18, "\x7c\5\x1f\x0c\0\0\0", 7);
	image[at + 25] = (uint8_t)flags;
	both(at + 28, 1, 2);
	image[at + 32] = (uint8_t)n;
	memcpy(image + at + 33, identifier, n);
	return at + length;
}

static unsigned dots(unsigned sector, unsigned above)
{
	return record(record(sector * SECTOR, "\0", 1, sector, SECTOR, IS_FOLDER, 0), "\1", 1, above, SECTOR, IS_FOLDER, 0);
}

static void path_rows(unsigned sector, void (*write)(unsigned, uint64_t, unsigned))
{
	unsigned at = sector * SECTOR;

	image[at] = 1;
	write(at + 2, ROOT, 4);
	write(at + 6, 1, 2);
	image[at + 10] = 3;
	write(at + 12, FOLDER, 4);
	write(at + 16, 1, 2);
	memcpy(image + at + 18, "DIR", 3);
}

static void descriptors(void)
{
	unsigned at = VOLUME * SECTOR;

	memcpy(image + at, "\1CD001\1", 7);
	memset(image + at + 8, ' ', 64);
	both(at + 80, SECTORS, 4);
	both(at + 120, 1, 2);
	both(at + 124, 1, 2);
	both(at + 128, SECTOR, 2);
	both(at + 132, PATHS_SIZE, 4);
	le(at + 140, PATHS_L, 4);
	be(at + 148, PATHS_M, 4);
	record(at + 156, "\0", 1, ROOT, SECTOR, IS_FOLDER, 0);
	memset(image + at + 190, ' ', 623);
	for (unsigned i = 0; i < 4; i++)
		memcpy(image + at + 813 + i * 17, i < 2 ? "2024053112000000" : "0000000000000000", 17);
	image[at + 881] = 1;
	memcpy(image + END * SECTOR, "\xff"
				     "CD001\1",
	       7);
}

/* A folder with a file, and a file beside it. */
static void begin(void)
{
	memset(image, 0, sizeof image);
	used = WHOLE;
	descriptors();
	path_rows(PATHS_L, le);
	path_rows(PATHS_M, be);
	last_folder = dots(ROOT, ROOT);
	last_file = record(last_folder, "DIR", 3, FOLDER, SECTOR, IS_FOLDER, 0);
	behind_root = record(last_file, "FILE.TXT;1", 10, FILE_AT, 700, 0, 0);
	last_inner = dots(FOLDER, ROOT);
	record(last_inner, "INNER.;1", 8, INNER, 9, 0, 0);
	memset(image + FILE_AT * SECTOR, 'f', 700);
	memcpy(image + INNER * SECTOR, "nine here", 9);
}

static struct opened open_right(void)
{
	return read_image("iso9660", sb_span_of(image, used));
}

static void refuses(const char *words)
{
	refuse_image("iso9660", sb_span_of(image, used), words);
}

Test(iso9660, members_are_what_the_records_say)
{
	begin();
	struct opened opened = open_right();
	cr_assert_eq(opened.view.members.count, 4);
	is_member(&opened, 0, ".", SB_MEMBER_DIR);
	is_member(&opened, 1, "DIR", SB_MEMBER_DIR);
	is_member(&opened, 2, "DIR/INNER.;1", SB_MEMBER_FILE);
	is_member(&opened, 3, "FILE.TXT;1", SB_MEMBER_FILE);
	cr_assert(content_is(&opened, 2, "nine here"));
	cr_assert_eq(sb_view_member(&opened.view, 3)->size, 700);
	cr_assert(!sb_view_member(&opened.view, 3)->has_mode);
	finish_image(&opened);
}

Test(iso9660, every_byte_has_its_owner)
{
	begin();
	struct opened opened = open_right();
	is_region(&opened, 0, VOLUME * SECTOR, "fill", 0, SB_REGION_LAYOUT);
	is_region(&opened, VOLUME * SECTOR, SECTOR, "volume descriptor", 0, SB_REGION_LAYOUT);
	is_region(&opened, END * SECTOR, SECTOR, "end of descriptors", 0, SB_REGION_LAYOUT);
	is_region(&opened, PATHS_L * SECTOR, PATHS_SIZE, "path table L", 0, SB_REGION_LAYOUT);
	is_region(&opened, PATHS_M * SECTOR, PATHS_SIZE, "path table M", 0, SB_REGION_LAYOUT);
	is_region(&opened, ROOT * SECTOR, 34, "record of itself", 1, SB_REGION_LAYOUT);
	is_region(&opened, FOLDER * SECTOR + 34, 34, "record of what holds it", 2, SB_REGION_LAYOUT);
	is_region(&opened, last_file, 44, "record", 4, SB_REGION_LAYOUT);
	is_region(&opened, FILE_AT * SECTOR, 700, "content", 4, SB_REGION_CONTENT);
	is_region(&opened, INNER * SECTOR, 9, "content", 3, SB_REGION_CONTENT);
	cr_assert_null(region_of(&opened, "gap", 0));
	finish_image(&opened);
}

Test(iso9660, fields_of_descriptor_record_and_path_table)
{
	begin();
	struct opened opened = open_right();
	const unsigned volume = VOLUME * SECTOR;
	is_field(&opened, volume, "created", SB_FIELD_TIME, 813, 17);
	is_field(&opened, volume, "to be used from", SB_FIELD_TIME, 864, 17);
	is_field(&opened, volume, "obsolete from", SB_FIELD_VALUE, 847, 17);
	is_field(&opened, volume, "volume", SB_FIELD_VALUE, 40, 32);
	is_field(&opened, volume, "root", SB_FIELD_OFFSET, 158, 8);
	is_field(&opened, volume, "time of the root", SB_FIELD_TIME, 174, 7);
	is_field(&opened, last_file, "extent", SB_FIELD_OFFSET, 2, 8);
	is_field(&opened, last_file, "size", SB_FIELD_SIZE, 10, 8);
	is_field(&opened, last_file, "time of recording", SB_FIELD_TIME, 18, 7);
	cr_assert_eq(field_of(&opened, region_at(&opened, last_file), "time of recording")->encoding, SB_ENC_ISO_DATE);
	is_field(&opened, PATHS_M * SECTOR, "folder", SB_FIELD_OFFSET, 2, 4);
	finish_image(&opened);
}

Test(iso9660, numbers_are_the_same_in_both_byte_orders)
{
	static const char words[] = "another one in the other byte order";

	begin();
	image[VOLUME * SECTOR + 87] ^= 1;
	refuses(words);
	begin();
	image[last_file + 9] ^= 1;
	refuses(words);
	begin();
	image[last_file + 17] ^= 1;
	refuses(words);
}

Test(iso9660, blocks_are_sectors)
{
	begin();
	both(VOLUME * SECTOR + 128, 512, 2);
	refuses("another size than sectors");
}

Test(iso9660, descriptors_end)
{
	begin();
	image[END * SECTOR + 1] = 'X';
	refuses("descriptors without an end");
	begin();
	image[VOLUME * SECTOR] = 3;
	refuses("no primary volume");
}

Test(iso9660, folders_lie_in_the_image)
{
	static const char words[] = "a folder that does not lie in the image";

	begin();
	both(VOLUME * SECTOR + 158, 0xffffffff, 4);
	refuses(words);
	begin();
	both(VOLUME * SECTOR + 166, 0xfffff800, 4);
	refuses(words);
	begin();
	both(last_folder + 2, SECTORS, 4);
	refuses(words);
	begin();
	both(last_folder + 10, SECTOR + 1, 4);
	refuses(words);
}

Test(iso9660, files_lie_in_the_image)
{
	begin();
	both(last_file + 2, 0xffffffff, 4);
	refuses("a file that does not lie in the image");
	begin();
	both(last_file + 10, 0xffffffff, 4);
	refuses("a file that does not lie in the image");
	begin();
	both(last_file + 10, (SECTORS - FILE_AT) * SECTOR + 1, 4);
	refuses("a file that does not lie in the image");
}

Test(iso9660, folders_are_reached_once)
{
	begin();
	record(behind_root, "LOOP", 4, ROOT, SECTOR, IS_FOLDER, 0);
	refuses("folders are reached twice");
	begin();
	record(behind_root, "TWIN", 4, FOLDER, SECTOR, IS_FOLDER, 0);
	refuses("two parts of the file share bytes");
}

Test(iso9660, folders_are_no_deeper_than_paths_may_be)
{
	begin();
	used = sizeof image;
	for (unsigned i = 0; i < 260; i++)
		record(dots(FREE + i, i ? FREE + i - 1 : ROOT), "D", 1, FREE + i + 1, SECTOR, IS_FOLDER, 0);
	record(behind_root, "DEEP", 4, FREE, SECTOR, IS_FOLDER, 0);
	limit_image("iso9660", sb_span_of(image, used), "path");
}

Test(iso9660, dots_say_where_the_folder_lies)
{
	static const char words[] = "says that it lies elsewhere";

	begin();
	both(FOLDER * SECTOR + 2, ROOT, 4);
	refuses(words);
	begin();
	both(FOLDER * SECTOR + 34 + 2, FOLDER, 4);
	refuses(words);
	begin();
	image[FOLDER * SECTOR + 25] = 0;
	refuses(words);
}

Test(iso9660, files_share_all_of_their_bytes_or_none)
{
	begin();
	record(behind_root, "GEMINI.;1", 9, FILE_AT, 700, 0, 0);
	struct opened opened = open_right();
	cr_assert_eq(sb_view_member(&opened.view, 4)->offset, FILE_AT * SECTOR);
	cr_assert_not_null(region_of(&opened, "content", 4));
	finish_image(&opened);
	begin();
	record(behind_root, "GEMINI.;1", 9, FILE_AT, 699, 0, 0);
	refuses("two parts of the file share bytes");
	begin();
	both(last_file + 2, PATHS_L, 4);
	refuses("two parts of the file share bytes");
}

Test(iso9660, records_lie_in_their_sector)
{
	begin();
	image[last_file] = 33;
	refuses("a record that does not lie in its folder");
	begin();
	unsigned at = behind_root;
	for (char name[] = "A"; at + 200 <= (ROOT + 1) * SECTOR; name[0]++)
		at = record(at, name, 1, FREE, 0, 0, 200 - 34);
	image[at] = 200;
	refuses("a record that does not lie in its folder");
	begin();
	image[last_file + 32] = 12;
	refuses("an identifier that does not lie in its record");
	begin();
	image[last_file + 32] = 0;
	refuses("an identifier that does not lie in its record");
}

Test(iso9660, interleaved_files_are_not_read)
{
	for (unsigned at = 0; at < 3; at++) {
		static const unsigned where[] = {1, 26, 27};
		begin();
		image[last_file + where[at]] = 1;
		refuses("interleaved, or has an attribute record");
	}
}

Test(iso9660, names_that_no_system_could_use)
{
	static const struct {
		const char *name;
		unsigned n;
	} names[] = {{"A/B.TXT;1", 9}, {"A\0B.TXT;1", 9}, {"..", 2}, {".", 1}};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		begin();
		record(behind_root, names[i].name, names[i].n, FREE, 1, 0, 0);
		refuses("a name that no system could use");
	}
}

Test(iso9660, a_file_of_several_extents_has_an_end)
{
	begin();
	image[last_file + 25] = MORE;
	refuses("a file that has no end");
	record(behind_root, "FILE.TXT;1", 10, FREE, 3, 0, 0);
	struct opened opened = open_right();
	cr_assert_eq(sb_view_member(&opened.view, 3)->size, 703);
	finish_image(&opened);
	record(behind_root, "FILE.TXT;2", 10, FREE, 3, 0, 0);
	refuses("a file that has no end");
}

Test(iso9660, a_path_table_that_lists_something_else_is_no_layout)
{
	begin();
	le(PATHS_L * SECTOR + 12, ROOT, 4);
	struct opened opened = open_right();
	cr_assert_eq(region_of(&opened, "path table L", 0)->kind, SB_REGION_TABLE);
	cr_assert_eq(region_of(&opened, "path table M", 0)->kind, SB_REGION_LAYOUT);
	finish_image(&opened);
	begin();
	image[PATHS_L * SECTOR + 18] = 'X';
	opened = open_right();
	cr_assert_eq(region_of(&opened, "path table L", 0)->kind, SB_REGION_TABLE);
	finish_image(&opened);
	begin();
	le(VOLUME * SECTOR + 140, 0xffffffff, 4);
	refuses("a path table that does not lie in the image");
}

Test(iso9660, a_time_that_does_not_exist_is_no_layout)
{
	begin();
	image[last_file + 19] = 13;
	memcpy(image + VOLUME * SECTOR + 813, "20241331", 8);
	struct opened opened = open_right();
	cr_assert_eq(region_of(&opened, "record", 4)->kind, SB_REGION_HEADER);
	cr_assert_eq(region_of(&opened, "volume descriptor", 0)->kind, SB_REGION_HEADER);
	finish_image(&opened);
}

Test(iso9660, what_nobody_reads_is_a_gap)
{
	begin();
	image[FILE_AT * SECTOR + 700] = 'x';
	image[WHOLE - 1] = 'y';
	struct opened opened = open_right();
	is_region(&opened, FILE_AT * SECTOR + 700, SECTOR - 700, "gap", 0, SB_REGION_GAP);
	is_region(&opened, INNER * SECTOR + 9, WHOLE - INNER * SECTOR - 9, "overlay", 0, SB_REGION_OVERLAY);
	finish_image(&opened);
}

Test(iso9660, the_system_area_is_told)
{
	begin();
	image[0] = 0xeb;
	struct opened opened = open_right();
	is_region(&opened, 0, VOLUME * SECTOR, "system area", 0, SB_REGION_HEADER);
	finish_image(&opened);
}

/* The root says that there are system use areas; FILE.TXT has @use there. */
static void rock(const char *use, unsigned n)
{
	begin();
	memset(image + ROOT * SECTOR, 0, SECTOR);
	memset(image + FOLDER * SECTOR, 0, SECTOR);
	unsigned at = record(ROOT * SECTOR, "\0", 1, ROOT, SECTOR, IS_FOLDER, 7);
	memcpy(image + at - 7, "SP\7\1\xbe\xef\0", 7);
	at = record(at, "\1", 1, ROOT, SECTOR, IS_FOLDER, 0);
	at = record(at, "DIR", 3, FOLDER, SECTOR, IS_FOLDER, 0);
	last_file = at;
	at = record(at, "FILE.TXT;1", 10, FILE_AT, 700, 0, n);
	memcpy(image + at - n, use, n);
	dots(FOLDER, ROOT);
}

#define ROCK(use) rock((use), sizeof(use) - 1)
#define PX "PX\x24\1\xed\x81\0\0\0\0\x81\xed\1\0\0\0\0\0\0\1\xe8\3\0\0\0\0\3\xe8\7\0\0\0\0\0\0\7"

Test(iso9660, rock_ridge_says_name_mode_and_owner)
{
	ROCK(PX "NM\x0d\1\0file.txt"
		"TF\x0c\1\2\x7c\5\x1f\x0c\0\0\0");
	struct opened opened = open_right();
	const struct sb_member *member = sb_view_member(&opened.view, 2);
	is_member(&opened, 2, "file.txt", SB_MEMBER_FILE);
	cr_assert(member->has_mode && member->mode == 0755 && member->uid == 1000 && member->gid == 7);
	is_field(&opened, last_file, "time of change", SB_FIELD_TIME, 44 + 36 + 13 + 5, 7);
	finish_image(&opened);
}

Test(iso9660, rock_ridge_names_that_no_system_could_use)
{
	ROCK("NM\7\1\0..");
	refuses("a name that no system could use");
	ROCK("NM\x08\1\0a/b");
	refuses("a name that no system could use");
	ROCK("NM\x08\1\0a\0b");
	refuses("a name that no system could use");
}

Test(iso9660, a_mode_of_another_type_is_refused)
{
	ROCK(PX);
	both(last_file + 44 + 4, 0040755, 4);
	refuses("a record whose mode is of another type");
}

Test(iso9660, continuations_end)
{
	ROCK("CE\x1c\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
	unsigned entry = last_file + 44;
	both(entry + 4, FREE, 4);
	both(entry + 20, 28, 4);
	memcpy(image + FREE * SECTOR, image + entry, 28);
	refuses("continuations without an end");
	memcpy(image + FREE * SECTOR, "NM\x08\1\0abcd", 9);
	image[FREE * SECTOR + 2] = 9;
	both(entry + 20, 9, 4);
	struct opened opened = open_right();
	is_member(&opened, 2, "abcd", SB_MEMBER_FILE);
	is_region(&opened, FREE * SECTOR, 9, "continuation", 3, SB_REGION_LAYOUT);
	finish_image(&opened);
	both(entry + 4, FILE_AT, 4);
	refuses("two parts of the file share bytes");
}

Test(iso9660, a_continuation_outside_is_told_with_its_member)
{
	ROCK("CE\x1c\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
	both(last_file + 48, 0xffffffff, 4);
	both(last_file + 64, 28, 4);
	struct opened opened = open_right();
	cr_assert_gt(sb_view_member(&opened.view, 2)->xattrs.n, 28, "the entry is an attribute with all of its bytes");
	finish_image(&opened);
}

Test(iso9660, a_moved_folder_leads_back)
{
	ROCK("CL\x0c\1\0\0\0\0\0\0\0\0");
	both(last_file + 48, FOLDER, 4);
	refuses("a moved folder that does not lead back");
}

/* El Torito: a boot record leads to a catalog with one entry. */
static void boot(unsigned image_at, unsigned blocks)
{
	begin();
	memcpy(image + (END + 1) * SECTOR, image + END * SECTOR, SECTOR); /* over the path table, which moves */
	memset(image + END * SECTOR, 0, SECTOR);
	memcpy(image + END * SECTOR, "\0CD001\1EL TORITO SPECIFICATION", 30);
	le(END * SECTOR + 71, FREE, 4);
	le(VOLUME * SECTOR + 140, 0, 4);
	memcpy(image + FREE * SECTOR, "\1\0\0\0", 4);
	image[FREE * SECTOR + 32] = 0x88;
	le(FREE * SECTOR + 32 + 6, blocks, 2);
	le(FREE * SECTOR + 32 + 8, image_at, 4);
}

Test(iso9660, a_boot_image_is_a_member)
{
	boot(FREE + 1, 4);
	image[(FREE + 1) * SECTOR] = 'b';
	struct opened opened = open_right();
	is_member(&opened, 4, "boot image 1", SB_MEMBER_PART);
	is_region(&opened, (FREE + 1) * SECTOR, 4 * 512, "content", 5, SB_REGION_CONTENT);
	is_region(&opened, FREE * SECTOR + 32, 32, "boot entry", 0, SB_REGION_LAYOUT);
	is_region(&opened, FREE * SECTOR, 32, "validation entry", 0, SB_REGION_HEADER);
	is_field(&opened, FREE * SECTOR + 32, "boot image", SB_FIELD_OFFSET, 8, 4);
	is_field(&opened, FREE * SECTOR + 32, "how to boot", SB_FIELD_VALUE, 0, 8);
	finish_image(&opened);
	boot(FILE_AT, 4);
	opened = open_right();
	is_member(&opened, 4, "boot image 1", SB_MEMBER_HARDLINK);
	cr_assert(sb_span_equal(sb_view_member(&opened.view, 4)->link, sb_span_text("FILE.TXT;1")));
	finish_image(&opened);
}

Test(iso9660, boot_images_lie_in_the_image)
{
	boot(SECTORS - 1, 5);
	refuses("a boot image that does not lie in the image");
	boot(0xffffffff, 4);
	refuses("a boot image that does not lie in the image");
	boot(FREE + 1, 4);
	le(END * SECTOR + 71, 0xffffffff, 4);
	refuses("a boot catalog that does not lie in the image");
}

/* The file behind it would be loaded too, and nothing says which one that is. */
Test(iso9660, a_boot_image_is_no_longer_than_the_file_that_it_is)
{
	boot(FILE_AT, 5);
	refuses("a boot image that is longer than its file");
}
