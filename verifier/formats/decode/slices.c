/* SPDX-License-Identifier: Apache-2.0 */
/* Content that lies in slices: each is decoded by itself, and cut to what the member has of it. */
#include "verifier/formats/decode/codec.h"

#include <stdlib.h>
#include <string.h>

/** A buffer between a decoder and the cut. */
enum { BUFFER = 64 << 10 };
struct cutting {
	struct sb_slice_cut cut;
	struct sb_sink *sink;
	const struct sb_slice *kept; /* whose decoded bytes lie in the buffer, all of them; NULL: none */
	uint8_t bytes[BUFFER + 1];
};

int sb_slice_put(struct sb_slice_cut *cut, struct sb_span bytes, struct sb_sink *sink, struct sb_err *err)
{
	const struct sb_slice *slice = cut->slice;
	uint64_t from = cut->seen, to = cut->seen + bytes.n, skip = slice->skip, end = slice->skip + slice->size;

	if (to > slice->whole)
		return sb_fail(err, SB_FORMAT, "decode-failed", "more comes out of a block than it declares");
	cut->seen = to;
	from = from > skip ? from : skip;
	to = to < end ? to : end;
	if (from >= to)
		return 0;
	return sb_sink_put(sink, sb_span_of(bytes.p + (bytes.n - (cut->seen - from)), (size_t)(to - from)), err);
}

int sb_slice_end(const struct sb_slice_cut *cut, struct sb_err *err)
{
	return cut->seen == cut->slice->whole ? 0 : sb_fail(err, SB_FORMAT, "decode-failed", "less comes out of a block than it declares");
}

static int put_fill(uint8_t value, uint64_t count, struct sb_sink *sink, struct sb_err *err)
{
	uint8_t fill[4096];
	int rc = 0;

	memset(fill, value, sizeof fill);
	for (uint64_t n; !rc && count; count -= n) {
		n = count < sizeof fill ? count : sizeof fill;
		rc = sb_sink_put(sink, sb_span_of(fill, (size_t)n), err);
	}
	return rc;
}

int sb_slice_copy(struct sb_span file, const struct sb_slice *slice, struct sb_sink *sink, struct sb_err *err)
{
	struct sb_slice_cut cut = {.slice = slice};
	struct sb_span bytes;

	if (sb_slice_is_absent(slice))
		return put_fill(slice->codec == SB_CODEC_ERASED ? 0xff : 0, slice->size, sink, err);
	if (!sb_span_cut(file, slice->offset, slice->length, &bytes))
		return sb_fail(err, SB_INTERNAL, "decode-failed", "a slice outside its file");
	int rc = sb_slice_put(&cut, bytes, sink, err);
	return rc ? rc : sb_slice_end(&cut, err);
}

/* What fits into the buffer is gathered there; one byte more shows that more comes than is declared. */
static size_t place_of(const struct cutting *cutting)
{
	return cutting->cut.slice->whole <= BUFFER ? (size_t)cutting->cut.seen : 0;
}

static int lend(void *ctx, uint8_t **p, size_t *n, struct sb_err *err)
{
	struct cutting *cutting = ctx;

	(void)err;
	*p = cutting->bytes + place_of(cutting);
	*n = sizeof cutting->bytes - place_of(cutting);
	return 0;
}

static int took(void *ctx, size_t n, struct sb_err *err)
{
	struct cutting *cutting = ctx;
	return sb_slice_put(&cutting->cut, sb_span_of(cutting->bytes + place_of(cutting), n), cutting->sink, err);
}

static bool is_kept(const struct cutting *cutting, const struct sb_slice *slice)
{
	const struct sb_slice *kept = cutting->kept;
	return kept && kept->offset == slice->offset && kept->length == slice->length && kept->codec == slice->codec && kept->whole == slice->whole;
}

static int put_kept(const struct cutting *cutting, const struct sb_slice *slice, struct sb_err *err)
{
	struct sb_slice_cut cut = {.slice = slice};
	return sb_slice_put(&cut, sb_span_of(cutting->bytes, (size_t)slice->whole), cutting->sink, err);
}

static int decode_one(struct sb_span file, const struct sb_slice *slice, sb_codec_run run, struct cutting *cutting, struct sb_err *err)
{
	const struct sb_outlet outlet = {.ctx = cutting, .room = lend, .took = took};
	struct sb_sink sink = {.outlet = &outlet, .spool = -1, .expect = slice->whole};
	struct sb_span in;
	uint64_t used = 0;

	cutting->cut = (struct sb_slice_cut){.slice = slice};
	cutting->kept = NULL;
	if (!run || !sb_span_cut(file, slice->offset, slice->length, &in))
		return sb_fail(err, SB_INTERNAL, "decode-failed", "a slice of unknown encoding or place");
	if (slice->codec == SB_CODEC_ZSTD && !sb_zstd_is_block(in))
		return sb_fail(err, SB_FORMAT, "decode-failed", "a block is not one frame");
	int rc = run(in, &sink, &used, err);
	if (!rc && used != slice->length)
		rc = sb_fail(err, SB_FORMAT, "decode-failed", "bytes follow the encoded ones of a block");
	if (!rc)
		rc = sb_slice_end(&cutting->cut, err);
	if (!rc && slice->whole <= BUFFER)
		cutting->kept = slice;
	if (rc == SB_FORMAT)
		sb_at_offset(err, slice->offset + used);
	return rc;
}

int sb_slices_decode(struct sb_span file, const struct sb_member *member, sb_codec_run (*runner)(enum sb_codec), struct sb_sink *sink,
                     struct sb_err *err)
{
	struct cutting *cutting = malloc(sizeof *cutting);
	int rc = cutting ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");

	if (cutting)
		cutting->kept = NULL;
	for (uint32_t i = 0; !rc && i < member->slice_count; i++) {
		const struct sb_slice *slice = &member->slices[i];
		cutting->sink = sink;
		if (sb_slice_is_plain(slice))
			rc = sb_slice_copy(file, slice, sink, err);
		else if (is_kept(cutting, slice))
			rc = put_kept(cutting, slice, err);
		else
			rc = decode_one(file, slice, runner(slice->codec), cutting, err);
	}
	free(cutting);
	return rc;
}
