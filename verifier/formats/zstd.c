/* SPDX-License-Identifier: Apache-2.0 */
/* Zstandard: frames and skippable frames, walked by the sizes of their blocks. */
#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"

/* Source: RFC 8878, sections 3.1.1 (frames, blocks) and 3.1.2 (skippable frames). */
static const uint32_t frame_magic = 0xfd2fb528, skippable_magic = 0x184d2a50, skippable_mask = 0xfffffff0;
enum tag { TAG_HEADER = 1, TAG_SKIPPABLE };

/** The parts of one frame, as offsets in the file. */
struct frame {
	uint64_t start, blocks, check, end;
	bool skippable;
};

static bool read_header(struct sb_rd *rd, struct frame *frame, bool *checksum)
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
static bool read_frame(const struct sb_view *view, uint64_t at, struct frame *out, bool *begun)
{
	struct sb_rd rd = sb_rd_of(view->file, false);
	struct frame frame = {.start = at};
	bool checksum = false;

	rd.reading = view->reading;
	sb_rd_seek(&rd, at);
	uint32_t magic = (uint32_t)sb_rd_uint(&rd, 4);
	frame.skippable = (magic & skippable_mask) == skippable_magic;
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

static int emit_frame(struct sb_view *view, const struct frame *f, struct sb_err *err)
{
	const struct sb_region skippable = {.offset = f->start,
					    .length = f->end - f->start,
					    .kind = SB_REGION_HEADER,
					    .member = 1,
					    .tag = TAG_SKIPPABLE,
					    .name = "skippable frame"};
	const struct sb_region parts[] = {
		{.offset = f->start,
		 .length = f->blocks - f->start,
		 .kind = SB_REGION_HEADER,
		 .member = 1,
		 .tag = TAG_HEADER,
		 .name = "header"},
		{.offset = f->blocks,
		 .length = f->check - f->blocks,
		 .kind = SB_REGION_ENCODED,
		 .member = 1,
		 .name = "payload"},
		{.offset = f->check,
		 .length = f->end - f->check,
		 .kind = SB_REGION_CHECK,
		 .member = 1,
		 .name = "checksum"},
	};
	int rc = 0;

	if (f->skippable)
		return sb_emit_region(view, &skippable, err);
	for (size_t i = 0; !rc && i < sizeof parts / sizeof *parts; i++)
		rc = sb_emit_region(view, &parts[i], err);
	return rc;
}

static int open_zstd(struct sb_view *view, const char *hint, struct sb_err *err)
{
	static const char *const suffixes[] = {".tzst", ".zst", ".zstd", NULL};
	struct sb_member payload = {.codec = SB_CODEC_ZSTD, .size = UINT64_MAX};
	struct frame frame;
	bool begun = false;
	int rc = 0;

	while (!rc && read_frame(view, payload.length, &frame, &begun)) {
		rc = emit_frame(view, &frame, err);
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

/* What a skippable frame holds is the writer's own affair: content. The check is verified by the decoder. */
static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_field magic = {
		.offset = region->offset, .length = 4, .kind = SB_FIELD_MAGIC, .encoding = SB_ENC_LE, .name = "magic"};
	struct sb_field rest = {.offset = region->offset + 4,
				.length = region->length - 4,
				.kind = SB_FIELD_ENCODING,
				.name = "frame header"};

	if (region->tag != TAG_HEADER && region->tag != TAG_SKIPPABLE)
		return 0;
	if (region->tag == TAG_SKIPPABLE) {
		rest.kind = SB_FIELD_SIZE;
		rest.encoding = SB_ENC_LE;
		rest.length = 4;
		rest.name = "frame size";
	}
	int rc = sb_emit_field(view, &magic, err);
	return rc ? rc : sb_emit_field(view, &rest, err);
}

static unsigned probe(struct sb_span file, const char *hint)
{
	struct sb_rd rd = sb_rd_of(file, false);
	uint32_t magic = (uint32_t)sb_rd_uint(&rd, 4);

	(void)hint;
	return rd.bad ? 0 : magic == frame_magic ? 32 : (magic & skippable_mask) == skippable_magic ? 28 : 0;
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
