/* SPDX-License-Identifier: Apache-2.0 */
/* PNG: a signature, then chunks that each say their length, their type and a checksum of both type and data. */
#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"

#include <string.h>

enum { SIGNATURE = 8, BEFORE = 8, CHECK = 4 };
enum tag { TAG_SIGNATURE = 1, TAG_CHUNK };

static const char signature[] = "\x89PNG\r\n\x1a\n";

static bool is_type(struct sb_span type)
{
	for (size_t i = 0; i < type.n; i++)
		if ((type.p[i] | 0x20) < 'a' || (type.p[i] | 0x20) > 'z')
			return false;
	return type.n == 4;
}

/* 5.3 */
static int take_chunk(struct sb_view *view, uint64_t *at, bool *last, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(view->file, true);

	sb_rd_seek(&rd, *at);
	uint64_t length = sb_rd_uint(&rd, 4);
	struct sb_span type = sb_rd_bytes(&rd, 4);
	struct sb_region chunk = {.offset = *at, .length = BEFORE + length + CHECK, .kind = SB_REGION_HEADER, .tag = TAG_CHUNK};
	if (rd.bad || !is_type(type))
		return sb_damaged(err, "file-damaged", *at, "a PNG chunk that has no type");
	if (chunk.length > view->file.n - *at)
		return sb_damaged(err, "file-damaged", *at, "a PNG chunk that ends behind the file");
	if (!(chunk.name = sb_arena_copy(view->arena, type)))
		return sb_no_memory(err);
	*at += chunk.length;
	*last = memcmp(type.p, "IEND", 4) == 0;
	return sb_emit_region(view, &chunk, err);
}

static int open_png(struct sb_view *view, const char *hint, struct sb_err *err)
{
	const struct sb_region start = {.length = SIGNATURE, .kind = SB_REGION_HEADER, .tag = TAG_SIGNATURE, .name = "signature"};
	uint64_t at = SIGNATURE;
	bool last = false;
	int rc = sb_emit_region(view, &start, err);

	(void)hint;
	while (!rc && !last)
		rc = take_chunk(view, &at, &last, err);
	return rc ? rc : sb_emit_rest(view, at, "fill", err);
}

static const struct sb_layout_row signature_rows[] = {{.at = 0, .length = SIGNATURE, .kind = SB_FIELD_MAGIC, .name = "signature"}};

static const struct sb_layout_row chunk_rows[] = {
	{.at = 0, .length = 4, .kind = SB_FIELD_SIZE, .encoding = SB_ENC_BE, .name = "length"},
	{.at = 4, .length = 4, .kind = SB_FIELD_MAGIC, .encoding = SB_ENC_TEXT, .name = "type"},
};

/* 11.2.1; each of the last five is a byte. */
static const struct sb_layout_row image_rows[] = {
	{.at = 8, .length = 4, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "width"},
	{.at = 12, .length = 4, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "height"},
	{.at = 16, .length = 1, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "bit depth"},
	{.at = 17, .length = 1, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "colour type"},
	{.at = 18, .length = 1, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "compression method"},
	{.at = 19, .length = 1, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "filter method"},
	{.at = 20, .length = 1, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "interlace method"},
};

/* 11.3.6.1 */
static const struct sb_layout_row time_rows[] = {
	{.at = 8, .length = 7, .kind = SB_FIELD_TIME, .encoding = SB_ENC_PNG_TIME, .name = "last modification"},
};

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_field check = {.offset = region->offset + region->length - CHECK, .length = CHECK, .kind = SB_FIELD_DERIVED,
	                         .encoding = SB_ENC_BE, .name = "CRC", .derived = {.algorithm = SB_DERIVE_CRC32,
	                         .over_offset = region->offset + 4, .over_length = region->length - BEFORE}};
	int rc = 0;

	if (region->tag == TAG_SIGNATURE)
		return sb_emit_layout(view, region, SB_ROWS(signature_rows), err);
	if (region->tag != TAG_CHUNK)
		return 0;
	if (strcmp(region->name, "IHDR") == 0 && region->length == BEFORE + 13 + CHECK)
		rc = sb_emit_layout(view, region, SB_ROWS(image_rows), err);
	if (strcmp(region->name, "tIME") == 0 && region->length == BEFORE + 7 + CHECK)
		rc = sb_emit_layout(view, region, SB_ROWS(time_rows), err);
	if (!rc)
		rc = sb_emit_layout(view, region, SB_ROWS(chunk_rows), err);
	return rc ? rc : sb_emit_field(view, &check, err);
}

static unsigned probe(struct sb_span file, const char *hint)
{
	(void)hint;
	return sb_magic(file, 0, signature, SIGNATURE);
}

const struct sb_format sb_format_png = {
	.name = "png",
	.spec = "W3C Portable Network Graphics (PNG), third edition, sections 5 and 11",
	.version = 1,
	.probe = probe,
	.open = open_png,
	.describe = describe,
	.dated = true,
};
