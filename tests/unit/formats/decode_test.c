/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding: the bytes, how many were consumed, and the limits. */
#include "samples.h"

#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

TestSuite(decode, .fini = no_leaks, .timeout = 120);

static const struct {
	const char *format, *filter;
	enum sb_codec codec;
	bool tells_end; /* the walker, not only the decoder, knows where it ends */
} codecs[] = {
	{"gzip", "gzip", SB_CODEC_GZIP, true},  {"xz", "xz", SB_CODEC_XZ, true},
	{"lzma", "lzma", SB_CODEC_LZMA, false}, {"bzip2", "bzip2", SB_CODEC_BZIP2, true},
	{"zstd", "zstd", SB_CODEC_ZSTD, true},  {"lz4", "lz4", SB_CODEC_LZ4, true},
	{"lzip", "lzip", SB_CODEC_LZIP, true},
};
enum { CODECS = sizeof codecs / sizeof *codecs };

static struct sb_span glue(struct sb_span a, struct sb_span b)
{
	uint8_t *both = malloc(a.n + b.n);
	memcpy(both, a.p, a.n);
	memcpy(both + a.n, b.p, b.n);
	return sb_span_of(both, a.n + b.n);
}

/* Longer than what stays in memory; repeats itself, so that writing it costs little. */
static struct sb_span long_text(size_t n)
{
	enum { PERIOD = 30011 };
	uint8_t *text = malloc(n);
	uint32_t seed = 1;

	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525 + 1013904223;
		text[i] = i < PERIOD ? (uint8_t)("abcdefgh"[seed >> 29]) : text[i - PERIOD];
	}
	return sb_span_of(text, n);
}

static int decode(struct sb_span file, enum sb_codec codec, struct sb_unpack_budget *budget, struct sb_blob *out,
		  uint64_t *used, struct sb_err *err)
{
	struct sb_member member = {.codec = codec, .length = file.n, .size = UINT64_MAX};
	return sb_formats_decode(file, &member, budget, out, used, err);
}

Test(decode, large_results_go_through_a_spool_and_come_back)
{
	struct sb_span text = long_text(10u << 20);

	for (size_t i = 0; i < CODECS; i++) {
		struct sb_span packed = make_compressed(text, codecs[i].filter);
		SB_BLOB struct sb_blob blob = {.fd = -1};
		struct sb_err err = {0};
		uint64_t used = 0;
		cr_assert_eq(decode(packed, codecs[i].codec, NULL, &blob, &used, &err), 0, "%s: %s", codecs[i].filter,
			     err.msg);
		cr_expect_eq(used, packed.n, "%s", codecs[i].filter);
		cr_expect(blob.mapped, "%s", codecs[i].filter);
		cr_expect(sb_span_equal(blob.bytes, text), "%s", codecs[i].filter);
		free_sample(packed);
	}
	free_sample(text);
}

Test(decode, what_follows_a_stream_is_no_part_of_it)
{
	struct sb_span text = sb_span_text(sample_text), garbage = sb_span_of("GARBAGE", 7);

	for (size_t i = 0; i < CODECS; i++) {
		struct sb_span packed = make_compressed(text, codecs[i].filter), longer = glue(packed, garbage);
		struct opened opened = open_as(codecs[i].format, longer, "x");
		SB_BLOB struct sb_blob blob = {.fd = -1};
		uint64_t used = 0;
		cr_assert_eq(opened.rc, 0, "%s: %s", codecs[i].filter, opened.err.msg);
		const struct sb_member *payload = sb_view_member(&opened.view, 0);
		cr_assert_eq(sb_formats_decode(longer, payload, NULL, &blob, &used, &opened.err), 0, "%s: %s",
			     codecs[i].filter, opened.err.msg);
		cr_expect_eq(used, packed.n, "%s used %u of %zu", codecs[i].filter, (unsigned)used, packed.n);
		cr_expect(sb_span_equal(blob.bytes, text));
		if (codecs[i].tells_end) {
			const struct sb_region *overlay = region_of(&opened, "overlay", 0);
			cr_expect_eq(payload->length, packed.n, "%s", codecs[i].filter);
			cr_expect(overlay && overlay->offset == packed.n && overlay->length == 7, "%s",
				  codecs[i].filter);
			cr_expect(notice_of(&opened, "archive-trailing"), "%s", codecs[i].filter);
		} else {
			cr_expect_lt(used, payload->length, "%s", codecs[i].filter);
		}
		close_view(&opened);
		free_sample(longer);
		free_sample(packed);
	}
}

Test(decode, streams_in_a_row_are_one_payload)
{
	struct sb_span text = sb_span_text(sample_text), twice = glue(text, text);

	for (size_t i = 0; i < CODECS; i++) {
		if (codecs[i].codec == SB_CODEC_LZMA)
			continue;
		struct sb_span packed = make_compressed(text, codecs[i].filter), both = glue(packed, packed);
		struct opened opened = open_as(codecs[i].format, both, "x");
		SB_BLOB struct sb_blob blob = {.fd = -1};
		uint64_t used = 0;
		cr_assert_eq(opened.rc, 0, "%s: %s", codecs[i].filter, opened.err.msg);
		cr_assert_eq(opened.view.members.count, 1);
		cr_assert_eq(sb_formats_decode(both, sb_view_member(&opened.view, 0), NULL, &blob, &used, &opened.err),
			     0, "%s", codecs[i].filter);
		cr_expect_eq(used, both.n, "%s", codecs[i].filter);
		cr_expect(sb_span_equal(blob.bytes, twice), "%s", codecs[i].filter);
		cr_expect_not(refused(&opened), "%s", codecs[i].filter);
		close_view(&opened);
		free_sample(both);
		free_sample(packed);
	}
	free_sample(twice);
}

Test(decode, an_empty_payload_is_a_payload)
{
	for (size_t i = 0; i < CODECS; i++) {
		/* libarchive's own lz4 writer falls over nothing at all. */
		static const char lz4[] = "\x04\x22\x4d\x18\x60\x40\x82\0\0\0\0";
		bool by_hand = codecs[i].codec == SB_CODEC_LZ4;
		struct sb_span packed = by_hand ? exact_copy(sb_span_of(lz4, sizeof lz4 - 1))
						: make_compressed(sb_span_of("", 0), codecs[i].filter);
		SB_BLOB struct sb_blob blob = {.fd = -1};
		struct sb_err err = {0};
		uint64_t used = 0;
		cr_assert_eq(decode(packed, codecs[i].codec, NULL, &blob, &used, &err), 0, "%s: %s", codecs[i].filter,
			     err.msg);
		cr_expect_eq(blob.bytes.n, 0);
		cr_expect_eq(used, packed.n, "%s", codecs[i].filter);
		free_sample(packed);
	}
}

Test(decode, other_bytes_are_refused_with_an_offset)
{
	for (size_t i = 0; i < CODECS; i++) {
		SB_BLOB struct sb_blob blob = {.fd = -1};
		struct sb_err err = {0};
		uint64_t used = 77;
		cr_assert_eq(decode(sb_span_text("\xff neither gzip nor anything else that is known here"),
				    codecs[i].codec, NULL, &blob, &used, &err),
			     SB_FORMAT, "%s", codecs[i].filter);
		cr_expect_str_eq(err.id, "decode-failed");
		cr_expect_eq(used, 77, "an output was touched");
		cr_expect_null(blob.bytes.p);
	}
}

static struct sb_span bomb(size_t n)
{
	z_stream z = {0};
	uint8_t *zeros = calloc(1, 1 << 20), *out = malloc(1 << 20);

	cr_assert_eq(deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = out;
	z.avail_out = 1 << 20;
	for (size_t done = 0; done < n; done += 1 << 20) {
		z.next_in = zeros;
		z.avail_in = 1 << 20;
		deflate(&z, done + (1 << 20) >= n ? Z_FINISH : Z_NO_FLUSH);
	}
	size_t used = (1 << 20) - z.avail_out;
	deflateEnd(&z);
	free(zeros);
	return sb_span_of(out, used);
}

Test(decode, bombs_stop_at_the_ratio_of_a_member)
{
	struct sb_span small = bomb(60u << 20), large = bomb(80u << 20);
	struct sb_blob blob = {.fd = -1};
	struct sb_err err = {0};
	uint64_t used;

	cr_assert_eq(decode(small, SB_CODEC_GZIP, NULL, &blob, &used, &err), 0,
		     "below the floor no ratio is judged: %s", err.msg);
	sb_blob_release(&blob);
	cr_assert_eq(decode(large, SB_CODEC_GZIP, NULL, &blob, &used, &err), SB_LIMIT);
	cr_expect_str_eq(err.id, "limit-exceeded");
	cr_expect(strstr(err.msg, "unpack-ratio-member"), "%s", err.msg);
	free_sample(small);
	free_sample(large);
}

Test(decode, the_budget_of_a_run_is_shared)
{
	struct sb_span text = long_text(1 << 20), packed = make_compressed(text, "zstd");
	struct sb_unpack_budget budget = {.packed = packed.n, .most = (1 << 20) + 5};
	struct sb_blob blob = {.fd = -1};
	struct sb_err err = {0};
	uint64_t used;

	cr_assert_eq(decode(packed, SB_CODEC_ZSTD, &budget, &blob, &used, &err), 0);
	cr_expect_eq(budget.unpacked, text.n);
	sb_blob_release(&blob);
	cr_assert_eq(decode(packed, SB_CODEC_ZSTD, &budget, &blob, &used, &err), SB_LIMIT);
	cr_expect(strstr(err.msg, "unpacked-total"), "%s", err.msg);
	budget = (struct sb_unpack_budget){.packed = 1000, .unpacked = 64u << 20, .most = UINT64_MAX};
	cr_assert_eq(decode(packed, SB_CODEC_ZSTD, &budget, &blob, &used, &err), SB_LIMIT);
	cr_expect(strstr(err.msg, "unpack-ratio-total"), "%s", err.msg);
	free_sample(packed);
	free_sample(text);
}

Test(decode, gzip_checks_are_typed_and_later_members_found)
{
	/* FLG = FEXTRA | FNAME | FCOMMENT | FHCRC (RFC 1952): every optional part at once. */
	struct sb_span plain = make_compressed(sb_span_text(sample_text), "gzip");
	static const char head[] = "\x1f\x8b\x08\x1e\0\0\0\0\x02\x03"
				   "\x04\0extr"
				   "name\0"
				   "comment\0"
				   "\0\0";
	struct sb_span tail = sb_span_of(plain.p + 10, plain.n - 10),
		       rich = glue(sb_span_of(head, sizeof head - 1), tail);
	struct opened opened = open_as("gzip", rich, "x.gz");

	cr_assert_eq(opened.rc, 0, "%s", opened.err.msg);
	const struct sb_region *header = region_of(&opened, "header", 1), *trailer = region_of(&opened, "trailer", 1);
	cr_assert(header && header->length == sizeof head - 1);
	const struct sb_field *name = field_of(&opened, header, "FNAME");
	cr_expect(name && name->kind == SB_FIELD_NAME && name->length == 5);
	const struct sb_field *time = field_of(&opened, header, "MTIME");
	cr_expect(time && time->kind == SB_FIELD_TIME && time->encoding == SB_ENC_LE && time->offset == 4);
	const struct sb_field *crc = field_of(&opened, trailer, "CRC32");
	cr_expect(crc && crc->kind == SB_FIELD_DERIVED && crc->derived.algorithm == SB_DERIVE_CRC32 &&
		  crc->derived.decoded == 1);
	close_view(&opened);
	free_sample(rich);
	free_sample(plain);
}

Test(decode, each_stream_in_a_row_has_a_header_of_its_own)
{
	struct sb_span text = sb_span_text(sample_text);

	for (size_t i = 0; i < CODECS; i++) {
		if (codecs[i].codec == SB_CODEC_LZMA || codecs[i].codec == SB_CODEC_BZIP2)
			continue;
		struct sb_span packed = make_compressed(text, codecs[i].filter), both = glue(packed, packed);
		struct opened opened = open_as(codecs[i].format, both, "x");
		size_t headers = 0;
		cr_assert_eq(opened.rc, 0, "%s: %s", codecs[i].filter, opened.err.msg);
		for (size_t k = 0; k < opened.view.regions.count; k++)
			headers += strcmp(sb_view_region(&opened.view, k)->name, "header") == 0;
		cr_expect_eq(headers, 2, "%s shows %zu headers", codecs[i].filter, headers);
		close_view(&opened);
		free_sample(both);
		free_sample(packed);
	}
}

Test(decode, bzip2_ends_at_any_bit)
{
	for (size_t n = 1; n <= 40; n++) {
		struct sb_span packed = make_compressed(sb_span_of(sample_text, n), "bzip2");
		struct opened opened = open_as("bzip2", packed, "x.bz2");
		cr_assert_eq(opened.rc, 0, "%zu bytes: %s", n, opened.err.msg);
		cr_expect_eq(sb_view_member(&opened.view, 0)->length, packed.n, "%zu bytes", n);
		close_view(&opened);
		free_sample(packed);
	}
}

Test(decode, an_xz_index_must_have_its_sum)
{
	struct sb_span packed = make_compressed(sb_span_text(sample_text), "xz");
	uint8_t *bytes = malloc(packed.n);

	memcpy(bytes, packed.p, packed.n);
	bytes[packed.n - 13] ^= 1; /* the last byte of the index, in front of the footer */
	struct opened opened = open_as("xz", sb_span_of(bytes, packed.n), "x.xz");
	cr_expect_eq(opened.rc, SB_FORMAT);
	close_view(&opened);
	free(bytes);
	free_sample(packed);
}

Test(decode, zstd_blocks_of_one_byte_are_walked)
{
	enum { N = 300000 };
	uint8_t *same = malloc(N);

	memset(same, 'a', N);
	struct sb_span packed = make_compressed(sb_span_of(same, N), "zstd");
	struct opened opened = open_as("zstd", packed, "x.zst");
	cr_assert_eq(opened.rc, 0, "%s", opened.err.msg);
	cr_expect_eq(sb_view_member(&opened.view, 0)->length, packed.n);
	close_view(&opened);
	free_sample(packed);
	free(same);
}
