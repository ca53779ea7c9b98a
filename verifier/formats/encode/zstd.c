/* SPDX-License-Identifier: Apache-2.0 */
/* One frame of Zstandard (RFC 8878) by libzstd: the levels that ask for no more memory than others, in one thread. */
#include "verifier/formats/encode/encoder.h"

#include <stdio.h>
#include <zstd.h>

enum { LEVELS = 19 };
/* RFC 8878, 3.1.1.1.1: the descriptor of a frame behind its magic. */
enum { DESCRIPTOR = 4, HAS_CHECKSUM = 4, SINGLE_SEGMENT = 0x20, SIZE_SHIFT = 6 };

static bool set(ZSTD_CCtx *context, ZSTD_cParameter name, int value)
{
	return !ZSTD_isError(ZSTD_CCtx_setParameter(context, name, value));
}

static int open_zstd(struct sb_encoding_again *again, unsigned setting, struct sb_err *err)
{
	if (again->expected.n <= DESCRIPTOR)
		return sb_fail(err, SB_FORMAT, "decode-failed", "no frame");
	unsigned descriptor = again->expected.p[DESCRIPTOR];
	bool sized = descriptor >> SIZE_SHIFT || descriptor & SINGLE_SEGMENT;
	ZSTD_CCtx *context = ZSTD_createCCtx();
	again->own = context;
	again->form = descriptor & HAS_CHECKSUM ? 2U + sized : sized;
	if (!context || !set(context, ZSTD_c_compressionLevel, 1 + (int)setting) || !set(context, ZSTD_c_contentSizeFlag, sized) ||
	    !set(context, ZSTD_c_checksumFlag, (descriptor & HAS_CHECKSUM) != 0) ||
	    (sized && ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(context, again->size))))
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	return 0;
}

static bool put(struct sb_encoding_again *again, struct sb_span content, bool last)
{
	uint8_t bytes[SB_ENCODER_PIECE];
	ZSTD_inBuffer in = {.src = content.p, .size = content.n};
	size_t left;

	do {
		ZSTD_outBuffer out = {.dst = bytes, .size = sizeof bytes};
		left = ZSTD_compressStream2(again->own, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left) || !sb_encoder_gave(again, bytes, out.pos))
			return false;
	} while (last ? left != 0 : in.pos < in.size);
	return true;
}

static void close_zstd(struct sb_encoding_again *again)
{
	ZSTD_freeCCtx(again->own);
}

static void describe(unsigned setting, char *out, size_t room)
{
	snprintf(out, room, "libzstd %s, level %u", ZSTD_versionString(), 1 + setting);
}

const struct sb_encoder sb_encoder_zstd = {SB_CODEC_ZSTD, LEVELS, open_zstd, put, close_zstd, describe};
