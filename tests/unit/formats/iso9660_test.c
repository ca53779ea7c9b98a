/* SPDX-License-Identifier: Apache-2.0 */
/* ISO 9660: both byte orders, places, folders and names that lead where they must not. */
#include "iso9660_image.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(iso9660, .fini = no_leaks, .timeout = 120);

Test(iso9660, members_are_what_the_records_say)
{
	iso_begin();
	struct opened opened = iso_open_right();
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
	iso_begin();
	struct opened opened = iso_open_right();
	is_region(&opened, 0, VOLUME * SECTOR, "fill", 0, SB_REGION_LAYOUT);
	is_region(&opened, VOLUME * SECTOR, SECTOR, "volume descriptor", 0, SB_REGION_LAYOUT);
	is_region(&opened, END * SECTOR, SECTOR, "end of descriptors", 0, SB_REGION_LAYOUT);
	is_region(&opened, PATHS_L * SECTOR, PATHS_SIZE, "path table L", 0, SB_REGION_LAYOUT);
	is_region(&opened, PATHS_M * SECTOR, PATHS_SIZE, "path table M", 0, SB_REGION_LAYOUT);
	is_region(&opened, ROOT * SECTOR, 34, "record of itself", 1, SB_REGION_LAYOUT);
	is_region(&opened, FOLDER * SECTOR + 34, 34, "record of what holds it", 2, SB_REGION_LAYOUT);
	is_region(&opened, iso_last_file, 44, "record", 4, SB_REGION_LAYOUT);
	is_region(&opened, FILE_AT * SECTOR, 700, "content", 4, SB_REGION_CONTENT);
	is_region(&opened, INNER * SECTOR, 9, "content", 3, SB_REGION_CONTENT);
	cr_assert_null(region_of(&opened, "gap", 0));
	finish_image(&opened);
}

Test(iso9660, fields_of_descriptor_record_and_path_table)
{
	iso_begin();
	struct opened opened = iso_open_right();
	const unsigned volume = VOLUME * SECTOR;
	is_field(&opened, volume, "created", SB_FIELD_TIME, 813, 17);
	is_field(&opened, volume, "to be used from", SB_FIELD_TIME, 864, 17);
	is_field(&opened, volume, "obsolete from", SB_FIELD_VALUE, 847, 17);
	is_field(&opened, volume, "volume", SB_FIELD_VALUE, 40, 32);
	is_field(&opened, volume, "root", SB_FIELD_OFFSET, 158, 8);
	is_field(&opened, volume, "time of the root", SB_FIELD_TIME, 174, 7);
	is_field(&opened, iso_last_file, "extent", SB_FIELD_OFFSET, 2, 8);
	is_field(&opened, iso_last_file, "size", SB_FIELD_SIZE, 10, 8);
	is_field(&opened, iso_last_file, "time of recording", SB_FIELD_TIME, 18, 7);
	cr_assert_eq(field_of(&opened, region_at(&opened, iso_last_file), "time of recording")->encoding, SB_ENC_ISO_DATE);
	is_field(&opened, PATHS_M * SECTOR, "folder", SB_FIELD_OFFSET, 2, 4);
	finish_image(&opened);
}

Test(iso9660, numbers_are_the_same_in_both_byte_orders)
{
	static const char words[] = "another one in the other byte order";

	iso_begin();
	iso_image[VOLUME * SECTOR + 87] ^= 1;
	iso_refuses(words);
	iso_begin();
	iso_image[iso_last_file + 9] ^= 1;
	iso_refuses(words);
	iso_begin();
	iso_image[iso_last_file + 17] ^= 1;
	iso_refuses(words);
}

Test(iso9660, blocks_are_sectors)
{
	iso_begin();
	iso_both(VOLUME * SECTOR + 128, 512, 2);
	iso_refuses("another size than sectors");
}

Test(iso9660, descriptors_end)
{
	iso_begin();
	iso_image[END * SECTOR + 1] = 'X';
	iso_refuses("descriptors without an end");
	iso_begin();
	iso_image[VOLUME * SECTOR] = 3;
	iso_refuses("no primary volume");
}

Test(iso9660, folders_lie_in_the_image)
{
	static const char words[] = "a folder that does not lie in the image";

	iso_begin();
	iso_both(VOLUME * SECTOR + 158, 0xffffffff, 4);
	iso_refuses(words);
	iso_begin();
	iso_both(VOLUME * SECTOR + 166, 0xfffff800, 4);
	iso_refuses(words);
	iso_begin();
	iso_both(iso_last_folder + 2, SECTORS, 4);
	iso_refuses(words);
	iso_begin();
	iso_both(iso_last_folder + 10, SECTOR + 1, 4);
	iso_refuses(words);
}

Test(iso9660, files_lie_in_the_image)
{
	iso_begin();
	iso_both(iso_last_file + 2, 0xffffffff, 4);
	iso_refuses("a file that does not lie in the image");
	iso_begin();
	iso_both(iso_last_file + 10, 0xffffffff, 4);
	iso_refuses("a file that does not lie in the image");
	iso_begin();
	iso_both(iso_last_file + 10, (SECTORS - FILE_AT) * SECTOR + 1, 4);
	iso_refuses("a file that does not lie in the image");
}

Test(iso9660, folders_are_reached_once)
{
	iso_begin();
	iso_record(iso_behind_root, "LOOP", 4, ROOT, SECTOR, IS_FOLDER, 0);
	iso_refuses("folders are reached twice");
	iso_begin();
	iso_record(iso_behind_root, "TWIN", 4, FOLDER, SECTOR, IS_FOLDER, 0);
	iso_refuses("two parts of the file share bytes");
}

Test(iso9660, folders_are_no_deeper_than_paths_may_be)
{
	iso_begin();
	iso_used = sizeof iso_image;
	for (unsigned i = 0; i < 260; i++)
		iso_record(iso_dots(FREE + i, i ? FREE + i - 1 : ROOT), "D", 1, FREE + i + 1, SECTOR, IS_FOLDER, 0);
	iso_record(iso_behind_root, "DEEP", 4, FREE, SECTOR, IS_FOLDER, 0);
	limit_image("iso9660", sb_span_of(iso_image, iso_used), "path");
}

Test(iso9660, dots_say_where_the_folder_lies)
{
	static const char words[] = "says that it lies elsewhere";

	iso_begin();
	iso_both(FOLDER * SECTOR + 2, ROOT, 4);
	iso_refuses(words);
	iso_begin();
	iso_both(FOLDER * SECTOR + 34 + 2, FOLDER, 4);
	iso_refuses(words);
	iso_begin();
	iso_image[FOLDER * SECTOR + 25] = 0;
	iso_refuses(words);
}

Test(iso9660, files_share_all_of_their_bytes_or_none)
{
	iso_begin();
	iso_record(iso_behind_root, "GEMINI.;1", 9, FILE_AT, 700, 0, 0);
	struct opened opened = iso_open_right();
	cr_assert_eq(sb_view_member(&opened.view, 4)->offset, FILE_AT * SECTOR);
	cr_assert_not_null(region_of(&opened, "content", 4));
	finish_image(&opened);
	iso_begin();
	iso_record(iso_behind_root, "GEMINI.;1", 9, FILE_AT, 699, 0, 0);
	iso_refuses("two parts of the file share bytes");
	iso_begin();
	iso_both(iso_last_file + 2, PATHS_L, 4);
	iso_refuses("two parts of the file share bytes");
}

Test(iso9660, records_lie_in_their_sector)
{
	iso_begin();
	iso_image[iso_last_file] = 33;
	iso_refuses("a record that does not lie in its folder");
	iso_begin();
	unsigned at = iso_behind_root;
	for (char name[] = "A"; at + 200 <= (ROOT + 1) * SECTOR; name[0]++)
		at = iso_record(at, name, 1, FREE, 0, 0, 200 - 34);
	iso_image[at] = 200;
	iso_refuses("a record that does not lie in its folder");
	iso_begin();
	iso_image[iso_last_file + 32] = 12;
	iso_refuses("an identifier that does not lie in its record");
	iso_begin();
	iso_image[iso_last_file + 32] = 0;
	iso_refuses("an identifier that does not lie in its record");
}

Test(iso9660, interleaved_files_are_not_read)
{
	for (unsigned at = 0; at < 3; at++) {
		static const unsigned where[] = {1, 26, 27};
		iso_begin();
		iso_image[iso_last_file + where[at]] = 1;
		iso_refuses("interleaved, or has an attribute record");
	}
}

Test(iso9660, names_that_no_system_could_use)
{
	static const struct {
		const char *name;
		unsigned n;
	} names[] = {{"A/B.TXT;1", 9}, {"A\0B.TXT;1", 9}, {"..", 2}, {".", 1}};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		iso_begin();
		iso_record(iso_behind_root, names[i].name, names[i].n, FREE, 1, 0, 0);
		iso_refuses("a name that no system could use");
	}
}

Test(iso9660, a_file_of_several_extents_has_an_end)
{
	iso_begin();
	iso_image[iso_last_file + 25] = MORE;
	iso_refuses("a file that has no end");
	iso_record(iso_behind_root, "FILE.TXT;1", 10, FREE, 3, 0, 0);
	struct opened opened = iso_open_right();
	cr_assert_eq(sb_view_member(&opened.view, 3)->size, 703);
	finish_image(&opened);
	iso_record(iso_behind_root, "FILE.TXT;2", 10, FREE, 3, 0, 0);
	iso_refuses("a file that has no end");
}

Test(iso9660, a_path_table_that_lists_something_else_is_no_layout)
{
	iso_begin();
	iso_le(PATHS_L * SECTOR + 12, ROOT, 4);
	struct opened opened = iso_open_right();
	cr_assert_eq(region_of(&opened, "path table L", 0)->kind, SB_REGION_TABLE);
	cr_assert_eq(region_of(&opened, "path table M", 0)->kind, SB_REGION_LAYOUT);
	finish_image(&opened);
	iso_begin();
	iso_image[PATHS_L * SECTOR + 18] = 'X';
	opened = iso_open_right();
	cr_assert_eq(region_of(&opened, "path table L", 0)->kind, SB_REGION_TABLE);
	finish_image(&opened);
	iso_begin();
	iso_le(VOLUME * SECTOR + 140, 0xffffffff, 4);
	iso_refuses("a path table that does not lie in the image");
}

Test(iso9660, a_time_that_does_not_exist_is_no_layout)
{
	iso_begin();
	iso_image[iso_last_file + 19] = 13;
	memcpy(iso_image + VOLUME * SECTOR + 813, "20241331", 8);
	struct opened opened = iso_open_right();
	cr_assert_eq(region_of(&opened, "record", 4)->kind, SB_REGION_HEADER);
	cr_assert_eq(region_of(&opened, "volume descriptor", 0)->kind, SB_REGION_HEADER);
	finish_image(&opened);
}

Test(iso9660, what_nobody_reads_is_a_gap)
{
	iso_begin();
	iso_image[FILE_AT * SECTOR + 700] = 'x';
	iso_image[WHOLE - 1] = 'y';
	struct opened opened = iso_open_right();
	is_region(&opened, FILE_AT * SECTOR + 700, 1, "gap", 0, SB_REGION_GAP);
	is_region(&opened, FILE_AT * SECTOR + 701, SECTOR - 701, "fill", 0, SB_REGION_LAYOUT);
	is_region(&opened, WHOLE - 1, 1, "overlay", 0, SB_REGION_OVERLAY);
	finish_image(&opened);
}

Test(iso9660, the_system_area_is_told)
{
	iso_begin();
	iso_image[0] = 0xeb;
	struct opened opened = iso_open_right();
	is_region(&opened, 0, VOLUME * SECTOR, "system area", 0, SB_REGION_HEADER);
	finish_image(&opened);
}

static void row(unsigned number, unsigned type, unsigned sector, unsigned sectors)
{
	unsigned at = 446 + 16 * (number - 1);

	iso_image[at + 4] = (uint8_t)type;
	iso_le(at + 8, sector * (SECTOR / 512), 4);
	iso_le(at + 12, sectors * (SECTOR / 512), 4);
}

Test(iso9660, partitions_are_what_the_volume_holds_or_what_lies_behind_it)
{
	iso_begin();
	iso_image[510] = 0x55;
	iso_image[511] = 0xaa;
	iso_image[700] = 0xeb;
	row(1, 0x17, 0, SECTORS);
	row(2, 0xef, FILE_AT, 1);
	row(3, 0x83, FREE, 2);
	struct opened opened = iso_open_right();
	uint32_t first = (uint32_t)opened.view.members.count - 3;
	is_member(&opened, first, "partition 1", SB_MEMBER_DIR);
	is_member(&opened, first + 1, "partition 2", SB_MEMBER_HARDLINK);
	is_member(&opened, first + 2, "partition 3", SB_MEMBER_PART);
	is_region(&opened, 0, 440, "boot code", 0, SB_REGION_SECTION);
	is_region(&opened, 440, 72, "master boot record", 0, SB_REGION_HEADER);
	is_region(&opened, 512, VOLUME * SECTOR - 512, "system area", 0, SB_REGION_HEADER);
	is_region(&opened, FREE * SECTOR, 2 * SECTOR, "content", first + 3, SB_REGION_CONTENT);
	finish_image(&opened);
}

Test(iso9660, partitions_that_share_bytes_are_refused)
{
	iso_begin();
	iso_image[510] = 0x55;
	iso_image[511] = 0xaa;
	row(1, 0x83, FREE, 4);
	row(2, 0x83, FREE + 1, 2);
	iso_refuses("share bytes");
}
