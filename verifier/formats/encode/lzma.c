/* SPDX-License-Identifier: Apache-2.0 */
/* .lzma by liblzma. Its header says the dictionary and how literals are coded; the rest is the preset's. */
#include "verifier/formats/encode/lzma.h"

#include <stdlib.h>

/* Source: XZ Utils, doc/lzma-file-format.txt, 1.1: a byte of properties, then the size of the dictionary. */
enum { PROPERTIES = 1, DICTIONARY = 4 };

static int open_lzma(struct sb_encoding_again *again, unsigned setting, struct sb_err *err)
{
	struct sb_rd header = sb_rd_of(again->expected, false);
	lzma_options_lzma options;

	again->form = sb_rd_uint(&header, PROPERTIES + DICTIONARY);
	if (header.bad || !sb_preset_options(setting, (uint32_t)(again->form >> 8 * PROPERTIES), &options))
		return sb_fail(err, SB_FORMAT, "decode-failed", "no form that an encoder has here");
	lzma_stream *stream = calloc(1, sizeof *stream);
	again->own = stream;
	if (!stream || lzma_alone_encoder(stream, &options) != LZMA_OK)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	return 0;
}

static bool put(struct sb_encoding_again *again, struct sb_span content, bool last)
{
	return sb_lzma_put(again, again->own, content, last ? LZMA_FINISH : LZMA_RUN);
}

static void close_lzma(struct sb_encoding_again *again)
{
	lzma_end(again->own);
	free(again->own);
}

const struct sb_encoder sb_encoder_lzma = {SB_CODEC_LZMA, SB_PRESETS, open_lzma, put, close_lzma, sb_preset_describe};
