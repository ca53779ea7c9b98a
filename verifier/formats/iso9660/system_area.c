/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first 16 sectors, which ECMA-119 leaves alone (8.1.1): boot code, and tables of partitions for what boots from a stick as well. Most partitions
 * are what the volume holds already; one that lies behind everything else was appended and is looked at by itself.
 */
#include "verifier/formats/disk/disk.h"
#include "verifier/formats/iso9660/iso9660.h"

enum { AREA = SB_ISO_FIRST * SB_ISO_SECTOR };

/* Where the last owner ends. */
static uint64_t end_of_volume(const struct sb_iso *iso)
{
	uint64_t end = AREA;

	for (size_t i = 0; i < iso->tiles.regions.count + iso->tiles.shared.count; i++) {
		size_t own = iso->tiles.regions.count;
		const struct sb_region *region = i < own ? sb_vec_at(&iso->tiles.regions, i) : sb_vec_at(&iso->tiles.shared, i - own);
		end = region->offset + region->length > end ? region->offset + region->length : end;
	}
	return end;
}

static int emit_appended(struct sb_iso *iso, const char *name, uint64_t offset, uint64_t length, struct sb_err *err)
{
	const struct sb_member member = {.name = sb_span_text(name), .type = SB_MEMBER_PART, .offset = offset, .length = length, .size = length};
	struct sb_iso_file *slot = sb_vec_push(&iso->appended);

	if (!slot)
		return sb_no_memory(err);
	*slot = (struct sb_iso_file){.offset = offset, .length = length, .member = (uint32_t)iso->view->members.count + 1};
	int rc = sb_iso_own_range(iso, offset, length, SB_REGION_CONTENT, "content", SB_ISO_TAG_NONE, slot->member, err);
	return rc ? rc : sb_emit_member(iso->view, &member, err);
}

/* Content of its own behind the @volume, a link to the file that it is, or a name for a stretch of the volume. */
static int emit_partition(struct sb_iso *iso, uint64_t volume, unsigned number, uint64_t offset, uint64_t length, struct sb_err *err)
{
	const char *name = sb_arena_printf(iso->view->arena, "partition %u", number);
	const struct sb_iso_file *file = sb_iso_file_at(iso, offset);

	if (!name)
		return sb_no_memory(err);
	if (!file && offset >= volume && length && offset <= iso->view->file.n && length <= iso->view->file.n - offset)
		return emit_appended(iso, name, offset, length, err);
	const struct sb_member member = {.name = sb_span_text(name), .type = file ? SB_MEMBER_HARDLINK : SB_MEMBER_DIR,
	                                 .link = file ? sb_view_member(iso->view, file->member - 1)->name : sb_span_text(".")};
	return sb_emit_member(iso->view, &member, err);
}

static int emit_guid_partitions(struct sb_iso *iso, const struct sb_gpt *gpt, struct sb_err *err)
{
	uint64_t volume = end_of_volume(iso), offset, length;
	int rc = 0;

	for (uint64_t i = 0; !rc && i < gpt->copies[0].count; i++) {
		if (!sb_gpt_is_used(iso->view->file, gpt, i))
			continue;
		rc = sb_gpt_partition(iso->view, gpt, i, &offset, &length, err);
		if (!rc)
			rc = emit_partition(iso, volume, (unsigned)i + 1, offset, length, err);
	}
	return rc;
}

static int emit_rows(struct sb_iso *iso, struct sb_err *err)
{
	uint64_t volume = end_of_volume(iso);
	struct sb_disk_row row;
	int rc = 0;

	for (unsigned i = 0; !rc && i < SB_DISK_PRIMARY; i++)
		if (sb_disk_row(iso->view->file, 0, i, &row) && row.type && row.sectors)
			rc = emit_partition(iso, volume, i + 1, row.start * SB_DISK_SECTOR, row.sectors * SB_DISK_SECTOR, err);
	return rc;
}

/* Rows that lie in the image, one at least: else the sector is code to its end, and none of it a name of a disk. */
static bool has_rows(const struct sb_iso *iso)
{
	uint64_t sectors = iso->view->file.n / SB_DISK_SECTOR;
	struct sb_disk_row row;
	unsigned used = 0;

	for (unsigned i = 0; i < SB_DISK_PRIMARY; i++) {
		if (!sb_disk_row(iso->view->file, 0, i, &row) || (row.status & 0x7f) || row.start + row.sectors > sectors)
			return false;
		used += row.type && row.sectors;
	}
	return used > 0;
}

/* Partitions as the newer table has them, where there are two. */
static int take_tables(struct sb_iso *iso, struct sb_tiles *tables, struct sb_err *err)
{
	uint32_t first = (uint32_t)iso->view->members.count + 1;
	struct sb_gpt gpt;

	if (!sb_disk_is_record(iso->view->file, 0))
		return 0;
	bool guids = sb_gpt_find(iso->view->file, &gpt);
	if (!guids && !has_rows(iso))
		return 0;
	iso->code |= !sb_span_all_zero(sb_span_of(iso->view->file.p, SB_DISK_TABLE));
	int rc = sb_disk_add_record(tables, iso->view, err);
	if (!rc)
		rc = guids ? emit_guid_partitions(iso, &gpt, err) : emit_rows(iso, err);
	return rc || !guids ? rc : sb_gpt_add(tables, iso->view, &gpt, first, err);
}

static int own_rest(struct sb_iso *iso, uint64_t from, uint64_t to, struct sb_err *err)
{
	const struct sb_region region = {.offset = from, .length = to - from, .kind = SB_REGION_HEADER, .loaded = true, .name = "system area"};
	struct sb_span bytes;

	if (from >= to || !sb_span_cut(iso->view->file, from, to - from, &bytes) || sb_span_all_zero(bytes))
		return 0;
	iso->code = true;
	return sb_tiles_add(&iso->tiles, iso->view->file.n, &region, err);
}

/* The tables, and what is left of the area around them. */
static int own_area(struct sb_iso *iso, struct sb_tiles *tables, struct sb_err *err)
{
	uint64_t at = 0;
	int rc = 0;

	sb_tiles_sort(tables);
	for (size_t i = 0; !rc && i < tables->regions.count; i++) {
		const struct sb_region *table = sb_vec_at(&tables->regions, i);
		rc = own_rest(iso, at, table->offset < AREA ? table->offset : AREA, err);
		if (!rc)
			rc = sb_tiles_add(&iso->tiles, iso->view->file.n, table, err);
		at = table->offset + table->length;
	}
	return rc ? rc : own_rest(iso, at, AREA, err);
}

int sb_iso_take_system_area(struct sb_iso *iso, struct sb_err *err)
{
	SB_TILES struct sb_tiles tables = {0};

	int rc = take_tables(iso, &tables, err);
	return rc ? rc : own_area(iso, &tables, err);
}
