/* SPDX-License-Identifier: Apache-2.0 */
/* lzip: members, found from the end by the size that each trailer tells. */
#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"

/* Source: lzip manual 1.23, "File format". */
enum { HEADER = 6, TRAILER = 20 };
enum tag { TAG_HEADER = 1, TAG_TRAILER, TAG_PART_TRAILER };

/* Start of the member that ends at @end, or @end when there is none. */
static uint64_t start_of(struct sb_span file, uint64_t end)
{
	struct sb_rd rd = sb_rd_of(file, false);

	if (end < HEADER + TRAILER)
		return end;
	sb_rd_seek(&rd, end - 8);
	uint64_t size = sb_rd_uint(&rd, 8);
	if (size < HEADER + TRAILER || size > end || !sb_magic(file, end - size, "LZIP\x01", 5))
		return end;
	return end - size;
}

static int emit_member(struct sb_view *view, uint64_t start, uint64_t end, bool only, struct sb_err *err)
{
	const struct sb_region parts[] = {
		{.offset = start,
		 .length = HEADER,
		 .kind = SB_REGION_HEADER,
		 .member = 1,
		 .tag = TAG_HEADER,
		 .name = "header"},
		{.offset = start + HEADER,
		 .length = end - start - HEADER - TRAILER,
		 .kind = SB_REGION_ENCODED,
		 .member = 1,
		 .name = "payload"},
		{.offset = end - TRAILER,
		 .length = TRAILER,
		 .kind = SB_REGION_CHECK,
		 .member = 1,
		 .tag = only ? TAG_TRAILER : TAG_PART_TRAILER,
		 .name = "trailer"},
	};
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof parts / sizeof *parts; i++)
		rc = sb_emit_region(view, &parts[i], err);
	return rc;
}

/* Ends of the members before @end, last first. False when they do not lead back to the start of the file. */
static bool find_members(struct sb_span file, uint64_t end, struct sb_vec *ends, uint64_t *steps, bool *memory)
{
	ends->count = 0;
	for (; end && *steps < SB_LIMIT_OF(REGIONS); ++*steps) {
		uint64_t start = start_of(file, end), *slot = start < end ? sb_vec_push(ends) : NULL;
		*memory = start == end || slot;
		if (!slot)
			return false;
		*slot = end;
		end = start;
	}
	return end == 0 && ends->count != 0;
}

/*
 * Trailing data is allowed by the format: then the end is where a trailer leads back to the start. A trailer ends in
 * the size of its member, whose two highest bytes are zero for anything that fits a disk.
 */
static bool find_end(struct sb_span file, uint64_t *end, struct sb_vec *ends, bool *memory)
{
	uint64_t steps = 0; /* chains that lead nowhere may be crafted to be many and long */

	for (*end = file.n; *end >= HEADER + TRAILER; --*end) {
		if (*end != file.n && (file.p[*end - 1] != 0 || file.p[*end - 2] != 0))
			continue;
		if (find_members(file, *end, ends, &steps, memory))
			return true;
		if (!*memory)
			return false;
	}
	return false;
}

static int open_lzip(struct sb_view *view, const char *hint, struct sb_err *err)
{
	static const char *const suffixes[] = {".tlz", ".lz", NULL};
	SB_VEC struct sb_vec ends = {.size = sizeof(uint64_t), .ceiling = (size_t)SB_LIMIT_OF(REGIONS)};
	struct sb_member payload = {.codec = SB_CODEC_LZIP, .size = UINT64_MAX};
	bool memory = true;
	uint64_t start = 0;
	int rc = 0;

	if (!find_end(view->file, &payload.length, &ends, &memory))
		return memory ? sb_damaged(err, "archive-truncated", view->file.n,
					   "the lzip file is damaged or ends too early")
			      : sb_no_memory(err);
	for (size_t i = ends.count; !rc && i > 0; i--) {
		uint64_t end = *(const uint64_t *)sb_vec_at(&ends, i - 1);
		rc = emit_member(view, start, end, ends.count == 1, err);
		start = end;
	}
	if (!rc)
		rc = sb_emit_payload(view, hint, suffixes, &payload, err);
	return rc ? rc : sb_emit_rest(view, payload.length, "fill", err);
}

static const struct sb_layout_row header_rows[] = {
	{.at = 0, .length = 4, .kind = SB_FIELD_MAGIC, .encoding = SB_ENC_TEXT, .name = "ID"},
	{.at = 4, .length = 1, .kind = SB_FIELD_FLAGS, .encoding = SB_ENC_LE, .name = "VN"},
	{.at = 5, .length = 1, .kind = SB_FIELD_ENCODING, .encoding = SB_ENC_LE, .name = "DS"},
};

static const struct sb_layout_row trailer_rows[] = {
	{.at = 0,
	 .length = 4,
	 .kind = SB_FIELD_DERIVED,
	 .encoding = SB_ENC_LE,
	 .name = "CRC32",
	 .algorithm = SB_DERIVE_CRC32,
	 .decoded = true},
	{.at = 4,
	 .length = 8,
	 .kind = SB_FIELD_DERIVED,
	 .encoding = SB_ENC_LE,
	 .name = "data size",
	 .algorithm = SB_DERIVE_LENGTH,
	 .decoded = true},
	{.at = 12, .length = 8, .kind = SB_FIELD_SIZE, .encoding = SB_ENC_LE, .name = "member size"},
};

/* Of several members each check covers a part of the payload: verified by the decoder, and content to everybody else.
 */
static const struct sb_layout_row part_rows[] = {
	{.at = 0, .length = 4, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_LE, .name = "CRC32"},
	{.at = 4, .length = 8, .kind = SB_FIELD_SIZE, .encoding = SB_ENC_LE, .name = "data size"},
	{.at = 12, .length = 8, .kind = SB_FIELD_SIZE, .encoding = SB_ENC_LE, .name = "member size"},
};

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	if (region->tag == TAG_HEADER)
		return sb_emit_layout(view, region, SB_ROWS(header_rows), err);
	if (region->tag == TAG_TRAILER)
		return sb_emit_layout(view, region, SB_ROWS(trailer_rows), err);
	return region->tag == TAG_PART_TRAILER ? sb_emit_layout(view, region, SB_ROWS(part_rows), err) : 0;
}

static unsigned probe(struct sb_span file, const char *hint)
{
	(void)hint;
	return sb_magic(file, 0, "LZIP\x01", 5);
}

const struct sb_format sb_format_lzip = {
	.name = "lzip",
	.spec = "lzip manual 1.23 (2022), File format, version 1",
	.version = 1,
	.probe = probe,
	.open = open_lzip,
	.describe = describe,
	.compression = true,
};
