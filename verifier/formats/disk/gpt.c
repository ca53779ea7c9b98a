/* SPDX-License-Identifier: Apache-2.0 */
/* Disks with a GUID partition table: both copies of it, and partitions as the first one has them. */
#include "verifier/formats/disk/disk.h"

static int add_partitions(struct sb_tiles *tiles, struct sb_view *view, const struct sb_gpt *gpt, struct sb_err *err)
{
	int rc = 0;

	for (uint64_t i = 0, offset, length; !rc && i < gpt->copies[0].count; i++) {
		if (!sb_gpt_is_used(view->file, gpt, i))
			continue;
		rc = sb_gpt_partition(view, gpt, i, &offset, &length, err);
		if (!rc)
			rc = sb_disk_add_partition(tiles, view, (unsigned)i + 1, offset, length, err);
	}
	return rc;
}

static int open_disk(struct sb_view *view, const char *hint, struct sb_err *err)
{
	SB_TILES struct sb_tiles tiles = {0};
	struct sb_gpt gpt;

	(void)hint;
	if (!sb_gpt_find(view->file, &gpt))
		return sb_damaged(err, "archive-damaged", 0, "a table of partitions that makes no sense");
	int rc = sb_disk_add_record(&tiles, view, err);
	if (!rc)
		rc = add_partitions(&tiles, view, &gpt, err);
	if (!rc)
		rc = sb_gpt_add(&tiles, view, &gpt, 1, err);
	return rc ? rc : sb_tiles_emit(&tiles, view, err);
}

static unsigned probe(struct sb_span file, const char *hint)
{
	struct sb_gpt gpt;

	(void)hint;
	return sb_gpt_find(file, &gpt) ? 80 : 0;
}

const struct sb_format sb_format_gpt = {
	.name = "gpt",
	.spec = "UEFI Specification 2.10, chapter 5",
	.version = 1,
	.probe = probe,
	.open = open_disk,
	.describe = sb_disk_describe,
	.container = true,
};
