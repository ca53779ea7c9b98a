/* SPDX-License-Identifier: Apache-2.0 */
/* A volume from its boot sector to its tiles, fields, and the format's row. */
#include "verifier/formats/fat/fat.h"
#include "verifier/formats/rows.h"

#include <stdlib.h>

static int walk(struct sb_fat *fat, struct sb_err *err)
{
	int rc = sb_fat_read_volume(fat, err);

	if (rc)
		return rc;
	if (!(fat->used = calloc((size_t)fat->clusters + SB_FAT_FIRST, 1)))
		return sb_no_memory(err);
	rc = sb_fat_take_tree(fat, err);
	if (rc)
		return rc;
	sb_fat_settle(fat);
	rc = sb_fat_own_volume(fat, err);
	if (!rc)
		rc = sb_meetings_tell(&fat->met, fat->view, err);
	if (!rc)
		rc = sb_tiles_emit_filled(&fat->tiles, fat->view, err);
	return rc || (sb_fat_is_stub(fat) && !fat->tiles.unknown) ? rc : sb_places_tell(fat->view, err);
}

static int open_fat(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct sb_fat fat = {.view = view, .proper = true};
	int rc = walk(&fat, err);

	(void)hint;
	free(fat.used);
	sb_meetings_release(&fat.met);
	sb_tiles_release(&fat.tiles);
	return rc;
}

static const struct sb_layout_row entry_rows[] = {
	{.at = 13, .length = 5, .kind = SB_FIELD_TIME, .encoding = SB_ENC_DOS_FINE, .name = "created"},
	{.at = 18, .length = 2, .kind = SB_FIELD_TIME, .encoding = SB_ENC_DOS_DAY, .name = "accessed"},
	{.at = 20, .length = 2, .kind = SB_FIELD_OFFSET, .encoding = SB_ENC_LE, .name = "cluster, upper half"},
	{.at = 22, .length = 4, .kind = SB_FIELD_TIME, .encoding = SB_ENC_DOS_TIME, .name = "written"},
	{.at = 26, .length = 2, .kind = SB_FIELD_OFFSET, .encoding = SB_ENC_LE, .name = "cluster"},
	{.at = 28, .length = 4, .kind = SB_FIELD_SIZE, .encoding = SB_ENC_LE, .name = "size"},
};

static const struct sb_layout_row count_rows[] = {
	{.at = 0, .length = 4, .kind = SB_FIELD_SIZE, .encoding = SB_ENC_LE, .name = "free clusters"},
	{.at = 4, .length = 4, .kind = SB_FIELD_OFFSET, .encoding = SB_ENC_LE, .name = "next free cluster"},
};

static int describe_whole(struct sb_view *view, const struct sb_region *region, enum sb_field_kind kind, struct sb_err *err)
{
	const struct sb_field field = {.offset = region->offset, .length = region->length, .kind = kind, .encoding = SB_ENC_RAW, .name = region->name};
	return sb_emit_field(view, &field, err);
}

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	switch ((enum sb_fat_tag)region->tag) {
	case SB_FAT_TAG_NONE:
		return 0;
	case SB_FAT_TAG_ENTRY:
		return sb_emit_layout(view, region, SB_ROWS(entry_rows), err);
	case SB_FAT_TAG_VOLUME_ID:
		return describe_whole(view, region, SB_FIELD_IDENTIFIER, err);
	case SB_FAT_TAG_COUNTS:
		return sb_emit_layout(view, region, SB_ROWS(count_rows), err);
	case SB_FAT_TAG_TABLE:
		return describe_whole(view, region, SB_FIELD_OFFSET, err);
	}
	return 0;
}

static unsigned probe(struct sb_span file, const char *hint)
{
	(void)hint;
	return sb_fat_is_volume(file) ? 48 : 0;
}

const struct sb_format sb_format_fat = {
	.name = "fat",
	.spec = "Microsoft FAT: General Overview of On-Disk Format, 1.03; Linux 6.1, fs/fat/inode.c",
	.version = 2,
	.probe = probe,
	.open = open_fat,
	.describe = describe,
	.tree = true,
};
