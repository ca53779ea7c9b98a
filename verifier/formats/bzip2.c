/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bzip2. Its blocks end at any bit, so where a stream ends is known to its decoder alone; but every stream ends with 48
 * fixed bits and a checksum in its last eleven bytes. A file that ends so is taken as a whole, which the decoder, who
 * must consume every byte, proves or refutes; otherwise the last such end is searched for, and what follows it is no
 * part of the payload. Streams in a row are told apart, since some readers stop behind the first: a header stands right behind a footer.
 */
#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"

#include <string.h>

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

/* After the header stands a block or, in an empty stream, the footer. */
static bool is_header(struct sb_span file, uint64_t at)
{
	struct sb_span head;

	return sb_span_cut(file, at, HEADER + 6, &head) && sb_magic(head, 0, "BZh", 3) && head.p[3] >= '1' && head.p[3] <= '9' &&
	       (sb_magic(head, HEADER, "\x31\x41\x59\x26\x53\x59", 6) || sb_magic(head, HEADER, "\x17\x72\x45\x38\x50\x90", 6));
}

/* Whatever the fill of its last byte: decoders do not look at it. */
static bool is_footer_before(struct sb_span file, uint64_t end)
{
	struct sb_rd rd = sb_rd_of(file, true);

	if (end < HEADER + END_BYTES)
		return false;
	sb_rd_seek(&rd, end - END_BYTES - 1);
	uint64_t window = sb_rd_uint(&rd, 8);
	for (unsigned fill = 0; fill < 8; fill++)
		if ((window >> (8 + fill) & UINT64_C(0xffffffffffff)) == end_magic)
			return true;
	return false;
}

/* Where the next stream begins, between @at and @end; @end: there is none. */
static uint64_t next_stream(struct sb_span file, uint64_t at, uint64_t end)
{
	while (at < end) {
		const uint8_t *found = memmem(file.p + at, (size_t)(end - at), "BZh", 3);
		if (!found)
			return end;
		at = (uint64_t)(found - file.p);
		if (is_header(file, at) && is_footer_before(file, at))
			return at;
		at++;
	}
	return end;
}

static int emit_stream(struct sb_view *view, uint64_t at, uint64_t end, struct sb_err *err)
{
	const struct sb_region header = {
		.offset = at, .length = HEADER, .kind = SB_REGION_HEADER, .member = 1, .tag = 1, .name = "header"};
	const struct sb_region body = {.offset = at + HEADER,
				       .length = end - at - HEADER,
				       .kind = SB_REGION_ENCODED,
				       .member = 1,
				       .name = "payload"};
	int rc = sb_emit_region(view, &header, err);

	return rc ? rc : sb_emit_region(view, &body, err);
}

static int open_bzip2(struct sb_view *view, const char *hint, struct sb_err *err)
{
	static const char *const suffixes[] = {".tbz", ".tbz2", ".bz2", NULL};
	struct sb_member payload = {.codec = SB_CODEC_BZIP2, .size = UINT64_MAX, .length = find_end(view->file)};
	int rc = 0;

	if (payload.length == 0)
		return sb_damaged(err, "archive-truncated", view->file.n,
				  "the bzip2 file is damaged or ends too early");
	for (uint64_t at = 0; !rc && at < payload.length;) {
		uint64_t end = next_stream(view->file, at + HEADER, payload.length);
		rc = emit_stream(view, at, end, err);
		at = end;
	}
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

static unsigned probe(struct sb_span file, const char *hint)
{
	(void)hint;
	return file.n >= HEADER + END_BYTES && is_header(file, 0) ? 76 : 0;
}

const struct sb_format sb_format_bzip2 = {
	.name = "bzip2",
	.spec = "J. Tsai, bzip2 Format Specification (2016), 2.2",
	.version = 2,
	.probe = probe,
	.open = open_bzip2,
	.describe = describe,
	.compression = true,
};
