/* SPDX-License-Identifier: Apache-2.0 */
/* xz, lzma and lzip, by liblzma. */
#include "verifier/formats/decode/codec.h"

#include <lzma.h>

static int fail(struct sb_err *err, const lzma_stream *stream, lzma_ret result)
{
	const char *why = "its bytes make no sense";

	if (result == LZMA_MEM_ERROR)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (result == LZMA_MEMLIMIT_ERROR)
		return sb_fail_limit(err, SB_LIMIT_ROW_DECODER_MEMORY, lzma_memusage(stream));
	if (result == LZMA_BUF_ERROR)
		why = "it ends too early";
	else if (result == LZMA_UNSUPPORTED_CHECK)
		why = "its integrity check is of an unknown kind";
	else if (result == LZMA_OPTIONS_ERROR)
		why = "it uses a filter or an option that is not known";
	return sb_fail(err, SB_FORMAT, "decode-failed", "the LZMA data cannot be decoded: %s", why);
}

static int run(lzma_stream *stream, struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	lzma_ret result = LZMA_OK;

	stream->next_in = in.p;
	stream->avail_in = in.n;
	while (result != LZMA_STREAM_END) {
		uint8_t *room;
		size_t n;
		int rc = sb_sink_room(sink, &room, &n, err);
		if (rc)
			return rc;
		stream->next_out = room;
		stream->avail_out = n;
		result = lzma_code(stream, LZMA_FINISH);
		*used = in.n - stream->avail_in;
		rc = sb_sink_took(sink, n - stream->avail_out, err);
		if (rc)
			return rc;
		if (result != LZMA_OK && result != LZMA_STREAM_END)
			return fail(err, stream, result);
	}
	return 0;
}

int sb_codec_xz(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_ret result = lzma_stream_decoder(&stream, SB_LIMIT_OF(DECODER_MEMORY),
					      LZMA_CONCATENATED | LZMA_TELL_UNSUPPORTED_CHECK);
	int rc = result == LZMA_OK ? run(&stream, in, sink, used, err) : fail(err, &stream, result);

	lzma_end(&stream);
	return rc;
}

int sb_codec_lzma(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_ret result = lzma_alone_decoder(&stream, SB_LIMIT_OF(DECODER_MEMORY));
	int rc = result == LZMA_OK ? run(&stream, in, sink, used, err) : fail(err, &stream, result);

	lzma_end(&stream);
	return rc;
}

/* Nothing in it says how large the dictionary was: EROFS allows 8 MiB. */
int sb_codec_microlzma(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	enum { DICTIONARY = 8 << 20 };
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_ret result = sink->expect <= SB_LIMIT_OF(MEMBER_BYTES) ? lzma_microlzma_decoder(&stream, in.n, sink->expect, true, DICTIONARY) : LZMA_OPTIONS_ERROR;
	int rc = result == LZMA_OK ? run(&stream, in, sink, used, err) : fail(err, &stream, result);

	lzma_end(&stream);
	return rc;
}

int sb_codec_lzip(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_ret result = lzma_lzip_decoder(&stream, SB_LIMIT_OF(DECODER_MEMORY), LZMA_CONCATENATED);
	int rc = result == LZMA_OK ? run(&stream, in, sink, used, err) : fail(err, &stream, result);

	lzma_end(&stream);
	return rc;
}
