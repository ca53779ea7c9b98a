/* SPDX-License-Identifier: Apache-2.0 */
/* A GUID partition table: both copies of it, entry by entry. */
#include "verifier/formats/disk/disk.h"

/* UEFI Specification 2.10, 5.3.2 and 5.3.3. */
enum { HEADER = 92, ENTRY = 128, MOST_ENTRIES = 4096, GUID = 16 };
static const char signature[8] = {'E', 'F', 'I', ' ', 'P', 'A', 'R', 'T'};

static bool read_copy(struct sb_span file, uint64_t header, uint64_t sector, struct sb_gpt_copy *out)
{
	struct sb_rd rd = sb_rd_of(file, false);
	uint64_t size, end;

	*out = (struct sb_gpt_copy){.header = header};
	sb_rd_seek(&rd, header + 12);
	out->header_size = sb_rd_uint(&rd, 4);
	sb_rd_seek(&rd, header + 32);
	out->alternate = sb_rd_uint(&rd, 8);
	sb_rd_seek(&rd, header + 72);
	out->entries = sb_rd_uint(&rd, 8);
	out->count = sb_rd_uint(&rd, 4);
	out->entry_size = sb_rd_uint(&rd, 4);
	bool fits = !rd.bad && out->header_size >= HEADER && out->header_size <= sector && out->count <= MOST_ENTRIES && out->entry_size >= ENTRY && out->entry_size <= sector &&
	            out->entry_size % 8 == 0 && sb_mul(out->entries, sector, &out->entries) && sb_mul(out->alternate, sector, &out->alternate);
	return fits && sb_magic(file, header, signature, sizeof signature) && sb_mul(out->count, out->entry_size, &size) && sb_add(out->entries, size, &end) && end <= file.n;
}

/* The size of a sector is nowhere stated: the header lies in the second one. */
static uint64_t sector_of(struct sb_span file)
{
	struct sb_gpt_copy first;

	if (!sb_disk_is_record(file, 0))
		return 0;
	return read_copy(file, 512, 512, &first) ? 512 : read_copy(file, 4096, 4096, &first) ? 4096 : 0;
}

bool sb_gpt_find(struct sb_span file, struct sb_gpt *out)
{
	struct sb_gpt_copy *copies = out->copies;

	out->sector = sector_of(file);
	if (!out->sector || !read_copy(file, out->sector, out->sector, &copies[0]))
		return false;
	if (!read_copy(file, copies[0].alternate, out->sector, &copies[1]) || copies[1].header == copies[0].header)
		copies[1] = (struct sb_gpt_copy){0};
	return true;
}

static bool is_used(struct sb_span file, const struct sb_gpt_copy *copy, uint64_t i)
{
	struct sb_span type;
	return sb_span_cut(file, copy->entries + i * copy->entry_size, GUID, &type) && !sb_span_all_zero(type);
}

bool sb_gpt_is_used(struct sb_span file, const struct sb_gpt *gpt, uint64_t i)
{
	return is_used(file, &gpt->copies[0], i);
}

int sb_gpt_partition(struct sb_view *view, const struct sb_gpt *gpt, uint64_t i, uint64_t *offset, uint64_t *length, struct sb_err *err)
{
	uint64_t at = gpt->copies[0].entries + i * gpt->copies[0].entry_size, end;
	struct sb_rd rd = sb_rd_of(view->file, false);

	sb_rd_seek(&rd, at + 2 * GUID);
	uint64_t from = sb_rd_uint(&rd, 8), last = sb_rd_uint(&rd, 8);
	if (rd.bad || last < from || last == UINT64_MAX || !sb_mul(from, gpt->sector, offset) || !sb_mul(last + 1, gpt->sector, &end))
		return sb_damaged(err, "archive-damaged", at, "a partition that ends before it begins");
	*length = end - *offset;
	return 0;
}

/* Ordinal of the member that entry @i of the first copy has become; 0: none. */
static uint32_t member_of(struct sb_span file, const struct sb_gpt_copy *copy, uint64_t i, uint32_t first)
{
	uint32_t before = 0;

	for (uint64_t k = 0; k < i && k < copy->count; k++)
		before += is_used(file, copy, k);
	return i < copy->count && is_used(file, copy, i) ? first + before : 0;
}

/* Entries that are used one by one, others in a row; a second copy belongs to the partitions of the first. */
static int add_entries(struct sb_tiles *tiles, struct sb_view *view, const struct sb_gpt *gpt, bool second, uint32_t first, struct sb_err *err)
{
	const struct sb_gpt_copy *copy = &gpt->copies[second];
	uint64_t end = copy->entries + copy->count * copy->entry_size;
	int rc = 0;

	for (uint64_t i = 0, next; !rc && i < copy->count; i = next) {
		struct sb_region region = {.offset = copy->entries + i * copy->entry_size, .kind = SB_REGION_TABLE, .name = second ? "unused entries of the second copy" : "unused entries"};
		next = i + 1;
		if (is_used(view->file, copy, i)) {
			region.tag = SB_DISK_TAG_ENTRY;
			region.member = member_of(view->file, &gpt->copies[0], i, first);
			region.name = second ? "entry of the second copy" : "entry";
		}
		while (!region.tag && next < copy->count && !is_used(view->file, copy, next))
			next++;
		rc = sb_disk_add(tiles, view, region, next < copy->count ? copy->entries + next * copy->entry_size : end, err);
	}
	return rc;
}

static int add_copy(struct sb_tiles *tiles, struct sb_view *view, const struct sb_gpt *gpt, bool second, uint32_t first, struct sb_err *err)
{
	const struct sb_gpt_copy *copy = &gpt->copies[second];
	struct sb_region header = {.offset = copy->header, .kind = SB_REGION_HEADER, .tag = SB_DISK_TAG_HEADER, .name = second ? "second header" : "header"};

	if (copy->header == 0)
		return 0;
	int rc = sb_disk_add(tiles, view, header, copy->header + copy->header_size, err);
	return rc ? rc : add_entries(tiles, view, gpt, second, first, err);
}

int sb_gpt_add(struct sb_tiles *tiles, struct sb_view *view, const struct sb_gpt *gpt, uint32_t first, struct sb_err *err)
{
	int rc = add_copy(tiles, view, gpt, false, first, err);
	return rc ? rc : add_copy(tiles, view, gpt, true, first, err);
}

static const struct sb_layout_row header_rows[] = {
	{.at = 0, .length = 8, .kind = SB_FIELD_MAGIC, .encoding = SB_ENC_TEXT, .name = "signature"},
	{.at = 8, .length = 4, .encoding = SB_ENC_LE, .name = "revision"},
	{.at = 12, .length = 4, .encoding = SB_ENC_LE, .name = "header size"},
	{.at = 20, .length = 4, .encoding = SB_ENC_LE, .name = "reserved"},
	{.at = 24, .length = 8, .encoding = SB_ENC_LE, .kind = SB_FIELD_OFFSET, .name = "own sector"},
	{.at = 32, .length = 8, .encoding = SB_ENC_LE, .kind = SB_FIELD_OFFSET, .name = "sector of the other copy"},
	{.at = 40, .length = 8, .encoding = SB_ENC_LE, .name = "first usable sector"},
	{.at = 48, .length = 8, .encoding = SB_ENC_LE, .name = "last usable sector"},
	{.at = 56, .length = GUID, .kind = SB_FIELD_IDENTIFIER, .name = "disk GUID"},
	{.at = 72, .length = 8, .encoding = SB_ENC_LE, .kind = SB_FIELD_OFFSET, .name = "sector of the entries"},
	{.at = 80, .length = 4, .encoding = SB_ENC_LE, .name = "number of entries"},
	{.at = 84, .length = 4, .encoding = SB_ENC_LE, .name = "size of an entry"},
};

static const struct sb_layout_row entry_rows[] = {
	{.at = 0, .length = GUID, .name = "type GUID"},
	{.at = 16, .length = GUID, .kind = SB_FIELD_IDENTIFIER, .name = "partition GUID"},
	{.at = 32, .length = 8, .encoding = SB_ENC_LE, .kind = SB_FIELD_OFFSET, .name = "first sector"},
	{.at = 40, .length = 8, .encoding = SB_ENC_LE, .name = "last sector"},
	{.at = 48, .length = 8, .encoding = SB_ENC_LE, .kind = SB_FIELD_FLAGS, .name = "attributes"},
	{.at = 56, .length = 72, .kind = SB_FIELD_NAME, .name = "name"},
};

static int describe_header(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	uint64_t sector = sector_of(view->file);
	struct sb_gpt_copy copy;
	int rc = sb_emit_layout(view, region, SB_ROWS(header_rows), err);

	if (rc || !sector || !read_copy(view->file, region->offset, sector, &copy))
		return rc;
	const struct sb_field sums[] = {
		{.offset = region->offset + 16, .length = 4, .kind = SB_FIELD_DERIVED, .encoding = SB_ENC_LE, .name = "header CRC",
		 .derived = {.algorithm = SB_DERIVE_CRC32_ZEROED, .over_offset = region->offset, .over_length = copy.header_size}},
		{.offset = region->offset + 88, .length = 4, .kind = SB_FIELD_DERIVED, .encoding = SB_ENC_LE, .name = "CRC of the entries",
		 .derived = {.algorithm = SB_DERIVE_CRC32, .over_offset = copy.entries, .over_length = copy.count * copy.entry_size}},
	};
	rc = sb_emit_field(view, &sums[0], err);
	return rc ? rc : sb_emit_field(view, &sums[1], err);
}

int sb_disk_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	switch (region->tag) {
	case SB_DISK_TAG_TABLE:
	case SB_DISK_TAG_EXTENDED:
		return sb_disk_describe_rows(view, region, err);
	case SB_DISK_TAG_HEADER:
		return describe_header(view, region, err);
	case SB_DISK_TAG_ENTRY:
		return sb_emit_layout(view, region, SB_ROWS(entry_rows), err);
	default:
		return 0;
	}
}
