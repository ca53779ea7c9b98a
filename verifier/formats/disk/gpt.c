/* SPDX-License-Identifier: Apache-2.0 */
/* Disks with a GUID partition table: both copies of it, and partitions as the first one has them. */
#include "verifier/formats/disk/disk.h"

/* UEFI Specification 2.10, 5.3.2 and 5.3.3. */
enum { HEADER = 92, ENTRY = 128, MOST_ENTRIES = 4096, GUID = 16 };
static const char signature[8] = {'E', 'F', 'I', ' ', 'P', 'A', 'R', 'T'};

/** One copy: its header and its entries, as offsets in the file. */
struct copy {
	uint64_t header, header_size, entries, count, entry_size, alternate;
};

static bool read_copy(struct sb_span file, uint64_t header, uint64_t sector, struct copy *out)
{
	struct sb_rd rd = sb_rd_of(file, false);
	uint64_t size, end;

	*out = (struct copy){.header = header};
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
	struct copy first;

	if (!sb_disk_is_record(file, 0))
		return 0;
	return read_copy(file, 512, 512, &first) ? 512 : read_copy(file, 4096, 4096, &first) ? 4096 : 0;
}

static bool find_copies(struct sb_span file, struct copy copies[2], uint64_t *sector)
{
	*sector = sector_of(file);
	if (!*sector || !read_copy(file, *sector, *sector, &copies[0]))
		return false;
	if (!read_copy(file, copies[0].alternate, *sector, &copies[1]) || copies[1].header == copies[0].header)
		copies[1] = (struct copy){0}; /* an image that was cut before its second copy */
	return true;
}

static bool is_used(struct sb_span file, const struct copy *copy, uint64_t i)
{
	struct sb_span type;
	return sb_span_cut(file, copy->entries + i * copy->entry_size, GUID, &type) && !sb_span_all_zero(type);
}

/* The member that entry @i of the first copy has become: used entries in order. */
static uint32_t member_of(struct sb_span file, const struct copy *first, uint64_t i)
{
	uint32_t members = 0;

	for (uint64_t k = 0; k <= i && k < first->count; k++)
		members += is_used(file, first, k);
	return i < first->count && is_used(file, first, i) ? members : 0;
}

/* Entries that are used one by one, others in a row; a second copy belongs to the partitions of the first. */
static int add_entries(struct sb_tiles *tiles, struct sb_view *view, const struct copy *copy, const struct copy *first, struct sb_err *err)
{
	bool second = copy != first;
	uint64_t end = copy->entries + copy->count * copy->entry_size;
	int rc = 0;

	for (uint64_t i = 0, next; !rc && i < copy->count; i = next) {
		struct sb_region region = {.offset = copy->entries + i * copy->entry_size, .kind = SB_REGION_TABLE, .name = second ? "unused entries of the second copy" : "unused entries"};
		next = i + 1;
		if (is_used(view->file, copy, i)) {
			region.tag = SB_DISK_TAG_ENTRY;
			region.member = member_of(view->file, first, i);
			region.name = second ? "entry of the second copy" : "entry";
		}
		while (!region.tag && next < copy->count && !is_used(view->file, copy, next))
			next++;
		rc = sb_disk_add(tiles, view, region, next < copy->count ? copy->entries + next * copy->entry_size : end, err);
	}
	return rc;
}

static int add_copy(struct sb_tiles *tiles, struct sb_view *view, const struct copy *copy, const struct copy *first, struct sb_err *err)
{
	struct sb_region header = {.offset = copy->header, .kind = SB_REGION_HEADER, .tag = SB_DISK_TAG_HEADER, .name = copy == first ? "header" : "second header"};
	int rc = sb_disk_add(tiles, view, header, copy->header + copy->header_size, err);
	return rc ? rc : add_entries(tiles, view, copy, first, err);
}

static int add_partition(struct sb_tiles *tiles, struct sb_view *view, const struct copy *copy, uint64_t i, uint64_t sector, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(view->file, false);
	uint64_t offset, end;

	sb_rd_seek(&rd, copy->entries + i * copy->entry_size + 2 * GUID);
	uint64_t from = sb_rd_uint(&rd, 8), last = sb_rd_uint(&rd, 8);
	if (rd.bad || last < from || last == UINT64_MAX || !sb_mul(from, sector, &offset) || !sb_mul(last + 1, sector, &end))
		return sb_damaged(err, "archive-damaged", copy->entries + i * copy->entry_size, "a partition that ends before it begins");
	return sb_disk_add_partition(tiles, view, (unsigned)i + 1, offset, end - offset, err);
}

static int add_all(struct sb_tiles *tiles, struct sb_view *view, const struct copy copies[2], uint64_t sector, struct sb_err *err)
{
	int rc = sb_disk_add_record(tiles, view, err);

	for (uint64_t i = 0; !rc && i < copies[0].count; i++)
		if (is_used(view->file, &copies[0], i))
			rc = add_partition(tiles, view, &copies[0], i, sector, err);
	for (unsigned i = 0; !rc && i < 2; i++)
		if (copies[i].header)
			rc = add_copy(tiles, view, &copies[i], &copies[0], err);
	return rc ? rc : sb_tiles_emit(tiles, view, err);
}

static int open_disk(struct sb_view *view, const char *hint, struct sb_err *err)
{
	SB_TILES struct sb_tiles tiles = {0};
	struct copy copies[2];
	uint64_t sector;

	(void)hint;
	if (!find_copies(view->file, copies, &sector))
		return sb_damaged(err, "archive-damaged", 0, "a table of partitions that makes no sense");
	return add_all(&tiles, view, copies, sector, err);
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
	struct copy copy;
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

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	switch (region->tag) {
	case SB_DISK_TAG_TABLE:
		return sb_disk_describe_rows(view, region, err);
	case SB_DISK_TAG_HEADER:
		return describe_header(view, region, err);
	case SB_DISK_TAG_ENTRY:
		return sb_emit_layout(view, region, SB_ROWS(entry_rows), err);
	default:
		return 0;
	}
}

static unsigned probe(struct sb_span file, const char *hint)
{
	(void)hint;
	return sector_of(file) ? 80 : 0;
}

const struct sb_format sb_format_gpt = {
	.name = "gpt",
	.spec = "UEFI Specification 2.10, chapter 5",
	.version = 1,
	.probe = probe,
	.open = open_disk,
	.describe = describe,
	.container = true,
};
