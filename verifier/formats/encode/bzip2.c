/* SPDX-License-Identifier: Apache-2.0 */
/* bzip2 by libbz2, whose only setting is how long a block is. */
#include "verifier/formats/encode/encoder.h"

#include <bzlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 9 };

static int open_bzip2(struct sb_encoding_again *again, unsigned setting, struct sb_err *err)
{
	bz_stream *stream = calloc(1, sizeof *stream);

	if (!stream)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (BZ2_bzCompressInit(stream, 1 + (int)setting, 0, 0) != BZ_OK) {
		free(stream);
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	}
	again->own = stream;
	return 0;
}

static bool put(struct sb_encoding_again *again, struct sb_span content, bool last)
{
	bz_stream *stream = again->own;
	union {
		const uint8_t *given;
		char *wanted; /* libbz2 reads through a pointer that is not const */
	} next = {.given = content.p};
	union {
		uint8_t bytes[SB_ENCODER_PIECE];
		char wanted[SB_ENCODER_PIECE];
	} out;
	int result;

	stream->next_in = next.wanted;
	stream->avail_in = (unsigned)content.n;
	do {
		stream->next_out = out.wanted;
		stream->avail_out = sizeof out;
		result = BZ2_bzCompress(stream, last ? BZ_FINISH : BZ_RUN);
		if (result < 0 || !sb_encoder_gave(again, out.bytes, sizeof out - stream->avail_out))
			return false;
	} while (last ? result != BZ_STREAM_END : stream->avail_in != 0);
	return true;
}

static void close_bzip2(struct sb_encoding_again *again)
{
	BZ2_bzCompressEnd(again->own);
	free(again->own);
}

static void describe(unsigned setting, char *out, size_t room)
{
	const char *version = BZ2_bzlibVersion(); /* "1.0.8, 13-Jul-2019" */

	snprintf(out, room, "libbz2 %.*s, level %u", (int)strcspn(version, ","), version, 1 + setting);
}

const struct sb_encoder sb_encoder_bzip2 = {SB_CODEC_BZIP2, LEVELS, open_bzip2, put, close_bzip2, describe};
