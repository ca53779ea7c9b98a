/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the frames of LZ4 and Zstandard, which have the same parts and share the skippable one (RFC 8878, section 3.1.2). */
#ifndef VERIFIER_FORMATS_FRAME_H
#define VERIFIER_FORMATS_FRAME_H

#include "verifier/formats/emit.h"

/** The parts of one frame, as offsets in the file: header, blocks, check. Of a skippable one only its start and its end count. */
struct sb_frame {
	uint64_t start, blocks, check, end;
	bool skippable;
};

/** Is @magic, the first four bytes read as a little-endian number, that of a skippable frame? */
bool sb_frame_is_skippable(uint32_t magic);
/** Emit the regions of @frame, whose blocks belong to member 1. Errors: those of sb_emit_region. */
SB_MUST_USE int sb_frame_emit(struct sb_view *view, const struct sb_frame *frame, struct sb_err *err);
/** Emit the fields of @region of a frame: the magic number, and the size of a skippable frame or else the @rest of the header. */
SB_MUST_USE int sb_frame_describe(struct sb_view *view, const struct sb_region *region, const char *rest, struct sb_err *err);

#endif
