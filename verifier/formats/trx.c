/* SPDX-License-Identifier: Apache-2.0 */
/* TRX, the format in which Broadcom's boot loader takes what it flashes. */
#include "verifier/formats/rows.h"
#include "verifier/formats/tiles.h"

#include <string.h>

/* Source: OpenWrt 22.03, tools/firmware-utils, src/trx.c; Linux 6.1, drivers/mtd/parsers/parser_trx.c. */
enum { CRC_FROM = 12, OFFSETS = 16 };
enum tag { TAG_HEADER = 1 };

struct header {
	uint64_t length, offset[4];
	unsigned count; /* offsets that this version has */
};

static bool read_header(struct sb_span file, struct header *out)
{
	struct sb_rd rd = sb_rd_of(file, false);

	*out = (struct header){0};
	sb_rd_seek(&rd, 4);
	out->length = sb_rd_uint(&rd, 4);
	sb_rd_seek(&rd, 14);
	uint64_t version = sb_rd_uint(&rd, 2);
	out->count = version == 2 ? 4 : 3;
	for (unsigned i = 0; i < out->count; i++)
		out->offset[i] = sb_rd_uint(&rd, 4);
	return !rd.bad && sb_magic(file, 0, "HDR0", 4) && (version == 1 || version == 2) && out->length >= rd.at && out->length <= file.n;
}

static uint64_t header_size(const struct header *header)
{
	return OFFSETS + 4 * header->count;
}

/* A part goes on to the next one, or to the end. Offsets ascend; those that are zero stand for nothing and come last. */
static uint64_t end_of_part(const struct header *header, unsigned i)
{
	return i + 1 < header->count && header->offset[i + 1] ? header->offset[i + 1] : header->length;
}

static bool offsets_ascend(const struct header *header)
{
	uint64_t at = header_size(header);

	for (unsigned i = 0; i < header->count; i++) {
		if (header->offset[i] == 0) {
			at = UINT64_MAX;
			continue;
		}
		if (header->offset[i] < at || header->offset[i] > header->length)
			return false;
		at = header->offset[i];
	}
	return true;
}

static int add_all(struct sb_tiles *tiles, struct sb_view *view, const struct header *header, struct sb_err *err)
{
	static const char *const names[] = {"part 1", "part 2", "part 3", "part 4"};
	const struct sb_region head = {.length = header_size(header), .kind = SB_REGION_HEADER, .tag = TAG_HEADER, .loaded = true, .name = "header"};
	int rc = sb_tiles_add(tiles, view->file.n, &head, err);
	struct sb_span rest;

	for (unsigned i = 0; !rc && i < header->count; i++)
		if (header->offset[i])
			rc = sb_tiles_add_part(tiles, view, names[i], header->offset[i], end_of_part(header, i) - header->offset[i], err);
	if (!rc && sb_span_cut(view->file, header->length, view->file.n - header->length, &rest) && !sb_reading_all_zero(view->reading, rest))
		rc = sb_tiles_add_part(tiles, view, "rest", header->length, rest.n, err);
	return rc ? rc : sb_tiles_emit(tiles, view, err);
}

static int open_trx(struct sb_view *view, const char *hint, struct sb_err *err)
{
	SB_TILES struct sb_tiles tiles = {0};
	struct header header;

	(void)hint;
	if (!read_header(view->file, &header))
		return sb_damaged(err, "archive-truncated", 0, "a header that is cut, or states more data than there is");
	if (!offsets_ascend(&header))
		return sb_damaged(err, "archive-damaged", OFFSETS, "parts that do not follow each other");
	return add_all(&tiles, view, &header, err);
}

static const struct sb_layout_row rows[] = {
	{.at = 0, .length = 4, .kind = SB_FIELD_MAGIC, .name = "magic"},
	{.at = 12, .length = 2, .kind = SB_FIELD_FLAGS, .encoding = SB_ENC_LE, .name = "flags"},
	{.at = 14, .length = 2, .encoding = SB_ENC_LE, .name = "version"},
};

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct header header;

	if (region->tag != TAG_HEADER || !read_header(view->file, &header))
		return 0;
	const struct sb_field sums[] = {
		{.offset = 4, .length = 4, .kind = SB_FIELD_DERIVED, .encoding = SB_ENC_LE, .name = "length",
		 .derived = {.algorithm = SB_DERIVE_LENGTH, .over_length = header.length}},
		{.offset = 8, .length = 4, .kind = SB_FIELD_DERIVED, .encoding = SB_ENC_LE, .name = "CRC",
		 .derived = {.algorithm = SB_DERIVE_CRC32_BARE, .over_offset = CRC_FROM, .over_length = header.length - CRC_FROM}},
	};
	int rc = sb_emit_layout(view, region, SB_ROWS(rows), err);
	for (size_t i = 0; !rc && i < sizeof sums / sizeof *sums; i++)
		rc = sb_emit_field(view, &sums[i], err);
	for (unsigned i = 0; !rc && i < header.count; i++) {
		struct sb_field offset = {.offset = OFFSETS + 4 * i, .length = 4, .kind = header.offset[i] ? SB_FIELD_DERIVED : SB_FIELD_VALUE, .encoding = SB_ENC_LE,
		                          .name = "offset of a part", .derived = {.algorithm = SB_DERIVE_POSITION, .over_offset = header.offset[i]}};
		rc = sb_emit_field(view, &offset, err);
	}
	return rc;
}

static unsigned probe(struct sb_span file, const char *hint)
{
	struct header header;
	(void)hint;
	return read_header(file, &header) ? 40 : 0;
}

const struct sb_format sb_format_trx = {
	.name = "trx",
	.spec = "OpenWrt 22.03, firmware-utils, src/trx.c; Linux 6.1, drivers/mtd/parsers/parser_trx.c",
	.version = 1,
	.probe = probe,
	.open = open_trx,
	.describe = describe,
	.container = true,
};
