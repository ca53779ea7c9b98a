/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip: headers and trailers of its members. Where a deflate stream ends can only be known by decoding it, which costs
 * as much as unpacking. So one member that fills the file is assumed when nothing speaks against it (no further
 * member's magic, a plausible length in the last four bytes); the decoder, which must consume every byte, proves or
 * refutes that. Otherwise the file is walked by decoding it once for its boundaries alone.
 */
#include "verifier/formats/gzip.h"
#include "verifier/formats/rows.h"

#include <string.h>
#include <zlib.h>

enum { FIXED = 10, TRAILER = 8 };
enum { FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16, RESERVED = 0xe0 };
enum tag { TAG_HEADER = 1, TAG_TRAILER, TAG_PART_TRAILER };

/** Where the parts of one header lie, as offsets in the file; an absent part has length 0. */
struct header {
	uint64_t extra, extra_length, name, name_length, comment, comment_length, crc, end;
};

/* RFC 1952, 2.3. */
static bool read_header(struct sb_span file, uint64_t at, struct header *out)
{
	struct sb_rd rd = sb_rd_of(file, false);

	*out = (struct header){0};
	sb_rd_seek(&rd, at);
	uint64_t magic = sb_rd_uint(&rd, 3), flags = sb_rd_uint(&rd, 1);
	sb_rd_bytes(&rd, 6);
	if (rd.bad || magic != 0x088b1f || flags & RESERVED)
		return false;
	if (flags & FEXTRA) {
		out->extra = rd.at;
		uint64_t length = sb_rd_uint(&rd, 2);
		sb_rd_bytes(&rd, (size_t)length);
		out->extra_length = rd.at - out->extra;
	}
	if (flags & FNAME) {
		out->name = rd.at;
		out->name_length = sb_rd_cstring(&rd).n + 1;
	}
	if (flags & FCOMMENT) {
		out->comment = rd.at;
		out->comment_length = sb_rd_cstring(&rd).n + 1;
	}
	if (flags & FHCRC) {
		out->crc = rd.at;
		sb_rd_bytes(&rd, 2);
	}
	out->end = rd.at;
	return !rd.bad;
}

/* Deflate makes at most 1032 bytes of one; honest text seldom exceeds 40, and stored data grows by 5 bytes in 65535 or
 * less. */
static bool plausible_length(uint64_t encoded, uint64_t said)
{
	return said <= encoded * 40 + 4096 && said + said / 1024 + 64 >= encoded;
}

static bool another_magic(struct sb_reading *reading, struct sb_span bytes)
{
	const struct sb_span magic = sb_span_of("\x1f\x8b\x08", 3);

	while (bytes.n >= FIXED) {
		size_t at = sb_reading_find(reading, bytes, magic);
		if (at == SIZE_MAX || bytes.n - at < FIXED)
			return false;
		if (!(bytes.p[at + 3] & RESERVED))
			return true;
		bytes = sb_span_of(bytes.p + at + 3, bytes.n - at - 3);
	}
	return false;
}

/* May the file be taken as one member without decoding it? */
static bool looks_single(struct sb_reading *reading, struct sb_span file, const struct header *header)
{
	if (file.n < header->end + TRAILER + 2)
		return false;
	uint64_t encoded = file.n - header->end - TRAILER;
	struct sb_rd rd = sb_rd_of(sb_span_of(file.p + file.n - 4, 4), false);
	return plausible_length(encoded, sb_rd_uint(&rd, 4)) &&
	       !another_magic(reading, sb_span_of(file.p + header->end, (size_t)encoded));
}

/* Offset at which the deflate stream that begins at @at ends; 0 when it does not. */
static uint64_t end_of_deflate(z_stream *z, struct sb_reading *reading, struct sb_span file, uint64_t at, uint8_t *scratch, size_t room)
{
	int result = inflateReset(z);

	while (result == Z_OK) {
		union {
			const uint8_t *given;
			Bytef *wanted;
		} next = {.given = file.p + at};
		uint64_t left = file.n - at;
		z->next_in = next.wanted;
		z->avail_in = left < 1u << 30 ? (uInt)left : 1u << 30;
		uInt offered = z->avail_in;
		z->next_out = scratch;
		z->avail_out = (uInt)room;
		result = inflate(z, Z_NO_FLUSH);
		at += offered - z->avail_in;
		sb_reading_more(reading, offered - z->avail_in);
	}
	return result == Z_STREAM_END ? at : 0;
}

static int emit_part(struct sb_view *view, const struct header *header, uint64_t from, uint64_t end, bool only,
		     struct sb_err *err)
{
	struct sb_region part = {.offset = from,
				 .length = header->end - from,
				 .kind = SB_REGION_HEADER,
				 .member = 1,
				 .tag = TAG_HEADER,
				 .name = "header"};
	struct sb_region payload = {.offset = header->end,
				    .length = end - header->end,
				    .kind = SB_REGION_ENCODED,
				    .member = 1,
				    .name = "payload"};
	struct sb_region trailer = {.offset = end,
				    .length = TRAILER,
				    .kind = SB_REGION_CHECK,
				    .member = 1,
				    .tag = only ? TAG_TRAILER : TAG_PART_TRAILER,
				    .name = "trailer"};

	int rc = sb_emit_region(view, &part, err);
	if (!rc)
		rc = sb_emit_region(view, &payload, err);
	return rc ? rc : sb_emit_region(view, &trailer, err);
}

/** The end of a member and whether another one follows. */
static int take_part(struct sb_view *view, z_stream *z, uint64_t *at, bool first, struct sb_err *err)
{
	uint8_t scratch[4096];
	struct header header, next;

	if (!read_header(view->file, *at, &header))
		return sb_damaged(err, "archive-damaged", *at, "a gzip header that makes no sense");
	uint64_t end = end_of_deflate(z, view->reading, view->file, header.end, scratch, sizeof scratch);
	if (end == 0 || view->file.n - end < TRAILER)
		return sb_damaged(err, "archive-truncated", header.end,
				  "a gzip member that is damaged or ends too early");
	bool only = first && !read_header(view->file, end + TRAILER, &next);
	int rc = emit_part(view, &header, *at, end, only, err);
	*at = end + TRAILER;
	return rc;
}

static int walk(struct sb_view *view, uint64_t *end, struct sb_err *err)
{
	z_stream z = {0};
	struct header header;
	uint64_t at = 0;
	int rc;

	if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return sb_no_memory(err);
	do
		rc = take_part(view, &z, &at, at == 0, err);
	while (!rc && read_header(view->file, at, &header));
	inflateEnd(&z);
	*end = at;
	return rc;
}

int sb_gzip_end(struct sb_reading *reading, struct sb_span file, uint64_t at, uint64_t *end, struct sb_err *err)
{
	uint8_t scratch[4096];
	struct header header;
	z_stream z = {0};

	*end = 0;
	if (!read_header(file, at, &header))
		return 0;
	if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return sb_no_memory(err);
	uint64_t stop = end_of_deflate(&z, reading, file, header.end, scratch, sizeof scratch);
	inflateEnd(&z);
	*end = stop && file.n - stop >= TRAILER ? stop + TRAILER : 0;
	return 0;
}

size_t sb_gzip_peek(struct sb_span file, uint64_t at, uint8_t *out, size_t n)
{
	struct header header;
	z_stream z = {0};

	if (!read_header(file, at, &header) || inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return 0;
	union {
		const uint8_t *given;
		Bytef *wanted;
	} next = {.given = file.p + header.end};
	uint64_t left = file.n - header.end;
	z.next_in = next.wanted;
	z.avail_in = left < 1u << 16 ? (uInt)left : 1u << 16;
	z.next_out = out;
	z.avail_out = (uInt)n;
	(void)inflate(&z, Z_SYNC_FLUSH);
	inflateEnd(&z);
	return n - z.avail_out;
}

static int open_gzip(struct sb_view *view, const char *hint, struct sb_err *err)
{
	static const char *const suffixes[] = {".tar.gz", ".tgz", ".gz", ".z", NULL};
	struct sb_member payload = {.codec = SB_CODEC_GZIP, .size = UINT64_MAX};
	struct header header;
	uint64_t end = view->file.n;
	int rc;

	if (!read_header(view->file, 0, &header))
		return sb_damaged(err, "archive-damaged", 0, "a gzip header that makes no sense");
	if (looks_single(view->reading, view->file, &header))
		rc = emit_part(view, &header, 0, end - TRAILER, true, err);
	else
		rc = walk(view, &end, err);
	payload.length = end;
	if (!rc)
		rc = sb_emit_payload(view, hint, suffixes, &payload, err);
	return rc ? rc : sb_emit_rest(view, end, "fill", err);
}

static const struct sb_layout_row fixed[] = {
	{.at = 0, .length = 2, .kind = SB_FIELD_MAGIC, .name = "ID"},
	{.at = 2, .length = 1, .kind = SB_FIELD_FLAGS, .encoding = SB_ENC_LE, .name = "CM"},
	{.at = 3, .length = 1, .kind = SB_FIELD_FLAGS, .encoding = SB_ENC_LE, .name = "FLG"},
	{.at = 4, .length = 4, .kind = SB_FIELD_TIME, .encoding = SB_ENC_LE, .name = "MTIME"},
	{.at = 8, .length = 1, .kind = SB_FIELD_ENCODING, .encoding = SB_ENC_LE, .name = "XFL"},
	{.at = 9, .length = 1, .kind = SB_FIELD_ENCODING, .encoding = SB_ENC_LE, .name = "OS"},
};

static const struct sb_layout_row trailer[] = {
	{.at = 0,
	 .length = 4,
	 .kind = SB_FIELD_DERIVED,
	 .encoding = SB_ENC_LE,
	 .name = "CRC32",
	 .algorithm = SB_DERIVE_CRC32,
	 .decoded = true},
	{.at = 4,
	 .length = 4,
	 .kind = SB_FIELD_DERIVED,
	 .encoding = SB_ENC_LE,
	 .name = "ISIZE",
	 .algorithm = SB_DERIVE_LENGTH,
	 .decoded = true},
};

/* Of several members each check covers a part of the payload: verified by the decoder, and content to everybody else.
 */
static const struct sb_layout_row part_trailer[] = {
	{.at = 0, .length = 4, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_LE, .name = "CRC32"},
	{.at = 4, .length = 4, .kind = SB_FIELD_SIZE, .encoding = SB_ENC_LE, .name = "ISIZE"},
};

static int describe_optional(struct sb_view *view, uint64_t at, uint64_t length, enum sb_field_kind kind,
			     const char *name, struct sb_err *err)
{
	struct sb_field field = {.offset = at, .length = length, .kind = kind, .encoding = SB_ENC_TEXT, .name = name};
	return length ? sb_emit_field(view, &field, err) : 0;
}

/* The header's own check is the low half of a CRC-32 over what stands before it, and no algorithm of the vocabulary:
 * content. */
static int describe_header(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct header header;
	int rc = sb_emit_layout(view, region, SB_ROWS(fixed), err);

	if (rc || !read_header(view->file, region->offset, &header))
		return rc;
	rc = describe_optional(view, header.extra, header.extra_length, SB_FIELD_VALUE, "FEXTRA", err);
	if (!rc)
		rc = describe_optional(view, header.name, header.name_length, SB_FIELD_NAME, "FNAME", err);
	if (!rc)
		rc = describe_optional(view, header.comment, header.comment_length, SB_FIELD_VALUE, "FCOMMENT", err);
	return rc || !header.crc ? rc : describe_optional(view, header.crc, 2, SB_FIELD_VALUE, "CRC16", err);
}

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	if (region->tag == TAG_HEADER)
		return describe_header(view, region, err);
	if (region->tag == TAG_TRAILER)
		return sb_emit_layout(view, region, SB_ROWS(trailer), err);
	return region->tag == TAG_PART_TRAILER ? sb_emit_layout(view, region, SB_ROWS(part_trailer), err) : 0;
}

static unsigned probe(struct sb_span file, const char *hint)
{
	struct header header;
	(void)hint;
	return read_header(file, 0, &header) ? 27 : 0;
}

const struct sb_format sb_format_gzip = {
	.name = "gzip",
	.spec = "RFC 1952 (1996), GZIP file format 4.3, section 2",
	.version = 1,
	.probe = probe,
	.open = open_gzip,
	.describe = describe,
	.compression = true,
};
