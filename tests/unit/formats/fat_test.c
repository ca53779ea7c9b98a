/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes of FAT12 by hand, one sector a cluster: chains, folders and names that lead where they must not. */
#include "samples.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(fat, .fini = no_leaks, .timeout = 120);

enum { SECTOR = 512, TABLE = SECTOR, ROOT = 2 * SECTOR, DATA = 3 * SECTOR, CLUSTERS = 8, WHOLE = DATA + CLUSTERS * SECTOR, END = 0xfff, FOLDER = 0x10, LABEL = 0x08, LONG = 0x0f };

static uint8_t volume[WHOLE];

static void le(uint64_t at, uint64_t value, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		volume[at + i] = (uint8_t)(value >> 8 * i);
}

/* The next cluster of @cluster. */
static void chain(unsigned cluster, unsigned next)
{
	unsigned at = TABLE + cluster + cluster / 2, kept = volume[at] | (unsigned)volume[at + 1] << 8;
	le(at, cluster % 2 ? (kept & 0xf) | next << 4 : (kept & 0xf000) | next, 2);
}

static void entry(unsigned at, const char *name, unsigned attributes, unsigned cluster, unsigned size)
{
	memcpy(volume + at, name, 11);
	volume[at + 11] = (uint8_t)attributes;
	le(at + 26, cluster, 2);
	le(at + 28, size, 4);
}

/* A file in clusters 2 and 4, and a folder in cluster 3 with a file in cluster 5. */
static void begin(void)
{
	memset(volume, 0, sizeof volume);
	memcpy(volume, "\xeb\x3c\x90MSDOS5.0", 11);
	le(11, SECTOR, 2);
	volume[13] = 1;
	le(14, 1, 2);
	volume[16] = 1;
	le(17, SECTOR / 32, 2);
	le(19, WHOLE / SECTOR, 2);
	volume[21] = 0xf8;
	le(22, 1, 2);
	volume[38] = 0x29;
	le(39, 0x12345678, 4);
	memcpy(volume + 43, "NO NAME    FAT12   ", 19);
	le(510, 0xaa55, 2);
	chain(0, 0xff8);
	chain(1, END);
	chain(2, 4);
	chain(4, END);
	chain(3, END);
	chain(5, END);
	entry(ROOT, "FILE    TXT", 0, 2, 700);
	entry(ROOT + 32, "DIR        ", FOLDER, 3, 0);
	entry(DATA + SECTOR, ".          ", FOLDER, 3, 0);
	entry(DATA + SECTOR + 32, "..         ", FOLDER, 0, 0);
	entry(DATA + SECTOR + 64, "INNER      ", 0, 5, 9);
}

static struct opened open_volume(size_t size)
{
	struct sb_span bytes = exact_copy(sb_span_of(volume, size));
	return open_as("fat", bytes, "x.img");
}

static void finish(struct opened *opened)
{
	struct sb_span bytes = opened->view.file;
	close_view(opened);
	free_sample(bytes);
}

/* The volume is refused, in these words. */
static void refuses(const char *words)
{
	struct opened opened = open_volume(sizeof volume);
	cr_assert_eq(opened.rc, SB_FORMAT, "%s was not refused", words);
	cr_assert(strstr(opened.err.msg, words), "\"%s\" instead of \"%s\"", opened.err.msg, words);
	finish(&opened);
}

Test(fat, what_is_right_is_read)
{
	begin();
	struct opened opened = open_volume(sizeof volume);
	cr_assert_eq(opened.rc, 0, "%s", opened.err.msg);
	cr_assert_eq(opened.view.members.count, 4, "%zu", opened.view.members.count);
	cr_assert(sb_span_equal(sb_view_member(&opened.view, 3)->name, sb_span_text("dir/inner")) || sb_span_equal(sb_view_member(&opened.view, 3)->name, sb_span_text("DIR/INNER")));
	cr_assert_eq(sb_view_region_named(&opened.view, "table")->kind, SB_REGION_LAYOUT);
	finish(&opened);
}

Test(fat, an_entry_of_the_table_that_nothing_leads_to_is_no_layout)
{
	begin();
	chain(7, END);
	struct opened opened = open_volume(sizeof volume);
	cr_assert_eq(opened.rc, 0, "%s", opened.err.msg);
	cr_assert_eq(sb_view_region_named(&opened.view, "table")->kind, SB_REGION_TABLE);
	finish(&opened);
}

Test(fat, chains_end_once)
{
	begin();
	chain(4, 2);
	refuses("meets another one");
	begin();
	chain(4, CLUSTERS + 2);
	refuses("leaves the volume");
	begin();
	chain(5, 4);
	refuses("meets another one");
	begin();
	chain(4, 1);
	refuses("leaves the volume");
	begin();
	le(ROOT + 26, END, 2);
	refuses("begins at its end");
}

Test(fat, a_file_is_no_longer_than_its_clusters)
{
	begin();
	le(ROOT + 28, 2 * SECTOR + 1, 4);
	refuses("longer than its clusters");
}

Test(fat, folders_lie_where_they_say)
{
	begin();
	le(ROOT + 32 + 26, 0, 2);
	refuses("a folder without clusters");
	begin();
	le(DATA + SECTOR + 26, 5, 2);
	refuses("lies elsewhere");
	begin();
	le(DATA + SECTOR + 32 + 26, 3, 2);
	refuses("lies elsewhere");
	begin();
	entry(ROOT + 64, ".          ", FOLDER, 0, 0);
	refuses("lies elsewhere");
	begin();
	le(DATA + SECTOR + 64 + 11, FOLDER, 1);
	le(DATA + SECTOR + 64 + 26, 3, 2);
	refuses("meets another one");
}

Test(fat, a_label_is_one_of_the_root)
{
	begin();
	entry(DATA + SECTOR + 96, "LABEL      ", LABEL, 0, 0);
	refuses("a label that is none of the volume");
	begin();
	entry(ROOT + 64, "LABEL      ", LABEL | FOLDER, 0, 0);
	refuses("a label that is none of the volume");
}

Test(fat, parts_of_a_name_belong_together)
{
	begin();
	entry(ROOT + 64, "\x42long name ", LONG, 0, 0);
	entry(ROOT + 96, "\x02long name ", LONG, 0, 0);
	refuses("do not belong together");
	begin();
	entry(ROOT + 64, "\x40long name ", LONG, 0, 0);
	refuses("do not belong together");
	begin();
	entry(ROOT + 64, "\x41long name ", LONG, 7, 0);
	refuses("do not belong together");
}

Test(fat, names_that_no_system_could_use)
{
	begin();
	entry(ROOT + 64, "A/B        ", 0, 0, 0);
	refuses("a name that no system could use");
}

Test(fat, numbers_of_the_boot_sector)
{
	begin();
	struct opened opened = open_volume(sizeof volume - 1);
	cr_assert_eq(opened.rc, SB_FORMAT);
	cr_assert(strstr(opened.err.msg, "shorter than it says"), "%s", opened.err.msg);
	finish(&opened);
	begin();
	le(19, 1000, 2);
	refuses("shorter than it says");
}

Test(fat, what_nobody_reads_is_a_gap)
{
	begin();
	entry(ROOT + 64, "\xe5ONE      X", 0, 6, 4);
	volume[WHOLE - 1] = 'x';
	struct opened opened = open_volume(sizeof volume);
	cr_assert_eq(opened.rc, 0, "%s", opened.err.msg);
	cr_assert_eq(sb_view_region_named(&opened.view, "deleted entry")->kind, SB_REGION_GAP);
	const struct sb_region *last = sb_view_region(&opened.view, opened.view.regions.count - 1);
	cr_assert(last->kind == SB_REGION_GAP || last->kind == SB_REGION_OVERLAY, "%s", last->name);
	finish(&opened);
}
