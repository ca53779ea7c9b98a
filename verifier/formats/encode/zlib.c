/* SPDX-License-Identifier: Apache-2.0 */
/* deflate (RFC 1951) and zlib's frame (RFC 1950) by zlib: its nine levels, with the memory that is usual and with all that it knows. */
#include "verifier/formats/encode/encoder.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

enum { LEVELS = 9, MEMORIES = 2, USUAL_MEMORY = 8 };

static int open_window(struct sb_encoding_again *again, unsigned setting, int window, struct sb_err *err)
{
	z_stream *z = calloc(1, sizeof *z);

	if (!z)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (deflateInit2(z, 1 + (int)(setting % LEVELS), Z_DEFLATED, window, USUAL_MEMORY + (int)(setting / LEVELS), Z_DEFAULT_STRATEGY) != Z_OK) {
		free(z);
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	}
	again->own = z;
	return 0;
}

static int open_deflate(struct sb_encoding_again *again, unsigned setting, struct sb_err *err)
{
	return open_window(again, setting, -MAX_WBITS, err);
}

static int open_zlib(struct sb_encoding_again *again, unsigned setting, struct sb_err *err)
{
	return open_window(again, setting, MAX_WBITS, err);
}

static bool put(struct sb_encoding_again *again, struct sb_span content, bool last)
{
	z_stream *z = again->own;
	union {
		const uint8_t *given;
		Bytef *wanted; /* zlib 1.2 reads through a pointer that is not const */
	} next = {.given = content.p};
	uint8_t out[SB_ENCODER_PIECE];

	z->next_in = next.wanted;
	z->avail_in = (uInt)content.n;
	do {
		z->next_out = out;
		z->avail_out = sizeof out;
		int result = deflate(z, last ? Z_FINISH : Z_NO_FLUSH);
		if ((result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) || !sb_encoder_gave(again, out, sizeof out - z->avail_out))
			return false;
	} while (z->avail_out == 0);
	return true;
}

static void close_zlib(struct sb_encoding_again *again)
{
	deflateEnd(again->own);
	free(again->own);
}

static void describe(unsigned setting, char *out, size_t room)
{
	snprintf(out, room, "zlib %s, level %u%s", zlibVersion(), 1 + setting % LEVELS, setting / LEVELS ? ", most memory" : "");
}

const struct sb_encoder sb_encoder_deflate = {SB_CODEC_DEFLATE, LEVELS * MEMORIES, open_deflate, put, close_zlib, describe};
const struct sb_encoder sb_encoder_zlib = {SB_CODEC_ZLIB, LEVELS * MEMORIES, open_zlib, put, close_zlib, describe};
