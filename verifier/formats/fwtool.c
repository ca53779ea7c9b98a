/* SPDX-License-Identifier: Apache-2.0 */
/* Images of OpenWrt with what fwtool appends to them: what the image is for, and a signature, each with a trailer behind it. */
#include "verifier/formats/rows.h"
#include "verifier/formats/tiles.h"

/* Source: OpenWrt, fwtool of 2019-11, fwimage.h, struct fwimage_header and struct fwimage_trailer. */
enum { TRAILER = 16, HEADER = 8, CRC_AT = 4, TYPE_AT = 8, PAD_AT = 9, PAD = 3, SIZE_AT = 12, SIGNATURE = 0, INFORMATION = 1, MOST = 8 };
enum tag { TAG_HEADER = 1, TAG_TRAILER };

/** What was appended at once: a header of its own, if it is no signature; content; a trailer. */
struct chunk {
	uint64_t offset, header, trailer;
	unsigned type;
};

/* The chunk that ends where @file does. */
static bool read_last(struct sb_span file, struct chunk *out)
{
	struct sb_rd rd = sb_rd_of(file, true);

	if (file.n < TRAILER || !sb_magic(file, file.n - TRAILER, "FWx0", 4) || !sb_magic(file, file.n - TRAILER + PAD_AT, "\0\0\0", PAD))
		return false;
	out->trailer = file.n - TRAILER;
	sb_rd_seek(&rd, out->trailer + TYPE_AT);
	out->type = (unsigned)sb_rd_uint(&rd, 1);
	sb_rd_seek(&rd, out->trailer + SIZE_AT);
	uint64_t size = sb_rd_uint(&rd, 4);
	out->header = out->type == INFORMATION ? HEADER : 0;
	out->offset = file.n - size;
	return (out->type == SIGNATURE || out->type == INFORMATION) && size >= out->header + TRAILER && size <= file.n;
}

/* From the last to the first; how many there are. */
static size_t read_chunks(struct sb_span file, struct chunk chunks[MOST])
{
	size_t count = 0;

	while (count < MOST && read_last(file, &chunks[count]))
		file.n = (size_t)chunks[count++].offset;
	return count;
}

static int add_chunk(struct sb_tiles *tiles, struct sb_view *view, const struct chunk *chunk, struct sb_err *err)
{
	uint64_t content = chunk->offset + chunk->header;
	uint32_t member = (uint32_t)view->members.count + 1;
	const struct sb_region header = {.offset = chunk->offset, .length = chunk->header, .kind = SB_REGION_HEADER, .tag = TAG_HEADER, .member = member, .name = "header"};
	const struct sb_region trailer = {.offset = chunk->trailer, .length = TRAILER, .kind = SB_REGION_HEADER, .tag = TAG_TRAILER, .name = "trailer"};
	int rc = sb_tiles_add_part(tiles, view, chunk->type == SIGNATURE ? "signature" : "information", content, chunk->trailer - content, err);

	if (!rc)
		rc = sb_tiles_add(tiles, view->file.n, &header, err);
	return rc ? rc : sb_tiles_add(tiles, view->file.n, &trailer, err);
}

static int open_image(struct sb_view *view, const char *hint, struct sb_err *err)
{
	SB_TILES struct sb_tiles tiles = {0};
	struct chunk chunks[MOST];
	size_t count = read_chunks(view->file, chunks);

	(void)hint;
	if (count == 0)
		return sb_damaged(err, "archive-truncated", 0, "a trailer that states more than the file has");
	int rc = sb_tiles_add_part(&tiles, view, "image", 0, chunks[count - 1].offset, err);
	while (!rc && count-- > 0)
		rc = add_chunk(&tiles, view, &chunks[count], err);
	return rc ? rc : sb_tiles_emit(&tiles, view, err);
}

static int describe_trailer(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	static const struct sb_layout_row rows[] = {
		{.at = 0, .length = 4, .kind = SB_FIELD_MAGIC, .name = "magic"},
		{.at = TYPE_AT, .length = 1, .name = "type"},
		{.at = PAD_AT, .length = PAD, .name = "reserved"},
	};
	struct chunk chunk;

	if (!read_last(sb_span_of(view->file.p, (size_t)(region->offset + region->length)), &chunk))
		return 0;
	const struct sb_field derived[] = {
		{.offset = chunk.trailer + CRC_AT, .length = 4, .kind = SB_FIELD_DERIVED, .encoding = SB_ENC_BE, .name = "CRC",
		 .derived = {.algorithm = SB_DERIVE_CRC32_BARE, .over_length = chunk.trailer}},
		{.offset = chunk.trailer + SIZE_AT, .length = 4, .kind = SB_FIELD_DERIVED, .encoding = SB_ENC_BE, .name = "size",
		 .derived = {.algorithm = SB_DERIVE_LENGTH, .over_offset = chunk.offset, .over_length = chunk.trailer + TRAILER - chunk.offset}},
	};
	int rc = sb_emit_layout(view, region, SB_ROWS(rows), err);
	for (size_t i = 0; !rc && i < sizeof derived / sizeof *derived; i++)
		rc = sb_emit_field(view, &derived[i], err);
	return rc;
}

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	static const struct sb_layout_row rows[] = {
		{.at = 0, .length = 4, .encoding = SB_ENC_BE, .name = "version"},
		{.at = 4, .length = 4, .kind = SB_FIELD_FLAGS, .encoding = SB_ENC_BE, .name = "flags"},
	};

	if (region->tag == TAG_HEADER)
		return sb_emit_layout(view, region, SB_ROWS(rows), err);
	return region->tag == TAG_TRAILER ? describe_trailer(view, region, err) : 0;
}

/* Whatever such a file begins with is what it is an image of. */
static unsigned probe(struct sb_span file, const char *hint)
{
	struct chunk chunk;

	(void)hint;
	return read_last(file, &chunk) ? 256 : 0;
}

const struct sb_format sb_format_fwtool = {
	.name = "fwtool",
	.spec = "OpenWrt, fwtool of 2019-11, fwimage.h",
	.version = 1,
	.probe = probe,
	.open = open_image,
	.describe = describe,
	.container = true,
	.appended = true,
};
