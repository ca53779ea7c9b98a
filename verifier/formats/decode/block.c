/* SPDX-License-Identifier: Apache-2.0 */
/* Single blocks, which do not say how long they become: LZO1X, LZ4, and the rtime of JFFS2. */
#include "verifier/formats/decode/codec.h"

#include <lz4.h>
#include <lzo/lzo1x.h>
#include <stdlib.h>
#include <string.h>

/* No byte of these encodings stands for more than 255 others. */
enum { MOST_RATIO = 256, LARGEST = 1 << 30 };

/** One way to decode a block: true when all of @in gave exactly @n bytes at @out. */
typedef bool (*decode_block)(struct sb_span in, uint8_t *out, size_t n);

static int run(decode_block decode, struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	uint64_t n = sink->expect;
	bool sensible = in.n <= LARGEST && n <= LARGEST && n / MOST_RATIO <= in.n;
	uint8_t *out = sensible ? malloc(n ? (size_t)n : 1) : NULL;

	if (!sensible)
		return sb_fail(err, SB_FORMAT, "decode-failed", "no block decodes to the size that is declared");
	if (!out)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = decode(in, out, (size_t)n) ? sb_sink_put(sink, sb_span_of(out, (size_t)n), err)
	                                    : sb_fail(err, SB_FORMAT, "decode-failed", "a block cannot be decoded: its bytes make no sense");
	*used = rc ? 0 : in.n;
	free(out);
	return rc;
}

static bool decode_lzo(struct sb_span in, uint8_t *out, size_t n)
{
	lzo_uint got = n;
	return lzo1x_decompress_safe(in.p, in.n, out, &got, NULL) == LZO_E_OK && got == n;
}

static bool decode_lz4(struct sb_span in, uint8_t *out, size_t n)
{
	return LZ4_decompress_safe((const char *)in.p, (char *)out, (int)in.n, (int)n) == (int)n;
}

/* Source: Linux, fs/jffs2/compr_rtime.c: pairs of a byte and how often what followed its last place is repeated. */
static bool decode_rtime(struct sb_span in, uint8_t *out, size_t n)
{
	size_t last[256] = {0}, at = 0, from = 0;

	while (at < n) {
		if (in.n - from < 2)
			return false;
		uint8_t value = in.p[from++];
		size_t repeat = in.p[from++], back = last[value];
		out[at++] = value;
		last[value] = at;
		if (repeat > n - at)
			return false;
		for (; repeat; repeat--)
			out[at++] = out[back++];
	}
	return from == in.n;
}

int sb_codec_lzo(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	return run(decode_lzo, in, sink, used, err);
}

int sb_codec_lz4_block(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	return run(decode_lz4, in, sink, used, err);
}

int sb_codec_rtime(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	return run(decode_rtime, in, sink, used, err);
}
