/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/formats/frame.h"

enum tag { TAG_HEADER = 1, TAG_SKIPPABLE };

bool sb_frame_is_skippable(uint32_t magic)
{
	return (magic & 0xfffffff0) == 0x184d2a50;
}

static int emit_skippable(struct sb_view *view, const struct sb_frame *frame, struct sb_err *err)
{
	const struct sb_region region = {.offset = frame->start,
					 .length = frame->end - frame->start,
					 .kind = SB_REGION_HEADER,
					 .member = 1,
					 .tag = TAG_SKIPPABLE,
					 .name = "skippable frame"};
	return sb_emit_region(view, &region, err);
}

int sb_frame_emit(struct sb_view *view, const struct sb_frame *frame, struct sb_err *err)
{
	const struct sb_region parts[] = {
		{.offset = frame->start,
		 .length = frame->blocks - frame->start,
		 .kind = SB_REGION_HEADER,
		 .member = 1,
		 .tag = TAG_HEADER,
		 .name = "header"},
		{.offset = frame->blocks,
		 .length = frame->check - frame->blocks,
		 .kind = SB_REGION_ENCODED,
		 .member = 1,
		 .name = "payload"},
		{.offset = frame->check,
		 .length = frame->end - frame->check,
		 .kind = SB_REGION_CHECK,
		 .member = 1,
		 .name = "checksum"},
	};
	int rc = 0;

	if (frame->skippable)
		return emit_skippable(view, frame, err);
	for (size_t i = 0; !rc && i < sizeof parts / sizeof *parts; i++)
		rc = sb_emit_region(view, &parts[i], err);
	return rc;
}

/* What a skippable frame holds is the writer's own affair: content. */
int sb_frame_describe(struct sb_view *view, const struct sb_region *region, const char *rest, struct sb_err *err)
{
	const struct sb_field magic = {
		.offset = region->offset, .length = 4, .kind = SB_FIELD_MAGIC, .encoding = SB_ENC_LE, .name = "magic"};
	const struct sb_field size = {
		.offset = region->offset + 4, .length = 4, .kind = SB_FIELD_SIZE, .encoding = SB_ENC_LE, .name = "frame size"};
	const struct sb_field header = {
		.offset = region->offset + 4, .length = region->length - 4, .kind = SB_FIELD_ENCODING, .name = rest};

	if (region->tag != TAG_HEADER && region->tag != TAG_SKIPPABLE)
		return 0;
	int rc = sb_emit_field(view, &magic, err);
	if (rc || region->length == 4) /* the legacy frame of LZ4 */
		return rc;
	return sb_emit_field(view, region->tag == TAG_SKIPPABLE ? &size : &header, err);
}
