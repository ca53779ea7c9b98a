/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bzip2. Its blocks end at any bit, so where a stream ends is known to its decoder alone; but every stream ends with 48
 * fixed bits and a checksum in its last eleven bytes. A file that ends so is taken as a whole, which the decoder, who
 * must consume every byte, proves or refutes; otherwise the last such end is searched for, and what follows it is no
 * part of the payload.
 */
#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"

/* Source: J. Tsai, "bzip2: Format Specification" (2016), 2.2 and 2.2.6: stream footer. */
enum { HEADER = 4, END_BYTES = 10 };
static const uint64_t end_magic = UINT64_C(0x177245385090);

/*
 * Does a footer end in the byte before @end? @window holds the eleven bytes before it but the last three; of the last
 * byte up to seven bits are fill and zero.
 */
static bool ends_at(struct sb_span file, uint64_t end, uint64_t window)
{
	for (unsigned fill = 0; fill < 8; fill++) {
		if ((window >> (8 + fill) & UINT64_C(0xffffffffffff)) != end_magic)
			continue;
		return (file.p[end - 1] & ((1u << fill) - 1)) == 0 && (fill == 0 || end > HEADER + END_BYTES);
	}
	return false;
}

/* The last place where a footer ends; 0 when there is none. */
static uint64_t find_end(struct sb_span file)
{
	struct sb_rd rd = sb_rd_of(file, true);

	if (file.n < HEADER + END_BYTES)
		return 0;
	sb_rd_seek(&rd, file.n - END_BYTES - 1);
	uint64_t window = sb_rd_uint(&rd, 8);
	for (uint64_t end = file.n;; end--) {
		if (ends_at(file, end, window))
			return end;
		if (end == HEADER + END_BYTES)
			return 0;
		window = window >> 8 | (uint64_t)file.p[end - END_BYTES - 2] << 56;
	}
}

static int open_bzip2(struct sb_view *view, const char *hint, struct sb_err *err)
{
	static const char *const suffixes[] = {".tbz", ".tbz2", ".bz2", NULL};
	struct sb_member payload = {.codec = SB_CODEC_BZIP2, .size = UINT64_MAX, .length = find_end(view->file)};
	struct sb_region header = {.length = HEADER, .kind = SB_REGION_HEADER, .member = 1, .tag = 1, .name = "header"};
	struct sb_region body = {.offset = HEADER, .kind = SB_REGION_ENCODED, .member = 1, .name = "payload"};

	if (payload.length == 0)
		return sb_damaged(err, "archive-truncated", view->file.n,
				  "the bzip2 file is damaged or ends too early");
	body.length = payload.length - HEADER;
	int rc = sb_emit_region(view, &header, err);
	if (!rc)
		rc = sb_emit_region(view, &body, err);
	if (!rc)
		rc = sb_emit_payload(view, hint, suffixes, &payload, err);
	return rc ? rc : sb_emit_rest(view, payload.length, "fill", err);
}

static const struct sb_layout_row rows[] = {
	{.at = 0, .length = 3, .kind = SB_FIELD_MAGIC, .encoding = SB_ENC_TEXT, .name = "magic"},
	{.at = 3, .length = 1, .kind = SB_FIELD_ENCODING, .encoding = SB_ENC_TEXT, .name = "block size"},
};

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	return region->tag ? sb_emit_layout(view, region, SB_ROWS(rows), err) : 0;
}

/* After the header stands a block or, in an empty file, the footer. */
static unsigned probe(struct sb_span file, const char *hint)
{
	(void)hint;
	if (!sb_magic(file, 0, "BZh", 3) || file.n < HEADER + END_BYTES || file.p[3] < '1' || file.p[3] > '9')
		return 0;
	return sb_magic(file, 4, "\x31\x41\x59\x26\x53\x59", 6) || sb_magic(file, 4, "\x17\x72\x45\x38\x50\x90", 6) ? 76
														    : 0;
}

const struct sb_format sb_format_bzip2 = {
	.name = "bzip2",
	.spec = "J. Tsai, bzip2 Format Specification (2016), 2.2",
	.version = 1,
	.probe = probe,
	.open = open_bzip2,
	.describe = describe,
	.compression = true,
};
