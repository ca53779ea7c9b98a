/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/formats/decode/blocks.h"
#include "verifier/formats/decode/codec.h"

#include <limits.h>
#include <lz4.h>
#include <lzma.h>
#include <lzo/lzo1x.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

struct sb_blocks {
	enum sb_block_codec codec;
	uint64_t window;
	z_stream zlib;
	lzma_stream lzma;
	ZSTD_DCtx *zstd;
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int damaged(struct sb_err *err)
{
	return sb_fail(err, SB_FORMAT, "decode-failed", "a compressed block cannot be decoded, or something follows in it");
}

static int unreadable(struct sb_err *err)
{
	return sb_fail(err, SB_FORMAT, "decode-failed", "a compressed block that reaches further back than readers keep, or of a form that they do not know");
}

int sb_blocks_open(enum sb_block_codec codec, uint64_t window, struct sb_blocks **out, struct sb_err *err)
{
	struct sb_blocks *blocks = calloc(1, sizeof *blocks);

	*out = blocks;
	if (!blocks)
		return no_memory(err);
	blocks->codec = codec;
	blocks->window = window;
	blocks->lzma = (lzma_stream)LZMA_STREAM_INIT;
	bool made = codec == SB_BLOCK_ZLIB   ? inflateInit(&blocks->zlib) == Z_OK
	            : codec == SB_BLOCK_ZSTD ? (blocks->zstd = ZSTD_createDCtx()) != NULL
	                                     : true;
	if (made)
		return 0;
	sb_blocks_close(out);
	return no_memory(err);
}

void sb_blocks_close(struct sb_blocks **blocks)
{
	if (!*blocks)
		return;
	if ((*blocks)->codec == SB_BLOCK_ZLIB)
		inflateEnd(&(*blocks)->zlib);
	lzma_end(&(*blocks)->lzma);
	ZSTD_freeDCtx((*blocks)->zstd);
	free(*blocks);
	*blocks = NULL;
}

static int decode_zlib(z_stream *z, struct sb_span in, uint8_t *out, size_t room, size_t *n, struct sb_err *err)
{
	union {
		const uint8_t *given;
		Bytef *wanted; /* zlib 1.2 reads through a pointer that is not const */
	} next = {.given = in.p};

	if (inflateReset(z) != Z_OK)
		return damaged(err);
	z->next_in = next.wanted;
	z->avail_in = (uInt)in.n;
	z->next_out = out;
	z->avail_out = (uInt)room;
	int result = inflate(z, Z_FINISH);
	*n = room - z->avail_out;
	if (result == Z_MEM_ERROR)
		return no_memory(err);
	return result == Z_STREAM_END && z->avail_in == 0 ? 0 : damaged(err);
}

static uint64_t read_vli(struct sb_rd *rd)
{
	uint64_t value = 0, byte = 0x80;

	for (unsigned i = 0; i < 9 && byte & 0x80; i++) {
		byte = sb_rd_uint(rd, 1);
		value |= (byte & 0x7f) << 7 * i;
	}
	return value;
}

/* Linux, lib/xz/xz_dec_bcj.c: x86, PowerPC, IA-64, ARM, ARM-Thumb and SPARC, none of which begins elsewhere than at 0. */
static bool is_filter(struct sb_rd *rd)
{
	uint64_t id = sb_rd_uint(rd, 1);
	return id >= 4 && id <= 9 && sb_rd_uint(rd, 1) == 0;
}

/* The xz File Format 1.2.0, 3.1 and 5.3.1: a header of a block up to the size of the dictionary. */
static bool fits_xz(struct sb_span in, uint64_t window)
{
	enum { BLOCK = 12, LZMA2 = 0x21, PACKED_SIZE = 0x40, SIZE = 0x80, FOOTER = 12, CRC32 = 1 };
	struct sb_rd rd = sb_rd_of(in, false), index = rd;

	sb_rd_seek(&rd, 7);
	bool check = sb_rd_uint(&rd, 1) <= CRC32;
	sb_rd_seek(&rd, BLOCK + 1);
	uint64_t flags = sb_rd_uint(&rd, 1);
	bool fits = check && (flags & 0x3e) == 0;
	if (flags & PACKED_SIZE)
		read_vli(&rd);
	if (flags & SIZE)
		read_vli(&rd);
	fits = fits && (!(flags & 1) || is_filter(&rd)) && sb_rd_uint(&rd, 1) == LZMA2 && sb_rd_uint(&rd, 1) == 1;
	uint64_t bits = sb_rd_uint(&rd, 1), dictionary = bits < 40 ? (2 | (bits & 1)) << (bits / 2 + 11) : UINT64_MAX;
	if (in.n < 2 * FOOTER)
		return false;
	sb_rd_seek(&index, in.n - FOOTER + 4);
	uint64_t length = (sb_rd_uint(&index, 4) + 1) * 4;
	if (length > in.n - 2 * FOOTER)
		return false;
	sb_rd_seek(&index, in.n - FOOTER - (size_t)length);
	return fits && !rd.bad && dictionary <= window && sb_rd_uint(&index, 1) == 0 && read_vli(&index) == 1;
}

static int decode_lzma(struct sb_blocks *blocks, struct sb_span in, uint8_t *out, size_t room, size_t *n, struct sb_err *err)
{
	lzma_stream *stream = &blocks->lzma;

	if (blocks->codec == SB_BLOCK_XZ && !fits_xz(in, blocks->window))
		return unreadable(err);
	lzma_ret result = blocks->codec == SB_BLOCK_XZ ? lzma_stream_decoder(stream, SB_LIMIT_OF(DECODER_MEMORY), LZMA_TELL_UNSUPPORTED_CHECK)
	                                               : lzma_alone_decoder(stream, SB_LIMIT_OF(DECODER_MEMORY));

	stream->next_in = in.p;
	stream->avail_in = in.n;
	stream->next_out = out;
	stream->avail_out = room;
	if (result == LZMA_OK)
		result = lzma_code(stream, LZMA_FINISH);
	*n = room - stream->avail_out;
	if (result == LZMA_MEM_ERROR)
		return no_memory(err);
	if (result == LZMA_MEMLIMIT_ERROR)
		return sb_fail_limit(err, SB_LIMIT_ROW_DECODER_MEMORY, lzma_memusage(stream));
	return result == LZMA_STREAM_END && stream->avail_in == 0 ? 0 : damaged(err);
}

static int decode_lz4(struct sb_span in, uint8_t *out, size_t room, size_t *n, struct sb_err *err)
{
	int made = LZ4_decompress_safe((const char *)in.p, (char *)out, (int)in.n, (int)room);

	*n = made > 0 ? (size_t)made : 0;
	return made > 0 ? 0 : damaged(err);
}

static int decode_lzo(struct sb_span in, uint8_t *out, size_t room, size_t *n, struct sb_err *err)
{
	lzo_uint made = room;
	int result = lzo1x_decompress_safe(in.p, in.n, out, &made, NULL);

	*n = made;
	return result == LZO_E_OK ? 0 : damaged(err);
}

/* RFC 8878, 3.1.1.1.2: how far back a frame may reach; one that is a single segment reaches no further than it is long. */
static uint64_t window_of(struct sb_span frame)
{
	enum { DESCRIPTOR = 4, SINGLE = 0x20 };
	struct sb_rd rd = sb_rd_of(frame, false);

	sb_rd_seek(&rd, DESCRIPTOR);
	if (sb_rd_uint(&rd, 1) & SINGLE)
		return 0;
	uint64_t byte = sb_rd_uint(&rd, 1), base = UINT64_C(1) << (10 + (byte >> 3));
	return base + base / 8 * (byte & 7);
}

static int decode_zstd(const struct sb_blocks *blocks, struct sb_span in, uint8_t *out, size_t room, size_t *n, struct sb_err *err)
{
	if (!sb_zstd_is_block(in))
		return damaged(err);
	if (window_of(in) > blocks->window)
		return unreadable(err);
	*n = ZSTD_decompressDCtx(blocks->zstd, out, room, in.p, in.n);
	return ZSTD_isError(*n) ? damaged(err) : 0;
}

int sb_blocks_decode(struct sb_blocks *blocks, struct sb_span in, uint8_t *out, size_t room, size_t *n, struct sb_err *err)
{
	*n = 0;
	if (in.n > INT_MAX || room > INT_MAX)
		return damaged(err);
	switch (blocks->codec) {
	case SB_BLOCK_NONE:
		break;
	case SB_BLOCK_ZLIB:
		return decode_zlib(&blocks->zlib, in, out, room, n, err);
	case SB_BLOCK_LZMA:
	case SB_BLOCK_XZ:
		return decode_lzma(blocks, in, out, room, n, err);
	case SB_BLOCK_LZ4:
		return decode_lz4(in, out, room, n, err);
	case SB_BLOCK_LZO:
		return decode_lzo(in, out, room, n, err);
	case SB_BLOCK_ZSTD:
		return decode_zstd(blocks, in, out, room, n, err);
	}
	return damaged(err);
}
