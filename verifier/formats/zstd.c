/* SPDX-License-Identifier: Apache-2.0 */
/* Zstandard: frames and skippable frames, walked by the sizes of their blocks. */
#include "verifier/formats/frame.h"
#include "verifier/formats/rows.h"

/* Source: RFC 8878, sections 3.1.1 (frames, blocks) and 3.1.2 (skippable frames). */
static const uint32_t frame_magic = 0xfd2fb528;

static bool read_header(struct sb_rd *rd, struct sb_frame *frame, bool *checksum)
{
	static const unsigned id_sizes[] = {0, 1, 2, 4}, size_sizes[] = {0, 2, 4, 8};
	uint64_t descriptor = sb_rd_uint(rd, 1);
	bool single = descriptor & 0x20;
	unsigned size_flag = (unsigned)(descriptor >> 6);

	rd->bad |= (descriptor & 0x08) != 0; /* reserved */
	sb_rd_bytes(rd, single ? 0 : 1);
	sb_rd_bytes(rd, id_sizes[descriptor & 3]);
	sb_rd_bytes(rd, size_flag ? size_sizes[size_flag] : single ? 1 : 0);
	frame->blocks = rd->at;
	*checksum = descriptor & 0x04;
	return !rd->bad;
}

static bool skip_blocks(struct sb_rd *rd)
{
	for (bool last = false; !last && !rd->bad;) {
		uint64_t header = sb_rd_uint(rd, 3);
		unsigned type = header >> 1 & 3;
		last = header & 1;
		rd->bad |= type == 3; /* reserved */
		sb_rd_bytes(rd, type == 1 ? 1 : (size_t)(header >> 3));
	}
	return !rd->bad;
}

/* The frame at @at; false when none stands there, with *begun when one begins and is damaged. */
static bool read_frame(const struct sb_view *view, uint64_t at, struct sb_frame *out, bool *begun)
{
	struct sb_rd rd = sb_rd_of(view->file, false);
	struct sb_frame frame = {.start = at};
	bool checksum = false;

	rd.reading = view->reading;
	sb_rd_seek(&rd, at);
	uint32_t magic = (uint32_t)sb_rd_uint(&rd, 4);
	frame.skippable = sb_frame_is_skippable(magic);
	*begun = !rd.bad && (frame.skippable || magic == frame_magic);
	if (!*begun)
		return false;
	if (frame.skippable)
		sb_rd_bytes(&rd, (size_t)sb_rd_uint(&rd, 4));
	else if (read_header(&rd, &frame, &checksum))
		skip_blocks(&rd);
	frame.check = rd.at;
	sb_rd_bytes(&rd, checksum ? 4 : 0);
	frame.end = rd.at;
	*out = frame;
	return !rd.bad;
}

static int open_zstd(struct sb_view *view, const char *hint, struct sb_err *err)
{
	static const char *const suffixes[] = {".tzst", ".zst", ".zstd", NULL};
	struct sb_member payload = {.codec = SB_CODEC_ZSTD, .size = UINT64_MAX};
	struct sb_frame frame;
	bool begun = false;
	int rc = 0;

	while (!rc && read_frame(view, payload.length, &frame, &begun)) {
		rc = sb_frame_emit(view, &frame, err);
		payload.length = frame.end;
	}
	if (rc)
		return rc;
	if (begun)
		return sb_damaged(err, "archive-truncated", payload.length,
				  "a zstd frame is damaged or ends too early");
	rc = sb_emit_payload(view, hint, suffixes, &payload, err);
	return rc ? rc : sb_emit_rest(view, payload.length, "fill", err);
}

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	return sb_frame_describe(view, region, "frame header", err);
}

static unsigned probe(struct sb_span file, const char *hint)
{
	struct sb_rd rd = sb_rd_of(file, false);
	uint32_t magic = (uint32_t)sb_rd_uint(&rd, 4);

	(void)hint;
	return rd.bad ? 0 : magic == frame_magic ? 32 : sb_frame_is_skippable(magic) ? 28 : 0;
}

const struct sb_format sb_format_zstd = {
	.name = "zstd",
	.spec = "RFC 8878 (2021), section 3.1",
	.version = 1,
	.probe = probe,
	.open = open_zstd,
	.describe = describe,
	.compression = true,
};
