/* SPDX-License-Identifier: Apache-2.0 */
/* LZ4 frames, walked by the sizes of their blocks. */
#include "verifier/formats/frame.h"
#include "verifier/formats/rows.h"

/* Source: LZ4 Frame Format 1.6.2, "General Structure of LZ4 Frame format", "Skippable Frames". */
static const uint32_t frame_magic = 0x184d2204, legacy_magic = 0x184c2102;
enum flag {
	FLAG_BLOCK_CHECK = 0x10,
	FLAG_SIZE = 0x08,
	FLAG_CONTENT_CHECK = 0x04,
	FLAG_DICTIONARY = 0x01,
	VERSION_MASK = 0xc0,
	VERSION = 0x40
};

static bool skip_blocks(struct sb_rd *rd, uint64_t flags)
{
	while (!rd->bad) {
		uint64_t size = sb_rd_uint(rd, 4);
		if (size == 0)
			return !rd->bad;
		sb_rd_bytes(rd, (size_t)(size & 0x7fffffff));
		sb_rd_bytes(rd, flags & FLAG_BLOCK_CHECK ? 4 : 0);
	}
	return false;
}

static bool read_parts(struct sb_rd *rd, struct sb_frame *frame)
{
	uint64_t flags = sb_rd_uint(rd, 1);

	rd->bad |= (flags & VERSION_MASK) != VERSION || flags & 0x02;
	sb_rd_bytes(rd, 1);
	sb_rd_bytes(rd, flags & FLAG_SIZE ? 8 : 0);
	sb_rd_bytes(rd, flags & FLAG_DICTIONARY ? 4 : 0);
	sb_rd_bytes(rd, 1);
	frame->blocks = rd->at;
	if (!skip_blocks(rd, flags))
		return false;
	frame->check = rd->at;
	sb_rd_bytes(rd, flags & FLAG_CONTENT_CHECK ? 4 : 0);
	return !rd->bad;
}

/*
 * The legacy frame of lz4 -l, which kernels read: blocks of stated size until the file ends, another frame begins, or a size is none
 * that a block of 8 MiB can have ("Legacy frame").
 */
static void read_legacy(struct sb_rd *rd, struct sb_frame *frame)
{
	enum { LARGEST_BLOCK = 8421520 }; /* LZ4_COMPRESSBOUND(8 MiB) */

	frame->blocks = rd->at;
	while (rd->in.n - rd->at >= 4) {
		struct sb_rd ahead = *rd;
		uint64_t size = sb_rd_uint(&ahead, 4);
		sb_rd_bytes(&ahead, (size_t)size);
		if (size == 0 || size > LARGEST_BLOCK)
			break;
		rd->bad |= ahead.bad;
		if (ahead.bad)
			break;
		rd->at = ahead.at;
	}
	frame->check = rd->at;
}

static bool read_frame(const struct sb_view *view, uint64_t at, struct sb_frame *out, bool *begun)
{
	struct sb_rd rd = sb_rd_of(view->file, false);
	struct sb_frame frame = {.start = at};

	rd.reading = view->reading;
	sb_rd_seek(&rd, at);
	uint32_t magic = (uint32_t)sb_rd_uint(&rd, 4);
	frame.skippable = sb_frame_is_skippable(magic);
	*begun = !rd.bad && (frame.skippable || magic == frame_magic || magic == legacy_magic);
	if (!*begun)
		return false;
	if (frame.skippable)
		sb_rd_bytes(&rd, (size_t)sb_rd_uint(&rd, 4));
	else if (magic == legacy_magic)
		read_legacy(&rd, &frame);
	else
		read_parts(&rd, &frame);
	frame.end = rd.at;
	*out = frame;
	return !rd.bad;
}

static int open_lz4(struct sb_view *view, const char *hint, struct sb_err *err)
{
	static const char *const suffixes[] = {".tlz4", ".lz4", NULL};
	struct sb_member payload = {.codec = SB_CODEC_LZ4, .size = UINT64_MAX};
	struct sb_frame frame;
	bool begun = false;
	int rc = 0;

	if (sb_magic(view->file, 0, "\x02\x21\x4c\x18", 4))
		rc = sb_emit_remark(view, (struct sb_notice){.id = "archive-unsupported", .refuse_drop = true}, err,
				    "the legacy LZ4 frame, whose end nothing marks");
	while (!rc && read_frame(view, payload.length, &frame, &begun)) {
		rc = sb_frame_emit(view, &frame, err);
		payload.length = frame.end;
	}
	if (rc)
		return rc;
	if (begun)
		return sb_damaged(err, "archive-truncated", payload.length,
				  "an LZ4 frame is damaged or ends too early");
	rc = sb_emit_payload(view, hint, suffixes, &payload, err);
	return rc ? rc : sb_emit_rest(view, payload.length, "fill", err);
}

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	return sb_frame_describe(view, region, "frame descriptor", err);
}

/* A file may begin with a skippable frame, whose magic zstd shares: then its name decides. */
static unsigned probe(struct sb_span file, const char *hint)
{
	struct sb_rd rd = sb_rd_of(file, false);
	uint32_t magic = (uint32_t)sb_rd_uint(&rd, 4);
	size_t n = 0;

	while (hint[n])
		n++;
	if (rd.bad)
		return 0;
	if (magic == frame_magic || magic == legacy_magic)
		return 32;
	return sb_frame_is_skippable(magic) && n > 4 &&
			       sb_span_starts(sb_span_text(hint + n - 4), ".lz4", 4)
		       ? 29
		       : 0;
}

const struct sb_format sb_format_lz4 = {
	.name = "lz4",
	.spec = "LZ4 Frame Format Description 1.6.2 (2020)",
	.version = 2,
	.probe = probe,
	.open = open_lz4,
	.describe = describe,
	.compression = true,
};
