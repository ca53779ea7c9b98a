/* SPDX-License-Identifier: Apache-2.0 */
/* ISO 9660: what Rock Ridge says of a file, and boot images of El Torito. */
#include "iso9660_image.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(iso9660_rock, .fini = no_leaks, .timeout = 120);

/* The root says that there are system use areas; FILE.TXT has @use there. */
static void rock(const char *use, unsigned n)
{
	iso_begin();
	memset(iso_image + ROOT * SECTOR, 0, SECTOR);
	memset(iso_image + FOLDER * SECTOR, 0, SECTOR);
	unsigned at = iso_record(ROOT * SECTOR, "\0", 1, ROOT, SECTOR, IS_FOLDER, 7);
	memcpy(iso_image + at - 7, "SP\7\1\xbe\xef\0", 7);
	at = iso_record(at, "\1", 1, ROOT, SECTOR, IS_FOLDER, 0);
	at = iso_record(at, "DIR", 3, FOLDER, SECTOR, IS_FOLDER, 0);
	iso_last_file = at;
	at = iso_record(at, "FILE.TXT;1", 10, FILE_AT, 700, 0, n);
	memcpy(iso_image + at - n, use, n);
	iso_dots(FOLDER, ROOT);
}

#define ROCK(use) rock((use), sizeof(use) - 1)
#define PX "PX\x24\1\xed\x81\0\0\0\0\x81\xed\1\0\0\0\0\0\0\1\xe8\3\0\0\0\0\3\xe8\7\0\0\0\0\0\0\7"

Test(iso9660_rock, rock_ridge_says_name_mode_and_owner)
{
	ROCK(PX "NM\x0d\1\0file.txt"
		"TF\x0c\1\2\x7c\5\x1f\x0c\0\0\0");
	struct opened opened = iso_open_right();
	const struct sb_member *member = sb_view_member(&opened.view, 2);
	is_member(&opened, 2, "file.txt", SB_MEMBER_FILE);
	cr_assert(member->has_mode && member->mode == 0755 && member->uid == 1000 && member->gid == 7);
	is_field(&opened, iso_last_file, "time of change", SB_FIELD_TIME, 44 + 36 + 13 + 5, 7);
	finish_image(&opened);
}

Test(iso9660_rock, rock_ridge_names_that_no_system_could_use)
{
	ROCK("NM\7\1\0..");
	iso_refuses("a name that no system could use");
	ROCK("NM\x08\1\0a/b");
	iso_refuses("a name that no system could use");
	ROCK("NM\x08\1\0a\0b");
	iso_refuses("a name that no system could use");
}

Test(iso9660_rock, a_mode_of_another_type_is_refused)
{
	ROCK(PX);
	iso_both(iso_last_file + 44 + 4, 0040755, 4);
	iso_refuses("a record whose mode is of another type");
}

Test(iso9660_rock, continuations_end)
{
	ROCK("CE\x1c\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
	unsigned entry = iso_last_file + 44;
	iso_both(entry + 4, FREE, 4);
	iso_both(entry + 20, 28, 4);
	memcpy(iso_image + FREE * SECTOR, iso_image + entry, 28);
	iso_refuses("continuations without an end");
	memcpy(iso_image + FREE * SECTOR, "NM\x08\1\0abcd", 9);
	iso_image[FREE * SECTOR + 2] = 9;
	iso_both(entry + 20, 9, 4);
	struct opened opened = iso_open_right();
	is_member(&opened, 2, "abcd", SB_MEMBER_FILE);
	is_region(&opened, FREE * SECTOR, 9, "continuation", 3, SB_REGION_LAYOUT);
	finish_image(&opened);
	iso_both(entry + 4, FILE_AT, 4);
	iso_refuses("two parts of the file share bytes");
}

Test(iso9660_rock, a_continuation_outside_is_told_with_its_member)
{
	ROCK("CE\x1c\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
	iso_both(iso_last_file + 48, 0xffffffff, 4);
	iso_both(iso_last_file + 64, 28, 4);
	struct opened opened = iso_open_right();
	cr_assert_gt(sb_view_member(&opened.view, 2)->xattrs.n, 28, "the entry is an attribute with all of its bytes");
	finish_image(&opened);
}

Test(iso9660_rock, a_moved_folder_leads_back)
{
	ROCK("CL\x0c\1\0\0\0\0\0\0\0\0");
	iso_both(iso_last_file + 48, FOLDER, 4);
	iso_refuses("a moved folder that does not lead back");
}

/* El Torito: a boot record leads to a catalog with one entry. */
static void boot(unsigned image_at, unsigned blocks)
{
	iso_begin();
	memcpy(iso_image + (END + 1) * SECTOR, iso_image + END * SECTOR, SECTOR); /* over the path table, which moves */
	memset(iso_image + END * SECTOR, 0, SECTOR);
	memcpy(iso_image + END * SECTOR, "\0CD001\1EL TORITO SPECIFICATION", 30);
	iso_le(END * SECTOR + 71, FREE, 4);
	iso_le(VOLUME * SECTOR + 140, 0, 4);
	memcpy(iso_image + FREE * SECTOR, "\1\0\0\0", 4);
	iso_image[FREE * SECTOR + 32] = 0x88;
	iso_le(FREE * SECTOR + 32 + 6, blocks, 2);
	iso_le(FREE * SECTOR + 32 + 8, image_at, 4);
}

Test(iso9660_rock, a_boot_image_is_a_member)
{
	boot(FREE + 1, 4);
	iso_image[(FREE + 1) * SECTOR] = 'b';
	struct opened opened = iso_open_right();
	is_member(&opened, 4, "boot image 1", SB_MEMBER_PART);
	is_region(&opened, (FREE + 1) * SECTOR, 4 * 512, "content", 5, SB_REGION_CONTENT);
	is_region(&opened, FREE * SECTOR + 32, 32, "boot entry", 0, SB_REGION_LAYOUT);
	is_region(&opened, FREE * SECTOR, 32, "validation entry", 0, SB_REGION_HEADER);
	is_field(&opened, FREE * SECTOR + 32, "boot image", SB_FIELD_OFFSET, 8, 4);
	is_field(&opened, FREE * SECTOR + 32, "how to boot", SB_FIELD_VALUE, 0, 8);
	finish_image(&opened);
	boot(FILE_AT, 4);
	opened = iso_open_right();
	is_member(&opened, 4, "boot image 1", SB_MEMBER_HARDLINK);
	cr_assert(sb_span_equal(sb_view_member(&opened.view, 4)->link, sb_span_text("FILE.TXT;1")));
	finish_image(&opened);
}

Test(iso9660_rock, boot_images_lie_in_the_image)
{
	boot(SECTORS - 1, 5);
	iso_refuses("a boot image that does not lie in the image");
	boot(0xffffffff, 4);
	iso_refuses("a boot image that does not lie in the image");
	boot(FREE + 1, 4);
	iso_le(END * SECTOR + 71, 0xffffffff, 4);
	iso_refuses("a boot catalog that does not lie in the image");
}

/* The file behind it would be loaded too, and nothing says which one that is. */
Test(iso9660_rock, a_boot_image_is_no_longer_than_the_file_that_it_is)
{
	boot(FILE_AT, 5);
	iso_refuses("a boot image that is longer than its file");
}
