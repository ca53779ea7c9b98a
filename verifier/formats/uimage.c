/* SPDX-License-Identifier: Apache-2.0 */
/* Legacy images of U-Boot: a header of 64 bytes, and one image or several behind it. */
#include "verifier/formats/rows.h"
#include "verifier/formats/tiles.h"

#include <string.h>

/* Source: U-Boot 2023.01, include/image.h, struct legacy_img_hdr; boot/image.c, image_multi_getimg(). */
enum { HEADER = 64, TYPE_MULTI = 4, TYPE_SCRIPT = 6, MOST_IMAGES = 4096 };
enum tag { TAG_HEADER = 1, TAG_SIZE };
static const uint8_t magic[4] = {0x27, 0x05, 0x19, 0x56};

struct image {
	struct sb_view *view;
	struct sb_tiles tiles;
	uint64_t end; /* of the data, as the header states it */
};

static bool read_header(struct sb_span file, uint64_t *size, unsigned *type)
{
	struct sb_rd rd = sb_rd_of(file, true);

	sb_rd_seek(&rd, 12);
	*size = sb_rd_uint(&rd, 4);
	sb_rd_seek(&rd, 30);
	*type = (unsigned)sb_rd_uint(&rd, 1);
	return sb_magic(file, 0, magic, sizeof magic) && file.n >= HEADER && !rd.bad && *size <= file.n - HEADER;
}

static int add(struct image *image, struct sb_region region, uint64_t length, struct sb_err *err)
{
	region.length = length;
	region.loaded = true;
	return sb_tiles_add(&image->tiles, image->view->file.n, &region, err);
}

/* One image of several, filled up to four bytes unless it is the last. */
static int add_part(struct image *image, size_t number, uint64_t at, uint64_t length, struct sb_err *err)
{
	struct sb_region size = {.offset = HEADER + 4 * number, .kind = SB_REGION_TABLE, .tag = TAG_SIZE, .name = "size of an image"};
	struct sb_region fill = {.offset = at + length, .kind = SB_REGION_PADDING, .align = 4, .name = "padding"};
	const char *name = sb_arena_printf(image->view->arena, "image %zu", number + 1);
	uint64_t rest = (4 - (at + length) % 4) % 4;

	if (!name)
		return sb_no_memory(err);
	if (at > image->end || length > image->end - at)
		return sb_damaged(err, "archive-truncated", HEADER + 4 * number, "an image that does not lie inside the data");
	size.member = fill.member = (uint32_t)image->view->members.count + 1;
	int rc = add(image, size, 4, err);
	if (!rc)
		rc = sb_tiles_add_part(&image->tiles, image->view, name, at, length, err);
	if (!rc && rest <= image->end - fill.offset)
		rc = add(image, fill, rest, err);
	return rc;
}

static int add_parts(struct image *image, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(sb_span_of(image->view->file.p, (size_t)image->end), true);
	size_t count = 0;
	int rc = 0;

	sb_rd_seek(&rd, HEADER);
	while (count < MOST_IMAGES && sb_rd_uint(&rd, 4) != 0)
		count++;
	if (rd.bad || count == MOST_IMAGES)
		return sb_damaged(err, "archive-damaged", HEADER, "a list of sizes without an end");
	struct sb_region end = {.offset = HEADER + 4 * count, .kind = SB_REGION_TABLE, .name = "end of the sizes"};
	uint64_t at = end.offset + 4;
	sb_rd_seek(&rd, HEADER);
	for (size_t i = 0; !rc && i < count; i++) {
		uint64_t length = sb_rd_uint(&rd, 4);
		rc = add_part(image, i, at, length, err);
		at += (length + 3) & ~UINT64_C(3);
	}
	return rc ? rc : add(image, end, 4, err);
}

/* Vendors put a file system behind the kernel: looked at by itself. */
static int add_rest(struct image *image, struct sb_err *err)
{
	struct sb_span rest;

	if (!sb_span_cut(image->view->file, image->end, image->view->file.n - image->end, &rest) || sb_reading_all_zero(image->view->reading, rest))
		return 0;
	return sb_tiles_add_part(&image->tiles, image->view, "rest", image->end, rest.n, err);
}

static int add_all(struct image *image, unsigned type, struct sb_err *err)
{
	int rc = add(image, (struct sb_region){.kind = SB_REGION_HEADER, .tag = TAG_HEADER, .name = "header"}, HEADER, err);

	if (!rc)
		rc = type == TYPE_MULTI || type == TYPE_SCRIPT ? add_parts(image, err) : sb_tiles_add_part(&image->tiles, image->view, "image", HEADER, image->end - HEADER, err);
	if (!rc)
		rc = add_rest(image, err);
	return rc ? rc : sb_tiles_emit(&image->tiles, image->view, err);
}

static int open_image(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct image image = {.view = view};
	uint64_t size;
	unsigned type;

	(void)hint;
	if (!read_header(view->file, &size, &type))
		return sb_damaged(err, "archive-truncated", 0, "a header that is cut, or states more data than there is");
	image.end = HEADER + size;
	int rc = add_all(&image, type, err);
	sb_tiles_release(&image.tiles);
	return rc;
}

static const struct sb_layout_row header_rows[] = {
	{.at = 0, .length = 4, .kind = SB_FIELD_MAGIC, .encoding = SB_ENC_BE, .name = "magic"},
	{.at = 4, .length = 4, .kind = SB_FIELD_DERIVED, .encoding = SB_ENC_BE, .name = "header CRC", .algorithm = SB_DERIVE_CRC32_ZEROED, .over = HEADER},
	{.at = 8, .length = 4, .kind = SB_FIELD_TIME, .encoding = SB_ENC_BE, .name = "time"},
	{.at = 16, .length = 4, .kind = SB_FIELD_ADDRESS, .encoding = SB_ENC_BE, .name = "load address"},
	{.at = 20, .length = 4, .kind = SB_FIELD_ADDRESS, .encoding = SB_ENC_BE, .name = "entry point"},
	{.at = 28, .length = 1, .encoding = SB_ENC_BE, .name = "operating system"},
	{.at = 29, .length = 1, .encoding = SB_ENC_BE, .name = "architecture"},
	{.at = 30, .length = 1, .encoding = SB_ENC_BE, .name = "type"},
	{.at = 31, .length = 1, .encoding = SB_ENC_BE, .name = "compression"},
	{.at = 32, .length = 32, .encoding = SB_ENC_TEXT, .name = "name"},
};

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_field size = {.offset = region->offset, .length = 4, .kind = SB_FIELD_SIZE, .encoding = SB_ENC_BE, .name = "size of the image"};
	struct sb_derivation data = {.algorithm = SB_DERIVE_LENGTH, .over_offset = HEADER};
	unsigned type;

	if (region->tag == TAG_SIZE)
		return sb_emit_field(view, &size, err);
	if (region->tag != TAG_HEADER || !read_header(view->file, &data.over_length, &type))
		return 0;
	int rc = sb_emit_layout(view, region, SB_ROWS(header_rows), err);
	struct sb_field stated = {.offset = 12, .length = 4, .kind = SB_FIELD_DERIVED, .encoding = SB_ENC_BE, .name = "size", .derived = data};
	if (!rc)
		rc = sb_emit_field(view, &stated, err);
	data.algorithm = SB_DERIVE_CRC32;
	struct sb_field crc = {.offset = 24, .length = 4, .kind = SB_FIELD_DERIVED, .encoding = SB_ENC_BE, .name = "data CRC", .derived = data};
	return rc ? rc : sb_emit_field(view, &crc, err);
}

static unsigned probe(struct sb_span file, const char *hint)
{
	uint64_t size;
	unsigned type;

	(void)hint;
	return read_header(file, &size, &type) ? 40 : 0;
}

const struct sb_format sb_format_uimage = {
	.name = "uimage",
	.spec = "U-Boot 2023.01, include/image.h, struct legacy_img_hdr",
	.version = 1,
	.probe = probe,
	.open = open_image,
	.describe = describe,
	.container = true,
};
