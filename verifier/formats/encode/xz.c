/* SPDX-License-Identifier: Apache-2.0 */
/*
 * .xz by liblzma: one block whose header does not say how long it is, as one thread writes it, or blocks of three dictionaries that do, as threads
 * write them, however many there are. The blocks are made here one by one, since a parser may not start threads.
 */
#include "verifier/formats/encode/lzma.h"

#include <stdlib.h>
#include <string.h>

/* Source: liblzma, common/filter_encoder.c and lz/lzma2_encoder.c: how much a block of a threaded encoder holds. */
enum { LEAST_BLOCK = 1 << 20, DICTIONARIES = 3 };
/* How the parts of a form stand in one number. */
enum { DICTIONARY_SHIFT = 8, SIZED_SHIFT = 40, FILTER_SHIFT = 41 };

struct xz {
	lzma_options_lzma options;
	lzma_filter filters[3]; /* at most one of machine code in front */
	lzma_stream_flags flags;
	lzma_stream stream;
	lzma_block block;
	lzma_index *index;
	bool sized, open;   /* headers of blocks say their sizes; a block is begun */
	size_t header;      /* where that of the open block lies */
	uint64_t most, in;  /* bytes of content in a block, at most and so far */
};

static int not_ours(struct sb_err *err)
{
	return sb_fail(err, SB_FORMAT, "decode-failed", "no form that an encoder has here");
}

/* Filters of machine code take nothing but, seldom, an offset. */
static bool is_plain(const lzma_filter *filter)
{
	return filter->id >= LZMA_FILTER_X86 && filter->id <= LZMA_FILTER_ARM64 && !filter->options;
}

/* The dictionary and the filter of the first block, and whether it says its sizes. */
static bool read_form(struct xz *xz, const lzma_filter *found, uint32_t *dictionary)
{
	size_t n = 0;

	if (is_plain(&found[0]))
		xz->filters[n++] = (lzma_filter){found[0].id, NULL};
	if (found[n].id != LZMA_FILTER_LZMA2 || found[n + 1].id != LZMA_VLI_UNKNOWN)
		return false;
	*dictionary = ((const lzma_options_lzma *)found[n].options)->dict_size;
	xz->filters[n] = (lzma_filter){LZMA_FILTER_LZMA2, &xz->options};
	xz->filters[n + 1].id = LZMA_VLI_UNKNOWN;
	xz->sized = xz->block.compressed_size != LZMA_VLI_UNKNOWN;
	return true;
}

static bool read_headers(struct xz *xz, struct sb_span in, uint32_t *dictionary)
{
	lzma_filter found[LZMA_FILTERS_MAX + 1];

	if (in.n <= LZMA_STREAM_HEADER_SIZE || lzma_stream_header_decode(&xz->flags, in.p) != LZMA_OK || in.p[LZMA_STREAM_HEADER_SIZE] == 0)
		return false;
	xz->block = (lzma_block){.check = xz->flags.check, .filters = found};
	xz->block.header_size = lzma_block_header_size_decode(in.p[LZMA_STREAM_HEADER_SIZE]);
	if (xz->block.header_size > in.n - LZMA_STREAM_HEADER_SIZE ||
	    lzma_block_header_decode(&xz->block, NULL, in.p + LZMA_STREAM_HEADER_SIZE) != LZMA_OK)
		return false;
	bool known = read_form(xz, found, dictionary);
	lzma_filters_free(found, NULL);
	return known;
}

static int open_xz(struct sb_encoding_again *again, unsigned setting, struct sb_err *err)
{
	uint32_t dictionary = 0;
	struct xz *xz = calloc(1, sizeof *xz);
	uint8_t header[LZMA_STREAM_HEADER_SIZE];

	if (!xz)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	again->own = xz;
	xz->stream = (lzma_stream)LZMA_STREAM_INIT;
	if (!read_headers(xz, again->expected, &dictionary) || !sb_preset_options(setting, dictionary, &xz->options))
		return not_ours(err);
	uint64_t block = (uint64_t)dictionary * DICTIONARIES;
	xz->most = !xz->sized ? UINT64_MAX : block < LEAST_BLOCK ? LEAST_BLOCK : block;
	xz->index = lzma_index_init(NULL);
	if (!xz->index)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	again->form = (uint64_t)xz->flags.check | (uint64_t)dictionary << DICTIONARY_SHIFT | (uint64_t)xz->sized << SIZED_SHIFT |
	              (xz->filters[0].id == LZMA_FILTER_LZMA2 ? 0 : xz->filters[0].id << FILTER_SHIFT);
	xz->flags.version = 0;
	return lzma_stream_header_encode(&xz->flags, header) == LZMA_OK && sb_encoder_gave(again, header, sizeof header) ? 0 : not_ours(err);
}

/* Room for the header, which says sizes that are known at the end. */
static bool begin_block(struct sb_encoding_again *again, struct xz *xz)
{
	lzma_vli packed = xz->sized ? lzma_block_buffer_bound((size_t)xz->most) : LZMA_VLI_UNKNOWN;

	xz->block = (lzma_block){.check = xz->flags.check, .filters = xz->filters, .compressed_size = packed,
	                         .uncompressed_size = xz->sized ? xz->most : LZMA_VLI_UNKNOWN};
	xz->header = again->at;
	xz->in = 0;
	xz->open = lzma_block_header_size(&xz->block) == LZMA_OK && xz->block.header_size <= again->expected.n - again->at &&
	           lzma_block_encoder(&xz->stream, &xz->block) == LZMA_OK;
	again->at += xz->open ? xz->block.header_size : 0;
	return xz->open;
}

static bool end_block(struct sb_encoding_again *again, struct xz *xz)
{
	uint8_t header[LZMA_BLOCK_HEADER_SIZE_MAX];

	xz->open = false;
	if (!sb_lzma_put(again, &xz->stream, sb_span_of("", 0), LZMA_FINISH) ||
	    lzma_index_append(xz->index, NULL, lzma_block_unpadded_size(&xz->block), xz->block.uncompressed_size) != LZMA_OK)
		return false;
	if (!xz->sized)
		xz->block.compressed_size = xz->block.uncompressed_size = LZMA_VLI_UNKNOWN;
	return lzma_block_header_encode(&xz->block, header) == LZMA_OK && memcmp(again->expected.p + xz->header, header, xz->block.header_size) == 0;
}

/* Index and footer: they follow from the blocks. */
static bool end_stream(struct sb_encoding_again *again, struct xz *xz)
{
	uint8_t footer[LZMA_STREAM_HEADER_SIZE];
	lzma_ret result = lzma_index_encoder(&xz->stream, xz->index);

	xz->flags.backward_size = lzma_index_size(xz->index);
	return result == LZMA_OK && sb_lzma_put(again, &xz->stream, sb_span_of("", 0), LZMA_FINISH) &&
	       lzma_stream_footer_encode(&xz->flags, footer) == LZMA_OK && sb_encoder_gave(again, footer, sizeof footer);
}

static bool put(struct sb_encoding_again *again, struct sb_span content, bool last)
{
	struct xz *xz = again->own;

	while (content.n) {
		if (!xz->open && !begin_block(again, xz))
			return false;
		size_t n = xz->most - xz->in < content.n ? (size_t)(xz->most - xz->in) : content.n;
		if (!sb_lzma_put(again, &xz->stream, sb_span_of(content.p, n), LZMA_RUN))
			return false;
		xz->in += n;
		content = sb_span_of(content.p + n, content.n - n);
		if (xz->in == xz->most && !end_block(again, xz))
			return false;
	}
	return !last || ((!xz->open || end_block(again, xz)) && end_stream(again, xz));
}

static void close_xz(struct sb_encoding_again *again)
{
	struct xz *xz = again->own;

	lzma_end(&xz->stream);
	lzma_index_end(xz->index, NULL);
	free(xz);
}

const struct sb_encoder sb_encoder_xz = {SB_CODEC_XZ, SB_PRESETS, open_xz, put, close_xz, sb_preset_describe};
