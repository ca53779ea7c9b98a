/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bzip2 and lz4, by libarchive's filters under its raw format. Exactly one filter is enabled, it must be the one that
 * took the bytes (else "raw" would hand the input through), and what it consumed is asked for afterwards.
 */
#include "verifier/formats/decode/codec.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

struct filter {
	int code;
	int (*enable)(struct archive *);
};

static int fail(struct sb_err *err, struct archive *archive)
{
	const char *why = archive_error_string(archive);
	return sb_fail(err, SB_FORMAT, "decode-failed", "the compressed data cannot be decoded: %s",
		       why ? why : "it ends too early");
}

static int drain(struct archive *archive, struct sb_sink *sink, struct sb_err *err)
{
	const void *block;
	size_t n;
	la_int64_t offset;

	for (;;) {
		int result = archive_read_data_block(archive, &block, &n, &offset);
		if (result == ARCHIVE_EOF)
			return 0;
		if (result != ARCHIVE_OK)
			return fail(err, archive);
		int rc = sb_sink_put(sink, sb_span_of(block, n), err);
		if (rc)
			return rc;
	}
}

static int run(struct archive *archive, const struct filter *filter, struct sb_span in, struct sb_sink *sink,
	       struct sb_err *err)
{
	struct archive_entry *entry;

	if (filter->enable(archive) != ARCHIVE_OK)
		return sb_fail(err, SB_ABSENT, "decode-failed", "libarchive was built without this compression");
	if (archive_read_support_format_raw(archive) != ARCHIVE_OK ||
	    archive_read_open_memory(archive, in.p, in.n) != ARCHIVE_OK)
		return fail(err, archive);
	int result = archive_read_next_header(archive, &entry);
	if (archive_filter_count(archive) != 2 || archive_filter_code(archive, 0) != filter->code)
		return sb_fail(err, SB_FORMAT, "decode-failed",
			       "the compressed data cannot be decoded: its header makes no sense");
	return result == ARCHIVE_OK ? drain(archive, sink, err) : fail(err, archive);
}

static int decode(const struct filter *filter, struct sb_span in, struct sb_sink *sink, uint64_t *used,
		  struct sb_err *err)
{
	struct archive *archive = archive_read_new();
	if (!archive)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = run(archive, filter, in, sink, err);
	la_int64_t consumed = archive_filter_bytes(archive, -1);

	*used = consumed > 0 ? (uint64_t)consumed : 0;
	archive_read_free(archive);
	return rc;
}

/* The raw format shows nothing at all of a payload of no bytes, so the one way to write that is known here. */
int sb_codec_bzip2(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	static const uint8_t end[10] = {0x17, 0x72, 0x45, 0x38, 0x50, 0x90, 0, 0, 0, 0};

	if (in.n == 14 && sb_span_starts(in, "BZh", 3) && memcmp(in.p + 4, end, sizeof end) == 0) {
		*used = in.n;
		return 0;
	}
	return decode(&(struct filter){ARCHIVE_FILTER_BZIP2, archive_read_support_filter_bzip2}, in, sink, used, err);
}

/* LZ4 frame without a block: magic, flags, block size, no dictionary, end mark, and the checksum of nothing if there is
 * one. */
static bool is_empty_lz4(struct sb_span in)
{
	struct sb_rd rd = sb_rd_of(in, false);
	bool magic = sb_rd_uint(&rd, 4) == 0x184d2204;
	uint64_t flags = sb_rd_uint(&rd, 1), size = 0, check = 0x02cc5d05;

	sb_rd_bytes(&rd, 1);
	if (flags & 8)
		size = sb_rd_uint(&rd, 8);
	sb_rd_bytes(&rd, 1);
	bool ends = sb_rd_uint(&rd, 4) == 0;
	if (flags & 4)
		check = sb_rd_uint(&rd, 4);
	return magic && (flags & 0xc3) == 0x40 && size == 0 && ends && check == 0x02cc5d05 && !rd.bad && rd.at == in.n;
}

int sb_codec_lz4(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	if (is_empty_lz4(in)) {
		*used = in.n;
		return 0;
	}
	return decode(&(struct filter){ARCHIVE_FILTER_LZ4, archive_read_support_filter_lz4}, in, sink, used, err);
}
