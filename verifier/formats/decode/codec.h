/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: one row a codec. */
#ifndef VERIFIER_FORMATS_DECODE_CODEC_H
#define VERIFIER_FORMATS_DECODE_CODEC_H

#include "verifier/formats/formats.h"

/**
 * Decode from the start of @in into @sink until the encoding ends. *used: encoded bytes consumed, also after a failure.
 * Errors: FORMAT "decode-failed" without offset, LIMIT, NOMEM, IO.
 */
typedef int (*sb_codec_run)(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err);

SB_MUST_USE int sb_codec_deflate(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err);
SB_MUST_USE int sb_codec_gzip(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err);
SB_MUST_USE int sb_codec_xz(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err);
SB_MUST_USE int sb_codec_lzma(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err);
SB_MUST_USE int sb_codec_lzip(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err);
SB_MUST_USE int sb_codec_zstd(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err);
SB_MUST_USE int sb_codec_bzip2(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err);
SB_MUST_USE int sb_codec_lz4(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err);
SB_MUST_USE int sb_codec_ext(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err);
SB_MUST_USE int sb_codec_squashfs(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err);
SB_MUST_USE int sb_codec_zlib(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err);
SB_MUST_USE int sb_codec_ihex(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err);
SB_MUST_USE int sb_codec_srec(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err);
/* Single blocks: all of @in is used, and exactly sink->expect bytes come out. */
SB_MUST_USE int sb_codec_lzo(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err);
SB_MUST_USE int sb_codec_lz4_block(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err);
SB_MUST_USE int sb_codec_microlzma(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err);
SB_MUST_USE int sb_codec_rtime(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err);

/** libzstd takes any number of frames, and frames to be skipped, for one: only a single one that holds data is a block. */
bool sb_zstd_is_block(struct sb_span in);

/** All slices of @member of @file, one after the other, each decoded by @run. Errors: FORMAT when one is not used up; as of @run. */
SB_MUST_USE int sb_slices_decode(struct sb_span file, const struct sb_member *member, sb_codec_run (*runner)(enum sb_codec), struct sb_sink *sink,
                                 struct sb_err *err);

#endif
