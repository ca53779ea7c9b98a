/* SPDX-License-Identifier: Apache-2.0 */
/* Zstandard (RFC 8878), by libzstd: frames and skippable frames until something else stands there. */
#include "verifier/formats/decode/codec.h"

#include <zstd.h>

/* 2^27 bytes is what `zstd -d` accepts without being asked; larger windows are for --long=31 and need as much memory.
 */
enum { WINDOW_LOG = 27 };

static bool begins_frame(struct sb_span in, uint64_t at)
{
	struct sb_span magic;
	if (!sb_span_cut(in, at, 4, &magic))
		return false;
	uint32_t value = (uint32_t)magic.p[0] | (uint32_t)magic.p[1] << 8 | (uint32_t)magic.p[2] << 16 |
			 (uint32_t)magic.p[3] << 24;
	return value == ZSTD_MAGICNUMBER || (value & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

bool sb_zstd_is_block(struct sb_span in)
{
	static const uint8_t magic[4] = {0x28, 0xb5, 0x2f, 0xfd};

	return sb_span_starts(in, magic, sizeof magic) && ZSTD_findFrameCompressedSize(in.p, in.n) == in.n;
}

static int step(ZSTD_DStream *stream, ZSTD_inBuffer *in, struct sb_sink *sink, size_t *wants, struct sb_err *err)
{
	ZSTD_outBuffer out = {0};
	uint8_t *room;
	size_t before = in->pos;

	int rc = sb_sink_room(sink, &room, &out.size, err);
	if (rc)
		return rc;
	out.dst = room;
	*wants = ZSTD_decompressStream(stream, &out, in);
	if (ZSTD_isError(*wants))
		return sb_fail(err, SB_FORMAT, "decode-failed", "the zstd data cannot be decoded: %s",
			       ZSTD_getErrorName(*wants));
	rc = sb_sink_took(sink, out.pos, err);
	if (!rc && *wants != 0 && out.pos == 0 && in->pos == before)
		rc = sb_fail(err, SB_FORMAT, "decode-failed", "the zstd data cannot be decoded: it ends too early");
	return rc;
}

int sb_codec_zstd(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	ZSTD_DStream *stream = ZSTD_createDStream();
	ZSTD_inBuffer from = {.src = in.p, .size = in.n};
	size_t wants = 1;
	int rc = 0;

	if (!stream)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (ZSTD_isError(ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, WINDOW_LOG)))
		rc = sb_fail(err, SB_INTERNAL, "decode-failed", "libzstd does not take a window limit");
	while (!rc && (wants != 0 || begins_frame(in, from.pos)))
		rc = step(stream, &from, sink, &wants, err);
	*used = from.pos;
	ZSTD_freeDStream(stream);
	return rc;
}
