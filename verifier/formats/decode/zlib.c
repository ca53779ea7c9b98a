/* SPDX-License-Identifier: Apache-2.0 */
/* Raw deflate (RFC 1951), with zlib's own frame (RFC 1950), and gzip (RFC 1952), by zlib. */
#include "verifier/formats/decode/codec.h"

#include <zlib.h>

/* zlib counts what it is given in 32 bits. */
enum { MOST_IN = 1 << 30 };

static int fail(struct sb_err *err, const z_stream *z, int result)
{
	if (result == Z_MEM_ERROR)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	const char *why = result == Z_BUF_ERROR ? "it ends too early" : z->msg ? z->msg : "its bytes make no sense";
	return sb_fail(err, SB_FORMAT, "decode-failed", "the deflated data cannot be decoded: %s", why);
}

static void feed(z_stream *z, struct sb_span in, uint64_t used)
{
	size_t left = in.n - (size_t)used;
	union {
		const uint8_t *given;
		Bytef *wanted; /* zlib 1.2 reads through a pointer that is not const */
	} next = {.given = in.p + used};

	z->next_in = next.wanted;
	z->avail_in = left < MOST_IN ? (uInt)left : (uInt)MOST_IN;
}

/* One stream from in[*used] to its end. */
static int run_one(z_stream *z, struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	int result = Z_OK;

	while (result != Z_STREAM_END) {
		uint8_t *room;
		size_t n;
		int rc = sb_sink_room(sink, &room, &n, err);
		if (rc)
			return rc;
		feed(z, in, *used);
		uInt offered = z->avail_in, space = n < MOST_IN ? (uInt)n : (uInt)MOST_IN;
		z->next_out = room;
		z->avail_out = space;
		result = inflate(z, Z_NO_FLUSH);
		*used += offered - z->avail_in;
		rc = sb_sink_took(sink, space - z->avail_out, err);
		if (rc)
			return rc;
		if (result != Z_OK && result != Z_STREAM_END)
			return fail(err, z, result);
	}
	return 0;
}

static int run(struct sb_span in, int window, bool many, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	z_stream z = {0};
	int result = inflateInit2(&z, window), rc;

	if (result != Z_OK)
		return fail(err, &z, result);
	rc = run_one(&z, in, sink, used, err);
	/* RFC 1952, 2.2: a file is a series of members. Anything that does not begin like one is left unread. */
	while (!rc && many && in.n - *used >= 2 && in.p[*used] == 0x1f && in.p[*used + 1] == 0x8b) {
		result = inflateReset(&z);
		rc = result == Z_OK ? run_one(&z, in, sink, used, err) : fail(err, &z, result);
	}
	inflateEnd(&z);
	return rc;
}

int sb_codec_deflate(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	return run(in, -MAX_WBITS, false, sink, used, err);
}

int sb_codec_zlib(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	return run(in, MAX_WBITS, false, sink, used, err);
}

int sb_codec_gzip(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	return run(in, MAX_WBITS + 16, true, sink, used, err);
}
