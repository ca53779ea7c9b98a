/* SPDX-License-Identifier: Apache-2.0 */
/* xz: streams, found from their ends by the index, so that nothing has to be decoded to know where the parts lie. */
#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"

#include <string.h>
#include <zlib.h>

/* Source: The .xz File Format 1.1.0, sections 2 (stream), 3 (block), 4 (index). */
enum { HEADER = 12, FOOTER = 12 };
/* Bytes of indexes that are looked at: footers that share a long index may be crafted to be many. */
#define MOST_WORK (UINT64_C(1) << 30)
enum tag { TAG_HEADER = 1, TAG_FOOTER, TAG_INDEX };

static const uint8_t header_magic[6] = {0xfd, '7', 'z', 'X', 'Z', 0};

/** One stream, from its header to its footer, and the padding behind it. */
struct stream {
	uint64_t start, index, footer, end, padding_end;
};

static uint32_t little(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t crc_of(const uint8_t *p, uint64_t n)
{
	return (uint32_t)crc32_z(0, p, (size_t)n);
}

/* Multibyte integer, 1.2: seven bits a byte, at most nine bytes, no superfluous zero byte. */
static uint64_t read_vli(struct sb_rd *rd)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 63; shift += 7) {
		uint64_t byte = sb_rd_uint(rd, 1);
		value |= (byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			rd->bad |= byte == 0 && shift != 0;
			return value;
		}
	}
	rd->bad = true;
	return 0;
}

/* Sum of the blocks' padded sizes as the index of @stream lists them. */
static bool sum_blocks(struct sb_span file, const struct stream *stream, uint64_t *sum)
{
	struct sb_rd rd = sb_rd_of(sb_span_of(file.p + stream->index, (size_t)(stream->footer - stream->index)), false);
	bool fits = true;

	rd.bad |= sb_rd_uint(&rd, 1) != 0;
	uint64_t count = read_vli(&rd);
	*sum = 0;
	for (uint64_t i = 0; i < count && !rd.bad && fits; i++) {
		uint64_t unpadded = read_vli(&rd);
		read_vli(&rd);
		fits = unpadded >= 5 && unpadded <= UINT64_MAX / 2 && sb_add(*sum, (unpadded + 3) & ~UINT64_C(3), sum);
	}
	size_t padding = (4 - rd.at % 4) % 4;
	struct sb_span zeros = sb_rd_bytes(&rd, padding), check = sb_rd_bytes(&rd, 4);
	return !rd.bad && fits && rd.at == rd.in.n && sb_span_all_zero(zeros) &&
	       little(check.p) == crc_of(rd.in.p, rd.at - 4);
}

static bool header_fits(struct sb_span file, const struct stream *stream)
{
	const uint8_t *p = file.p + stream->start;
	const uint8_t *footer = file.p + stream->footer;
	return memcmp(p, header_magic, sizeof header_magic) == 0 && memcmp(p + 6, footer + 8, 2) == 0 &&
	       little(p + 8) == crc_of(p + 6, 2);
}

/* The stream whose padding ends at @end. */
static bool find_stream(struct sb_span file, uint64_t end, struct stream *out, uint64_t *work)
{
	struct stream stream = {.padding_end = end};
	uint64_t blocks, size;

	while (end >= 4 && little(file.p + end - 4) == 0)
		end -= 4;
	if (end < HEADER + 8 + FOOTER || end % 4 != 0 || memcmp(file.p + end - 2, "YZ", 2) != 0)
		return false;
	stream.end = end;
	stream.footer = end - FOOTER;
	const uint8_t *footer = file.p + stream.footer;
	uint64_t backward = ((uint64_t)little(footer + 4) + 1) * 4;
	if (little(footer) != crc_of(footer + 4, 6) || backward > stream.footer - HEADER)
		return false;
	*work += backward;
	stream.index = stream.footer - backward;
	if (!sum_blocks(file, &stream, &blocks) || !sb_add(blocks, HEADER, &size) || size > stream.index)
		return false;
	stream.start = stream.index - size;
	*out = stream;
	return header_fits(file, out);
}

/* All streams, last first. False when the file does not end with one, or something stands between two. */
static bool find_streams(struct sb_span file, struct sb_vec *streams, uint64_t *work, bool *memory)
{
	uint64_t at = file.n;

	while (at && *work < MOST_WORK) {
		struct stream *slot = sb_vec_push(streams);
		*memory = slot != NULL;
		if (!slot || !find_stream(file, at, slot, work))
			return false;
		at = slot->start;
	}
	return at == 0 && streams->count != 0;
}

static int emit_stream(struct sb_view *view, const struct stream *s, struct sb_err *err)
{
	const struct sb_region regions[] = {
		{.offset = s->start, .length = HEADER, .kind = SB_REGION_HEADER, .tag = TAG_HEADER, .name = "header"},
		{.offset = s->start + HEADER,
		 .length = s->index - s->start - HEADER,
		 .kind = SB_REGION_ENCODED,
		 .name = "payload"},
		{.offset = s->index,
		 .length = s->footer - s->index,
		 .kind = SB_REGION_TABLE,
		 .tag = TAG_INDEX,
		 .name = "index"},
		{.offset = s->footer, .length = FOOTER, .kind = SB_REGION_HEADER, .tag = TAG_FOOTER, .name = "footer"},
		{.offset = s->end, .length = s->padding_end - s->end, .kind = SB_REGION_PADDING, .name = "padding"},
	};
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof regions / sizeof *regions; i++) {
		struct sb_region region = regions[i];
		region.member = 1;
		rc = sb_emit_region(view, &region, err);
	}
	return rc;
}

/*
 * The longest head of the file that is a series of streams, when something else follows: each place that looks like a
 * footer and proves to be one is the end of a stream. The last that reaches back to the start wins.
 */
static bool find_head(struct sb_reading *reading, struct sb_span file, struct sb_vec *streams, bool *memory)
{
	enum { PIECE = 1 << 20 };
	uint64_t at = file.n, work = 0;

	while (at > HEADER + FOOTER && *memory) {
		uint64_t from = at > PIECE ? at - PIECE : 1;
		const uint8_t *found = memrchr(file.p + from, 'Z', (size_t)(at - from));
		sb_reading_more(reading, (size_t)(found ? file.p + at - found : (ptrdiff_t)(at - from)));
		at = found ? (uint64_t)(found - file.p) : from;
		if (!found)
			continue;
		streams->count = 0;
		if (found[-1] == 'Y' && find_streams(sb_span_of(file.p, (size_t)at + 1), streams, &work, memory))
			return true;
	}
	return false;
}

static int open_xz(struct sb_view *view, const char *hint, struct sb_err *err)
{
	static const char *const suffixes[] = {".txz", ".xz", NULL};
	SB_VEC struct sb_vec streams = {.size = sizeof(struct stream), .ceiling = (size_t)SB_LIMIT_OF(REGIONS)};
	struct sb_member payload = {.codec = SB_CODEC_XZ, .size = UINT64_MAX};
	bool memory = true;
	uint64_t work = 0;
	int rc = 0;

	bool found = find_streams(view->file, &streams, &work, &memory) ||
		     (memory && find_head(view->reading, view->file, &streams, &memory));
	if (!memory)
		return sb_no_memory(err);
	if (!found)
		return sb_damaged(err, "archive-truncated", view->file.n,
				  "the xz file is damaged or ends too early: its index does not lead to its start");
	for (size_t i = streams.count; !rc && i > 0; i--)
		rc = emit_stream(view, sb_vec_at(&streams, i - 1), err);
	payload.length = ((const struct stream *)sb_vec_at(&streams, 0))->padding_end;
	if (!rc)
		rc = sb_emit_payload(view, hint, suffixes, &payload, err);
	return rc ? rc : sb_emit_rest(view, payload.length, "fill", err);
}

static const struct sb_layout_row header_rows[] = {
	{.at = 0, .length = 6, .kind = SB_FIELD_MAGIC, .name = "magic"},
	{.at = 6, .length = 2, .kind = SB_FIELD_ENCODING, .name = "stream flags"},
	{.at = 8, .length = 4, .kind = SB_FIELD_ENCODING, .encoding = SB_ENC_LE, .name = "CRC32 of flags"},
};

static const struct sb_layout_row footer_rows[] = {
	{.at = 0, .length = 4, .kind = SB_FIELD_ENCODING, .encoding = SB_ENC_LE, .name = "CRC32 of footer"},
	{.at = 4, .length = 4, .kind = SB_FIELD_ENCODING, .encoding = SB_ENC_LE, .name = "backward size"},
	{.at = 8, .length = 2, .kind = SB_FIELD_ENCODING, .name = "stream flags"},
	{.at = 10, .length = 2, .kind = SB_FIELD_MAGIC, .name = "magic"},
};

/* Everything but the magics says how the payload was encoded; all of it is checked here or by the decoder. */
static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_field index = {
		.offset = region->offset, .length = region->length, .kind = SB_FIELD_ENCODING, .name = "index"};

	if (region->tag == TAG_HEADER)
		return sb_emit_layout(view, region, SB_ROWS(header_rows), err);
	if (region->tag == TAG_FOOTER)
		return sb_emit_layout(view, region, SB_ROWS(footer_rows), err);
	return region->tag == TAG_INDEX ? sb_emit_field(view, &index, err) : 0;
}

static unsigned probe(struct sb_span file, const char *hint)
{
	(void)hint;
	return sb_magic(file, 0, header_magic, sizeof header_magic);
}

const struct sb_format sb_format_xz = {
	.name = "xz",
	.spec = "The .xz File Format 1.1.0 (2022), sections 2 to 4",
	.version = 1,
	.probe = probe,
	.open = open_xz,
	.describe = describe,
	.compression = true,
};
