/* SPDX-License-Identifier: Apache-2.0 */
/* Disks with a master boot record: four rows, and a chain of further records in an extended partition. */
#include "verifier/formats/disk/disk.h"

enum { MOST_LOGICAL = 128, FIRST_LOGICAL = 5, PROTECTIVE = 0xee };

static bool is_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

/* Empty, or a stretch of the file behind the table. */
static bool row_makes_sense(struct sb_span file, const struct sb_disk_row *row)
{
	if (row->type == 0)
		return row->sectors == 0;
	return (row->status & 0x7f) == 0 && row->start && row->sectors && row->start + row->sectors <= file.n / SB_DISK_SECTOR;
}

static unsigned probe(struct sb_span file, const char *hint)
{
	struct sb_disk_row row;
	unsigned used = 0;

	(void)hint;
	if (!sb_disk_is_record(file, 0))
		return 0;
	for (unsigned i = 0; i < SB_DISK_PRIMARY; i++) {
		if (!sb_disk_row(file, 0, i, &row) || !row_makes_sense(file, &row) || row.type == PROTECTIVE)
			return 0;
		used += row.type != 0;
	}
	return used ? 24 : 0;
}

static int add_record(struct sb_tiles *tiles, struct sb_view *view, uint64_t at, unsigned number, struct sb_err *err)
{
	struct sb_region code = {.offset = at, .kind = SB_REGION_SECTION}, rows = {.offset = at + SB_DISK_ENTRIES, .kind = SB_REGION_HEADER, .tag = SB_DISK_TAG_EXTENDED};

	code.name = sb_arena_printf(view->arena, "extended boot record %u, before its rows", number);
	rows.name = sb_arena_printf(view->arena, "extended boot record %u", number);
	if (!code.name || !rows.name)
		return sb_no_memory(err);
	int rc = sb_disk_add(tiles, view, code, rows.offset, err);
	return rc ? rc : sb_disk_add(tiles, view, rows, at + SB_DISK_SECTOR, err);
}

/* The first row of a record is a partition, counted from the record; the second leads to the next one, counted from the first and only onwards. */
static int add_logical(struct sb_tiles *tiles, struct sb_view *view, uint64_t first, struct sb_err *err)
{
	uint64_t at = first;
	int rc = 0;

	for (unsigned i = 0; !rc; i++) {
		struct sb_disk_row own, next;
		uint64_t offset = at * SB_DISK_SECTOR;
		if (i == MOST_LOGICAL || !sb_disk_is_record(view->file, offset) || !sb_disk_row(view->file, offset, 0, &own) || !sb_disk_row(view->file, offset, 1, &next))
			return sb_damaged(err, "archive-damaged", offset, "a chain of extended boot records that leads nowhere");
		rc = add_record(tiles, view, offset, FIRST_LOGICAL + i, err);
		if (!rc && own.type)
			rc = sb_disk_add_partition(tiles, view, FIRST_LOGICAL + i, (at + own.start) * SB_DISK_SECTOR, own.sectors * SB_DISK_SECTOR, err);
		if (rc || !is_extended(next.type))
			break;
		if (first + next.start <= at)
			return sb_damaged(err, "archive-damaged", offset, "a chain of extended boot records that leads back");
		at = first + next.start;
	}
	return rc;
}

static int add_all(struct sb_tiles *tiles, struct sb_view *view, struct sb_err *err)
{
	int rc = sb_disk_add_record(tiles, view, err);
	struct sb_disk_row row;

	for (unsigned i = 0; !rc && i < SB_DISK_PRIMARY; i++) {
		if (!sb_disk_row(view->file, 0, i, &row) || !row.type)
			continue;
		rc = is_extended(row.type) ? add_logical(tiles, view, row.start, err)
		                           : sb_disk_add_partition(tiles, view, i + 1, row.start * SB_DISK_SECTOR, row.sectors * SB_DISK_SECTOR, err);
	}
	return rc ? rc : sb_tiles_emit(tiles, view, err);
}

static int open_disk(struct sb_view *view, const char *hint, struct sb_err *err)
{
	SB_TILES struct sb_tiles tiles = {0};

	if (!probe(view->file, hint))
		return sb_damaged(err, "archive-damaged", SB_DISK_ENTRIES, "a table of partitions that makes no sense");
	return add_all(&tiles, view, err);
}

const struct sb_format sb_format_mbr = {
	.name = "mbr",
	.spec = "UEFI Specification 2.10, 5.2.1; util-linux 2.38, libfdisk/src/dos.c for logical partitions",
	.version = 1,
	.probe = probe,
	.open = open_disk,
	.describe = sb_disk_describe,
	.container = true,
};
