/* SPDX-License-Identifier: Apache-2.0 */
/* What both formats share: the first sector, and partitions as members. */
#include "verifier/formats/disk/disk.h"

bool sb_disk_row(struct sb_span file, uint64_t offset, unsigned i, struct sb_disk_row *out)
{
	struct sb_rd rd = sb_rd_of(file, false);

	sb_rd_seek(&rd, offset + SB_DISK_ENTRIES + SB_DISK_ENTRY * i);
	out->status = (uint8_t)sb_rd_uint(&rd, 1);
	sb_rd_bytes(&rd, 3);
	out->type = (uint8_t)sb_rd_uint(&rd, 1);
	sb_rd_bytes(&rd, 3);
	out->start = sb_rd_uint(&rd, 4);
	out->sectors = sb_rd_uint(&rd, 4);
	return !rd.bad;
}

bool sb_disk_is_record(struct sb_span file, uint64_t offset)
{
	return sb_magic(file, offset + SB_DISK_SECTOR - 2, "\x55\xaa", 2) != 0;
}

int sb_disk_add(struct sb_tiles *tiles, struct sb_view *view, struct sb_region region, uint64_t end, struct sb_err *err)
{
	region.length = end - region.offset;
	region.loaded = true;
	return sb_tiles_add(tiles, view->file.n, &region, err);
}

int sb_disk_add_partition(struct sb_tiles *tiles, struct sb_view *view, unsigned number, uint64_t offset, uint64_t length, struct sb_err *err)
{
	const char *name = sb_arena_printf(view->arena, "partition %u", number);
	return name ? sb_tiles_add_part(tiles, view, name, offset, length, err) : sb_no_memory(err);
}

int sb_disk_add_record(struct sb_tiles *tiles, struct sb_view *view, struct sb_err *err)
{
	int rc = sb_disk_add(tiles, view, (struct sb_region){.kind = SB_REGION_SECTION, .name = "boot code"}, SB_DISK_TABLE, err);
	return rc ? rc : sb_disk_add(tiles, view, (struct sb_region){.offset = SB_DISK_TABLE, .kind = SB_REGION_HEADER, .tag = SB_DISK_TAG_TABLE, .name = "master boot record"},
	                             SB_DISK_SECTOR, err);
}

static int describe_row(struct sb_view *view, uint64_t at, unsigned number, struct sb_err *err)
{
	static const struct {
		uint16_t at, length;
		enum sb_field_kind kind;
		const char *name;
	} columns[] = {{0, 1, SB_FIELD_FLAGS, "status"}, {1, 3, SB_FIELD_VALUE, "first cylinder, head, sector"}, {4, 1, SB_FIELD_VALUE, "type"},
	               {5, 3, SB_FIELD_VALUE, "last cylinder, head, sector"}, {8, 4, SB_FIELD_OFFSET, "first sector"}, {12, 4, SB_FIELD_VALUE, "sectors"}};
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof columns / sizeof *columns; i++) {
		struct sb_field field = {.offset = at + columns[i].at, .length = columns[i].length, .kind = columns[i].kind, .encoding = SB_ENC_LE,
		                         .name = sb_arena_printf(view->arena, "row %u %s", number, columns[i].name)};
		rc = field.name ? sb_emit_field(view, &field, err) : sb_no_memory(err);
	}
	return rc;
}

int sb_disk_describe_rows(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	const struct sb_field head[] = {
		{.offset = region->offset, .length = 4, .kind = SB_FIELD_IDENTIFIER, .encoding = SB_ENC_LE, .name = "disk signature"},
		{.offset = region->offset + 4, .length = 2, .encoding = SB_ENC_LE, .name = "copy protection"},
	};
	uint64_t at = region->offset + region->length - 2 - SB_DISK_ENTRY * SB_DISK_PRIMARY;
	struct sb_field mark = {.offset = region->offset + region->length - 2, .length = 2, .kind = SB_FIELD_MAGIC, .encoding = SB_ENC_LE, .name = "boot signature"};
	int rc = 0;

	for (size_t i = 0; !rc && region->tag == SB_DISK_TAG_TABLE && i < sizeof head / sizeof *head; i++)
		rc = sb_emit_field(view, &head[i], err);
	for (unsigned i = 0; !rc && i < SB_DISK_PRIMARY; i++)
		rc = describe_row(view, at + SB_DISK_ENTRY * i, i + 1, err);
	return rc ? rc : sb_emit_field(view, &mark, err);
}
