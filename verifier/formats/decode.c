/* SPDX-License-Identifier: Apache-2.0 */
/* A member's encoded bytes to a private blob. */
#include "verifier/formats/decode/codec.h"

#include <string.h>

static int copy(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err);

static const struct {
	enum sb_codec codec;
	sb_codec_run run;
} codecs[] = {
	{SB_CODEC_NONE, copy},          {SB_CODEC_DEFLATE, sb_codec_deflate}, {SB_CODEC_GZIP, sb_codec_gzip},
	{SB_CODEC_XZ, sb_codec_xz},     {SB_CODEC_LZMA, sb_codec_lzma},       {SB_CODEC_BZIP2, sb_codec_bzip2},
	{SB_CODEC_ZSTD, sb_codec_zstd}, {SB_CODEC_LZ4, sb_codec_lz4},         {SB_CODEC_LZIP, sb_codec_lzip},
	{SB_CODEC_ZLIB, sb_codec_zlib}, {SB_CODEC_LZO, sb_codec_lzo},         {SB_CODEC_LZ4_BLOCK, sb_codec_lz4_block},
	{SB_CODEC_RTIME, sb_codec_rtime}, {SB_CODEC_SQUASHFS, sb_codec_squashfs}, {SB_CODEC_MICROLZMA, sb_codec_microlzma},
	{SB_CODEC_IHEX, sb_codec_ihex},
	{SB_CODEC_SREC, sb_codec_srec},
	{SB_CODEC_EXT, sb_codec_ext},
};

static int copy(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	while (*used < in.n) {
		uint8_t *room;
		size_t n;
		int rc = sb_sink_room(sink, &room, &n, err);
		if (rc)
			return rc;
		n = n < in.n - *used ? n : in.n - (size_t)*used;
		memcpy(room, in.p + *used, n);
		*used += n;
		rc = sb_sink_took(sink, n, err);
		if (rc)
			return rc;
	}
	return 0;
}

static sb_codec_run runner(enum sb_codec codec)
{
	for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
		if (codecs[i].codec == codec)
			return codecs[i].run;
	return NULL;
}

/* The codec of @member over its bytes of @file. */
static int run_codec(struct sb_span file, const struct sb_member *member, struct sb_sink *sink, uint64_t *consumed, struct sb_err *err)
{
	sb_codec_run run = runner(member->codec);
	struct sb_span in;
	uint64_t used = 0;

	if (member->codec == SB_CODEC_SLICES) {
		*consumed = member->length;
		return sb_slices_decode(file, member, runner, sink, err);
	}
	if (!run || !sb_span_cut(file, member->offset, member->length, &in))
		return sb_fail(err, SB_INTERNAL, "decode-failed", "a member of unknown encoding or place");
	int rc = run(in, sink, &used, err);
	if (!rc)
		*consumed = used;
	else if (err && rc == SB_FORMAT)
		err->offset = member->offset + used;
	return rc;
}

int sb_formats_decode_into(struct sb_span file, const struct sb_member *member, const struct sb_outlet *outlet, uint64_t *consumed,
                           struct sb_err *err)
{
	struct sb_sink sink = {.outlet = outlet, .spool = -1, .expect = member->size};
	return run_codec(file, member, &sink, consumed, err);
}

int sb_formats_decode(struct sb_span file, const struct sb_member *member, struct sb_unpack_budget *budget,
		      struct sb_blob *out, uint64_t *consumed, struct sb_err *err)
{
	struct sb_sink sink;
	uint64_t used;

	int rc = sb_sink_open(&sink, sb_member_packed(member), member->size, budget, err);
	if (rc)
		return rc;
	rc = run_codec(file, member, &sink, &used, err);
	if (!rc)
		rc = sb_sink_finish(&sink, out, err);
	if (!rc)
		*consumed = used;
	sb_sink_release(&sink);
	return rc;
}
